(** The sign of the mismatch is the worst reward; and one state is enough for the on-policy bound. *)
From mathcomp Require Import all_ssreflect all_algebra ring zify.
From ImitationLearning.Definitions Require Import Probability FiniteHorizon Moments Families.
From ImitationLearning.Proofs Require Import Sums Values Families Moments Instances.
From ImitationLearning.Statements Require Attained.
Set Implicit Arguments.
Unset Strict Implicit.
Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Theorem reward_bound_attained : Statements.Attained.reward_bound_attained.
Proof.
move=> R S A M H expert learner hM hE hL g paying; split=> [h s a||].
- by rewrite /= -ler_norml normrN ler_norml signed_sg.
- by move=> h k.
have [_ _ _ attained] := largest_stationary_payoff_is_supremum H g; rewrite -attained.
rewrite value_reward_payoff //; congr (_ * (_ * _)); do 3![apply: eq_bigr => ? _].
by rewrite opprK /g /reward_mismatch /occupancy !state_law_with_rewards.
Qed.

Theorem on_policy_bound_attained : Statements.Attained.on_policy_bound_attained.
Proof.
move=> R H e H0 /andP[e0 e1] M expert learner; have [_ _ [hM _]] := instances_are_models R.
have two : 2%:R != 0 :> R by rewrite pnatr_eq0.
have half0 : 0 <= 2%:R^-1 :> R by rewrite invr_ge0 ler0n.
have halves : 2%:R^-1 + 2%:R^-1 = 1 :> R by field.
have hE : is_policy expert by apply: is_policy_erring; rewrite half0 -[leRHS]halves ler_addl.
have hL : is_policy learner by apply: is_policy_erring; rewrite addr_ge0 //= -[leRHS]halves ler_add2l.
split=> //; have adv h s a : (h < H)%N -> advantage M H expert h s a = if a then 2%:R^-1 else - 2%:R^-1.
  move=> hH; rewrite /advantage /q /v mean_surely (_ : H - h = (H - h.+1).+1)%N; last by lia.
  by case: s; case: a; rewrite !loop_to_go /= ?mulrS; field.
have -> : recoverability M H expert = 2%:R^-1.
  apply/le_anti/andP; split.
    apply: recoverability_le => // h s a hH; rewrite adv //.
    by case: a; rewrite ?normrN ger0_norm.
  by have := advantage_le M expert tt true H0; rewrite adv // ger0_norm.
have -> : value M H expert - value M H learner = H%:R * e.
  have -> : value M H expert - value M H learner =
    (value M H (erring 0) - value M H learner) - (value M H (erring 0) - value M H expert) by ring.
  by rewrite !loop_gap; ring.
have l1 h s : \sum_a `|learner h s a - expert h s a| = 2%:R * e.
  rewrite big_bool /= [X in `|X| + _](_ : _ = - e); last by ring.
  rewrite [X in _ + `|X|](_ : _ = e); last by ring.
  by rewrite normrN ger0_norm //; ring.
rewrite -mulrA on_policy_error // mulr_sumr (eq_bigr (fun=> e)) ?sumr_const ?card_ord ?mulr_natl // => h _.
by rewrite (eq_mean _ (l1 h)) mean_const ?mulKf //; apply: law_state_law.
Qed.
