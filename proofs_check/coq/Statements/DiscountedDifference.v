(** The performance difference lemma and what it rests on, with a discount. *)
From mathcomp Require Import all_ssreflect all_algebra.
From ImitationLearning.Definitions Require Import Probability Discounted.
Import GRing.Theory Num.Theory.
Local Open Scope ring_scope.

(** claim: bellman-flow-telescoping *)
Definition telescoping : Prop :=
  forall (R : realFieldType) (S A : finType) (M : mdp R S A) (pi : policy R S A) (d f : S -> R),
  is_mdp M -> is_policy pi -> is_state_law M pi d ->
  (1 - discount M) * mean (start M) f =
  \sum_s \sum_a occupancy pi d s a * (f s - discount M * mean (transition M s a) f).

(** foundation: J is the inner product of occupancy and reward, over 1 - gamma. *)
Definition value_occupancy : Prop :=
  forall (R : realFieldType) (S A : finType) (M : mdp R S A) (pi : policy R S A) (d v : S -> R),
  is_mdp M -> is_policy pi -> is_state_law M pi d -> is_value M pi v ->
  value M v = (1 - discount M)^-1 * \sum_s \sum_a occupancy pi d s a * reward M s a.

(** claim: pdl.discounted *)
Definition performance_difference : Prop :=
  forall (R : realFieldType) (S A : finType) (M : mdp R S A) (pi other : policy R S A) (d v w : S -> R),
  is_mdp M -> is_policy pi -> is_policy other ->
  is_state_law M pi d -> is_value M pi v -> is_value M other w ->
  value M v - value M w = (1 - discount M)^-1 * \sum_s \sum_a occupancy pi d s a * (q M w s a - w s).
