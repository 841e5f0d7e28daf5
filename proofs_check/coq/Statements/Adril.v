(** AdRIL: plain averages of best responses (Swamy, Choudhury, Bagnell and Wu, ICML 2021). *)
From mathcomp Require Import all_ssreflect all_algebra.
From ImitationLearning.Definitions Require Import Probability FiniteHorizon Moments Adril.
Import GRing.Theory Num.Theory.
Local Open Scope ring_scope.

(** claim: swamy-2021-adril.distances *)
Definition as_if_orthogonal : Prop :=
  forall (R : realFieldType) (S A : finType) (M : mdp R S A) (H k : nat) (expert : policy R S A)
         (learners : nat -> policy R S A),
  is_mdp M -> is_policy expert -> (0 < k)%N ->
  let d := mean_occupancy M H in
  is_adril d expert learners ->
  \sum_x (d expert x - averaged d learners k x) ^+ 2 <=
  k%:R ^- 2 * \sum_(i < k) \sum_x (d (learners i) x - d expert x) ^+ 2.

(** claim: swamy-2021-adril.sharper *)
Definition no_logarithm : Prop :=
  forall (R : realFieldType) (S A : finType) (M : mdp R S A) (H k : nat) (expert : policy R S A)
         (learners : nat -> policy R S A),
  is_mdp M -> is_policy expert -> (forall i, is_policy (learners i)) -> (0 < H)%N -> (0 < k)%N ->
  is_adril (mean_occupancy M H) expert learners -> loss (mean_occupancy M H) expert learners k <= k%:R^-1.

(** claim: swamy-2021-adril.fictitious-play
    The inequality; that the sum of 1 / i grows as log k does is no part of it, nor of what Python checks. *)
Definition fictitious : Prop :=
  forall (R : realFieldType) (S A : finType) (M : mdp R S A) (H k : nat) (expert : policy R S A)
         (learners : nat -> policy R S A),
  is_mdp M -> is_policy expert -> (forall i, is_policy (learners i)) -> (0 < H)%N -> (0 < k)%N ->
  is_adril (mean_occupancy M H) expert learners ->
  loss (mean_occupancy M H) expert learners k <= k%:R^-1 * \sum_(i < k) i.+1%:R^-1.

(** claim: swamy-2021-adril.time-dependent *)
Definition kernel_with_time : Prop :=
  forall (R : realFieldType) (S A : finType) (M : mdp R S A) (H k : nat) (expert : policy R S A)
         (learners : nat -> policy R S A),
  is_mdp M -> is_policy expert -> (forall i, is_policy (learners i)) -> (0 < H)%N -> (0 < k)%N ->
  is_adril (step_occupancy M (H := H)) expert learners ->
  loss (step_occupancy M (H := H)) expert learners k <= (H%:R * k%:R)^-1.

(** claim: swamy-2021-adril.performance
    The mixture is worth the mean of the values of its policies. *)
Definition adril_performance : Prop :=
  forall (R : realFieldType) (S A : finType) (M : mdp R S A) (H k : nat) (expert : policy R S A)
         (learners : nat -> policy R S A),
  is_mdp M -> signed_rewards M -> stationary (reward M) ->
  is_policy expert -> (forall i, is_policy (learners i)) -> (0 < H)%N -> (0 < k)%N ->
  is_adril (mean_occupancy M H) expert learners ->
  (value M H expert - k%:R^-1 * \sum_(i < k) value M H (learners i)) ^+ 2 <=
  2%:R * H%:R ^+ 2 * #|S|%:R * #|A|%:R / k%:R.

(** claim: swamy-2021-adril
    After k + 1 policies. *)
Definition conditional_gradient : Prop :=
  forall (R : realFieldType) (S A : finType) (M : mdp R S A) (H k : nat) (expert : policy R S A)
         (learners : nat -> policy R S A),
  is_mdp M -> is_policy expert -> (forall i, is_policy (learners i)) -> (0 < H)%N ->
  let d := mean_occupancy M H in
  is_frank_wolfe d expert learners ->
  2%:R^-1 * (\sum_x (d expert x - frank_wolfe d learners k x) ^+ 2) <= 4%:R / k.+3%:R.

(** claim: swamy-2021-adril.gradient
    For every weight. *)
Definition functional_gradient : Prop :=
  forall (R : realFieldType) (S A : finType) (M : mdp R S A) (H : nat)
         (expert learner other : policy R S A) (w : R),
  is_mdp M -> is_policy expert -> is_policy learner -> is_policy other ->
  let d := mean_occupancy M H in
  let half_square f := 2%:R^-1 * \sum_(x : S * A) f x ^+ 2 in
  half_square (fun x => d expert x - mixture w (d learner) (d other) x) =
  half_square (fun x => d expert x - d learner x)
  - w * (\sum_x (d expert x - d learner x) * (d other x - d learner x))
  + w ^+ 2 * half_square (fun x => d other x - d learner x).
