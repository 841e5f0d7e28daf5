(** Matching moments of rewards and of action values (Swamy, Choudhury, Bagnell and Wu, ICML 2021). *)
From mathcomp Require Import all_ssreflect all_algebra.
From ImitationLearning.Definitions Require Import Probability FiniteHorizon Extremes Imitation Moments.
Import GRing.Theory Num.Theory.
Local Open Scope ring_scope.

(** foundation: the l1 norm of a mismatch is the largest payoff of functions in [-1, 1]
    It is attained at the sign of the mismatch. *)
Definition largest_payoff_is_supremum : Prop :=
  forall (R : realFieldType) (S A : finType) (H : nat) (g : nat -> S -> A -> R),
  [/\ forall f, signed f -> payoff H g f <= largest_payoff H g,
      signed (best_moment g) & payoff H g (best_moment g) = largest_payoff H g].

(** foundation: the same over functions that do not vary in time *)
Definition largest_stationary_payoff_is_supremum : Prop :=
  forall (R : realFieldType) (S A : finType) (H : nat) (g : nat -> S -> A -> R),
  let best (_ : nat) s a := Num.sg (\sum_(h < H) g h s a) in
  [/\ forall f, signed f -> stationary f -> payoff H g f <= largest_stationary_payoff H g,
      signed best, stationary best & payoff H g best = largest_stationary_payoff H g].

(** claim: swamy-2021-reward *)
Definition reward_bound : Prop :=
  forall (R : realFieldType) (S A : finType) (M : mdp R S A) (H : nat) (expert learner : policy R S A),
  is_mdp M -> signed_rewards M -> stationary (reward M) -> is_policy expert -> is_policy learner ->
  value M H expert - value M H learner <=
  H%:R * largest_stationary_payoff H (reward_mismatch M expert learner).

(** claim: swamy-2021-reward.time-dependent *)
Definition reward_time_dependent : Prop :=
  forall (R : realFieldType) (S A : finType) (M : mdp R S A) (H : nat) (expert learner : policy R S A),
  is_mdp M -> signed_rewards M -> is_policy expert -> is_policy learner ->
  value M H expert - value M H learner <= H%:R * largest_payoff H (reward_mismatch M expert learner).

(** claim: swamy-2021-reward.attained
    The reward lies in [-1, 1], so that the supremum over such rewards is attained there. *)
Definition reward_attained : Prop :=
  forall (R : realFieldType) (S A : finType) (M : mdp R S A) (H : nat) (expert learner : policy R S A),
  is_mdp M -> is_policy expert -> is_policy learner ->
  let g := reward_mismatch M expert learner in
  let paying := with_rewards M (fun h s a => - best_moment g h s a) in
  signed_rewards paying /\ value paying H expert - value paying H learner = H%:R * largest_payoff H g.

(** claim: swamy-2021-reward.equilibrium
    For any f, not only one in [-1, 1]; [delta] is any that the inequalities allow. *)
Definition reward_equilibrium : Prop :=
  forall (R : realFieldType) (S A : finType) (M : mdp R S A) (H : nat) (expert learner : policy R S A)
         (f : nat -> S -> A -> R) (delta : R),
  is_mdp M -> signed_rewards M -> is_policy expert -> is_policy learner ->
  let u1 pi := payoff H (reward_mismatch M expert pi) f in
  largest_payoff H (reward_mismatch M expert learner) - delta / 2%:R <= u1 learner ->
  (forall pi, is_policy pi -> u1 learner <= u1 pi + delta / 2%:R) ->
  value M H expert - value M H learner <= H%:R * delta.

(** claim: swamy-2021-offq.identity *)
Definition off_policy_identity : Prop :=
  forall (R : realFieldType) (S A : finType) (M : mdp R S A) (H : nat) (expert learner : policy R S A),
  is_mdp M -> is_policy expert -> is_policy learner ->
  value M H expert - value M H learner =
  - (H%:R * payoff H (off_policy_mismatch M expert learner) (q M H learner)).

(** claim: swamy-2021-offq.sharper
    At step h, counted from 0, H - h rewards are left. *)
Definition off_policy_weighted : Prop :=
  forall (R : realFieldType) (S A : finType) (M : mdp R S A) (H : nat) (expert learner : policy R S A),
  is_mdp M -> signed_rewards M -> is_policy expert -> is_policy learner ->
  `|value M H expert - value M H learner| <=
  \sum_(h < H) (H - h)%:R * mean (state_law M expert h) (fun s => \sum_a `|learner h s a - expert h s a|).

(** claim: swamy-2021-offq *)
Definition off_policy_bound : Prop :=
  forall (R : realFieldType) (S A : finType) (M : mdp R S A) (H : nat) (expert learner : policy R S A),
  is_mdp M -> signed_rewards M -> is_policy expert -> is_policy learner ->
  `|value M H expert - value M H learner| <=
  H%:R ^+ 2 * largest_payoff H (off_policy_mismatch M expert learner).

(** claim: swamy-2021-offq.unit-rewards *)
Definition off_policy_unit : Prop :=
  forall (R : realFieldType) (S A : finType) (M : mdp R S A) (H : nat) (expert learner : policy R S A),
  is_mdp M -> unit_rewards M -> is_policy expert -> is_policy learner ->
  `|value M H expert - value M H learner| <=
  H%:R ^+ 2 * largest_payoff H (off_policy_mismatch M expert learner) / 2%:R.

(** claim: swamy-2021-offq.equilibrium
    For any f, not only one in [-1, 1]; [delta] is any that the inequalities allow. *)
Definition off_policy_equilibrium : Prop :=
  forall (R : realFieldType) (S A : finType) (M : mdp R S A) (H : nat) (expert learner : policy R S A)
         (f : nat -> S -> A -> R) (delta : R),
  is_mdp M -> signed_rewards M -> is_policy expert -> is_policy learner ->
  let u2 pi := payoff H (off_policy_mismatch M expert pi) f in
  largest_payoff H (off_policy_mismatch M expert learner) - delta / 2%:R <= u2 learner ->
  (forall pi, is_policy pi -> u2 learner <= u2 pi + delta / 2%:R) ->
  `|value M H expert - value M H learner| <= H%:R ^+ 2 * delta.

(** claim: swamy-2021-onq.statewise *)
Definition on_policy_statewise : Prop :=
  forall (R : realFieldType) (S A : finType) (M : mdp R S A) (H : nat) (expert learner : policy R S A),
  is_mdp M -> is_policy expert -> is_policy learner ->
  `|value M H expert - value M H learner| <=
  \sum_(h < H) mean (state_law M learner h)
                 (fun s => half_span M H expert h s * \sum_a `|learner h s a - expert h s a|).

(** claim: swamy-2021-onq.sharper *)
Definition on_policy_span : Prop :=
  forall (R : realFieldType) (S A : finType) (M : mdp R S A) (H : nat) (expert learner : policy R S A),
  is_mdp M -> is_policy expert -> is_policy learner ->
  `|value M H expert - value M H learner| <=
  largest_half_span M H expert * H%:R * largest_payoff H (on_policy_mismatch M expert learner).

(** claim: swamy-2021-onq
    Whatever the rewards. *)
Definition on_policy_bound : Prop :=
  forall (R : realFieldType) (S A : finType) (M : mdp R S A) (H : nat) (expert learner : policy R S A),
  is_mdp M -> is_policy expert -> is_policy learner ->
  `|value M H expert - value M H learner| <=
  recoverability M H expert * H%:R * largest_payoff H (on_policy_mismatch M expert learner).

(** claim: swamy-2021-onq.deterministic *)
Definition on_policy_deterministic : Prop :=
  forall (R : realFieldType) (S A : finType) (M : mdp R S A) (H : nat)
         (act : nat -> S -> A) (learner : policy R S A),
  let expert := playing R act in
  is_mdp M -> is_policy learner ->
  `|value M H expert - value M H learner| <=
  recoverability M H expert * H%:R * largest_payoff H (on_policy_mismatch M expert learner) / 2%:R.

(** claim: swamy-2021-onq.equilibrium
    For any f, not only one in [-1, 1], and whatever the rewards; [delta] is any that the inequalities allow. *)
Definition on_policy_equilibrium : Prop :=
  forall (R : realFieldType) (S A : finType) (M : mdp R S A) (H : nat) (expert learner : policy R S A)
         (f : nat -> S -> A -> R) (delta : R),
  is_mdp M -> is_policy expert -> is_policy learner ->
  let u3 pi := payoff H (on_policy_mismatch M expert pi) f in
  largest_payoff H (on_policy_mismatch M expert learner) - delta / 2%:R <= u3 learner ->
  (forall pi, is_policy pi -> u3 learner <= u3 pi + delta / 2%:R) ->
  `|value M H expert - value M H learner| <= recoverability M H expert * H%:R * delta.

(** claim: swamy-2021-recoverability *)
Definition recoverability_at_worst : Prop :=
  forall (R : realFieldType) (S A : finType) (M : mdp R S A) (H : nat) (expert : policy R S A),
  is_mdp M -> signed_rewards M -> is_policy expert -> recoverability M H expert <= 2%:R * H%:R.

(** claim: swamy-2021-recoverability.sharper
    For any bounds of the rewards. *)
Definition recoverability_range : Prop :=
  forall (R : realFieldType) (S A : finType) (M : mdp R S A) (H : nat) (expert : policy R S A) (low high : R),
  is_mdp M -> is_policy expert -> low <= high -> (forall h s a, low <= reward M h s a <= high) ->
  recoverability M H expert <= H%:R * (high - low).
