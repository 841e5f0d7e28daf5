(** The constants of DAgger's bounds are the least ones that its proofs ask for. *)
From mathcomp Require Import all_ssreflect all_algebra.
From ImitationLearning.Definitions Require Import FiniteHorizon Extremes Disadvantage.
Import GRing.Theory Num.Theory.
Local Open Scope ring_scope.

(** foundation: the disadvantage is the least u >= 0 that bounds what actions lose where the learner goes *)
Definition disadvantage_is_least : Prop :=
  forall (R : realFieldType) (S A : finType) (M : mdp R S A) (H : nat) (expert learner : policy R S A),
  forall u : R,
  0 <= u ->
  (disadvantage M H expert learner <= u <->
   forall h s a, (h < H)%N -> 0 < state_law M learner h s -> v M H expert h s - q M H expert h s a <= u).

(** foundation: at each step likewise *)
Definition step_disadvantage_is_least : Prop :=
  forall (R : realFieldType) (S A : finType) (M : mdp R S A) (H h : nat) (expert learner : policy R S A),
  forall u : R,
  0 <= u ->
  (step_disadvantage M H expert learner h <= u <->
   forall s a, 0 < state_law M learner h s -> v M H expert h s - q M H expert h s a <= u).

(** foundation: the largest span of action values where the learner goes is the least such bound *)
Definition visited_span_is_least : Prop :=
  forall (R : realFieldType) (S A : finType) (M : mdp R S A) (H : nat) (expert learner : policy R S A),
  forall u : R,
  0 <= u ->
  (visited_span M H expert learner <= u <->
   forall h s, (h < H)%N -> 0 < state_law M learner h s -> span (q M H expert h s) <= u).
