(** The entropy of a mixture of occupancies: minus the logarithms of one policy, under both. *)
From mathcomp Require Import all_ssreflect all_algebra ring.
From ImitationLearning.Definitions Require Import Probability Discounted InverseSoft Reals.
From ImitationLearning.Definitions Require FiniteHorizon.
From ImitationLearning.Proofs Require Import Sums Solutions DiscountedDifference.
From ImitationLearning.Proofs Require Logarithms Values InverseSoft Mixtures SoftRewards.
From ImitationLearning.Statements Require OccupancyEntropy.
Set Implicit Arguments.
Unset Strict Implicit.
Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Notation exp_ln := SoftRewards.exp_ln.

Section Entropy.
Variables (S A : finType).
Implicit Types (pi : S -> A -> reals) (d : S -> reals) (x : S -> A -> reals).

Lemma eq_occupancy_entropy x y : (forall s a, x s a = y s a) -> occupancy_entropy x = occupancy_entropy y.
Proof.
move=> xy; congr (- _); apply: eq_bigr => s _; apply: eq_bigr => a _.
by rewrite xy (eq_bigr _ (fun b _ => xy s b)).
Qed.

Lemma occupancy_entropyE pi d : (forall s, law (pi s)) ->
  occupancy_entropy (fun s a => d s * pi s a) = mean d (fun s => entropy (pi s)).
Proof.
move=> hpi; rewrite /occupancy_entropy -sumrN; apply: eq_bigr => s _; rewrite -mulr_sumr (hpi s).2 mulr1.
rewrite /entropy /Logarithms.entropy mulrN mulr_sumr; congr (- _); apply: eq_bigr => a _.
have [->|d0] := eqVneq (d s) 0; first by rewrite !mul0r.
by rewrite -mulrA [d s * pi s a]mulrC mulfK.
Qed.

Lemma law_inhabited (p : A -> reals) : law p -> (0 < #|A|)%N.
Proof.
move=> [_ p1]; rewrite lt0n; apply/eqP => /card0_eq none.
by move/eqP: p1; rewrite big_pred0 // eq_sym oner_eq0.
Qed.

Section Mixture.
Variables (pi1 pi2 : S -> A -> reals) (d1 d2 : S -> reals) (w : reals).
Hypotheses (hpi1 : forall s, law (pi1 s)) (hpi2 : forall s, law (pi2 s)).
Hypotheses (d1_ge0 : forall s, 0 <= d1 s) (d2_ge0 : forall s, 0 <= d2 s) (hw : 0 <= w <= 1).
Let x s a := w * (d1 s * pi1 s a) + (1 - w) * (d2 s * pi2 s a).

Lemma weight_ge0 : 0 <= w /\ 0 <= 1 - w.
Proof. by have /andP[w0 w1] := hw; rewrite subr_ge0. Qed.

Lemma parts_ge0 s a : 0 <= w * (d1 s * pi1 s a) /\ 0 <= (1 - w) * (d2 s * pi2 s a).
Proof.
have [w0 w1] := weight_ge0; split; apply: mulr_ge0 => //; apply: mulr_ge0 => //.
  by case: (hpi1 s).
by case: (hpi2 s).
Qed.

Lemma mixed_ge0 s a : 0 <= x s a.
Proof. by have [? ?] := parts_ge0 s a; apply: addr_ge0. Qed.

(** Where the mixture goes, its policy is the quotient. *)
Lemma normalise_gt0 s a : 0 < x s a ->
  normalise x s a = x s a / (\sum_b x s b) /\ 0 < normalise x s a.
Proof.
move=> x0; have total : 0 < \sum_b x s b.
  by rewrite (bigD1 a) //= ltr_spaddl // sumr_ge0 // => b _; apply: mixed_ge0.
by rewrite /normalise gt_eqF // divr_gt0.
Qed.

Lemma first_shown s a : 0 < w * (d1 s * pi1 s a) -> 0 < x s a.
Proof. by have [_ ?] := parts_ge0 s a; move=> ?; apply: ltr_spaddl. Qed.

Lemma second_shown s a : 0 < (1 - w) * (d2 s * pi2 s a) -> 0 < x s a.
Proof. by have [? _] := parts_ge0 s a; move=> ?; apply: ltr_spaddr. Qed.

(** The entropy of a law and its divergence from another one. *)
Lemma cross (p q : A -> reals) (c : reals) : 0 <= c -> law p -> (forall a, 0 < c * p a -> 0 < q a) ->
  c * (entropy p + kl p q) = - \sum_a c * p a * ln (q a).
Proof.
move=> c0 [p0 _] pq; rewrite /entropy /kl /Logarithms.entropy /Logarithms.kl addrC -meanB.
rewrite mulr_sumr -sumrN; apply: eq_bigr => a _; rewrite mulrA.
have [->|nz] := eqVneq (c * p a) 0; first by rewrite !mul0r oppr0.
have cp : 0 < c * p a by rewrite lt_def nz mulr_ge0.
have pa : 0 < p a by rewrite lt_def p0 andbT; apply: contraNneq nz => ->; rewrite mulr0.
by rewrite (Logarithms.log_div exp_ln) ?pq // addrAC subrr add0r mulrN.
Qed.

Lemma entropy_of_mixture : occupancy_entropy x =
  w * mean d1 (fun s => entropy (pi1 s) + kl (pi1 s) (normalise x s)) +
  (1 - w) * mean d2 (fun s => entropy (pi2 s) + kl (pi2 s) (normalise x s)).
Proof.
have [w0 w1] := weight_ge0.
rewrite !mulr_sumr -big_split /occupancy_entropy -sumrN; apply: eq_bigr => s _ /=; rewrite !mulrA.
rewrite (@cross _ (normalise x s) (w * d1 s)) ?mulr_ge0 //; last first.
  by move=> a; rewrite -mulrA => /first_shown/normalise_gt0[].
rewrite (@cross _ (normalise x s) ((1 - w) * d2 s)) ?mulr_ge0 //; last first.
  by move=> a; rewrite -mulrA => /second_shown/normalise_gt0[].
rewrite -opprD; apply: congr1; rewrite -big_split; apply: eq_bigr => a _.
rewrite /= -mulrDl -!mulrA -/(x s a).
have [->|nz] := eqVneq (x s a) 0; first by rewrite !mul0r.
have x0 : 0 < x s a by rewrite lt_def nz mixed_ge0.
by have [-> _] := normalise_gt0 x0.
Qed.

Lemma divergences_ge0 :
  0 <= w * mean d1 (fun s => kl (pi1 s) (normalise x s)) /\
  0 <= (1 - w) * mean d2 (fun s => kl (pi2 s) (normalise x s)).
Proof.
have [w0 w1] := weight_ge0.
have law_x s : law (normalise x s).
  by apply: law_normalise => [|a]; [apply: law_inhabited (hpi1 s) | apply: mixed_ge0].
rewrite !mulr_sumr; split; apply: sumr_ge0 => s _; rewrite mulrA.
  have [->|nz] := eqVneq (w * d1 s) 0; first by rewrite mul0r.
  apply: mulr_ge0; first exact: mulr_ge0.
  apply: (Logarithms.kl_ge0 exp_ln) => // a pa; suff /normalise_gt0[] : 0 < x s a by [].
  by apply: first_shown; rewrite mulrA mulr_gt0 // lt_def nz mulr_ge0.
have [->|nz] := eqVneq ((1 - w) * d2 s) 0; first by rewrite mul0r.
apply: mulr_ge0; first exact: mulr_ge0.
apply: (Logarithms.kl_ge0 exp_ln) => // a pa; suff /normalise_gt0[] : 0 < x s a by [].
by apply: second_shown; rewrite mulrA mulr_gt0 // lt_def nz mulr_ge0.
Qed.

End Mixture.

End Entropy.

Lemma eq_normalise (R : realFieldType) (T U : finType) (x y : T -> U -> R) t u :
  (forall t u, x t u = y t u) -> normalise x t u = normalise y t u.
Proof. by move=> xy; rewrite /normalise xy (eq_bigr _ (fun w _ => xy t w)). Qed.

Theorem of_the_occupancy : Statements.OccupancyEntropy.of_the_occupancy.
Proof. by move=> S A M pi d hM hpi hd; apply: occupancy_entropyE. Qed.

Theorem of_the_occupancies : Statements.OccupancyEntropy.of_the_occupancies.
Proof.
move=> S A M H pi hM hpi; congr (_ * _); apply: eq_bigr => h _.
exact: (occupancy_entropyE (FiniteHorizon.state_law M pi h) (hpi h)).
Qed.

Theorem concave : Statements.OccupancyEntropy.concave.
Proof.
move=> S A M first second d1 d2 w hM h1 h2 hw hd1 hd2.
have [p1 _] := law_state_law hM h1 hd1; have [p2 _] := law_state_law hM h2 hd2.
have [k1 k2] := divergences_ge0 h1 h2 p1 p2 hw.
rewrite (entropy_of_mixture h1 h2 p1 p2 hw) !meanD !mulrDr addrACA ler_addl.
exact: addr_ge0.
Qed.

Theorem linear_on_rays : Statements.OccupancyEntropy.linear_on_rays.
Proof.
move=> S A x; rewrite /occupancy_entropy mulrN mulr_sumr; congr (- _); apply: eq_bigr => s _.
rewrite mulr_sumr; apply: eq_bigr => a _; rewrite -mulr_sumr -mulrA; congr (_ * (_ * ln _)).
by rewrite -mulf_div mulfV ?mul1r // pnatr_eq0.
Qed.

Section Half.
Variables (S A : finType) (M : mdp reals S A) (first second : policy reals S A) (d1 d2 : S -> reals).
Hypotheses (hM : is_mdp M) (h1 : is_policy first) (h2 : is_policy second).
Hypotheses (hd1 : is_state_law M first d1) (hd2 : is_state_law M second d2).
Let x s a := (occupancy first d1 s a + occupancy second d2 s a) / 2%:R.
Let w : reals := 2%:R^-1.
Let y s a := w * occupancy first d1 s a + (1 - w) * occupancy second d2 s a.

Lemma half_weight : 0 <= w <= 1.
Proof. by rewrite invr_ge0 ler0n invf_le1 ?ltr0n // ler1n. Qed.

Lemma halfE s a : x s a = y s a.
Proof. by rewrite /x /y /w; field. Qed.

Lemma entropy_of_half : occupancy_entropy x =
  (mean d1 (fun s => entropy (first s)) + mean d2 (fun s => entropy (second s))) / 2%:R +
  (mean d1 (fun s => kl (first s) (normalise x s)) + mean d2 (fun s => kl (second s) (normalise x s))) / 2%:R.
Proof.
have [p1 _] := law_state_law hM h1 hd1; have [p2 _] := law_state_law hM h2 hd2.
have same (p : A -> reals) s : kl p (normalise x s) = kl p (normalise y s).
  by apply: eq_mean => a; rewrite (eq_normalise _ _ halfE).
rewrite (eq_occupancy_entropy halfE) (entropy_of_mixture h1 h2 p1 p2 half_weight) !meanD.
rewrite (eq_mean _ (fun s => same (first s) s)) (eq_mean _ (fun s => same (second s) s)) -/y /w.
by field.
Qed.

End Half.

Theorem strictly_concave : Statements.OccupancyEntropy.strictly_concave.
Proof.
move=> S A M first second d1 d2 hM h1 h2 hd1 hd2; lazy zeta.
by rewrite (entropy_of_half hM h1 h2 hd1 hd2) addrAC subrr add0r.
Qed.

Theorem convex_in_occupancies : Statements.OccupancyEntropy.convex_in_occupancies.
Proof.
move=> S A M first second d1 d2 d e r hM h1 h2 hd1 hd2 x payoff hd.
have [p1 _] := law_state_law hM h1 hd1; have [p2 _] := law_state_law hM h2 hd2.
pose y s a := 2%:R^-1 * occupancy first d1 s a + (1 - 2%:R^-1) * occupancy second d2 s a.
have same s a : x s a = y s a := halfE first second d1 d2 s a.
have occ s a : occupancy (normalise x) d s a = x s a.
  rewrite same /occupancy (eq_normalise _ _ same) -/(occupancy (normalise y) d s a).
  apply: (Mixtures.mixture hM h1 h2 (half_weight : 0 <= 2%:R^-1 <= 1) hd1 hd2) => s'; rewrite [LHS]hd.
  congr (_ + _ * _); apply: eq_mean => t; apply: eq_bigr => b _; congr (_ * _); exact: eq_normalise.
have policy_x : is_policy (normalise x).
  move=> s; apply: law_normalise => [|a]; first exact: law_inhabited (h1 s).
  by rewrite divr_ge0 ?ler0n // addr_ge0 // mulr_ge0 //; [case: (h1 s) | case: (h2 s)].
have entropies : mean d (fun s => entropy (normalise x s)) = occupancy_entropy x.
  by rewrite -(eq_occupancy_entropy occ) -occupancy_entropyE.
have kl_ge : 0 <= (mean d1 (fun s => kl (first s) (normalise x s)) +
                   mean d2 (fun s => kl (second s) (normalise x s))) / 2%:R.
  have kl_same (p : A -> reals) s : kl p (normalise x s) = kl p (normalise y s).
    by apply: eq_mean => a; rewrite (eq_normalise _ _ same).
  rewrite (eq_mean _ (fun s => kl_same (first s) s)) (eq_mean _ (fun s => kl_same (second s) s)).
  have := divergences_ge0 h1 h2 p1 p2 half_weight; rewrite -/y.
  move: (mean d1 _) (mean d2 _) => k1 k2 [k1_ge0 k2_ge0].
  by rewrite [leRHS](_ : _ = 2%:R^-1 * k1 + (1 - 2%:R^-1) * k2) ?addr_ge0 //; field.
rewrite /payoff /irl_payoff entropies (entropy_of_half hM h1 h2 hd1 hd2) -/x.
have -> : inner (occupancy (normalise x) d) r =
          (inner (occupancy first d1) r + inner (occupancy second d2) r) / 2%:R.
  rewrite (_ : inner _ r = inner y r); first by rewrite InverseSoft.inner_mix; field.
  by apply: eq_bigr => s _; apply: eq_bigr => a _; rewrite occ same.
rewrite -subr_ge0 [leRHS](_ : _ = (mean d1 (fun s => kl (first s) (normalise x s)) +
                                   mean d2 (fun s => kl (second s) (normalise x s))) / 2%:R) //.
by field.
Qed.
