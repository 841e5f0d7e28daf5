(** How much the value of a policy differs between two models, with a discount. *)
From mathcomp Require Import all_ssreflect all_algebra.
From ImitationLearning.Definitions Require Import Probability Discounted.
Import GRing.Theory Num.Theory.
Local Open Scope ring_scope.

(** claim: simulation-lemma.discounted *)
Definition simulation : Prop :=
  forall (R : realFieldType) (S A : finType) (M N : mdp R S A) (pi : policy R S A) (d v w : S -> R),
  is_mdp M -> is_mdp N -> is_policy pi -> start M =1 start N -> discount M = discount N ->
  is_state_law M pi d -> is_value M pi v -> is_value N pi w ->
  value M v - value N w = (1 - discount M)^-1 * \sum_s \sum_a occupancy pi d s a *
    (reward M s a - reward N s a + discount M * (mean (transition M s a) w - mean (transition N s a) w)).

(** claim: simulation-lemma.weighted-discounted
    Rewards need to lie in [0, 1] in the second model only. *)
Definition simulation_weighted : Prop :=
  forall (R : realFieldType) (S A : finType) (M N : mdp R S A) (pi : policy R S A) (d v w : S -> R),
  is_mdp M -> is_mdp N -> is_policy pi -> start M =1 start N -> discount M = discount N -> unit_rewards N ->
  is_state_law M pi d -> is_value M pi v -> is_value N pi w ->
  `|value M v - value N w| <= (1 - discount M)^-1 * \sum_s \sum_a occupancy pi d s a *
    (`|reward M s a - reward N s a|
     + discount M / (1 - discount M) * tv (transition M s a) (transition N s a)).

(** claim: simulation-lemma.bound-discounted
    For any bounds of the errors; rewards need to lie in [0, 1] in the second model only. *)
Definition simulation_bound : Prop :=
  forall (R : realFieldType) (S A : finType) (M N : mdp R S A) (pi : policy R S A) (v w : S -> R) (er ep : R),
  is_mdp M -> is_mdp N -> is_policy pi -> start M =1 start N -> discount M = discount N -> unit_rewards N ->
  is_value M pi v -> is_value N pi w ->
  (forall s a, `|reward M s a - reward N s a| <= er) ->
  (forall s a, tv (transition M s a) (transition N s a) <= ep) ->
  `|value M v - value N w| <= er / (1 - discount M) + discount M * ep / (1 - discount M) ^+ 2.

(** claim: simulation-lemma.sharper-discounted
    For any bounds of the errors. *)
Definition simulation_sharper : Prop :=
  forall (R : realFieldType) (S A : finType) (M N : mdp R S A) (pi : policy R S A) (v w : S -> R) (er ep : R),
  is_mdp M -> is_mdp N -> is_policy pi -> start M =1 start N -> discount M = discount N ->
  unit_rewards M -> unit_rewards N -> is_value M pi v -> is_value N pi w ->
  (forall s a, `|reward M s a - reward N s a| <= er) ->
  (forall s a, tv (transition M s a) (transition N s a) <= ep) ->
  `|value M v - value N w| <= (1 - discount M)^-1 - (1 - er) / (1 - discount M * (1 - ep)).
