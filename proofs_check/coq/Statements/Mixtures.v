(** Choosing one of two policies once and for all has the occupancy of one Markov policy, with a discount. *)
From mathcomp Require Import all_ssreflect all_algebra.
From ImitationLearning.Definitions Require Import Probability Discounted.
Import GRing.Theory Num.Theory.
Local Open Scope ring_scope.

(** foundation: the non-negative solutions of the flow equations are a convex set. *)
Definition convex : Prop :=
  forall (R : realFieldType) (S A : finType) (M : mdp R S A) (x y : S -> A -> R) (w : R),
  0 <= w <= 1 -> (forall s a, 0 <= x s a) -> (forall s a, 0 <= y s a) -> is_flow M x -> is_flow M y ->
  let z s a := w * x s a + (1 - w) * y s a in (forall s a, 0 <= z s a) /\ is_flow M z.

(** claim: occ-mixture *)
Definition mixture : Prop :=
  forall (R : realFieldType) (S A : finType) (M : mdp R S A) (first second : policy R S A),
  forall (d1 d2 d : S -> R) (w : R), is_mdp M -> is_policy first -> is_policy second -> 0 <= w <= 1 ->
  is_state_law M first d1 -> is_state_law M second d2 ->
  let x s a := w * occupancy first d1 s a + (1 - w) * occupancy second d2 s a in
  is_state_law M (normalise x) d -> forall s a, occupancy (normalise x) d s a = x s a.

(** claim: occ-mixture.value *)
Definition mixture_value : Prop :=
  forall (R : realFieldType) (S A : finType) (M : mdp R S A) (first second : policy R S A),
  forall (d1 d2 v1 v2 v : S -> R) (w : R), is_mdp M -> is_policy first -> is_policy second -> 0 <= w <= 1 ->
  is_state_law M first d1 -> is_state_law M second d2 -> is_value M first v1 -> is_value M second v2 ->
  let x s a := w * occupancy first d1 s a + (1 - w) * occupancy second d2 s a in
  is_value M (normalise x) v -> value M v = w * value M v1 + (1 - w) * value M v2.
