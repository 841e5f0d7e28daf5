(** Soft-optimal policies show soft advantages: what is proved for every soft maximum, for log sum exp. *)
From mathcomp Require Import all_ssreflect all_algebra ring.
From ImitationLearning.Definitions Require Import Probability Extremes Discounted SoftMaximum SoftDiscounted.
From ImitationLearning.Definitions Require Import Identification Reals.
From ImitationLearning.Definitions Require Logarithms.
From ImitationLearning.Proofs Require Import Sums Extremes SoftMaximum.
From ImitationLearning.Proofs Require Logarithms Reals RewardRecovery Shaping.
From ImitationLearning.Statements Require SoftRewards.
Set Implicit Arguments.
Unset Strict Implicit.
Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Definition exp_ln : Logarithms.is_exp_log exp ln := Reals.exp_and_ln.

Lemma log_sum_exp_soft (A : finType) (a0 : A) (tau : reals) : 0 < tau -> is_soft_maximum (@log_sum_exp A tau).
Proof. exact: (Logarithms.log_sum_exp_soft exp_ln a0). Qed.

Section Policies.
Variables (S A : finType) (a0 : A) (tau : reals).
Implicit Types (M N : mdp reals S A) (v w : S -> reals).
Hypothesis tau0 : 0 < tau.

Let soft (s : S) : is_soft_maximum (@log_sum_exp A tau). Proof. exact: log_sum_exp_soft. Qed.

Lemma soft_policy_gt0 M v s a : 0 < soft_policy M tau v s a.
Proof. exact: (Logarithms.softmax_gt0 exp_ln a0). Qed.

(** tau log pi = Q - V. *)
Lemma log_soft_policy M v s a : is_soft_value M (fun=> log_sum_exp tau) v ->
  tau * ln (soft_policy M tau v s a) = soft_advantage M v s a.
Proof. by move=> hv; rewrite /soft_advantage hv; exact: (Logarithms.log_softmax exp_ln a0). Qed.

Lemma log_odds M N v w s a :
  is_soft_value M (fun=> log_sum_exp tau) v -> is_soft_value N (fun=> log_sum_exp tau) w ->
  tau * ln (soft_policy N tau w s a / soft_policy M tau v s a) =
  soft_advantage N w s a - soft_advantage M v s a.
Proof.
move=> hv hw; rewrite -(log_soft_policy s a hv) -(log_soft_policy s a hw) -mulrBr.
by rewrite (Logarithms.log_div exp_ln) ?soft_policy_gt0.
Qed.

Lemma same_policy M N v w :
  is_soft_value M (fun=> log_sum_exp tau) v -> is_soft_value N (fun=> log_sum_exp tau) w ->
  (forall s a, soft_policy N tau w s a = soft_policy M tau v s a) <->
  (forall s a, soft_advantage N w s a = soft_advantage M v s a).
Proof.
move=> hv hw; split=> same s a; first by rewrite -(log_soft_policy s a hv) -(log_soft_policy s a hw) same.
have e : ln (soft_policy N tau w s a) = ln (soft_policy M tau v s a).
  by apply: (mulfI (lt0r_neq0 tau0)); rewrite (log_soft_policy s a hv) (log_soft_policy s a hw) same.
rewrite -[LHS](Logarithms.logK exp_ln (soft_policy_gt0 N w s a)) e.
exact: (Logarithms.logK exp_ln (soft_policy_gt0 M v s a)).
Qed.

End Policies.

Lemma eq_span (R : realFieldType) (T : finType) (f g : T -> R) : f =1 g -> span f = span g.
Proof. by move=> fg; apply: eq_bigr => x _; apply: eq_bigr => y _; rewrite !fg. Qed.

Lemma eq_largest (R : realFieldType) (T : finType) (f g : T -> R) : f =1 g -> largest f = largest g.
Proof. by move=> fg; apply: eq_bigr => x _. Qed.

(** At temperature 1 logarithms are soft advantages themselves. *)
Section TemperatureOne.
Variables (S A : finType) (a0 : A) (M N : mdp reals S A) (v w : S -> reals).
Hypothesis hv : is_soft_value M (fun=> log_sum_exp 1) v.

Lemma log_soft_policy1 s a : ln (soft_policy M 1 v s a) = soft_advantage M v s a.
Proof. by rewrite -(log_soft_policy a0 ltr01 s a hv) mul1r. Qed.

Lemma log_odds1 s a : is_soft_value N (fun=> log_sum_exp 1) w ->
  ln (soft_policy N 1 w s a / soft_policy M 1 v s a) = soft_advantage N w s a - soft_advantage M v s a.
Proof. by move=> hw; rewrite -(log_odds a0 ltr01 s a hv hw) mul1r. Qed.

End TemperatureOne.

(** The largest log odds are those of the soft advantages. *)
Lemma largest_log_odds (S A : finType) (a0 : A) (M N : mdp reals S A) (v w : S -> reals) :
  is_soft_value M (fun=> log_sum_exp 1) v -> is_soft_value N (fun=> log_sum_exp 1) w ->
  largest (fun s => span (fun a => ln (soft_policy N 1 w s a / soft_policy M 1 v s a))) =
  largest (fun s => span (fun a => soft_advantage N w s a - soft_advantage M v s a)).
Proof.
move=> hv hw; apply: eq_largest => s; apply: eq_span => a.
by rewrite (log_odds1 a0 hv).
Qed.

Theorem same_soft_actions : Statements.SoftRewards.same_soft_actions.
Proof.
move=> S A M a0 tau potential v w hM t hv hw s a.
exact: (Shaping.same_soft_actions hM (fun=> log_sum_exp_soft a0 t) hv hw).
Qed.

Theorem state_rewards_are_identified : Statements.SoftRewards.state_rewards_are_identified.
Proof.
move=> S A M move a0 r r' v v' hM hmove connected g0 here there hv hv'.
rewrite (same_policy a0 ltr01 hv hv'); have hm (s : S) := log_sum_exp_soft a0 ltr01.
exact: (RewardRecovery.state_rewards_are_identified a0 hM hm hmove connected g0 hv hv').
Qed.

Theorem policies_show_value_differences : Statements.SoftRewards.policies_show_value_differences.
Proof.
move=> S A M a0 r r' v v' _ here there log_odds seen hv hv' s a.
rewrite /log_odds !(log_odds1 a0 hv) //; exact: RewardRecovery.policies_show_value_differences.
Qed.

Theorem nearly_the_same_policy : Statements.SoftRewards.nearly_the_same_policy.
Proof.
move=> S A M move a0 r r' v v' hM hmove connected g0 here there log_odds hv hv'.
rewrite /log_odds (largest_log_odds a0 hv hv'); have hm (s : S) := log_sum_exp_soft a0 ltr01.
exact: (RewardRecovery.nearly_the_same_policy a0 hM hm hmove connected g0 hv hv').
Qed.

Theorem only_state_rewards_are_robust : Statements.SoftRewards.only_state_rewards_are_robust.
Proof.
move=> S A M a0 v _ stays hv s; rewrite (eq_span (fun a => log_soft_policy1 a0 hv s a)).
exact: RewardRecovery.only_state_rewards_are_robust.
Qed.

Theorem shaped_rewards_mislead_elsewhere : Statements.SoftRewards.shaped_rewards_mislead_elsewhere.
Proof.
move=> S A M N a0 r potential v v' hM hN same true_one learnt misplaced hv hv'.
rewrite (largest_log_odds a0 hv hv').
exact: (RewardRecovery.shaped_rewards_mislead_elsewhere hM hN same (fun=> log_sum_exp_soft a0 ltr01) hv hv').
Qed.

Theorem every_value_explains : Statements.SoftRewards.every_value_explains.
Proof.
move=> S A M a0 tau pi v hM t hpi pi0 explaining.
have norm s : log_sum_exp tau (fun a => tau * ln (pi s a)) = 0.
  exact: (Logarithms.softmax_log exp_ln t (hpi s) (pi0 s)).
have [unique adv] := RewardRecovery.every_value_explains v hM (fun=> log_sum_exp_soft a0 t) norm.
have hv : is_soft_value explaining (fun=> log_sum_exp tau) v by apply/unique.
split=> // s a; have e : ln (soft_policy explaining tau v s a) = ln (pi s a).
  by apply: (mulfI (lt0r_neq0 t)); rewrite (log_soft_policy a0 t s a hv) adv.
rewrite -[LHS](Logarithms.logK exp_ln (soft_policy_gt0 a0 tau explaining v s a)) e.
exact: (Logarithms.logK exp_ln (pi0 s a)).
Qed.

Theorem every_reward_is_explained : Statements.SoftRewards.every_reward_is_explained.
Proof.
move=> S A M a0 tau v hM t hv s a; rewrite (log_soft_policy a0 t s a hv).
by have [-> _] := RewardRecovery.every_reward_is_explained hM (fun=> log_sum_exp_soft a0 t) hv.
Qed.

Theorem ambiguity_of_one_environment : Statements.SoftRewards.ambiguity_of_one_environment.
Proof.
move=> S A M a0 tau r v v' hM t hv hv' change; rewrite (same_policy a0 t hv hv').
exact: (RewardRecovery.ambiguity_of_one_environment a0 hM (fun=> log_sum_exp_soft a0 t) hv hv').
Qed.

Theorem two_environments : Statements.SoftRewards.two_environments.
Proof.
move=> S A M N a0 r r' v v' w w' _ _ log_odds hv hv' hw hw' s a.
rewrite /log_odds (log_odds1 a0 hv) // (log_odds1 a0 hw) //; exact: RewardRecovery.two_environments.
Qed.

Theorem nearly_null_vectors : Statements.SoftRewards.nearly_null_vectors.
Proof.
move=> S A M N a0 r u t w w' hM hN before after residual hw hw'; rewrite (largest_log_odds a0 hw hw').
exact: (RewardRecovery.nearly_null_vectors t hM hN (fun=> log_sum_exp_soft a0 ltr01) hw hw').
Qed.
