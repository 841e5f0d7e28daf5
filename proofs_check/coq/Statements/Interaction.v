(** Interaction: mistakes where the learner goes, priced by what the expert would still earn. *)
From mathcomp Require Import all_ssreflect all_algebra.
From ImitationLearning.Definitions Require Import Probability Extremes FiniteHorizon Imitation.
Import GRing.Theory Num.Theory.
Local Open Scope ring_scope.

(** foundation: the error of an action, if the expert is deterministic, is the probability of a mistake *)
Definition mistakes : Prop :=
  forall (R : realFieldType) (S A : finType) (act : nat -> S -> A) (learner : policy R S A) (h : nat) (s : S),
  is_policy learner -> tv (learner h s) (playing R act h s) = 1 - learner h s (act h s).

(** claim: dagger-2011-thm-2-2.identity *)
Definition identity : Prop :=
  forall (R : realFieldType) (S A : finType) (M : mdp R S A) (H : nat) (expert learner : policy R S A),
  is_mdp M -> is_policy expert -> is_policy learner ->
  value M H expert - value M H learner =
  \sum_(h < H) mean (state_law M learner h) (fun s =>
    v M H expert h s - mean (learner h s) (q M H expert h s)).

(** claim: dagger-2011-thm-2-2
    The disadvantage is the least such [u] that is not negative; rewards may be any numbers. *)
Definition on_policy_bound : Prop :=
  forall (R : realFieldType) (S A : finType) (M : mdp R S A) (H : nat) (act : nat -> S -> A)
    (learner : policy R S A) (u : R),
  let expert := playing R act in
  is_mdp M -> is_policy learner ->
  (forall h s a, (h < H)%N -> 0 < state_law M learner h s -> v M H expert h s - q M H expert h s a <= u) ->
  value M H expert - value M H learner <= u * H%:R * error_rate M H learner expert.

(** claim: ross-bagnell-2010-forward
    Whatever forward training fits, it is a policy whose errors are counted where it goes itself. *)
Definition forward_training : Prop := on_policy_bound.

(** claim: ross-bagnell-2010-forward.sharper *)
Definition forward_stepwise : Prop :=
  forall (R : realFieldType) (S A : finType) (M : mdp R S A) (H : nat) (act : nat -> S -> A)
    (learner : policy R S A) (u : nat -> R),
  let expert := playing R act in
  is_mdp M -> is_policy learner ->
  (forall h s a, (h < H)%N -> 0 < state_law M learner h s -> v M H expert h s - q M H expert h s a <= u h) ->
  value M H expert - value M H learner <=
  \sum_(h < H) u h * step_error (state_law M learner) learner expert h.

(** claim: dagger-2011-thm-2-2.stochastic-expert
    The largest span where the learner goes is the least such [u]. *)
Definition stochastic_expert : Prop :=
  forall (R : realFieldType) (S A : finType) (M : mdp R S A) (H : nat)
    (expert learner : policy R S A) (u : R),
  is_mdp M -> is_policy expert -> is_policy learner ->
  (forall h s, (h < H)%N -> 0 < state_law M learner h s -> span (q M H expert h s) <= u) ->
  value M H expert - value M H learner <= u * H%:R * error_rate M H learner expert.
