(** From distances of occupancies to distances of values, with a horizon. *)
From mathcomp Require Import all_ssreflect all_algebra.
From ImitationLearning.Definitions Require Import Probability FiniteHorizon.
Import GRing.Theory Num.Theory.
Local Open Scope ring_scope.

(** claim: j-gap-from-occ.finite *)
Definition gap_from_occupancy : Prop :=
  forall (R : realFieldType) (S A : finType) (M : mdp R S A) (H : nat) (pi other : policy R S A),
  is_mdp M -> is_policy pi -> is_policy other -> unit_rewards M ->
  `|value M H pi - value M H other| <=
  \sum_(h < H) tv (joint (occupancy M pi h)) (joint (occupancy M other h)).

(** claim: j-gap-from-occ.sharp-finite *)
Definition gap_attained : Prop :=
  forall (R : realFieldType) (S A : finType) (M : mdp R S A) (H : nat) (pi other : policy R S A),
  is_mdp M -> is_policy pi -> is_policy other ->
  let separating := with_reward M (fun h s a => (occupancy M other h s a < occupancy M pi h s a)%R%:R) in
  value separating H pi - value separating H other =
  \sum_(h < H) tv (joint (occupancy M pi h)) (joint (occupancy M other h)).

(** claim: occ-dpi.states-tv *)
Definition states_tv : Prop :=
  forall (R : realFieldType) (S A : finType) (M : mdp R S A) (H : nat) (pi other : policy R S A),
  is_mdp M -> is_policy pi -> is_policy other ->
  \sum_(h < H) tv (state_law M pi h) (state_law M other h) <=
  \sum_(h < H) tv (joint (occupancy M pi h)) (joint (occupancy M other h)).
