(** Rewards and likelihoods along a trajectory, and the probability that a learner ever parts from an
    expert. *)
From mathcomp Require Import all_ssreflect all_algebra.
From ImitationLearning.Definitions Require Import Probability FiniteHorizon Trajectories.
Set Implicit Arguments.
Unset Strict Implicit.
Import GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Section Parting.
Variables (R : realFieldType) (S A : finType).
Implicit Types (M : mdp R S A) (pi expert learner : policy R S A) (h H : nat) (path : seq (S * A)).

(** Sum of a function, such as the reward, along a path that begins at step [h]. *)
Fixpoint total (f : nat -> S -> A -> R) h path : R :=
  if path is z :: rest then f h z.1 z.2 + total f h.+1 rest else 0.

(** Probability of the actions along a path that begins at step [h]. *)
Fixpoint likelihood pi h path : R :=
  if path is z :: rest then pi h z.1 z.2 * likelihood pi h.+1 rest else 1.

(** Probability that the learner, where a deterministic expert goes, ever takes another action. *)
Definition parting M H expert learner : R :=
  1 - mean (trajectory_law M (forgetful expert) (n := H)) (fun t => likelihood learner 0 (steps t)).

(** What the policy's own choices add to the variance of the return. *)
Definition action_variance M H pi : R :=
  \sum_(h < H) mean (state_law M pi h) (fun s => mean (pi h s) (fun a => advantage M H pi h s a ^+ 2)).

End Parting.

(** Squared Hellinger distance, at most 2. *)
Definition hellinger2 (R : rcfType) (T : finType) (p q : T -> R) : R :=
  \sum_x (Num.sqrt (p x) - Num.sqrt (q x)) ^+ 2.
