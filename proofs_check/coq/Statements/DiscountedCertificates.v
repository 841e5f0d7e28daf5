(** Certificates are sound with a discount, too. That super-solutions of Bellman's equation dominate the
    value is in [Statements.Solutions]. *)
From Coq Require Import QArith.
From mathcomp Require Import all_ssreflect all_algebra.
From ImitationLearning.Definitions Require Import Probability Discounted Tables Certificates.
From ImitationLearning.Definitions Require Import DiscountedCertificates.
Import GRing.Theory Num.Theory.
Local Open Scope ring_scope.

(** foundation: with a discount, what receives at least its inflow is at least the law of the state *)
Definition law_above : Prop :=
  forall (R : realFieldType) (S A : finType) (M : mdp R S A) (pi : policy R S A) (d e : S -> R),
  is_mdp M -> is_policy pi -> is_state_law M pi d ->
  (forall s', (1 - discount M) * start M s'
              + discount M * mean e (fun s => mean (pi s) (fun a => transition M s a s')) <= e s') ->
  forall s, d s <= e s.

(** foundation: with a discount, what receives at most its inflow is at most the law of the state *)
Definition law_below : Prop :=
  forall (R : realFieldType) (S A : finType) (M : mdp R S A) (pi : policy R S A) (d e : S -> R),
  is_mdp M -> is_policy pi -> is_state_law M pi d ->
  (forall s', e s' <= (1 - discount M) * start M s'
                      + discount M * mean e (fun s => mean (pi s) (fun a => transition M s a s'))) ->
  forall s, e s <= d s.

(** foundation: with a discount, tables that the check accepts bound values and laws *)
Definition bounded : Prop :=
  forall (R : realFieldType) (t : tables) (gamma : Q) (pi : seq (seq (seq Q))) (b : bounds),
  let M := discounted R t gamma in
  let policy := plays R (t := t) pi 0%N in
  certified_discounted t gamma pi b ->
  [/\ is_mdp M, is_policy policy,
      forall v, is_value M policy v -> forall s : 'I_(states t),
        real R (at_state (values_below b) 0%N s) <= v s <= real R (at_state (values_above b) 0%N s) &
      forall d, is_state_law M policy d -> forall s : 'I_(states t),
        real R (at_state (laws_below b) 0%N s) <= d s <= real R (at_state (laws_above b) 0%N s)].
