(** How much the value of a policy differs between two models, with a horizon. *)
From mathcomp Require Import all_ssreflect all_algebra.
From ImitationLearning.Definitions Require Import Probability FiniteHorizon.
Import GRing.Theory Num.Theory.
Local Open Scope ring_scope.

(** claim: simulation-lemma *)
Definition simulation : Prop :=
  forall (R : realFieldType) (S A : finType) (M N : mdp R S A) (H : nat) (pi : policy R S A),
  is_mdp M -> is_mdp N -> is_policy pi -> start M =1 start N ->
  value M H pi - value N H pi =
  \sum_(h < H) \sum_s \sum_a occupancy M pi h s a *
    (reward M h s a - reward N h s a
     + (mean (transition M h s a) (v N H pi h.+1) - mean (transition N h s a) (v N H pi h.+1))).

(** claim: simulation-lemma.weighted
    Rewards need to lie in [0, 1] in the second model only. *)
Definition simulation_weighted : Prop :=
  forall (R : realFieldType) (S A : finType) (M N : mdp R S A) (H : nat) (pi : policy R S A),
  is_mdp M -> is_mdp N -> is_policy pi -> start M =1 start N -> unit_rewards N ->
  `|value M H pi - value N H pi| <=
  \sum_(h < H) \sum_s \sum_a occupancy M pi h s a *
    (`|reward M h s a - reward N h s a| + (H - h.+1)%:R * tv (transition M h s a) (transition N h s a)).

(** claim: simulation-lemma.bound
    For any bounds of the errors; rewards need to lie in [0, 1] in the second model only. *)
Definition simulation_bound : Prop :=
  forall (R : realFieldType) (S A : finType) (M N : mdp R S A) (H : nat) (pi : policy R S A) (er ep : R),
  is_mdp M -> is_mdp N -> is_policy pi -> start M =1 start N -> unit_rewards N ->
  (forall h s a, (h < H)%N -> `|reward M h s a - reward N h s a| <= er) ->
  (forall h s a, (h < H)%N -> tv (transition M h s a) (transition N h s a) <= ep) ->
  `|value M H pi - value N H pi| <= H%:R * er + (H%:R * (H%:R - 1)) / 2%:R * ep.

(** claim: simulation-lemma.sharper
    For any bounds of the errors that are at most 1. *)
Definition simulation_sharper : Prop :=
  forall (R : realFieldType) (S A : finType) (M N : mdp R S A) (H : nat) (pi : policy R S A) (er ep : R),
  is_mdp M -> is_mdp N -> is_policy pi -> start M =1 start N -> unit_rewards M -> unit_rewards N ->
  er <= 1 -> ep <= 1 ->
  (forall h s a, (h < H)%N -> `|reward M h s a - reward N h s a| <= er) ->
  (forall h s a, (h < H)%N -> tv (transition M h s a) (transition N h s a) <= ep) ->
  `|value M H pi - value N H pi| <= H%:R - (1 - er) * \sum_(h < H) (1 - ep) ^+ h.
