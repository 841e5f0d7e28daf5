(** Which measures are occupancies, and of which policies, with a horizon. *)
From mathcomp Require Import all_ssreflect all_algebra.
From ImitationLearning.Definitions Require Import Probability FiniteHorizon.
Import GRing.Theory Num.Theory.
Local Open Scope ring_scope.

(** claim: occ-polytope-finite *)
Definition flow : Prop :=
  forall (R : realFieldType) (S A : finType) (M : mdp R S A) (H : nat) (pi : policy R S A),
  is_mdp M -> is_policy pi -> is_flow M H (occupancy M pi).

(** claim: occ-polytope-finite.converse
    The signs of [x] do not matter. Step h counts H - h times, h = 0, ..., H - 1. *)
Definition flow_converse : Prop :=
  forall (R : realFieldType) (S A : finType) (M : mdp R S A) (H : nat) (pi : policy R S A),
  is_mdp M -> is_policy pi -> forall x : nat -> S -> R,
  \sum_(h < H) \sum_s `|x h s - state_law M pi h s| <=
  \sum_(h < H) (H - h)%:R * (\sum_s `|x h s - inflow M (fun k t a => x k t * pi k t a) h s|).

(** foundation: a non-negative solution of the flow equations is the occupancy of what it normalises to. *)
Definition flow_policy : Prop :=
  forall (R : realFieldType) (S A : finType) (M : mdp R S A) (H : nat) (x : nat -> S -> A -> R),
  is_mdp M -> (0 < H)%N -> (forall h s a, 0 <= x h s a) -> is_flow M H x ->
  is_policy (fun h => normalise (x h)) /\
  forall h s a, (h < H)%N -> occupancy M (fun h => normalise (x h)) h s a = x h s a.

(** claim: occ-policy-bijection.finite *)
Definition one_to_one : Prop :=
  forall (R : realFieldType) (S A : finType) (M : mdp R S A) (H : nat) (pi other : policy R S A),
  is_mdp M -> is_policy pi -> is_policy other ->
  error_rate M H pi other <=
  2%:R * (H%:R^-1 * \sum_(h < H) tv (joint (occupancy M pi h)) (joint (occupancy M other h))).

(** claim: occ-policy-bijection.finite-sharper
    With H + 1 steps. *)
Definition one_to_one_sharper : Prop :=
  forall (R : realFieldType) (S A : finType) (M : mdp R S A) (H : nat) (pi other : policy R S A),
  is_mdp M -> is_policy pi -> is_policy other ->
  \sum_(h < H.+1) mean (state_law M pi h) (fun s => tv (pi h s) (other h s)) <=
  tv (joint (occupancy M pi 0)) (joint (occupancy M other 0)) +
  2%:R * \sum_(h < H) tv (joint (occupancy M pi h.+1)) (joint (occupancy M other h.+1)).

(** foundation: policies with one occupancy agree in all states that are visited. *)
Definition same_occupancy : Prop :=
  forall (R : realFieldType) (S A : finType) (M : mdp R S A) (pi other : policy R S A) (h : nat),
  is_mdp M -> is_policy pi -> is_policy other ->
  (forall s a, occupancy M pi h s a = occupancy M other h s a) ->
  forall s, state_law M pi h s != 0 -> pi h s =1 other h s.

(** claim: occ-polytope-finite.averaged *)
Definition averaged : Prop :=
  forall (R : realFieldType) (S A : finType) (M : mdp R S A) (H : nat) (pi : policy R S A),
  forall sigma : S -> A -> R,
  let mean_occupancy (rho : policy R S A) s a := H%:R^-1 * \sum_(h < H) occupancy M rho h s a in
  is_mdp M -> is_policy pi -> (forall s, law (sigma s)) ->
  \sum_s \sum_a `|mean_occupancy pi s a - (\sum_b mean_occupancy pi s b) * sigma s a| <=
  2%:R * \sum_s \sum_a `|mean_occupancy pi s a - mean_occupancy (fun=> sigma) s a|.
