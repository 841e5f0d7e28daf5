(** Values are linear in feature expectations; the rest is Hoelder's inequality, and a right angle. *)
From mathcomp Require Import all_ssreflect all_algebra ring zify.
From ImitationLearning.Definitions Require Import Probability Extremes Discounted Features.
From ImitationLearning.Definitions Require FiniteHorizon.
From ImitationLearning.Proofs Require Import Sums Extremes Solutions DiscountedDifference.
From ImitationLearning.Proofs Require DiscountedTotalVariation Difference Values Variance.
From ImitationLearning.Statements Require Features.
Set Implicit Arguments.
Unset Strict Implicit.
Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

(** Hoelder's inequality. *)
Lemma dot_le (R : realFieldType) (I : finType) (u w : I -> R) :
  `|\sum_i u i * w i| <= (\sum_i `|u i|) * largest (fun i => `|w i|).
Proof.
apply: le_trans (ler_norm_sum _ _ _) _; rewrite mulr_suml; apply: ler_sum => i _.
by rewrite normrM ler_wpmul2l // (largest_ge (fun i => `|w i|)).
Qed.

Section Shown.
Variables (R : realFieldType) (S A I : finType).
Implicit Types (x y : S -> A -> R) (features : I -> S -> A -> R) (w : I -> R).

(** A measure pays what it shows. *)
Lemma sum_paid x features w : \sum_s \sum_a x s a * paid w features s a = \sum_i w i * shown x features i.
Proof.
under eq_bigr do under eq_bigr do rewrite mulr_sumr.
under eq_bigr do rewrite exchange_big; rewrite exchange_big; apply: eq_bigr => i _.
rewrite mulr_sumr; apply: eq_bigr => s _; rewrite mulr_sumr; apply: eq_bigr => a _.
by rewrite mulrCA.
Qed.

Lemma told_apartC features x y : told_apart features x y = told_apart features y x.
Proof. by apply: eq_bigr => i _; rewrite distrC. Qed.

Lemma told_apart_trans features x y z :
  told_apart features x z <= told_apart features x y + told_apart features y z.
Proof.
apply: largest_le => [|i]; first by rewrite addr_ge0 ?largest_ge0.
apply: le_trans (ler_dist_add (shown y features i) _ _) _; apply: ler_add.
  exact: (largest_ge (fun i => `|shown x features i - shown y features i|)).
exact: (largest_ge (fun i => `|shown y features i - shown z features i|)).
Qed.

End Shown.

(** What a policy is paid over time, on the scale of means. *)
Lemma total_value (R : realFieldType) (S A : finType) (M : mdp R S A) r (pi : policy R S A) d v :
  is_mdp M -> is_policy pi -> is_state_law M pi d -> is_value (with_reward M r) pi v ->
  (1 - discount M) * value (with_reward M r) v = \sum_s \sum_a occupancy pi d s a * r s a.
Proof.
move=> hM hpi hd hv; have hN : is_mdp (with_reward M r) by [].
by rewrite (value_occupancy hN hpi hd hv) mulVKf // lt0r_neq0 // (effective_horizon_gt0 hM).
Qed.

Section Gaps.
Variables (R : realFieldType) (S A I : finType) (M : mdp R S A) (features : I -> S -> A -> R) (w : I -> R).
Variables (pi other : policy R S A) (d e v v' : S -> R).
Hypotheses (hM : is_mdp M) (hpi : is_policy pi) (hother : is_policy other).
Hypotheses (hd : is_state_law M pi d) (he : is_state_law M other e).
Local Notation paying := (with_reward M (paid w features)).
Hypotheses (hv : is_value paying pi v) (hv' : is_value paying other v').

Lemma value_expected : value paying v = \sum_i w i * expected M pi d features i.
Proof.
have h0 := lt0r_neq0 (effective_horizon_gt0 hM); apply: (mulfI h0); rewrite (total_value hM hpi hd hv).
by rewrite sum_paid mulr_sumr; apply: eq_bigr => i _; rewrite [RHS]mulrCA mulVKf.
Qed.

Lemma gap_shown : (1 - discount M) * (value paying v - value paying v') =
  \sum_i w i * (shown (occupancy pi d) features i - shown (occupancy other e) features i).
Proof.
rewrite mulrBr (total_value hM hpi hd hv) (total_value hM hother he hv') !sum_paid -sumrB.
by apply: eq_bigr => i _; rewrite mulrBr.
Qed.

End Gaps.

(** Differences of values are linear in differences of what is expected. *)
Lemma gap_expected (R : realFieldType) (S A I : finType) (M : mdp R S A) (features : I -> S -> A -> R)
    (w : I -> R) (pi other : policy R S A) (d e v v' : S -> R) :
  is_mdp M -> is_policy pi -> is_policy other -> is_state_law M pi d -> is_state_law M other e ->
  is_value (with_reward M (paid w features)) pi v -> is_value (with_reward M (paid w features)) other v' ->
  value (with_reward M (paid w features)) v - value (with_reward M (paid w features)) v' =
  \sum_i w i * (expected M pi d features i - expected M other e features i).
Proof.
move=> hM hpi hother hd he hv hv'; rewrite (value_expected hM hpi hd hv) (value_expected hM hother he hv').
by rewrite -sumrB; apply: eq_bigr => i _; rewrite mulrBr.
Qed.

Theorem linear : Statements.Features.linear.
Proof. move=> R S A I M features w pi d v hM hpi hd paying hv; exact: value_expected hM hpi hd hv. Qed.

Theorem euclidean : Statements.Features.euclidean.
Proof.
move=> R S A I M features w pi other d e v v' hM hpi hother hd he paying hv hv' /=.
by rewrite (gap_expected hM hpi hother hd he hv hv'); apply: Variance.cauchy_schwarz.
Qed.

Theorem supremum : Statements.Features.supremum.
Proof.
move=> R S A I M features w pi other d e v v' hM hpi hother hd he paying hv hv' /=.
by rewrite (gap_expected hM hpi hother hd he hv hv'); apply: dot_le.
Qed.

Theorem summed : Statements.Features.summed.
Proof.
move=> R S A I M features w pi other d e v v' hM hpi hother hd he paying hv hv' /=.
rewrite (gap_expected hM hpi hother hd he hv hv') mulrC; under eq_bigr do rewrite mulrC.
exact: dot_le.
Qed.

Theorem finite : Statements.Features.finite.
Proof.
move=> R S A I M H features w pi other hM hpi hother /=; set paying := FiniteHorizon.with_reward _ _.
have total sigma : FiniteHorizon.is_policy sigma ->
    FiniteHorizon.value paying H sigma = \sum_i w i * expected_sum M H sigma features i.
  move=> hs; have hN : FiniteHorizon.is_mdp paying by [].
  rewrite (Difference.value_occupancy paying H hs) /expected_sum; under [RHS]eq_bigr do rewrite mulr_sumr.
  rewrite [RHS]exchange_big; apply: eq_bigr => h _ /=.
  have same k s : FiniteHorizon.state_law paying sigma k s = FiniteHorizon.state_law M sigma k s.
    by elim: k s => //= k IH s; apply: eq_bigr => t _; rewrite IH.
  rewrite -(sum_paid (FiniteHorizon.occupancy M sigma h) (fun i => features i h) w).
  by do 2![apply: eq_bigr => ? _]; rewrite /FiniteHorizon.occupancy same.
rewrite !total // -sumrB; under eq_bigr do rewrite -mulrBr.
exact: Variance.cauchy_schwarz.
Qed.

Theorem ball : Statements.Features.ball.
Proof.
move=> R S A I M features w learner expert d e v v' hM hL hE hd he apart costing hv hv'.
by rewrite (gap_shown hM hL hE hd he hv hv'); apply: Variance.cauchy_schwarz.
Qed.

Theorem apprenticeship : Statements.Features.apprenticeship.
Proof.
move=> R S A I M features learner expert d e hM hL hE hd he apart costing.
split=> [v v' hv hv' | w v v' w1 hv hv'].
  by rewrite (gap_shown hM hL hE hd he hv hv'); apply: eq_bigr => i _; rewrite expr2.
apply: le_trans (ball hM hL hE hd he hv hv') _; rewrite -[leRHS]mul1r ler_wpmul2r //.
by apply: sumr_ge0 => i _; apply: sqr_ge0.
Qed.

Theorem simplex : Statements.Features.simplex.
Proof.
move=> R S A I M features w i0 learner expert d e v v' hM hL hE hd he hw apart costing hv hv'.
by rewrite (gap_shown hM hL hE hd he hv hv'); apply: mean_le => // i; apply: maximum_ge.
Qed.

Theorem rich : Statements.Features.rich.
Proof.
move=> R S A I M features learner expert cost d e v v' hM hL hE hd he apart costing hv hv'.
rewrite mulrBr (total_value hM hL hd hv) (total_value hM hE he hv').
pose x s a := occupancy learner d s a - occupancy expert e s a.
have -> : \sum_s \sum_a occupancy learner d s a * cost s a - \sum_s \sum_a occupancy expert e s a * cost s a =
    \sum_i 1 * apart i + \sum_s \sum_a x s a * (cost s a - \sum_i features i s a).
  have -> : \sum_i 1 * apart i = \sum_s \sum_a x s a * paid (fun=> 1) features s a.
    rewrite sum_paid; apply: eq_bigr => i _; congr (_ * _); rewrite /apart /shown -sumrB.
    by apply: eq_bigr => s _; rewrite -sumrB; apply: eq_bigr => a _; rewrite -mulrBl.
  rewrite -sumrB -big_split; apply: eq_bigr => s _; rewrite -sumrB -big_split; apply: eq_bigr => a _ /=.
  have -> : paid (fun=> 1) features s a = \sum_i features i s a by apply: eq_bigr => i _; rewrite mul1r.
  by rewrite -mulrDr [_ + (cost s a - _)]addrC subrK -mulrBl.
apply: ler_add; first by apply: ler_sum => i _; rewrite mul1r ler_norm.
apply: ler_sum => s _; apply: ler_sum => a _; rewrite mulrC -normrM; exact: ler_norm.
Qed.

Theorem restricted : Statements.Features.restricted.
Proof.
move=> R S A I M features c offset expert learner d e v v' hM hE hL hd he paying hv hv'.
have h0 := effective_horizon_gt0 hM; rewrite -{1}(ger0_norm (ltW h0)) -normrM mulrBr.
rewrite (total_value hM hE hd hv) (total_value hM hL he hv').
have split pi f : is_policy pi -> is_state_law M pi f ->
    \sum_s \sum_a occupancy pi f s a * (paid c features s a + offset) =
    \sum_i c i * shown (occupancy pi f) features i + offset.
  move=> hpi hf; rewrite -sum_paid -[X in _ = _ + X]mul1r -(law_state_law hM hpi hf).2 mulr_suml -big_split.
  apply: eq_bigr => s _ /=; rewrite -[X in _ = _ + X * _]mulr1 -(hpi s).2 mulr_sumr mulr_suml -big_split.
  by apply: eq_bigr => a _ /=; rewrite mulrDr.
rewrite !split // opprD addrACA subrr addr0 -sumrB; under eq_bigr do rewrite -mulrBr.
exact: dot_le.
Qed.

Theorem from_data : Statements.Features.from_data.
Proof.
move=> R S A I M features c offset expert learner d e v v' data hM hE hL hd he paying hv hv'.
apply: le_trans (restricted hM hE hL hd he hv hv') _; apply: ler_wpmul2l; first by apply: sumr_ge0.
by rewrite addrC; apply: told_apart_trans.
Qed.

Theorem realisable : Statements.Features.realisable.
Proof.
move=> R S A I features expert learner data fits.
apply: le_trans (told_apart_trans features expert data learner) _.
by rewrite mulr2n mulrDl mul1r ler_add2l (told_apartC _ expert).
Qed.

Section Projection.
Variables (R : realFieldType) (S A I : finType) (M : mdp R S A) (features : I -> S -> A -> R).
Variables (expert start response : policy R S A) (d_E d_0 d : S -> R).
Hypotheses (hM : is_mdp M) (h0 : is_policy start) (hr : is_policy response).
Hypotheses (hd_0 : is_state_law M start d_0) (hd : is_state_law M response d).
Hypothesis (bounded : forall i s a, 0 <= features i s a <= 1).
Let target := expected M expert d_E features.
Let reached := expected M start d_0 features.
Let answered := expected M response d features.
Let w i := target i - reached i.
Hypothesis (no_worse : 0 <= \sum_i w i * (answered i - target i)).
Let before := square w.
Let length := square (fun i => answered i - reached i).
Let after := before * length - (\sum_i w i * (answered i - reached i)) ^+ 2.
Let k : R := #|I|%:R.

Let square_ge0 (u : I -> R) : 0 <= square u.
Proof. by apply: sumr_ge0 => i _; apply: sqr_ge0. Qed.

(** Features that a policy shows lie between 0 and 1. *)
Let length_le : (1 - discount M) ^+ 2 * length <= k.
Proof.
have h1 := lt0r_neq0 (effective_horizon_gt0 hM).
have inside pi f i : is_policy pi -> is_state_law M pi f -> 0 <= shown (occupancy pi f) features i <= 1.
  move=> hpi hf; rewrite /shown pair_big -/(mean (joint (occupancy pi f)) (joint (features i))).
  by apply: mean_bounds (DiscountedTotalVariation.law_occupancy hM hpi hf) _ => z; apply: bounded.
rewrite /length /square /k mulr_sumr -sum1_card natr_sum; apply: ler_sum => i _.
rewrite -exprMn mulrBr /answered /reached /expected !mulVKf // -real_normK ?num_real //.
rewrite -[leRHS](expr1n _ 2) ler_expn2r ?nnegrE ?ler01 //.
exact: dist_le (inside _ _ _ hr hd) (inside _ _ _ h0 hd_0).
Qed.

(** The step goes at least as far as to the foot of a right angle. *)
Let along_ge : before <= \sum_i w i * (answered i - reached i).
Proof.
rewrite -subr_ge0 /before /square -sumrB; apply: le_trans no_worse _; apply: ler_sum => i _.
by apply: eq_ler; rewrite /w; ring.
Qed.

Let after_le : after <= before * length - before ^+ 2.
Proof.
have b0 : 0 <= before := square_ge0 _; rewrite ler_add2l ler_opp2.
by rewrite ler_expn2r ?nnegrE // (le_trans b0 along_ge).
Qed.

Lemma step_sharpest : k * after <= before * length * (k - (1 - discount M) ^+ 2 * before).
Proof.
have k0 : 0 <= k by rewrite ler0n.
apply: le_trans (ler_wpmul2l k0 after_le) _; rewrite -subr_ge0.
have -> : before * length * (k - (1 - discount M) ^+ 2 * before) - k * (before * length - before ^+ 2) =
          before ^+ 2 * (k - (1 - discount M) ^+ 2 * length) by ring.
by rewrite mulr_ge0 ?sqr_ge0 // subr_ge0.
Qed.

Lemma step_sharper : after * (k + (1 - discount M) ^+ 2 * before) <= k * before * length.
Proof.
have b0 : 0 <= before := square_ge0 _; have l0 : 0 <= length := square_ge0 _.
set x := (1 - discount M) ^+ 2 * before; have x0 : 0 <= x by rewrite mulr_ge0 ?sqr_ge0.
have [k0 | k0] := eqVneq k 0.
  have none : before = 0.
    apply: big1 => i _; have : (0 < #|I|)%N by rewrite (cardD1 i).
    by rewrite lt0n -(pnatr_eq0 R) -/k k0 eqxx.
  have := after_le; rewrite none k0 !mul0r expr0n subrr => after0.
  by rewrite -[leRHS](mul0r x) add0r; apply: ler_wpmul2r.
have kpos : 0 < k by rewrite lt0r k0 ler0n.
rewrite -(ler_pmul2l kpos) mulrA; apply: le_trans (ler_wpmul2r _ step_sharpest) _.
  by rewrite addr_ge0 // ltW.
rewrite -/x -subr_ge0.
have -> : k * (k * before * length) - before * length * (k - x) * (k + x) = before * length * x ^+ 2 by ring.
by rewrite mulr_ge0 ?sqr_ge0 // mulr_ge0.
Qed.

Lemma step_lemma : after * (k ^+ 2 + (1 - discount M) ^+ 2 * before) <= k ^+ 2 * before * length.
Proof.
have more : 0 <= k ^+ 2 - k.
  by rewrite -natrX -natrB ?ler0n //; case: #|I| => // n; rewrite expnS expn1 leq_pmulr.
have after_le' : after <= before * length.
  by apply: le_trans after_le _; rewrite ler_subl_addr ler_addl sqr_ge0.
have -> : after * (k ^+ 2 + (1 - discount M) ^+ 2 * before) =
          after * (k + (1 - discount M) ^+ 2 * before) + (k ^+ 2 - k) * after by ring.
have -> : k ^+ 2 * before * length = k * before * length + (k ^+ 2 - k) * (before * length) by ring.
by apply: ler_add step_sharper _; apply: ler_wpmul2l.
Qed.

End Projection.

Theorem projection_sharpest : Statements.Features.projection_sharpest.
Proof.
by move=> R S A I M features expert start response d_E d_0 d hM _ h0 hr _ hd_0 hd hf *; apply: step_sharpest.
Qed.

Theorem projection_sharper : Statements.Features.projection_sharper.
Proof.
by move=> R S A I M features expert start response d_E d_0 d hM _ h0 hr _ hd_0 hd hf *; apply: step_sharper.
Qed.

Theorem projection : Statements.Features.projection.
Proof.
by move=> R S A I M features expert start response d_E d_0 d hM _ h0 hr _ hd_0 hd hf *; apply: step_lemma.
Qed.
