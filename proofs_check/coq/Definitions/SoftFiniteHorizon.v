(** With a horizon: soft values, rewards read off action values, and potential shaping.

    [m h s] is the soft maximum at step [h] in state [s]. Nothing is left after the last step. *)
From mathcomp Require Import all_ssreflect all_algebra.
From ImitationLearning.Definitions Require Import Probability FiniteHorizon.
Set Implicit Arguments.
Unset Strict Implicit.
Import GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Section SoftFiniteHorizon.
Variables (R : realFieldType) (S A : finType).
Implicit Types (M : mdp R S A) (m : nat -> S -> (A -> R) -> R) (H h n : nat).

(** Soft values with [n] steps left. *)
Fixpoint soft_to_go M m n h (s : S) : R :=
  if n is k.+1 then m h s (fun a => reward M h s a + mean (transition M h s a) (soft_to_go M m k h.+1))
  else 0.

Definition soft_v M m H h : S -> R := soft_to_go M m (H - h) h.

(** The inverse of T: backward recursion. *)
Definition soft_q M m H h (s : S) (a : A) : R :=
  reward M h s a + mean (transition M h s a) (soft_v M m H h.+1).

(** Soft maxima of given action values. *)
Definition v_of m H (x : nat -> S -> A -> R) h (s : S) : R := if (h < H)%N then m h s (x h s) else 0.

(** T: the reward for which [x] are soft action values. *)
Definition implied_reward M m H (x : nat -> S -> A -> R) h (s : S) (a : A) : R :=
  x h s a - mean (transition M h s a) (v_of m H x h.+1).

(** The model shaped by a potential that depends on the step. *)
Definition shaped M (f : nat -> S -> R) : mdp R S A :=
  Mdp (transition M) (fun h s a => reward M h s a + (mean (transition M h s a) (f h.+1) - f h s)) (start M).

End SoftFiniteHorizon.
