(** Certificates are sound: solving Bellman's or the flow equations with inequalities bounds the solutions. *)
From Coq Require Import QArith.
From mathcomp Require Import all_ssreflect all_algebra.
From ImitationLearning.Definitions Require Import Probability FiniteHorizon Tables Certificates.
Import GRing.Theory Num.Theory.
Local Open Scope ring_scope.

(** foundation: a super-solution of Bellman's equation dominates the value *)
Definition super_solution : Prop :=
  forall (R : realFieldType) (S A : finType) (M : mdp R S A) (H : nat) (pi : policy R S A),
  forall w : nat -> S -> R,
  is_mdp M -> is_policy pi -> (forall s, 0 <= w H s) ->
  (forall h s, (h < H)%N ->
     mean (pi h s) (fun a => reward M h s a + mean (transition M h s a) (w h.+1)) <= w h s) ->
  forall h s, (h <= H)%N -> v M H pi h s <= w h s.

(** foundation: the value dominates every sub-solution of Bellman's equation *)
Definition sub_solution : Prop :=
  forall (R : realFieldType) (S A : finType) (M : mdp R S A) (H : nat) (pi : policy R S A),
  forall w : nat -> S -> R,
  is_mdp M -> is_policy pi -> (forall s, w H s <= 0) ->
  (forall h s, (h < H)%N ->
     w h s <= mean (pi h s) (fun a => reward M h s a + mean (transition M h s a) (w h.+1))) ->
  forall h s, (h <= H)%N -> w h s <= v M H pi h s.

(** foundation: what receives at least its inflow is at least the law of the state *)
Definition law_above : Prop :=
  forall (R : realFieldType) (S A : finType) (M : mdp R S A) (H : nat) (pi : policy R S A),
  forall d : nat -> S -> R,
  is_mdp M -> is_policy pi -> (forall s, start M s <= d 0%N s) ->
  (forall h s', (h.+1 < H)%N ->
     mean (d h) (fun s => mean (pi h s) (fun a => transition M h s a s')) <= d h.+1 s') ->
  forall h s, (h < H)%N -> state_law M pi h s <= d h s.

(** foundation: what receives at most its inflow is at most the law of the state *)
Definition law_below : Prop :=
  forall (R : realFieldType) (S A : finType) (M : mdp R S A) (H : nat) (pi : policy R S A),
  forall d : nat -> S -> R,
  is_mdp M -> is_policy pi -> (forall s, d 0%N s <= start M s) ->
  (forall h s', (h.+1 < H)%N ->
     d h.+1 s' <= mean (d h) (fun s => mean (pi h s) (fun a => transition M h s a s'))) ->
  forall h s, (h < H)%N -> d h s <= state_law M pi h s.

(** foundation: tables that the check accepts bound values and laws *)
Definition bounded : Prop :=
  forall (R : realFieldType) (t : tables) (H : nat) (pi : seq (seq (seq Q))) (b : bounds),
  certified t H pi b -> forall (h : nat) (s : 'I_(states t)),
  ((h <= H)%N ->
     real R (at_state (values_below b) h s) <= v (model R t) H (plays R pi) h s
       <= real R (at_state (values_above b) h s)) /\
  ((h < H)%N ->
     real R (at_state (laws_below b) h s) <= state_law (model R t) (plays R pi) h s
       <= real R (at_state (laws_above b) h s)).
