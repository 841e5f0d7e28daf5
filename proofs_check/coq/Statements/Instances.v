(** Cliff, unicycle and loop: how fast errors may grow (Swamy, Choudhury, Bagnell and Wu, ICML 2021).
    Who errs with probability 0 is the expert. *)
From mathcomp Require Import all_ssreflect all_algebra.
From ImitationLearning.Definitions Require Import FiniteHorizon Moments Families.
Import GRing.Theory Num.Theory.
Local Open Scope ring_scope.

(** foundation: cliff, unicycle and loop are models with rewards in [0, 1] *)
Definition instances_are_models : Prop :=
  forall R : realFieldType,
  [/\ is_mdp (cliff R) /\ unit_rewards (cliff R), is_mdp (unicycle R) /\ unit_rewards (unicycle R) &
      is_mdp (loop R) /\ unit_rewards (loop R)].

(** claim: swamy-2021-instances
    For every e. *)
Definition cliff_gap : Prop :=
  forall (R : realFieldType) (H : nat) (e : R),
  e * (value (cliff R) H (erring 0) - value (cliff R) H (erring e)) =
  e * H%:R - (1 - e) * (1 - (1 - e) ^+ H).

(** claim: swamy-2021-instances.cliff-slope *)
Definition cliff_slope : Prop :=
  forall (R : realFieldType) (H : nat) (e : R), 0 <= e <= 1 ->
  (H * H.+1)%:R / 2%:R * e - (H.-1 * H * H.+1)%:R / 6%:R * e ^+ 2 <=
  value (cliff R) H (erring 0) - value (cliff R) H (erring e).

(** claim: swamy-2021-instances.unicycle
    For every e. *)
Definition unicycle_gap : Prop :=
  forall (R : realFieldType) (H : nat) (e : R),
  (1 + e) * (value (unicycle R) H (erring 0) - value (unicycle R) H (erring e)) =
  e * \sum_(t < H) (1 - (- e) ^+ t).

(** claim: swamy-2021-instances.unicycle-slope *)
Definition unicycle_slope : Prop :=
  forall (R : realFieldType) (H : nat) (e : R), 0 <= e <= 1 ->
  value (unicycle R) H (erring 0) - value (unicycle R) H (erring e) <= H.-1%:R * e.

(** claim: swamy-2021-instances.loop
    For every e. *)
Definition loop_gap : Prop :=
  forall (R : realFieldType) (H : nat) (e : R),
  value (loop R) H (erring 0) - value (loop R) H (erring e) = H%:R * e.

(** claim: swamy-2021-recoverability.cliff *)
Definition cliff_recoverability : Prop :=
  forall (R : realFieldType) (H : nat), recoverability (cliff R) H (erring 0) = H%:R.

(** claim: swamy-2021-recoverability.unicycle *)
Definition unicycle_recoverability : Prop :=
  forall (R : realFieldType) (H : nat), recoverability (unicycle R) H (erring 0) = (minn H.-1 1)%:R.

(** foundation: the off-policy bound is attained, for every horizon and every error up to 2 / H
    Within swamy-2021-offq the gap of this instance equals the right-hand side. *)
Definition off_policy_attained : Prop :=
  forall (R : realFieldType) (H : nat) (epsilon : R), (0 < H)%N -> 0 <= epsilon <= 2%:R / H%:R ->
  exists (S A : finType) (M : mdp R S A) (expert learner : policy R S A),
  [/\ is_mdp M, signed_rewards M, is_policy expert & is_policy learner] /\
  let error := largest_payoff H (off_policy_mismatch M expert learner) in
  error = epsilon /\ value M H expert - value M H learner = H%:R ^+ 2 * error.

(** foundation: the on-policy bound for deterministic experts is attained in the loop, for every horizon
    Within swamy-2021-onq.deterministic. *)
Definition on_policy_attained : Prop :=
  forall (R : realFieldType) (H : nat) (e : R), (0 < H)%N -> 0 <= e <= 1 ->
  let M := loop R in
  let expert := erring 0 in
  let learner := erring e in
  value M H expert - value M H learner =
  recoverability M H expert * H%:R * largest_payoff H (on_policy_mismatch M expert learner) / 2%:R.
