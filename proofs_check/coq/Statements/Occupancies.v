(** The occupancies of policies are exactly the non-negative solutions of the flow equations, and a convex
    set. *)
From mathcomp Require Import all_ssreflect all_algebra.
From ImitationLearning.Definitions Require Import Probability FiniteHorizon Trajectories.
From ImitationLearning.Definitions Require Discounted.
Import GRing.Theory Num.Theory.
Local Open Scope ring_scope.

(** foundation: with a horizon, measures are occupancies iff they obey the flow equations *)
Definition characterisation : Prop :=
  forall (R : realFieldType) (S A : finType) (M : mdp R S A) (H : nat) (x : nat -> S -> A -> R),
  is_mdp M -> (0 < H)%N ->
  ((forall h s a, (h < H)%N -> 0 <= x h s a) /\ is_flow M H x <->
   exists pi, is_policy pi /\ forall h s a, (h < H)%N -> occupancy M pi h s a = x h s a).

(** foundation: with a discount, measures are occupancies iff they obey the flow equations *)
Definition characterisation_discounted : Prop :=
  forall (R : realFieldType) (S A : finType) (M : Discounted.mdp R S A) (x : S -> A -> R),
  Discounted.is_mdp M ->
  ((forall s a, 0 <= x s a) /\ Discounted.is_flow M x <->
   exists pi d, [/\ Discounted.is_policy pi, Discounted.is_state_law M pi d &
                    forall s a, Discounted.occupancy pi d s a = x s a]).

(** foundation: with a horizon, the policy that an occupancy normalises to has this occupancy *)
Definition round_trip : Prop :=
  forall (R : realFieldType) (S A : finType) (M : mdp R S A) (H : nat) (pi : policy R S A),
  is_mdp M -> is_policy pi -> forall h s a, (h < H)%N ->
  occupancy M (fun h => normalise (occupancy M pi h)) h s a = occupancy M pi h s a.

(** foundation: with a horizon, mixtures of two occupancies are those of a policy, and so are their values *)
Definition mixture : Prop :=
  forall (R : realFieldType) (S A : finType) (M : mdp R S A) (H : nat) (first second : policy R S A) (w : R),
  is_mdp M -> is_policy first -> is_policy second -> 0 <= w <= 1 -> (0 < H)%N ->
  let x h s a := w * occupancy M first h s a + (1 - w) * occupancy M second h s a in
  exists pi, [/\ is_policy pi, forall h s a, (h < H)%N -> occupancy M pi h s a = x h s a &
                 forall r, let N := with_reward M r in
                 value N H pi = w * value N H first + (1 - w) * value N H second].
