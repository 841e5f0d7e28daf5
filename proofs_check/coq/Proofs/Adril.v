(** AdRIL: best responses err at obtuse angles, so that squared distances at most add up. *)
From mathcomp Require Import all_ssreflect all_algebra ring zify.
From ImitationLearning.Definitions Require Import Probability FiniteHorizon Moments Adril.
From ImitationLearning.Proofs Require Import Sums Difference Values NoRegret Moments.
From ImitationLearning.Proofs Require Variance.
From ImitationLearning.Statements Require Adril.
Set Implicit Arguments.
Unset Strict Implicit.
Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

(** Vectors none of which points along the sum of those before it. *)
Lemma obtuse_sums (R : realFieldType) (X : finType) (u : nat -> X -> R) k :
  (forall i, \sum_x (\sum_(j < i.+1) u j x) * u i.+1 x <= 0) ->
  \sum_x (\sum_(i < k) u i x) ^+ 2 <= \sum_(i < k) \sum_x u i x ^+ 2.
Proof.
move=> obtuse; elim: k => [|k IH]; first by rewrite big_ord0 big1 // => x _; rewrite big_ord0 expr0n.
have -> : \sum_x (\sum_(i < k.+1) u i x) ^+ 2 =
    \sum_x (\sum_(i < k) u i x) ^+ 2 + \sum_x u k x ^+ 2 + 2%:R * \sum_x (\sum_(i < k) u i x) * u k x.
  rewrite mulr_sumr -!big_split; apply: eq_bigr => x _ /=; rewrite big_ord_recr /=; ring.
rewrite big_ord_recr -[leRHS]addr0; apply: ler_add; first by rewrite ler_add2r.
case: k {IH} => [|k]; last by rewrite pmulr_rle0 ?ltr0n.
by rewrite big1 ?mulr0 // => x _; rewrite big_ord0 mul0r.
Qed.

Section Adril.
Variables (R : realFieldType) (S A X : finType) (occ : policy R S A -> X -> R).
Variables (expert : policy R S A) (learners : nat -> policy R S A).
Hypotheses (hE : is_policy expert) (hr : is_adril occ expert learners).

(** The errors of the policies, which sum to k times that of the mixture. *)
Let u i x := occ (learners i) x - occ expert x.

Lemma sum_errors k x : (0 < k)%N ->
  \sum_(i < k) u i x = - (k%:R * (occ expert x - averaged occ learners k x)).
Proof.
move=> k0; rewrite sumrB sumr_const card_ord /averaged mulrBr mulVKf ?pnatr_eq0 -?lt0n // mulr_natl.
by rewrite opprB.
Qed.

Lemma best_obtuse i : \sum_x (\sum_(j < i.+1) u j x) * u i.+1 x <= 0.
Proof.
have -> : \sum_x (\sum_(j < i.+1) u j x) * u i.+1 x = i.+1%:R *
    (\sum_x (occ expert x - averaged occ learners i.+1 x) * occ expert x -
     \sum_x (occ expert x - averaged occ learners i.+1 x) * occ (learners i.+1) x).
  rewrite -sumrB mulr_sumr; apply: eq_bigr => x _; rewrite sum_errors // /u; ring.
by rewrite pmulr_rle0 ?ltr0n // subr_le0; apply: hr.
Qed.

Lemma mixture_error k : (0 < k)%N ->
  \sum_x (occ expert x - averaged occ learners k x) ^+ 2 <= k%:R ^- 2 * \sum_(i < k) \sum_x u i x ^+ 2.
Proof.
move=> k0; have k1 : 0 < k%:R ^+ 2 :> R by rewrite exprn_gt0 ?ltr0n.
rewrite mulrC ler_pdivl_mulr //; apply: le_trans (obtuse_sums k best_obtuse).
rewrite mulr_suml; apply: ler_sum => x _; rewrite sum_errors // sqrrN exprMn mulrC; exact: lexx.
Qed.

End Adril.

(** Laws are not further apart than two points. *)
Lemma law_distance (R : realFieldType) (X : finType) (p q : X -> R) :
  law p -> law q -> \sum_x (p x - q x) ^+ 2 <= 2%:R.
Proof.
have small (r : X -> R) : law r -> \sum_x r x ^+ 2 <= 1.
  move=> [r0 r1]; rewrite -r1; apply: ler_sum => x _; rewrite expr2 ler_pimulr //.
  by rewrite -r1 (bigD1 x) //= ler_addl sumr_ge0.
move=> hp hq; apply: (@le_trans _ _ (\sum_x (p x ^+ 2 + q x ^+ 2))).
  apply: ler_sum => x _; rewrite -subr_ge0 [leRHS](_ : _ = 2%:R * (p x * q x)); last by ring.
  by rewrite !mulr_ge0 ?ler0n //; [case: hp | case: hq].
by rewrite big_split /=; apply: (ler_add (small p hp) (small q hq)).
Qed.

Section Occupancies.
Variables (R : realFieldType) (S A : finType) (M : mdp R S A) (H : nat).
Hypotheses (hM : is_mdp M) (H0 : (0 < H)%N).
Implicit Types pi : policy R S A.

Lemma law_occupancy pi h : is_policy pi -> law (fun z : S * A => occupancy M pi h z.1 z.2).
Proof. by move=> hpi; apply: law_pair => //; apply: law_state_law. Qed.

Lemma law_mean_occupancy pi : is_policy pi -> law (mean_occupancy M H pi).
Proof.
move=> hpi; have uniform : law (fun _ : 'I_H => H%:R^-1 : R).
  split=> [_|]; rewrite ?invr_ge0 ?ler0n // sumr_const card_ord -(mulr_natl H%:R^-1).
  by rewrite mulfV // pnatr_eq0 -lt0n.
have [d0 d1] := law_mean (fun h : 'I_H => law_occupancy h hpi) uniform.
have same z : mean_occupancy M H pi z = mean (fun _ : 'I_H => H%:R^-1) (fun h => occupancy M pi h z.1 z.2).
  exact: mulr_sumr.
by split=> [z|]; [rewrite same | under eq_bigr do rewrite same].
Qed.

Lemma step_distance pi other : is_policy pi -> is_policy other ->
  \sum_x (step_occupancy M pi x - step_occupancy M (H := H) other x) ^+ 2 <= 2%:R / H%:R.
Proof.
move=> hpi hother; have H1 : H%:R != 0 :> R by rewrite pnatr_eq0 -lt0n.
rewrite -(pair_bigA _ (fun h z => (step_occupancy M pi (h, z) - step_occupancy M other (h, z)) ^+ 2)) /=.
apply: (@le_trans _ _ (\sum_(h < H) H%:R ^- 2 * 2%:R)); last first.
  by rewrite sumr_const card_ord -(mulr_natl (_ * _)) expr2 invfM !mulrA mulfV // mul1r mulrC.
apply: ler_sum => h _.
apply: le_trans (ler_wpmul2l _ (law_distance (law_occupancy h hpi) (law_occupancy h hother))).
  by rewrite mulr_sumr; apply: ler_sum => z _; rewrite /step_occupancy -mulrBr exprMn exprVn.
by rewrite invr_ge0 exprn_ge0 // ler0n.
Qed.

End Occupancies.

Theorem as_if_orthogonal : Statements.Adril.as_if_orthogonal.
Proof. by move=> R S A M H k expert learners hM hE k0 d hr; apply: mixture_error. Qed.

Theorem no_logarithm : Statements.Adril.no_logarithm.
Proof.
move=> R S A M H k expert learners hM hE hL H0 k0 hr.
have k1 : k%:R != 0 :> R by rewrite pnatr_eq0 -lt0n.
apply: le_trans (ler_wpmul2l _ (mixture_error hE hr k0)) _; first by rewrite invr_ge0 ler0n.
apply: (@le_trans _ _ (2%:R^-1 * (k%:R ^- 2 * \sum_(i < k) 2%:R))).
  rewrite !ler_wpmul2l ?invr_ge0 ?exprn_ge0 ?ler0n //; apply: ler_sum => i _.
  by apply: law_distance; apply: law_mean_occupancy.
by rewrite sumr_const card_ord -(mulr_natl 2%:R) le_eqVlt; apply/orP; left; apply/eqP; field.
Qed.

Theorem fictitious : Statements.Adril.fictitious.
Proof.
move=> R S A M H k expert learners hM hE hL H0 k0 hr; apply: le_trans (no_logarithm hM hE hL H0 k0 hr) _.
rewrite -{1}[k%:R^-1]mulr1 ler_wpmul2l ?invr_ge0 ?ler0n //; case: k k0 {hr} => // k _.
by rewrite big_ord_recl invr1 ler_addl; apply: sumr_ge0 => i _; rewrite invr_ge0 ler0n.
Qed.

Theorem kernel_with_time : Statements.Adril.kernel_with_time.
Proof.
move=> R S A M H k expert learners hM hE hL H0 k0 hr.
have k1 : k%:R != 0 :> R by rewrite pnatr_eq0 -lt0n.
have H1 : H%:R != 0 :> R by rewrite pnatr_eq0 -lt0n.
apply: le_trans (ler_wpmul2l _ (mixture_error hE hr k0)) _; first by rewrite invr_ge0 ler0n.
apply: (@le_trans _ _ (2%:R^-1 * (k%:R ^- 2 * \sum_(i < k) 2%:R / H%:R))).
  rewrite !ler_wpmul2l ?invr_ge0 ?exprn_ge0 ?ler0n //; apply: ler_sum => i _.
  exact: step_distance.
rewrite sumr_const card_ord -(mulr_natl (_ / _)) le_eqVlt; apply/orP; left; apply/eqP; field.
by rewrite H1 k1.
Qed.

Theorem adril_performance : Statements.Adril.adril_performance.
Proof.
move=> R S A M H k expert learners hM hr1 hs hE hL H0 k0 hr.
have k1 : k%:R != 0 :> R by rewrite pnatr_eq0 -lt0n.
have H1 : H%:R != 0 :> R by rewrite pnatr_eq0 -lt0n.
pose r (z : S * A) := reward M 0 z.1 z.2; pose d := mean_occupancy M H.
have worth pi : is_policy pi -> value M H pi = H%:R * \sum_z d pi z * r z.
  move=> hpi; rewrite value_occupancy //.
  transitivity (\sum_(h < H) \sum_(z : S * A) occupancy M pi h z.1 z.2 * r z).
    by apply: eq_bigr => h _; rewrite pair_bigA; apply: eq_bigr => z _; rewrite /r (hs h 0%N).
  rewrite exchange_big mulr_sumr; apply: eq_bigr => z _.
  by rewrite mulrA /d /mean_occupancy mulVKf // mulr_suml.
have mixture : k%:R^-1 * (\sum_(i < k) value M H (learners i)) = H%:R * \sum_z averaged d learners k z * r z.
  rewrite (eq_bigr _ (fun (i : 'I_k) _ => worth _ (hL i))) -mulr_sumr mulrCA; congr (_ * _).
  by rewrite exchange_big mulr_sumr; apply: eq_bigr => z _; rewrite /averaged -mulrA mulr_suml.
rewrite mixture worth // -mulrBr -sumrB exprMn.
under eq_bigr do rewrite -mulrBl.
have := no_logarithm hM hE hL H0 k0 hr; rewrite ler_pdivr_mull ?ltr0n // => close.
have rewards : \sum_z r z ^+ 2 <= #|S|%:R * #|A|%:R.
  rewrite -natrM -card_prod -sum1_card natr_sum; apply: ler_sum => z _.
  by rewrite /r -real_normK ?num_real // exprn_ile1 // ler_norml; apply: hr1.
apply: (@le_trans _ _ (H%:R ^+ 2 * (2%:R * k%:R^-1 * (#|S|%:R * #|A|%:R)))); last first.
  by rewrite le_eqVlt; apply/orP; left; apply/eqP; field.
rewrite ler_wpmul2l ?exprn_ge0 ?ler0n //; apply: le_trans (Variance.cauchy_schwarz _ _) _.
by apply: ler_pmul => //; apply: sumr_ge0 => z _; apply: sqr_ge0.
Qed.

(** The loss along a step, expanded. *)
Lemma half_square_step (R : realFieldType) (X : finType) (e p q : X -> R) (w : R) :
  2%:R^-1 * (\sum_x (e x - mixture w p q x) ^+ 2) =
  2%:R^-1 * (\sum_x (e x - p x) ^+ 2) - w * (\sum_x (e x - p x) * (q x - p x))
  + w ^+ 2 * (2%:R^-1 * \sum_x (q x - p x) ^+ 2).
Proof.
rewrite !mulr_sumr -sumrB -big_split; apply: eq_bigr => x _.
by rewrite /mixture /=; field.
Qed.

Theorem functional_gradient : Statements.Adril.functional_gradient.
Proof. by move=> R S A M H expert learner other w *; apply: half_square_step. Qed.

Theorem conditional_gradient : Statements.Adril.conditional_gradient.
Proof.
move=> R S A M H k expert learners hM hE hL H0 d hr.
have law_d pi : is_policy pi -> law (d pi) by apply: law_mean_occupancy.
have weight i : 0 <= (2%:R / i.+3%:R : R) <= 1.
  by rewrite divr_ge0 ?ler0n // ler_pdivr_mulr ?ltr0n // mul1r ler_nat.
have law_p i : law (frank_wolfe d learners i).
  elim: i => [|i IH] /=; first exact: law_d.
  exact: (law_mixture (weight i) IH (law_d _ (hL _))).
elim: k => [|k IH].
  apply: (@le_trans _ _ 1); last by rewrite ler_pdivl_mulr ?ltr0n // mul1r ler_nat.
  by rewrite ler_pdivr_mull ?ltr0n // mulr1; apply: law_distance; [apply: law_d | apply: law_p].
set p := frank_wolfe d learners k in IH *; pose q := d (learners k.+1); pose g : R := 2%:R / k.+3%:R.
have /andP[g0 g1] : 0 <= g <= 1 by apply: weight.
rewrite (half_square_step (d expert) p q g); set L := 2%:R^-1 * _ in IH *.
have L0 : 0 <= L by rewrite mulr_ge0 ?invr_ge0 ?ler0n //; apply: sumr_ge0 => x _; apply: sqr_ge0.
have gain : L <= \sum_x (d expert x - p x) * (q x - p x).
  apply: (@le_trans _ _ (\sum_x (d expert x - p x) * (d expert x - p x))).
    rewrite /L; under [leRHS]eq_bigr do rewrite -expr2.
    by rewrite ler_pdivr_mull ?ltr0n // ler_pemull ?ler1n //; apply: sumr_ge0 => x _; apply: sqr_ge0.
  under eq_bigr do rewrite mulrBr; under [leRHS]eq_bigr do rewrite mulrBr.
  by rewrite !sumrB ler_add2r; apply: hr.
have short : 2%:R^-1 * (\sum_x (q x - p x) ^+ 2) <= 1.
  by rewrite ler_pdivr_mull ?ltr0n // mulr1; apply: law_distance; [apply: law_d | apply: law_p].
apply: (@le_trans _ _ ((1 - g) * (4%:R / k.+3%:R) + g ^+ 2)).
  apply: (@le_trans _ _ (L - g * L + g ^+ 2 * 1)).
    by rewrite ler_add ?ler_wpmul2l ?exprn_ge0 // ler_add2l ler_opp2 ler_wpmul2l.
  by rewrite mulr1 ler_add2r -[X in X - _]mul1r -mulrBl ler_wpmul2l ?subr_ge0.
have k3 : k.+3%:R != 0 :> R by rewrite pnatr_eq0.
have -> : (1 - g) * (4%:R / k.+3%:R) + g ^+ 2 = 4%:R * k.+2%:R / k.+3%:R ^+ 2.
  have -> : k.+2%:R = k.+3%:R - 1 :> R by rewrite [k.+3%:R]mulrSr addrK.
  by rewrite /g; move: (k.+3%:R) k3 => y y0; field.
rewrite ler_pdivl_mulr ?ltr0n // mulrAC ler_pdivr_mulr ?exprn_gt0 ?ltr0n //.
by rewrite -natrX -!natrM ler_nat -mulnn; lia.
Qed.
