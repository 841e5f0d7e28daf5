(** Discounted finite MDPs with stationary policies.

    Over any ordered field there are no infinite sums: values and occupancies are what solves their linear equations.
    [Statements.Solutions] says that there is exactly one solution. *)
From mathcomp Require Import all_ssreflect all_algebra.
From ImitationLearning.Definitions Require Import Probability.
Set Implicit Arguments.
Unset Strict Implicit.
Import GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Record mdp (R : realFieldType) (S A : finType) := Mdp {
  transition : S -> A -> S -> R;
  reward : S -> A -> R;
  start : S -> R;
  discount : R
}.

Definition policy (R : realFieldType) (S A : finType) := S -> A -> R.

Section Discounted.
Variables (R : realFieldType) (S A : finType).
Implicit Types (M : mdp R S A) (pi : policy R S A).

Definition is_mdp M : Prop :=
  [/\ forall s a, law (transition M s a), law (start M) & 0 <= discount M < 1].

Definition is_policy pi : Prop := forall s, law (pi s).

Definition unit_rewards M : Prop := forall s a, 0 <= reward M s a <= 1.

Definition q M (v : S -> R) (s : S) (a : A) : R := reward M s a + discount M * mean (transition M s a) v.

(** Bellman's equation. *)
Definition is_value M pi (v : S -> R) : Prop := forall s, v s = mean (pi s) (q M v s).

(** J, given the values. *)
Definition value M (v : S -> R) : R := mean (start M) v.

(** The flow equations of the normalised law of states: (1 - gamma) sum_t gamma^t Pr(s_t = s). *)
Definition is_state_law M pi (d : S -> R) : Prop :=
  forall s', d s' = (1 - discount M) * start M s'
                    + discount M * mean d (fun s => mean (pi s) (fun a => transition M s a s')).

Definition occupancy pi (d : S -> R) (s : S) (a : A) : R := d s * pi s a.

(** What starts in a state or flows into it, for a measure of states and actions. *)
Definition inflow M (x : S -> A -> R) (s' : S) : R :=
  (1 - discount M) * start M s' + discount M * \sum_s \sum_a x s a * transition M s a s'.

(** The Bellman flow equations. *)
Definition is_flow M (x : S -> A -> R) : Prop := forall s', \sum_a x s' a = inflow M x s'.

Definition with_reward M (r : S -> A -> R) : mdp R S A := Mdp (transition M) r (start M) (discount M).

End Discounted.
