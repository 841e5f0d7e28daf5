(** Finite MDPs whose transitions, rewards and policies may depend on the step: steps are 0, ..., H - 1. *)
From mathcomp Require Import all_ssreflect all_algebra.
From ImitationLearning.Definitions Require Import Probability.
Set Implicit Arguments.
Unset Strict Implicit.
Import GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Record mdp (R : realFieldType) (S A : finType) := Mdp {
  transition : nat -> S -> A -> S -> R;
  reward : nat -> S -> A -> R;
  start : S -> R
}.

Definition policy (R : realFieldType) (S A : finType) := nat -> S -> A -> R.

Section FiniteHorizon.
Variables (R : realFieldType) (S A : finType).
Implicit Types (M : mdp R S A) (pi : policy R S A) (H h n : nat).

Definition is_mdp M : Prop := (forall h s a, law (transition M h s a)) /\ law (start M).

Definition is_policy pi : Prop := forall h s, law (pi h s).

Definition unit_rewards M : Prop := forall h s a, 0 <= reward M h s a <= 1.

(** Expected sum of the next [n] rewards, from state [s] at step [h]. *)
Fixpoint to_go M pi n h (s : S) : R :=
  if n is m.+1 then mean (pi h s) (fun a => reward M h s a + mean (transition M h s a) (to_go M pi m h.+1))
  else 0.

Definition v M H pi h : S -> R := to_go M pi (H - h) h.

Definition q M H pi h (s : S) (a : A) : R := reward M h s a + mean (transition M h s a) (v M H pi h.+1).

Definition advantage M H pi h (s : S) (a : A) : R := q M H pi h s a - v M H pi h s.

(** J: the expected sum of the H rewards. *)
Definition value M H pi : R := mean (start M) (v M H pi 0).

(** Law of the state at step [h]. *)
Fixpoint state_law M pi h : S -> R :=
  if h is k.+1 then fun s' => mean (state_law M pi k) (fun s => mean (pi k s) (fun a => transition M k s a s'))
  else start M.

(** Law of state and action at step [h]: the occupancy. *)
Definition occupancy M pi h (s : S) (a : A) : R := state_law M pi h s * pi h s a.

(** Mean over the steps of the total variation between the laws of the action, expected where [expert] goes. *)
Definition error_rate M H (expert learner : policy R S A) : R :=
  H%:R^-1 * \sum_(h < H) mean (state_law M expert h) (fun s => tv (expert h s) (learner h s)).

(** What flows into a state at step [h], for measures of states and actions at each step. *)
Definition inflow M (x : nat -> S -> A -> R) h (s' : S) : R :=
  if h is k.+1 then \sum_s \sum_a x k s a * transition M k s a s' else start M s'.

(** The Bellman flow equations. *)
Definition is_flow M H (x : nat -> S -> A -> R) : Prop :=
  forall h s', (h < H)%N -> \sum_a x h s' a = inflow M x h s'.

Definition with_reward M (r : nat -> S -> A -> R) : mdp R S A := Mdp (transition M) r (start M).

End FiniteHorizon.
