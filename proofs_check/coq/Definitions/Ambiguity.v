(** Dimensions of linear sets of functions, and rewards with the same soft-optimal policy. *)
From mathcomp Require Import all_ssreflect all_algebra.
From ImitationLearning.Definitions Require Import Discounted SoftDiscounted Reals.
Set Implicit Arguments.
Unset Strict Implicit.
Import GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Section Dimension.
Variables (R : realFieldType) (T : finType).

Definition combination n (basis : 'I_n -> T -> R) (c : 'I_n -> R) : T -> R := fun x => \sum_i c i * basis i x.

(** The functions [among] are the combinations of [n] functions, each with one set of coefficients.
    [Statements.Ambiguity.one_dimension] says that no set has two dimensions. *)
Definition has_dimension (among : (T -> R) -> Prop) (n : nat) : Prop :=
  exists basis : 'I_n -> T -> R,
  (forall f, among f <-> exists c, f =1 combination basis c) /\
  forall c1 c2, combination basis c1 =1 combination basis c2 -> c1 =1 c2.

End Dimension.

Section Ambiguity.
Variables S A : finType.

(** P_a - P_a0, with one row for each state and action. *)
Definition transition_differences (R : realFieldType) (M : mdp R S A) (a0 : A) : 'M[R]_(#|{: S * A}|, #|S|) :=
  \matrix_(i, j) (transition M (enum_val i).1 (enum_val i).2 (enum_val j)
                  - transition M (enum_val i).1 a0 (enum_val j)).

(** There are soft values ([Statements.Reals.soft_values_exist]). *)
Definition same_policy (M : mdp reals S A) (tau : reals) (r r' : S -> A -> reals) : Prop :=
  forall v v', is_soft_value (with_reward M r) (fun=> log_sum_exp tau) v ->
               is_soft_value (with_reward M r') (fun=> log_sum_exp tau) v' ->
  forall s a, soft_policy (with_reward M r') tau v' s a = soft_policy (with_reward M r) tau v s a.

End Ambiguity.
