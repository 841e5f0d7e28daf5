(** Which measures are occupancies, and of which policies, with a discount. *)
From mathcomp Require Import all_ssreflect all_algebra.
From ImitationLearning.Definitions Require Import Probability Discounted.
Import GRing.Theory Num.Theory.
Local Open Scope ring_scope.

(** claim: occ-polytope-discounted
    Here the law of the states is what solves these equations for the policy (Solutions.one_state_law: exactly
    one law does); the discounted sum over n steps is gamma^n away from it
    (DiscountedSums.state_law_remainder). *)
Definition flow : Prop :=
  forall (R : realFieldType) (S A : finType) (M : mdp R S A) (pi : policy R S A) (d : S -> R),
  is_mdp M -> is_policy pi -> is_state_law M pi d -> is_flow M (occupancy pi d).

(** claim: occ-polytope-discounted.converse
    The signs of [x] do not matter. *)
Definition flow_converse : Prop :=
  forall (R : realFieldType) (S A : finType) (M : mdp R S A) (pi : policy R S A) (d x : S -> R),
  is_mdp M -> is_policy pi -> is_state_law M pi d ->
  \sum_s `|x s - d s| <= (1 - discount M)^-1 * \sum_s `|x s - inflow M (occupancy pi x) s|.

(** claim: occ-polytope-discounted.mass *)
Definition mass : Prop :=
  forall (R : realFieldType) (S A : finType) (M : mdp R S A) (x : S -> A -> R),
  is_mdp M ->
  \sum_s (\sum_a x s a - inflow M x s) = (1 - discount M) * (\sum_s \sum_a x s a - 1).

(** foundation: a non-negative solution of the flow equations is the occupancy of what it normalises to. *)
Definition flow_policy : Prop :=
  forall (R : realFieldType) (S A : finType) (M : mdp R S A) (x : S -> A -> R),
  is_mdp M -> (forall s a, 0 <= x s a) -> is_flow M x ->
  is_policy (normalise x) /\
  forall d, is_state_law M (normalise x) d -> forall s a, occupancy (normalise x) d s a = x s a.

(** claim: occ-policy-bijection.round-trip *)
Definition round_trip : Prop :=
  forall (R : realFieldType) (S A : finType) (M : mdp R S A) (pi : policy R S A) (d e : S -> R),
  is_mdp M -> is_policy pi -> is_state_law M pi d -> is_state_law M (normalise (occupancy pi d)) e ->
  forall s a, occupancy (normalise (occupancy pi d)) e s a = occupancy pi d s a.

(** claim: occ-policy-bijection *)
Definition one_to_one : Prop :=
  forall (R : realFieldType) (S A : finType) (M : mdp R S A) (pi other : policy R S A) (d e : S -> R),
  is_mdp M -> is_policy pi -> is_policy other -> is_state_law M pi d -> is_state_law M other e ->
  mean d (fun s => tv (pi s) (other s)) <= 2%:R * tv (joint (occupancy pi d)) (joint (occupancy other e)).

(** claim: occ-policy-bijection.sharper *)
Definition one_to_one_sharper : Prop :=
  forall (R : realFieldType) (S A : finType) (M : mdp R S A) (pi other : policy R S A) (d e : S -> R),
  is_mdp M -> is_policy pi -> is_policy other -> is_state_law M pi d -> is_state_law M other e ->
  mean d (fun s => tv (pi s) (other s)) <=
  (1 + discount M) * tv (joint (occupancy pi d)) (joint (occupancy other e)).

(** foundation: policies with one occupancy agree in all states that are visited. *)
Definition same_occupancy : Prop :=
  forall (R : realFieldType) (S A : finType) (M : mdp R S A) (pi other : policy R S A) (d e : S -> R),
  is_mdp M -> is_policy pi -> is_policy other -> is_state_law M pi d -> is_state_law M other e ->
  (forall s a, occupancy pi d s a = occupancy other e s a) -> forall s, d s != 0 -> pi s =1 other s.
