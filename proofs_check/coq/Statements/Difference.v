(** The performance difference lemma and what it rests on, with a horizon. *)
From mathcomp Require Import all_ssreflect all_algebra.
From ImitationLearning.Definitions Require Import Probability FiniteHorizon.
Import GRing.Theory Num.Theory.
Local Open Scope ring_scope.

(** claim: bellman-flow-telescoping.finite *)
Definition telescoping : Prop :=
  forall (R : realFieldType) (S A : finType) (M : mdp R S A) (H : nat) (pi : policy R S A) (f : nat -> S -> R),
  is_mdp M -> is_policy pi -> (forall s, f H s = 0) ->
  mean (start M) (f 0%N) =
  \sum_(h < H) \sum_s \sum_a occupancy M pi h s a * (f h s - mean (transition M h s a) (f h.+1)).

(** claim: pdl *)
Definition performance_difference : Prop :=
  forall (R : realFieldType) (S A : finType) (M : mdp R S A) (H : nat) (pi other : policy R S A),
  is_mdp M -> is_policy pi -> is_policy other ->
  value M H pi - value M H other = \sum_(h < H) \sum_s \sum_a occupancy M pi h s a * advantage M H other h s a.
