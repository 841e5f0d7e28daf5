(** Imitation of a mediator in Markov games: values are easy, regret is hard (Tang, Swamy, Fang and Wu,
    NeurIPS 2024). *)
From mathcomp Require Import all_ssreflect all_algebra.
From ImitationLearning.Definitions Require Import Probability Extremes Imitation MarkovGame.
From ImitationLearning.Definitions Require FiniteHorizon.
Import GRing.Theory Num.Theory.
Local Open Scope ring_scope.

(** foundation: regret is the largest gain of all deviations, and some agent's deviation gains it *)
Definition regret_is_largest_gain : Prop :=
  forall (R : realFieldType) (I S A : finType) (G : game R I S A) (H : nat)
         (sigma : mediator R I S A) (i : I),
  (forall j phi, gain G H sigma j phi <= regret G H sigma) /\
  exists j phi, gain G H sigma j phi = regret G H sigma.

(** foundation: what is done if an agent deviates is a mediator's policy *)
Definition deviating_policy : Prop :=
  forall (R : realFieldType) (I S A : finType) (sigma : mediator R I S A) (i : I) (phi : deviation S A),
  FiniteHorizon.is_policy sigma -> FiniteHorizon.is_policy (deviating i phi sigma).

(** foundation: equal occupancies imply equal values of all agents, for all rewards *)
Definition values_from_occupancies : Prop :=
  forall (R : realFieldType) (I S A : finType) (G : game R I S A) (H : nat)
         (sigma other : mediator R I S A),
  is_game G -> FiniteHorizon.is_policy sigma -> FiniteHorizon.is_policy other ->
  forall i,
  (forall h s a, (h < H)%N -> FiniteHorizon.occupancy (model_of G i) sigma h s a =
                              FiniteHorizon.occupancy (model_of G i) other h s a) ->
  forall r j, value (with_rewards G r) H j sigma = value (with_rewards G r) H j other.

(** foundation: equal regrets for all rewards imply equal occupancies, hence equal values
    Rewards in [0, 1] suffice. The converse is false: [MarkovInstances.value_not_regret]. *)
Definition occupancies_from_regrets : Prop :=
  forall (R : realFieldType) (I S A : finType) (G : game R I S A) (H : nat)
         (sigma other : mediator R I S A),
  is_game G -> FiniteHorizon.is_policy sigma -> FiniteHorizon.is_policy other ->
  (forall r, unit_rewards (with_rewards G r) ->
   regret (with_rewards G r) H sigma = regret (with_rewards G r) H other) ->
  (forall i h s a, (h < H)%N -> FiniteHorizon.occupancy (model_of G i) sigma h s a =
                                FiniteHorizon.occupancy (model_of G i) other h s a) /\
  forall r i, value (with_rewards G r) H i sigma = value (with_rewards G r) H i other.

(** foundation: mg-value-gap: cloning the mediator costs no agent more than one learner alone
    At step h, counted from 0, H - h rewards are left. The states are drawn where the expert leads. *)
Definition value_gap_cloning : Prop :=
  forall (R : realFieldType) (I S A : finType) (G : game R I S A) (H : nat)
         (expert learner : mediator R I S A),
  is_game G -> unit_rewards G -> FiniteHorizon.is_policy expert -> FiniteHorizon.is_policy learner ->
  forall i, `|value G H i expert - value G H i learner| <=
  \sum_(h < H) (H - h)%:R * step_error (FiniteHorizon.state_law (model_of G i) expert) expert learner h.

(** foundation: the regret of a mediator that is close to another one in every state is close to its regret
    For any bounds of the errors. *)
Definition regret_cloning : Prop :=
  forall (R : realFieldType) (I S A : finType) (G : game R I S A) (H : nat)
         (expert learner : mediator R I S A) (error : nat -> R),
  is_game G -> unit_rewards G -> FiniteHorizon.is_policy expert -> FiniteHorizon.is_policy learner ->
  (forall h s, (h < H)%N -> tv (expert h s) (learner h s) <= error h) ->
  `|regret G H expert - regret G H learner| <= 2%:R * \sum_(h < H) (H - h)%:R * error h.

(** foundation: regret-gap-recoverability: errors where deviations lead, at the expert's prices
    The largest span of the action values of an agent that deviates from the expert's advice is the least such
    [u]; the largest sum of errors where a deviation from the learner's advice leads is the least such
    [total]. Whatever the rewards. *)
Definition regret_recoverable : Prop :=
  forall (R : realFieldType) (I S A : finType) (G : game R I S A) (H : nat)
         (expert learner : mediator R I S A) (u total : R),
  is_game G -> FiniteHorizon.is_policy expert -> FiniteHorizon.is_policy learner -> 0 <= u -> 0 <= total ->
  (forall i phi h s, (h < H)%N ->
   span (FiniteHorizon.q (model_of G i) H (deviating i phi expert) h s) <= u) ->
  (forall i phi, \sum_(h < H)
   step_error (FiniteHorizon.state_law (model_of G i) (deviating i phi learner)) expert learner h <= total) ->
  regret G H learner - regret G H expert <= 2%:R * u * total.

(** foundation: regret-gap-recoverability: cloning suffices if the expert goes everywhere
    [beta] bounds the probabilities of states from below. Any agent [i] tells where the expert goes. *)
Definition regret_covered : Prop :=
  forall (R : realFieldType) (I S A : finType) (G : game R I S A) (H : nat)
         (expert learner : mediator R I S A) (u beta : R),
  is_game G -> FiniteHorizon.is_policy expert -> FiniteHorizon.is_policy learner -> 0 <= u -> 0 < beta ->
  (forall i phi h s, (h < H)%N ->
   span (FiniteHorizon.q (model_of G i) H (deviating i phi expert) h s) <= u) ->
  (forall i h s, (h < H)%N -> beta <= FiniteHorizon.state_law (model_of G i) expert h s) ->
  forall i, regret G H learner - regret G H expert <=
  2%:R * u / beta *
  \sum_(h < H) step_error (FiniteHorizon.state_law (model_of G i) expert) expert learner h.
