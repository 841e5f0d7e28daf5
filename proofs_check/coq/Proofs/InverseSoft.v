(** Inverse soft-Q learning: telescoping turns the value of the start into sums over occupancies. *)
From mathcomp Require Import all_ssreflect all_algebra ring zify.
From ImitationLearning.Definitions Require Import Probability Extremes Discounted.
From ImitationLearning.Definitions Require Import SoftMaximum SoftDiscounted Identification InverseSoft.
From ImitationLearning.Proofs Require Import Sums Extremes Solutions DiscountedDifference SoftMaximum.
From ImitationLearning.Proofs Require RewardRecovery.
From ImitationLearning.Statements Require InverseSoft.
Set Implicit Arguments.
Unset Strict Implicit.
Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Section Inner.
Variables (R : realFieldType) (S A : finType).
Implicit Types (x y r : S -> A -> R) (c : R).

Lemma eq_inner x r r' : (forall s a, r s a = r' s a) -> inner x r = inner x r'.
Proof. by move=> rr; do 2![apply: eq_bigr => ? _]; rewrite rr. Qed.

Lemma innerD x r r' : inner x (fun s a => r s a + r' s a) = inner x r + inner x r'.
Proof.
rewrite /inner -big_split; apply: eq_bigr => s _; rewrite -big_split.
by apply: eq_bigr => a _; rewrite mulrDr.
Qed.

Lemma innerZ x c r : inner x (fun s a => c * r s a) = c * inner x r.
Proof.
rewrite /inner mulr_sumr; apply: eq_bigr => s _; rewrite mulr_sumr.
by apply: eq_bigr => a _; rewrite mulrCA.
Qed.

Lemma innerB x r r' : inner x (fun s a => r s a - r' s a) = inner x r - inner x r'.
Proof.
rewrite -mulN1r -innerZ -innerD; apply: eq_inner => s a; by rewrite mulN1r.
Qed.

Lemma ler_inner x r r' : (forall s a, 0 <= x s a) -> (forall s a, r s a <= r' s a) -> inner x r <= inner x r'.
Proof. by move=> x0 rr; do 2![apply: ler_sum => ? _]; apply: ler_wpmul2l. Qed.

Lemma inner_mix w x y r :
  inner (fun s a => w * x s a + (1 - w) * y s a) r = w * inner x r + (1 - w) * inner y r.
Proof.
rewrite /inner !mulr_sumr -big_split; apply: eq_bigr => s _; rewrite !mulr_sumr -big_split.
by apply: eq_bigr => a _; rewrite /=; ring.
Qed.

Lemma inner_diff x y r : inner (fun s a => x s a - y s a) r = inner x r - inner y r.
Proof.
rewrite /inner -sumrB; apply: eq_bigr => s _; rewrite -sumrB.
by apply: eq_bigr => a _; rewrite mulrBl.
Qed.

End Inner.

Section InverseSoft.
Variables (R : realFieldType) (S A : finType) (M : mdp R S A).
Implicit Types (pi : policy R S A) (m : S -> (A -> R) -> R) (x : S -> A -> R) (d f : S -> R).
Hypothesis hM : is_mdp M.

Lemma telescoped pi d f : is_policy pi -> is_state_law M pi d ->
  inner (occupancy pi d) (unshaped M f) = (1 - discount M) * mean (start M) f.
Proof. by move=> hpi hd; rewrite (telescoping f hM hpi hd). Qed.

(** A function of the state does not care for the action. *)
Lemma inner_states pi d f : is_policy pi -> inner (occupancy pi d) (fun s _ => f s) = mean d f.
Proof. by move=> hpi; rewrite /inner sum_occupancy; apply: eq_mean => s; rewrite mean_const. Qed.

(** What the occupancy earns of an implied reward: the start value, less what the actions are not worth. *)
Lemma inner_implied m pi d x : is_policy pi -> is_state_law M pi d ->
  inner (occupancy pi d) (implied_reward M m x) =
  (1 - discount M) * mean (start M) (fun s => m s (x s)) - mean d (fun s => m s (x s) - mean (pi s) (x s)).
Proof.
move=> hpi hd; rewrite -(telescoped _ hpi hd) meanB -(inner_states _ _ hpi).
have -> : mean d (fun s => mean (pi s) (x s)) = inner (occupancy pi d) x by rewrite /inner sum_occupancy.
rewrite -!innerB; apply: eq_inner => s a; rewrite /implied_reward /unshaped /next_value; ring.
Qed.

End InverseSoft.

(** Of a soft maximum the objective sees what it makes of these action values. *)
Lemma eq_objective (R : realFieldType) (S A : finType) (M : mdp R S A) (phi : R -> R)
  (m m' : S -> (A -> R) -> R) (e x : S -> A -> R) : (forall s, m s (x s) = m' s (x s)) ->
  soft_objective M phi e m x = soft_objective M phi e m' x.
Proof.
move=> mm; rewrite /soft_objective (eq_mean _ mm); congr (_ - _); apply: eq_inner => s a.
by rewrite /implied_reward /next_value (eq_mean _ mm).
Qed.

Theorem maximum_above_laws : Statements.InverseSoft.maximum_above_laws.
Proof. by move=> R A a p f hp; rewrite addr0; apply: mean_le => // b; apply: maximum_ge. Qed.

Theorem chi2_conjugate : Statements.InverseSoft.chi2_conjugate.
Proof.
move=> R S A e rho e0 s a y; have e1 := lt0r_neq0 (e0 s a).
rewrite -subr_ge0 [leRHS](_ : _ = (rho s a - e s a + e s a * y / 2%:R) ^+ 2 / e s a).
  by rewrite divr_ge0 ?sqr_ge0 // ltW.
by field; rewrite e1.
Qed.

Theorem value_term : Statements.InverseSoft.value_term.
Proof.
move=> R S A M expert pi d_E d f w hM hE hpi hdE hd.
by rewrite inner_mix (telescoped hM _ hE hdE) (telescoped hM _ hpi hd); ring.
Qed.

Theorem change_of_variables : Statements.InverseSoft.change_of_variables.
Proof.
move=> R S A M entropy phi e pi d x hM hpi hd V; rewrite /irl_payoff /soft_objective inner_implied //.
by rewrite (_ : mean d (fun s => entropy (pi s)) = mean d (fun s => V s (x s) - mean (pi s) (x s)));
  [ring | apply: eq_mean => s; rewrite /V /soft_evaluation /evaluation addrAC subrr add0r].
Qed.

Lemma chi2_concave (R : realFieldType) (y z : R) :
  (y - y ^+ 2 / 4%:R + (z - z ^+ 2 / 4%:R)) / 2%:R <= (y + z) / 2%:R - ((y + z) / 2%:R) ^+ 2 / 4%:R.
Proof. by rewrite -subr_ge0 [leRHS](_ : _ = ((y - z) / 4%:R) ^+ 2) ?sqr_ge0 //; field. Qed.

Section Halves.
Variable R : realFieldType.

Lemma inner_half (S A : finType) (x f g : S -> A -> R) :
  inner x (fun s a => (f s a + g s a) / 2%:R) = (inner x f + inner x g) / 2%:R.
Proof. by rewrite mulrC -innerD -innerZ; apply: eq_inner => s a; rewrite mulrC. Qed.

Lemma mean_half (T : finType) (p f g : T -> R) :
  mean p (fun t => (f t + g t) / 2%:R) = (mean p f + mean p g) / 2%:R.
Proof. by rewrite mulrC -meanD -meanZ; apply: eq_mean => t; rewrite mulrC. Qed.

Lemma half_le (a a' b b' x y : R) : (a + a') / 2%:R <= x -> (b + b') / 2%:R = y ->
  (a - b + (a' - b')) / 2%:R <= x - y.
Proof. by move=> le <-; rewrite addrACA -opprD mulrBl ler_sub. Qed.

End Halves.

Theorem concave_in_rewards : Statements.InverseSoft.concave_in_rewards.
Proof.
move=> R S A entropy e pi d r1 r2 e0; lazy zeta.
apply: half_le; last by field.
apply: half_le; last by rewrite inner_half.
by rewrite -inner_half; apply: ler_inner => // s a; apply: chi2_concave.
Qed.

Theorem concave_in_values : Statements.InverseSoft.concave_in_values.
Proof.
move=> R S A M entropy e pi x1 x2 hM hpi e0; lazy zeta; set V := soft_evaluation entropy pi.
pose x s a := (x1 s a + x2 s a) / 2%:R.
have worth s : V s (x s) = (V s (x1 s) + V s (x2 s)) / 2%:R.
  by rewrite /V /soft_evaluation /evaluation mean_half; field.
apply: half_le; last by rewrite -mulrDr -mulrA -mean_half; congr (_ * _); apply: eq_mean => s; rewrite -worth.
rewrite -inner_half; apply: ler_inner => // s a; apply: le_trans (chi2_concave _ _) _.
have -> : implied_reward M V x s a = (implied_reward M V x1 s a + implied_reward M V x2 s a) / 2%:R.
  by rewrite /implied_reward /next_value (eq_mean _ worth) mean_half /x; field.
exact: lexx.
Qed.

Theorem duality_gap : Statements.InverseSoft.duality_gap.
Proof.
move=> R S A M entropy m phi e cost pi d x hM hpi hd r.
have -> : \sum_s \sum_a (cost s a - (e s a * phi (r s a) - occupancy pi d s a * r s a)) =
          total cost - (inner e (fun s a => phi (r s a)) - inner (occupancy pi d) r).
  rewrite /total /inner -!sumrB; apply: eq_bigr => s _; rewrite -!sumrB; exact: eq_bigr.
by rewrite inner_implied // /soft_objective -/r !meanB meanD; ring.
Qed.

Theorem weak_duality : Statements.InverseSoft.weak_duality.
Proof.
move=> R S A M entropy m phi e cost pi d x hM hpi hd above conjugate; rewrite -subr_ge0.
have [d0 _] := law_state_law hM hpi hd; rewrite duality_gap // addr_ge0 //.
  by do 2![apply: sumr_ge0 => ? _]; rewrite subr_ge0; apply: conjugate.
by apply: mean_ge0 => // s; rewrite subr_ge0; apply: above.
Qed.

(** Where the utility is nondecreasing, higher values are worth less to the adversary. *)
Lemma objective_le (R : realFieldType) (S A : finType) (M : mdp R S A) (phi : R -> R)
  (m m' : S -> (A -> R) -> R) (e x : S -> A -> R) : is_mdp M -> (forall s a, 0 <= e s a) ->
  (forall y z, y <= z -> phi y <= phi z) -> (forall s, m s (x s) <= m' s (x s)) ->
  soft_objective M phi e m' x <= soft_objective M phi e m x.
Proof.
move=> hM e0 mono le; have [hT [start0 _] /andP[g0 g1]] := hM.
apply: ler_sub; last by apply: ler_wpmul2l; [rewrite subr_ge0 ltW | apply: ler_mean].
apply: ler_inner => // s a; apply: mono; rewrite ler_sub // ler_wpmul2l //.
by apply: ler_mean => [t|t]; [case: (hT s a) | apply: le].
Qed.

Theorem best_response : Statements.InverseSoft.best_response.
Proof.
by move=> R S A M entropy m phi e pi x hM hpi e0 mono above; apply: objective_le => // s; apply: above.
Qed.

Theorem concavity : Statements.InverseSoft.concavity.
Proof.
move=> R S A M m phi e x1 x2 hM e0 mono concave convex; have [hT [start0 _] /andP[g0 g1]] := hM.
pose x s a := (x1 s a + x2 s a) / 2%:R.
have values : mean (start M) (fun s => m s (x s)) <=
    (mean (start M) (fun s => m s (x1 s)) + mean (start M) (fun s => m s (x2 s))) / 2%:R.
  by rewrite -mean_half; apply: ler_mean => // s; apply: convex.
have rewards s a : (implied_reward M m x1 s a + implied_reward M m x2 s a) / 2%:R <= implied_reward M m x s a.
  rewrite /implied_reward /next_value [leLHS](_ : _ = x s a - discount M * (
    (mean (transition M s a) (fun t => m t (x1 t)) + mean (transition M s a) (fun t => m t (x2 t))) / 2%:R)).
    rewrite ler_sub // ler_wpmul2l // -mean_half; apply: ler_mean => [t|t]; first by case: (hT s a).
    exact: convex.
  by rewrite /x; field.
have utility s a : (phi (implied_reward M m x1 s a) + phi (implied_reward M m x2 s a)) / 2%:R <=
                   phi (implied_reward M m x s a).
  exact: le_trans (concave _ _) (mono _ _ (rewards s a)).
have horizon : 0 <= 1 - discount M by rewrite subr_ge0 ltW.
apply: le_trans (ler_sub (ler_inner e0 utility) (ler_wpmul2l horizon values)).
by apply: half_le; [rewrite inner_half | rewrite -mulrDr mulrA].
Qed.

Section Envelope.
Variable R : realFieldType.
Implicit Types y z : R.

(** The distance to the summit, where there is one. *)
Lemma envelopeE y : chi2_envelope y = 1 - (Num.max (2%:R - y) 0 / 2%:R) ^+ 2.
Proof.
have /orP[h|h] := le_total y 2%:R; rewrite /chi2_envelope.
  by rewrite (min_l h) max_l ?subr_ge0 //; field.
by rewrite (min_r h) max_r ?subr_le0 //; field.
Qed.

Lemma envelope_mono y z : y <= z -> chi2_envelope y <= chi2_envelope z.
Proof.
move=> yz; rewrite !envelopeE ler_add2l ler_opp2 ler_pexpn2r ?nnegrE ?divr_ge0 ?ler0n ?le_maxr ?lexx ?orbT //.
by rewrite ler_pmul2r ?invr_gt0 ?ltr0n // le_maxl !le_maxr lexx orbT andbT ler_add2l ler_opp2 yz.
Qed.

(** Half of a non-negative convex function, squared. *)
Lemma envelope_concave y z : (chi2_envelope y + chi2_envelope z) / 2%:R <= chi2_envelope ((y + z) / 2%:R).
Proof.
rewrite !envelopeE; set a := Num.max (2%:R - y) 0; set b := Num.max (2%:R - z) 0.
have le : Num.max (2%:R - (y + z) / 2%:R) 0 <= (a + b) / 2%:R.
  have a0 : 0 <= a by rewrite le_maxr lexx orbT.
  have b0 : 0 <= b by rewrite le_maxr lexx orbT.
  rewrite le_maxl; apply/andP; split; last by apply: divr_ge0; [apply: addr_ge0 | apply: ler0n].
  rewrite ler_pdivl_mulr ?ltr0n //.
  have -> : (2%:R - (y + z) / 2%:R) * 2%:R = (2%:R - y) + (2%:R - z) by field.
  by rewrite ler_add // le_maxr lexx.
have square : (Num.max (2%:R - (y + z) / 2%:R) 0 / 2%:R) ^+ 2 <= ((a + b) / 2%:R / 2%:R) ^+ 2.
  rewrite ler_pexpn2r ?nnegrE ?divr_ge0 ?ler0n ?le_maxr ?lexx ?orbT //; last first.
    by rewrite addr_ge0 // le_maxr lexx orbT.
  by rewrite ler_pmul2r ?invr_gt0 ?ltr0n.
apply: le_trans (ler_sub (lexx 1) square); rewrite -subr_ge0.
rewrite [leRHS](_ : _ = ((a - b) / 4%:R) ^+ 2); first exact: sqr_ge0.
by field.
Qed.

End Envelope.

Theorem best_response_chi2 : Statements.InverseSoft.best_response_chi2.
Proof.
move=> R S A M entropy m e pi x hM hpi e0 above; apply: best_response => // y z; exact: envelope_mono.
Qed.

Theorem concavity_chi2 : Statements.InverseSoft.concavity_chi2.
Proof.
move=> R S A M m e x1 x2 hM e0 objective convex.
by apply: concavity => // y z; [apply: envelope_mono | apply: envelope_concave].
Qed.

Theorem concavity_in_rewards : Statements.InverseSoft.concavity_in_rewards.
Proof.
move=> R S A M m phi e r1 r2 v1 v2 v hM hm e0 concave convex worth r h1 h2 hv.
have [hT [start0 _] /andP[g0 g1]] := hM; have horizon : 0 <= 1 - discount M by rewrite subr_ge0 ltW.
have below s : v s <= (v1 s + v2 s) / 2%:R.
  move: s; apply: (soft_super (M := with_reward M r) hM hm hv) => s; rewrite h1 h2.
  apply: le_trans (convex _ _ _); rewrite (eq_soft (hm s) (f := q _ _ s) (g := fun a =>
    (q (with_reward M r1) v1 s a + q (with_reward M r2) v2 s a) / 2%:R)) // => a.
  by rewrite /q /= mean_half /r; field.
have values : mean (start M) v <= (mean (start M) v1 + mean (start M) v2) / 2%:R.
  by rewrite -mean_half; apply: ler_mean.
have utility s a : (phi (r1 s a) + phi (r2 s a)) / 2%:R <= phi (r s a) by apply: concave.
apply: le_trans (ler_sub (ler_inner e0 utility) (ler_wpmul2l horizon values)).
by apply: half_le; [rewrite inner_half | rewrite -mulrDr mulrA].
Qed.

Theorem offline : Statements.InverseSoft.offline.
Proof.
move=> R S A M m e x; rewrite -innerB; apply: eq_inner => s a.
by rewrite /implied_reward /unshaped /next_value; ring.
Qed.

Theorem offline_chi2 : Statements.InverseSoft.offline_chi2.
Proof.
move=> R S A M m e x alpha alpha0 r phi; rewrite -(offline M) -innerZ addrAC -/r.
have -> : inner e (fun s a => phi (r s a)) = inner e r - inner e (fun s a => (4%:R * alpha)^-1 * r s a ^+ 2).
  by rewrite -innerB; apply: eq_inner => s a; rewrite /phi [_^-1 * _]mulrC.
by rewrite addrAC.
Qed.

Theorem state_objective_gap : Statements.InverseSoft.state_objective_gap.
Proof.
move=> R S A M m phi expert pi d_E x; rewrite /soft_objective opprB addrA subrK -inner_diff.
apply: eq_bigr => s _; rewrite mulr_sumr; apply: eq_bigr => a _.
by rewrite -mulrBr mulrA.
Qed.

Theorem recovery : Statements.InverseSoft.recovery.
Proof.
move=> R S A M m log_pi f v hM hm norm recovered hv s a.
have [unique adv] := RewardRecovery.every_value_explains f hM hm norm; have {unique} vf := (unique v).1 hv.
by rewrite -adv /soft_advantage vf (eq_q _ _ _ vf).
Qed.

Theorem weak_recovery : Statements.InverseSoft.weak_recovery.
Proof.
move=> R S A M entropy m expert d v w hM hE hd hv hw above; have [d0 _] := law_state_law hM hE hd.
have h0 := lt0r_neq0 (effective_horizon_gt0 hM).
rewrite -mulrN opprB mulrBr -(telescoped hM _ hE hd) (value_occupancy hM hE hd hv) mulVKf // -innerB.
rewrite /inner sum_occupancy; apply: ler_mean => // s.
have -> : mean (expert s) (fun a => unshaped M w s a - reward M s a) = w s - mean (expert s) (q M w s).
  rewrite -[w s in RHS](mean_const _ (hE s)) -meanB; apply: eq_mean => a.
  by rewrite /unshaped /q; ring.
by rewrite ler_subr_addr addrC [leRHS]hw; apply: above.
Qed.

Theorem strong_recovery : Statements.InverseSoft.strong_recovery.
Proof.
move=> R S A M m log_pi expert f d v w hM hm norm recovered hE hd hv hw.
have h0 := lt0r_neq0 (effective_horizon_gt0 hM).
have wf : w =1 f by have [unique _] := RewardRecovery.every_value_explains f hM hm norm; apply/(unique w).
have -> : value M v = value recovered v by [].
rewrite (value_occupancy (M := recovered) hM hE hd hv) mulrBr mulVKf // /value (eq_mean _ wf).
rewrite -(telescoped hM _ hE hd) -innerB.
have -> : inner (occupancy expert d) (fun s a => reward recovered s a - unshaped M f s a) =
          inner (occupancy expert d) log_pi by apply: eq_inner => s a; rewrite addrK.
rewrite /inner sum_occupancy -mulN1r -meanZ; apply: eq_mean => s.
by rewrite mulN1r opprK.
Qed.

Theorem weak_regularised : Statements.InverseSoft.weak_regularised.
Proof.
move=> R S A M entropy m expert pi d_E d v w hM hE hpi hdE hd hv hw above.
have h0 := lt0r_neq0 (effective_horizon_gt0 hM).
have [v_pi /(_ v_pi)[_ /(_ (frefl v_pi)) hv_pi]] := one_value hM hpi.
apply: le_trans (weak_recovery hM hpi hd hv_pi hw above) _.
have earned (p : policy R S A) f u : is_policy p -> is_state_law M p f -> is_value M p u ->
    (1 - discount M) * value M u = inner (occupancy p f) (reward M).
  by move=> hp hf hu; rewrite (value_occupancy hM hp hf hu) mulVKf.
rewrite -subr_ge0 !mulrBr (earned _ _ _ hE hdE hv) (earned _ _ _ hpi hd hv_pi).
pose apart s a := occupancy pi d s a - occupancy expert d_E s a.
rewrite -[total (fun s a => (_ - _) ^+ 2)]/(total (fun s a => apart s a ^+ 2)).
have squares : total (fun s a => (apart s a + reward M s a) ^+ 2) =
    total (fun s a => apart s a ^+ 2) + total (fun s a => reward M s a ^+ 2) +
    2%:R * (inner (occupancy pi d) (reward M) - inner (occupancy expert d_E) (reward M)).
  rewrite -inner_diff /total /inner mulr_sumr -!big_split; apply: eq_bigr => s _.
  by rewrite mulr_sumr -!big_split; apply: eq_bigr => a _; rewrite /apart /=; ring.
rewrite [leRHS](_ : _ = 2%:R^-1 * total (fun s a => (apart s a + reward M s a) ^+ 2)).
  by rewrite mulr_ge0 ?invr_ge0 ?ler0n //; do 2![apply: sumr_ge0 => ? _]; apply: sqr_ge0.
by rewrite squares; field.
Qed.

Theorem null_directions : Statements.InverseSoft.null_directions.
Proof.
move=> R S A M expert pi d_E d f c hM hE hpi hdE hd apart.
by rewrite innerD inner_diff [X in _ + X]inner_diff !telescoped // subrr addr0 -inner_diff.
Qed.
