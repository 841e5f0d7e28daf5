(** Rewards and their soft-optimal policies, over the real numbers (Ng, Harada and Russell, ICML 1999; Fu,
    Luo and Levine, ICLR 2018; Cao, Cohen and Szpruch, NeurIPS 2021).

    The soft value of a state is tau log sum exp (. / tau) of its action values and the policy their
    softmax ([Definitions.Reals]); [Statements.Reals.soft_values_exist] says that there are soft values.
    [a0] shows that there are actions. *)
From mathcomp Require Import all_ssreflect all_algebra.
From ImitationLearning.Definitions Require Import Probability Extremes Discounted SoftDiscounted.
From ImitationLearning.Definitions Require Import Identification Reals.
Import GRing.Theory Num.Theory.
Local Open Scope ring_scope.

(** claim: ng-1999-shaping.soft *)
Definition same_soft_actions : Prop :=
  forall (S A : finType) (M : mdp reals S A) (a0 : A) (tau : reals) (potential v w : S -> reals),
  is_mdp M -> 0 < tau ->
  is_soft_value M (fun=> log_sum_exp tau) v -> is_soft_value (shaped M potential) (fun=> log_sum_exp tau) w ->
  forall s a, q (shaped M potential) w s a = q M v s a - potential s.

(** foundation: airl-2018-thm-5-1 for soft-optimal policies
    The rewards of states with the same policy are r + c. *)
Definition state_rewards_are_identified : Prop :=
  forall (S A : finType) (M : mdp reals S A) (move : S -> A -> S) (a0 : A) (r r' v v' : S -> reals),
  is_mdp M -> is_deterministic M move -> decomposable move -> 0 < discount M ->
  let here := with_reward M (of_states r) in
  let there := with_reward M (of_states r') in
  is_soft_value here (fun=> log_sum_exp 1) v -> is_soft_value there (fun=> log_sum_exp 1) v' ->
  (forall s a, soft_policy there 1 v' s a = soft_policy here 1 v s a) <-> exists c, forall s, r' s = r s + c.

(** claim: airl-2018-thm-5-1.stochastic
    Whatever the action a0: of each state and action, where the claim adds up what they miss. *)
Definition policies_show_value_differences : Prop :=
  forall (S A : finType) (M : mdp reals S A) (a0 : A) (r r' v v' : S -> reals),
  is_mdp M ->
  let here := with_reward M (of_states r) in
  let there := with_reward M (of_states r') in
  let log_odds s a := ln (soft_policy there 1 v' s a / soft_policy here 1 v s a) in
  let seen s a := discount M * mean (transition M s a) (fun t => v' t - v t) in
  is_soft_value here (fun=> log_sum_exp 1) v -> is_soft_value there (fun=> log_sum_exp 1) v' ->
  forall s a, log_odds s a - log_odds s a0 = seen s a - seen s a0.

(** claim: airl-2018-thm-5-1.stable *)
Definition nearly_the_same_policy : Prop :=
  forall (S A : finType) (M : mdp reals S A) (move : S -> A -> S) (a0 : A) (r r' v v' : S -> reals),
  is_mdp M -> is_deterministic M move -> decomposable move -> 0 < discount M ->
  let here := with_reward M (of_states r) in
  let there := with_reward M (of_states r') in
  let log_odds s := span (fun a => ln (soft_policy there 1 v' s a / soft_policy here 1 v s a)) in
  is_soft_value here (fun=> log_sum_exp 1) v -> is_soft_value there (fun=> log_sum_exp 1) v' ->
  discount M * span (fun s => r' s - r s) <= (1 + discount M) * #|S|.-1%:R * largest log_odds.

(** claim: airl-2018-thm-5-2
    Of each state, where the claim adds them up. *)
Definition only_state_rewards_are_robust : Prop :=
  forall (S A : finType) (M : mdp reals S A) (a0 : A) (v : S -> reals),
  is_mdp M -> is_deterministic M (fun s _ => s) -> is_soft_value M (fun=> log_sum_exp 1) v ->
  forall s, span (fun a => ln (soft_policy M 1 v s a)) = span (reward M s).

(** claim: airl-2018-thm-5-2.transfer
    For any reward of pairs. *)
Definition shaped_rewards_mislead_elsewhere : Prop :=
  forall (S A : finType) (M N : mdp reals S A) (a0 : A) (r : S -> A -> reals) (potential v v' : S -> reals),
  is_mdp M -> is_mdp N -> discount N = discount M ->
  let true_one := with_reward N r in
  let learnt := with_reward N (fun s a => r s a + shaping M potential s a) in
  let misplaced z := mean (transition M z.1 z.2) potential - mean (transition N z.1 z.2) potential in
  is_soft_value true_one (fun=> log_sum_exp 1) v -> is_soft_value learnt (fun=> log_sum_exp 1) v' ->
  largest (fun s => span (fun a => ln (soft_policy learnt 1 v' s a / soft_policy true_one 1 v s a))) <=
  discount M / (1 - discount M) * span misplaced.

(** claim: cao-2021-characterisation
    [pi] is any policy of full support. *)
Definition every_value_explains : Prop :=
  forall (S A : finType) (M : mdp reals S A) (a0 : A) (tau : reals) (pi : policy reals S A) (v : S -> reals),
  is_mdp M -> 0 < tau -> is_policy pi -> (forall s a, 0 < pi s a) ->
  let explaining := with_reward M (fun s a => tau * ln (pi s a) + unshaped M v s a) in
  (forall w, is_soft_value explaining (fun=> log_sum_exp tau) w <-> w =1 v) /\
  forall s a, soft_policy explaining tau v s a = pi s a.

(** claim: cao-2021-characterisation.necessary *)
Definition every_reward_is_explained : Prop :=
  forall (S A : finType) (M : mdp reals S A) (a0 : A) (tau : reals) (v : S -> reals),
  is_mdp M -> 0 < tau -> is_soft_value M (fun=> log_sum_exp tau) v ->
  forall s a, reward M s a = tau * ln (soft_policy M tau v s a) + unshaped M v s a.

(** foundation: cao-2021-characterisation.dimension for soft-optimal policies
    The rewards with the same policy correspond, one to one, to the functions of the state. At any
    temperature. *)
Definition ambiguity_of_one_environment : Prop :=
  forall (S A : finType) (M : mdp reals S A) (a0 : A) (tau : reals) (r : S -> A -> reals) (v v' : S -> reals),
  is_mdp M -> 0 < tau ->
  is_soft_value M (fun=> log_sum_exp tau) v -> is_soft_value (with_reward M r) (fun=> log_sum_exp tau) v' ->
  let change u := forall s a, r s a = reward M s a + unshaped M u s a in
  ((forall s a, soft_policy (with_reward M r) tau v' s a = soft_policy M tau v s a) <-> exists u, change u) /\
  forall u1 u2, change u1 -> change u2 -> u1 =1 u2.

(** claim: cao-2021-two-environments
    Of each state and action, where the claim adds up what they miss. The environments may have different
    discounts; [w] and [w'] are the soft values in the other one. *)
Definition two_environments : Prop :=
  forall (S A : finType) (M N : mdp reals S A) (a0 : A) (r r' : S -> A -> reals) (v v' w w' : S -> reals),
  is_mdp M -> is_mdp N ->
  let log_odds E before after s a :=
    ln (soft_policy (with_reward E r') 1 after s a / soft_policy (with_reward E r) 1 before s a) in
  is_soft_value (with_reward M r) (fun=> log_sum_exp 1) v ->
  is_soft_value (with_reward M r') (fun=> log_sum_exp 1) v' ->
  is_soft_value (with_reward N r) (fun=> log_sum_exp 1) w ->
  is_soft_value (with_reward N r') (fun=> log_sum_exp 1) w' ->
  forall s a, unshaped M (fun t => v' t - v t) s a - unshaped N (fun t => w' t - w t) s a =
              log_odds N w w' s a - log_odds M v v' s a.

(** claim: cao-2021-two-environments.stable
    The environments may have different discounts; [w] and [w'] are the soft values in the other one. *)
Definition nearly_null_vectors : Prop :=
  forall (S A : finType) (M N : mdp reals S A) (a0 : A) (r : S -> A -> reals) (u t w w' : S -> reals),
  is_mdp M -> is_mdp N ->
  let before := with_reward N r in
  let after := with_reward N (fun s a => r s a + unshaped M u s a) in
  let residual z := unshaped M u z.1 z.2 - unshaped N t z.1 z.2 in
  is_soft_value before (fun=> log_sum_exp 1) w -> is_soft_value after (fun=> log_sum_exp 1) w' ->
  largest (fun s => span (fun a => ln (soft_policy after 1 w' s a / soft_policy before 1 w s a))) <=
  (1 - discount N)^-1 * span residual.
