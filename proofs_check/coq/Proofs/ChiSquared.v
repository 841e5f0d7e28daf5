(** The chi-squared regulariser: complete the square at each outcome. *)
From mathcomp Require Import all_ssreflect all_algebra ring.
From ImitationLearning.Definitions Require Import Probability Extremes.
From ImitationLearning.Proofs Require Import Sums Extremes.
From ImitationLearning.Statements Require ChiSquared.
Set Implicit Arguments.
Unset Strict Implicit.
Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

(** What a reward pays less than the divergence, for a penalty with any weight. *)
Lemma penalty_square (R : realFieldType) (T : finType) (d e r : T -> R) (alpha : R) :
  (forall x, e x != 0) -> alpha != 0 ->
  mean e (fun x => (d x / e x - 1) ^+ 2) / (4%:R * alpha)
  - (mean e r - mean d r - alpha * mean e (fun x => r x ^+ 2)) =
  alpha * mean e (fun x => (r x - (1 - d x / e x) / (2%:R * alpha)) ^+ 2).
Proof.
move=> e0 alpha0; rewrite /mean !mulr_sumr mulr_suml -!sumrB; apply: eq_bigr => x _.
by have ex := e0 x; field; rewrite ex alpha0.
Qed.

Theorem chi2_penalty : Statements.ChiSquared.chi2_penalty.
Proof.
move=> R T d e alpha _ _ e0 alpha0 payoff chi2.
have ex x : e x != 0 by rewrite lt0r_neq0.
have short r := penalty_square d r ex (lt0r_neq0 alpha0); split=> [r|].
  rewrite -subr_ge0 short; apply: mulr_ge0; first exact: ltW.
  by apply: mean_ge0 => x; [apply: ltW | apply: sqr_ge0].
apply/esym/eqP; rewrite -subr_eq0 short /mean big1 ?mulr0 // => x _.
by rewrite subrr expr0n mulr0.
Qed.

Theorem chi2_code : Statements.ChiSquared.chi2_code.
Proof.
move=> R T d e alpha hd he e0 alpha0 payoff chi2; have a0 := lt0r_neq0 alpha0.
have weight0 : 0 < (4%:R * alpha)^-1 by rewrite invr_gt0 mulr_gt0 ?ltr0n.
have [le best] := chi2_penalty hd he e0 weight0.
have same r : payoff r = mean e r - mean d r - (4%:R * alpha)^-1 * mean e (fun x => r x ^+ 2).
  rewrite /payoff meanB addrAC -meanZ; congr (_ - _).
  by apply: eq_mean => x; rewrite mulrC.
have total : mean e (fun x => (d x / e x - 1) ^+ 2) / (4%:R * (4%:R * alpha)^-1) = alpha * chi2.
  by rewrite /chi2; field.
split=> [r|]; first by rewrite same -total; apply: le.
rewrite same -total -best; have r x : 2%:R * alpha * (1 - d x / e x) =
  (1 - d x / e x) / (2%:R * (4%:R * alpha)^-1) by have ex := lt0r_neq0 (e0 x); field; rewrite a0 ex.
by rewrite !(eq_mean _ r) (eq_mean _ (fun x => congr1 (fun y => y ^+ 2) (r x))).
Qed.

Theorem chi2_rewards_blow_up : Statements.ChiSquared.chi2_rewards_blow_up.
Proof.
move=> R T d e alpha _ he e0 alpha0; have a0 := lt0r_neq0 alpha0.
rewrite mulrC -meanZ; apply: mean_le => // x; apply: le_trans (largest_ge _ x).
by rewrite le_eqVlt; apply/orP; left; apply/eqP; have ex := lt0r_neq0 (e0 x); field; rewrite a0 ex.
Qed.
