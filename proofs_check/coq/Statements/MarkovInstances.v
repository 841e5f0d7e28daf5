(** Markov games in which values show little of the regret. *)
From mathcomp Require Import all_ssreflect all_algebra.
From ImitationLearning.Definitions Require Import Probability Imitation MarkovGame MarkovFamilies.
From ImitationLearning.Definitions Require FiniteHorizon.
Import GRing.Theory Num.Theory.
Local Open Scope ring_scope.

(** foundation: value-not-regret: the same occupancies and values, and the regrets 0 and H - 1
    In a zero-sum game of two agents, with rewards in [-1, 1]. The values agree for all
    rewards of the agents, not only for these. *)
Definition value_not_regret : Prop :=
  forall (R : realFieldType) (H : nat),
  let G := tribute R in
  let expert := punishing R in
  let learner := paying R in
  [/\ is_game G /\ forall h s a,
        -1 <= reward G true h s a <= 1 /\ reward G true h s a + reward G false h s a = 0,
      FiniteHorizon.is_policy expert /\ FiniteHorizon.is_policy learner,
      forall i h s a, FiniteHorizon.occupancy (model_of G i) expert h s a =
                      FiniteHorizon.occupancy (model_of G i) learner h s a,
      forall r i, value (with_rewards G r) H i expert = value (with_rewards G r) H i learner
    & regret G H expert = 0 /\ regret G H learner = H.-1%:R].

(** foundation: jbc-coverage-lower: regret of order H^2 times the error over the coverage, in closed form
    The one that slips with probability 0 is the expert. The error is [beta * p] in each step but the first
    one. *)
Definition coverage_needed : Prop :=
  forall (R : realFieldType) (H : nat) (beta p : R), 0 <= beta <= 1 -> 0 <= p <= 1 ->
  let G := rarely_tested beta in
  let expert := slipping 0 in
  let learner := slipping p in
  let missed := \sum_(h < H) (1 - (1 - p) ^+ h) in
  [/\ is_game G /\ unit_rewards G,
      FiniteHorizon.is_policy expert /\ FiniteHorizon.is_policy learner,
      forall i h, step_error (FiniteHorizon.state_law (model_of G i) expert) expert learner h.+1 = beta * p,
      value G H true expert = 0 /\ value G H true learner = beta * missed
    & regret G H expert = 0 /\ regret G H learner = (1 - beta) * missed].
