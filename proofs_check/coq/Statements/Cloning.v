(** Cloning: the expert is imitated where the expert goes. *)
From mathcomp Require Import all_ssreflect all_algebra.
From ImitationLearning.Definitions Require Import Probability FiniteHorizon Imitation.
Import GRing.Theory Num.Theory.
Local Open Scope ring_scope.

(** claim: ross-bagnell-2010-thm-2-1
    In absolute value. *)
Definition supervised : Prop :=
  forall (R : realFieldType) (S A : finType) (M : mdp R S A) (H : nat) (expert learner : policy R S A),
  is_mdp M -> unit_rewards M -> is_policy expert -> is_policy learner ->
  `|value M H expert - value M H learner| <= H%:R ^+ 2 * error_rate M H expert learner.

(** claim: ross-bagnell-2010-thm-2-1.horizon-weighted
    In absolute value; at step h, counted from 0, H - h rewards are left. *)
Definition horizon_weighted : Prop :=
  forall (R : realFieldType) (S A : finType) (M : mdp R S A) (H : nat) (expert learner : policy R S A),
  is_mdp M -> unit_rewards M -> is_policy expert -> is_policy learner ->
  `|value M H expert - value M H learner| <=
  \sum_(h < H) (H - h)%:R * step_error (state_law M expert) expert learner h.

(** claim: ross-bagnell-2010-thm-2-1.uniform-error
    The largest error is the least such [error]. *)
Definition uniform_error : Prop :=
  forall (R : realFieldType) (S A : finType) (M : mdp R S A) (H : nat)
    (expert learner : policy R S A) (error : R),
  is_mdp M -> unit_rewards M -> is_policy expert -> is_policy learner ->
  (forall h, (h < H)%N -> step_error (state_law M expert) expert learner h <= error) ->
  `|value M H expert - value M H learner| <= (H * H.+1)%:R / 2%:R * error.

(** claim: ross-bagnell-2010-thm-2-1.either-policy *)
Definition either_policy : Prop :=
  forall (R : realFieldType) (S A : finType) (M : mdp R S A) (H : nat) (expert learner : policy R S A),
  is_mdp M -> unit_rewards M -> is_policy expert -> is_policy learner ->
  `|value M H expert - value M H learner| <=
  Num.min (\sum_(h < H) (H - h)%:R * step_error (state_law M expert) expert learner h)
          (\sum_(h < H) (H - h)%:R * step_error (state_law M learner) expert learner h).

(** claim: rajaraman-2020-reduction
    In absolute value. *)
Definition reduction : Prop := horizon_weighted.

(** claim: rajaraman-2020-reduction.average *)
Definition reduction_average : Prop :=
  forall (R : realFieldType) (S A : finType) (M : mdp R S A) (H : nat) (expert learner : policy R S A),
  is_mdp M -> unit_rewards M -> is_policy expert -> is_policy learner ->
  `|value M H expert - value M H learner| <= Num.min H%:R (H%:R ^+ 2 * error_rate M H expert learner).

(** claim: rajaraman-2020-reduction.sharper *)
Definition reduction_coupled : Prop :=
  forall (R : realFieldType) (S A : finType) (M : mdp R S A) (H : nat) (expert learner : policy R S A),
  is_mdp M -> unit_rewards M -> is_policy expert -> is_policy learner ->
  value M H expert - value M H learner <=
  \sum_(h < H) (1 - \sum_s \sum_a occupancy M (shared expert learner) h s a).
