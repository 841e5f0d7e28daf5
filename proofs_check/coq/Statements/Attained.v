(** The bounds by moments of rewards and by on-policy action values cannot be improved (Swamy, Choudhury,
    Bagnell and Wu, ICML 2021). *)
From mathcomp Require Import all_ssreflect all_algebra.
From ImitationLearning.Definitions Require Import FiniteHorizon Moments Families.
Import GRing.Theory Num.Theory.
Local Open Scope ring_scope.

(** foundation: the bound swamy-2021-reward is attained by every pair of policies in every model
    At a reward that does not vary in time, as that bound asks for. *)
Definition reward_bound_attained : Prop :=
  forall (R : realFieldType) (S A : finType) (M : mdp R S A) (H : nat) (expert learner : policy R S A),
  is_mdp M -> is_policy expert -> is_policy learner ->
  let g := reward_mismatch M expert learner in
  let paying := with_rewards M (fun _ s a => - Num.sg (\sum_(h < H) g h s a)) in
  [/\ signed_rewards paying, stationary (reward paying) &
      value paying H expert - value paying H learner = H%:R * largest_stationary_payoff H g].

(** foundation: the bound swamy-2021-onq is attained in the loop, for every horizon, by a stochastic expert
    Expert and learner err with the probabilities 1 / 2 and 1 / 2 + e. *)
Definition on_policy_bound_attained : Prop :=
  forall (R : realFieldType) (H : nat) (e : R), (0 < H)%N -> 0 <= e <= 2%:R^-1 ->
  let M := loop R in
  let expert := erring 2%:R^-1 in
  let learner := erring (2%:R^-1 + e) in
  [/\ is_policy expert, is_policy learner &
      value M H expert - value M H learner =
      recoverability M H expert * H%:R * largest_payoff H (on_policy_mismatch M expert learner)].
