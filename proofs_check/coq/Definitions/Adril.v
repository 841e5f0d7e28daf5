(** AdRIL with an indicator kernel: best responses to the difference of occupancies. *)
From mathcomp Require Import all_ssreflect all_algebra.
From ImitationLearning.Definitions Require Import Probability FiniteHorizon.
Set Implicit Arguments.
Unset Strict Implicit.
Import GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Section Occupancies.
Variables (R : realFieldType) (S A : finType).
Implicit Types (M : mdp R S A) (pi : policy R S A) (H : nat).

(** Law of state and action at a random step, and of step, state and action. *)
Definition mean_occupancy M H pi (z : S * A) : R := H%:R^-1 * \sum_(h < H) occupancy M pi h z.1 z.2.

Definition step_occupancy M H pi (z : 'I_H * (S * A)) : R := H%:R^-1 * occupancy M pi z.1 z.2.1 z.2.2.

Variables (X : finType) (occ : policy R S A -> X -> R).
Implicit Types (expert : policy R S A) (learners : nat -> policy R S A) (k : nat).

(** Of the first [k] policies, each as likely. *)
Definition averaged learners k (x : X) : R := k%:R^-1 * \sum_(i < k) occ (learners i) x.

(** Half the squared distance of the mixture. *)
Definition loss expert learners k : R := 2%:R^-1 * \sum_x (occ expert x - averaged learners k x) ^+ 2.

(** Each policy after the first one is a best response to the reward that tells the mixture so far from the
    expert. *)
Definition is_adril expert learners : Prop :=
  forall k pi, is_policy pi ->
  let reward x := occ expert x - averaged learners k.+1 x in
  \sum_x reward x * occ pi x <= \sum_x reward x * occ (learners k.+1) x.

(** The mixture of the first [k + 1] policies if later ones count more: steps of Frank and Wolfe. *)
Fixpoint frank_wolfe learners k (x : X) : R :=
  if k is i.+1 then (1 - 2%:R / i.+3%:R) * frank_wolfe learners i x + 2%:R / i.+3%:R * occ (learners k) x
  else occ (learners 0%N) x.

(** Best responses to it. *)
Definition is_frank_wolfe expert learners : Prop :=
  forall k pi, is_policy pi ->
  let reward x := occ expert x - frank_wolfe learners k x in
  \sum_x reward x * occ pi x <= \sum_x reward x * occ (learners k.+1) x.

End Occupancies.
