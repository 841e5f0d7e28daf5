(** Cliff, unicycle and loop: values by recursion over the steps that are left. *)
From mathcomp Require Import all_ssreflect all_algebra ring zify.
From ImitationLearning.Definitions Require Import Probability FiniteHorizon Moments Families.
From ImitationLearning.Proofs Require Import Sums Extremes Difference Values Families Moments.
From ImitationLearning.Proofs Require Compounding.
From ImitationLearning.Statements Require Instances.
Set Implicit Arguments.
Unset Strict Implicit.
Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Section Instances.
Variable R : realFieldType.
Implicit Types (e : R) (n h H : nat).

(** The cliff: nobody climbs out, and who is up falls with probability e. *)
Lemma cliff_down e n h : to_go (cliff R) (erring e) n h false = 0.
Proof.
elim: n h => //= n IH h; rewrite /mean big_bool /= -!/(mean _ _) !mean_surely !IH.
by ring.
Qed.

Lemma cliff_up e n h :
  to_go (cliff R) (erring e) n.+1 h true = (1 - e) * (1 + to_go (cliff R) (erring e) n h.+1 true).
Proof. by rewrite /= /mean big_bool /= -!/(mean _ _) !mean_surely cliff_down; ring. Qed.

Lemma cliff_expert n h : to_go (cliff R) (erring 0) n h true = n%:R.
Proof. by elim: n h => // n IH h; rewrite cliff_up IH mulrS; ring. Qed.

(** The unicycle: who is on the track leaves it with probability e, who is beside it returns. *)
Lemma unicycle_on e n h :
  to_go (unicycle R) (erring e) n.+1 h true =
  1 + (1 - e) * to_go (unicycle R) (erring e) n h.+1 true + e * to_go (unicycle R) (erring e) n h.+1 false.
Proof. by rewrite /= /mean big_bool /= -!/(mean _ _) !mean_surely; ring. Qed.

Lemma unicycle_beside e n h :
  to_go (unicycle R) (erring e) n.+1 h false = to_go (unicycle R) (erring e) n h.+1 true.
Proof. by rewrite /= /mean big_bool /= -!/(mean _ _) !mean_surely; ring. Qed.

Lemma loop_to_go e n h : to_go (loop R) (erring e) n h tt = n%:R * (1 - e).
Proof.
elim: n h => [|n IH] h /=; first by rewrite mul0r.
by rewrite /mean big_bool /= -!/(mean _ _) !mean_surely IH mulrS; ring.
Qed.

(** What being on the track is worth. *)
Lemma unicycle_ahead e n h :
  to_go (unicycle R) (erring e) n h true - to_go (unicycle R) (erring e) n h false = \sum_(t < n) (- e) ^+ t.
Proof.
elim: n h => [|n IH] h; first by rewrite big_ord0 subrr.
rewrite unicycle_on unicycle_beside big_ord_recl expr0; under eq_bigr do rewrite exprS.
by rewrite -mulr_sumr -(IH h.+1); ring.
Qed.

Lemma unicycle_lost e n h :
  n%:R - to_go (unicycle R) (erring e) n h true = e * \sum_(k < n) \sum_(t < k) (- e) ^+ t.
Proof.
elim: n h => [|n IH] h; first by rewrite big_ord0 mulr0 subrr.
by rewrite big_ord_recr mulrDr -(IH h.+1) -(unicycle_ahead e n h.+1) unicycle_on mulrS; ring.
Qed.

Lemma unicycle_expert n h : to_go (unicycle R) (erring 0) n h true = n%:R.
Proof. by apply/esym/eqP; rewrite -subr_eq0 unicycle_lost mul0r eqxx. Qed.

Lemma geometric_sum e n : (1 + e) * (\sum_(t < n) (- e) ^+ t) = 1 - (- e) ^+ n.
Proof.
elim: n => [|n IH]; first by rewrite big_ord0 mulr0 subrr.
by rewrite big_ord_recr mulrDr IH exprS /=; ring.
Qed.

End Instances.

Theorem instances_are_models : Statements.Instances.instances_are_models.
Proof.
move=> R; split; split=> [|h s a] /=; try by rewrite ler0n lern1 leq_b1.
all: by split=> *; apply: law_surely.
Qed.

Theorem cliff_gap : Statements.Instances.cliff_gap.
Proof.
move=> R H e; rewrite /value !mean_surely /v subn0.
have err n h : e * to_go (cliff R) (erring e) n h true = (1 - e) * (1 - (1 - e) ^+ n).
  elim: n h => [|n IH] h; first by rewrite /= expr0; ring.
  by rewrite cliff_up mulrCA [e * (_ + _)]mulrDr IH exprS; ring.
by rewrite [LHS]mulrBr cliff_expert err.
Qed.

Theorem cliff_slope : Statements.Instances.cliff_slope.
Proof.
move=> R H e /andP[e0 e1]; rewrite /value !mean_surely /v subn0 cliff_expert.
suff lost n h : (n * n.+1)%:R / 2%:R * e - (n.-1 * n * n.+1)%:R / 6%:R * e ^+ 2 <=
  n%:R - to_go (cliff R) (erring e) n h true by [].
elim: n h => [|n IH] h; first by rewrite /= !muln0 !mul0r subrr.
have -> : n.+1%:R - to_go (cliff R) (erring e) n.+1 h true =
          n.+1%:R * e + (1 - e) * (n%:R - to_go (cliff R) (erring e) n h.+1 true).
  by rewrite cliff_up mulrS; ring.
have e1' : 0 <= 1 - e by rewrite subr_ge0.
apply: le_trans (ler_add (lexx _) (ler_wpmul2l e1' (IH h.+1))).
have -> : (n.+1.-1 * n.+1 * n.+2)%:R = 3%:R * (n * n.+1)%:R + (n.-1 * n * n.+1)%:R :> R.
  by rewrite -natrM -natrD; congr _%:R; case: n {IH} => //= n; lia.
have -> : (n.+1 * n.+2)%:R = (n * n.+1)%:R + 2%:R * n.+1%:R :> R by rewrite -natrM -natrD; congr _%:R; lia.
rewrite -subr_ge0 [X in 0 <= X](_ : _ = (n.-1 * n * n.+1)%:R / 6%:R * e ^+ 3); last by field.
by rewrite !mulr_ge0 ?exprn_ge0 ?invr_ge0 ?ler0n.
Qed.

Theorem unicycle_gap : Statements.Instances.unicycle_gap.
Proof.
move=> R H e; rewrite /value !mean_surely /v subn0.
rewrite unicycle_expert unicycle_lost mulrCA mulr_sumr; congr (_ * _); apply: eq_bigr => k _.
exact: geometric_sum.
Qed.

Theorem unicycle_slope : Statements.Instances.unicycle_slope.
Proof.
move=> R H e /andP[e0 e1]; have e1' : 0 < 1 + e by rewrite ltr_paddr ?ltr01.
rewrite /value !mean_surely /v subn0.
rewrite unicycle_expert unicycle_lost mulrC ler_wpmul2r //; case: H => [|n]; first by rewrite big_ord0.
rewrite big_ord_recl big_ord0 add0r /= -[X in _ <= X%:R]card_ord -sum1_card natr_sum; apply: ler_sum => k _.
rewrite -(ler_pmul2l e1') geometric_sum mulr1 ler_add2l; apply: le_trans (ler_norm _) _.
by rewrite normrN normrX normrN (ger0_norm e0) exprS ler_pimulr // exprn_ile1.
Qed.

Theorem loop_gap : Statements.Instances.loop_gap.
Proof. by move=> R H e; rewrite /value !mean_surely /v subn0 !loop_to_go; ring. Qed.

Theorem cliff_recoverability : Statements.Instances.cliff_recoverability.
Proof.
move=> R H.
have adv h s a : (h < H)%N -> advantage (cliff R) H (erring 0) h s a = - (s && ~~ a)%:R * (H - h)%:R.
  move=> hH; rewrite /advantage /q /v mean_surely (_ : H - h = (H - h.+1).+1)%N; last by lia.
  by case: s; case: a; rewrite ?cliff_down ?cliff_expert /= ?mulrS; ring.
apply/le_anti/andP; split.
  apply: recoverability_le => [|h s a hH]; rewrite ?ler0n // adv // mulNr normrN -natrM ger0_norm ?ler0n //.
  by rewrite ler_nat; case: (_ && _); lia.
case: (posnP H) => [->|H0]; first exact: bigmax_ge.
have := advantage_le (cliff R) (erring 0) true false H0.
by rewrite adv // subn0 mulNr normrN mul1r ger0_norm ?ler0n.
Qed.

Theorem unicycle_recoverability : Statements.Instances.unicycle_recoverability.
Proof.
move=> R H.
have adv h s a : (h < H)%N -> advantage (unicycle R) H (erring 0) h s a = - (s && ~~ a && (h.+1 < H)%N)%:R.
  move=> hH; rewrite /advantage /q /v mean_surely (_ : H - h = (H - h.+1).+1)%N; last by lia.
  have -> : (h.+1 < H)%N = (0 < H - h.+1)%N by rewrite subn_gt0.
  by case: s; case: a; case: (H - h.+1)%N => [|n]; rewrite ?unicycle_beside ?unicycle_expert /= ?mulrS; ring.
apply/le_anti/andP; split.
  apply: recoverability_le => [|h s a hH]; rewrite ?ler0n // adv // normrN ger0_norm ?ler0n // ler_nat.
  by case: (s && ~~ a) => //=; case: ltnP; lia.
case: (leqP H 1) => [H1|H1]; first by rewrite (_ : minn H.-1 1 = 0%N) ?bigmax_ge //; lia.
have := advantage_le (unicycle R) (erring 0) true false (ltnW H1).
by rewrite adv ?(ltnW H1) //= H1 normrN ger0_norm ?ler0n // (_ : minn H.-1 1 = 1%N) //; lia.
Qed.

(** Rewards r in [0, 1] as 2 r - 1. *)
Lemma value_spread (R : realFieldType) (S A : finType) (M : mdp R S A) (H : nat) (pi : policy R S A) :
  is_mdp M -> is_policy pi ->
  value (with_rewards M (fun h s a => 2%:R * reward M h s a - 1)) H pi = 2%:R * value M H pi - H%:R.
Proof.
move=> hM hpi; have -> : H%:R = \sum_(h < H) 1 :> R by rewrite sumr_const card_ord.
rewrite !value_occupancy // mulr_sumr -sumrB; apply: eq_bigr => h _.
have one : mean (state_law M pi h) (fun=> 1) = 1 by rewrite mean_const //; apply: law_state_law.
rewrite !sum_occupancy.
transitivity (mean (state_law M pi h) (fun s => 2%:R * mean (pi h s) (reward M h s) - 1)).
  by apply: eq_bigr => s _; rewrite state_law_with_rewards meanB meanZ mean_const.
by rewrite meanB meanZ one.
Qed.

(** The off-policy error is twice the error rate. *)
Lemma off_policy_tv (R : realFieldType) (S A : finType) (M : mdp R S A) H (expert learner : policy R S A) :
  is_mdp M -> is_policy expert -> (0 < H)%N ->
  largest_payoff H (off_policy_mismatch M expert learner) = 2%:R * error_rate M H expert learner.
Proof.
move=> hM hE H0; have H1 : H%:R != 0 :> R by rewrite pnatr_eq0 -lt0n.
apply: (mulfI H1); rewrite off_policy_error // /error_rate [RHS]mulrCA mulVKf // mulr_sumr.
apply: eq_bigr => h _; rewrite -meanZ; apply: eq_mean => s.
by rewrite tv_l1 mulVKf // pnatr_eq0.
Qed.

Theorem off_policy_attained : Statements.Instances.off_policy_attained.
Proof.
move=> R H epsilon H0 /andP[e0 e1]; have two : 2%:R != 0 :> R by rewrite pnatr_eq0.
have half : 0 <= epsilon / 2%:R <= H%:R^-1.
  by rewrite divr_ge0 ?ler0n // ler_pdivr_mulr ?ltr0n // mulrC.
have [S [A [M [expert [learner [[hM hr hE hL] [rate gap]]]]]]] := Compounding.supervised_attained H0 half.
have error : largest_payoff H (off_policy_mismatch M expert learner) = epsilon.
  by rewrite off_policy_tv // rate mulrC divfK.
exists S, A, (with_rewards M (fun h s a => 2%:R * reward M h s a - 1)), expert, learner; split.
  split=> // h s a; have /andP[r0 r1] := hr h s a; rewrite /=.
  rewrite -{1}[-1]add0r ler_add2r mulr_ge0 ?ler0n //= ler_subl_addr.
  have -> : 1 + 1 = 2%:R * 1 :> R by rewrite mulr1.
  by rewrite ler_wpmul2l ?ler0n.
move=> error'; have -> : error' = epsilon.
  rewrite -error; congr (_ * _); do 3![apply: eq_bigr => ? _].
  by rewrite /off_policy_mismatch state_law_with_rewards.
split=> //; rewrite !value_spread // opprB addrA subrK -mulrBr gap rate mulrCA; congr (_ * _).
by rewrite mulrC divfK.
Qed.

Theorem on_policy_attained : Statements.Instances.on_policy_attained.
Proof.
move=> R H e H0 /andP[e0 e1] M expert learner; have [_ _ [hM _]] := instances_are_models R.
have hE : is_policy expert by apply: is_policy_erring; rewrite lexx ler01.
have hL : is_policy learner by apply: is_policy_erring; rewrite e0.
have adv h s a : (h < H)%N -> advantage M H expert h s a = - (~~ a)%:R.
  move=> hH; rewrite /advantage /q /v mean_surely (_ : H - h = (H - h.+1).+1)%N; last by lia.
  by case: s; case: a; rewrite !loop_to_go /= ?mulrS; ring.
have -> : recoverability M H expert = 1.
  apply/le_anti/andP; split.
    apply: recoverability_le => [|h s a hH]; rewrite ?ler01 // adv // normrN ger0_norm ?ler0n //.
    by rewrite lern1 leq_b1.
  by have := advantage_le M expert tt false H0; rewrite adv // normrN normr1.
rewrite loop_gap mul1r on_policy_error // big_distrl /=.
have l1 h s : \sum_a `|learner h s a - expert h s a| = 2%:R * e.
  rewrite big_bool /= subr0 [1 - e - _](_ : _ = - e); last by ring.
  by rewrite normrN ger0_norm //; ring.
rewrite (eq_bigr (fun=> e)) ?sumr_const ?card_ord ?mulr_natl // => h _.
by rewrite (eq_mean _ (l1 h)) mean_const ?mulKf //; [rewrite mulrC mulKf ?pnatr_eq0 | apply: law_state_law].
Qed.
