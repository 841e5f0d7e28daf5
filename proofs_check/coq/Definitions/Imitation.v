(** What a learner loses where itself or somebody else goes. Iterations of a learner are 0, ..., N - 1. *)
From mathcomp Require Import all_ssreflect all_algebra.
From ImitationLearning.Definitions Require Import Probability FiniteHorizon.
Set Implicit Arguments.
Unset Strict Implicit.
Import GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Definition average (R : realFieldType) (N : nat) (x : 'I_N -> R) : R := N%:R^-1 * \sum_i x i.

Section Imitation.
Variables (R : realFieldType) (S A : finType).
Implicit Types (M : mdp R S A) (expert learner pi : policy R S A) (states : nat -> S -> R) (H h n : nat).

(** The policy that takes the action [act h s] at step [h] in state [s]. *)
Definition playing (act : nat -> S -> A) : policy R S A := fun h s a => (a == act h s)%:R.

(** Each step anew, the expert acts with probability [beta], or else the learner. *)
Definition acting expert learner (beta : R) : policy R S A :=
  fun h s => mixture beta (learner h s) (expert h s).

(** SMILe's policy after [n] updates: the j-th takes a share [alpha * (1 - alpha) ^+ j] of the actions
    from the expert. *)
Definition smile expert (learners : nat -> policy R S A) (alpha : R) n : policy R S A := fun h s a =>
  (1 - alpha) ^+ n * expert h s a + \sum_(j < n) alpha * (1 - alpha) ^+ j * learners j h s a.

(** The same without the expert, normalised. *)
Definition smile_without_expert (learners : nat -> policy R S A) (alpha : R) n : policy R S A := fun h s a =>
  (\sum_(j < n) (1 - alpha) ^+ j)^-1 * \sum_(j < n) (1 - alpha) ^+ j * learners j h s a.

(** What both do, coupled as well as possible; not a law unless they are equal. The occupancy of [shared] at
    a step is the mass of the paths on which they agreed up to then. *)
Definition shared expert learner : policy R S A := fun h s a => Num.min (expert h s a) (learner h s a).

(** Expected total variation of the laws of the action at step [h], the state drawn from [states h]. *)
Definition step_error states expert learner h : R := mean (states h) (fun s => tv (expert h s) (learner h s)).

(** Mean over the steps of the expected loss of the actions of [pi] in states drawn from [states]. *)
Definition expected_loss H (loss : nat -> S -> A -> R) pi states : R :=
  H%:R^-1 * \sum_(h < H) mean (states h) (fun s => mean (pi h s) (loss h s)).

(** Mean over the steps of the l1 distance of two laws of the state. *)
Definition states_l1 H states (other : nat -> S -> R) : R :=
  H%:R^-1 * \sum_(h < H) \sum_s `|states h s - other h s|.

(** Probability that the expert, acting with probability [beta], acted before a uniformly random step. *)
Definition interference H (beta : R) : R := H%:R^-1 * \sum_(h < H) (1 - (1 - beta) ^+ h).

End Imitation.
