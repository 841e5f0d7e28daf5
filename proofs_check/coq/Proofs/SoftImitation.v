(** Inverse soft-Q learning with log sum exp and KL: they have the properties that its algebra needs. *)
From mathcomp Require Import all_ssreflect all_algebra ring.
From ImitationLearning.Definitions Require Import Probability Extremes Discounted SoftMaximum SoftDiscounted.
From ImitationLearning.Definitions Require Import Identification InverseSoft Reals.
From ImitationLearning.Definitions Require FiniteHorizon SoftFiniteHorizon.
From ImitationLearning.Proofs Require Import Sums Extremes Solutions SoftMaximum.
From ImitationLearning.Proofs Require Logarithms Reals Values SoftBellman RewardRecovery.
From ImitationLearning.Proofs Require InverseSoft InverseSoftFinite SoftRewards.
From ImitationLearning.Statements Require SoftImitation.
Set Implicit Arguments.
Unset Strict Implicit.
Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Notation exp_ln := SoftRewards.exp_ln.

Section Laws.
Variables (A : finType) (a0 : A).

Lemma soft : is_soft_maximum (@log_sum_exp A 1).
Proof. exact: SoftRewards.log_sum_exp_soft ltr01. Qed.

Lemma above : is_above_laws (@entropy A) (log_sum_exp 1).
Proof. by move=> p f hp; have := Logarithms.above_laws exp_ln a0 f ltr01 hp; rewrite mul1r. Qed.

Lemma attained (f : A -> reals) :
  mean (softmax 1 f) f + entropy (softmax 1 f) = log_sum_exp 1 f.
Proof. by rewrite [RHS](Logarithms.soft_attained exp_ln a0 f ltr01) mul1r. Qed.

Lemma short (p f : A -> reals) : law p ->
  log_sum_exp 1 f - (mean p f + entropy p) = kl p (softmax 1 f).
Proof. by move=> hp; have := Logarithms.soft_gap exp_ln a0 f ltr01 hp; rewrite !mul1r. Qed.

Lemma midpoint (f g : A -> reals) :
  log_sum_exp 1 (fun a => (f a + g a) / 2%:R) <= (log_sum_exp 1 f + log_sum_exp 1 g) / 2%:R.
Proof. exact: (Logarithms.log_sum_exp_midpoint exp_ln a0 f g ltr01). Qed.

Lemma log_softmax (f : A -> reals) a : ln (softmax 1 f a) = f a - log_sum_exp 1 f.
Proof. by rewrite -(Logarithms.log_softmax exp_ln a0 f a ltr01) mul1r. Qed.

(** Logarithms of a law of full support have the soft maximum 0. *)
Lemma normalised (p : A -> reals) : law p -> (forall a, 0 < p a) -> log_sum_exp 1 (fun a => ln (p a)) = 0.
Proof.
move=> hp p0; rewrite -[RHS](Logarithms.softmax_log exp_ln ltr01 hp p0).
by apply: (eq_soft soft) => a; rewrite mul1r.
Qed.

End Laws.

Lemma utility_mono (y z : reals) : y <= z -> kl_utility y <= kl_utility z.
Proof. by move=> yz; rewrite ler_opp2 (Logarithms.exp_le exp_ln) ler_add2r ler_opp2. Qed.

Lemma utility_concave (y z : reals) :
  (kl_utility y + kl_utility z) / 2%:R <= kl_utility ((y + z) / 2%:R).
Proof.
rewrite /kl_utility -opprD mulNr ler_opp2; apply: le_trans (Logarithms.exp_convex exp_ln _ _).
by rewrite le_eqVlt; apply/orP; left; apply/eqP; congr exp; field.
Qed.

(** The sum of what Fenchel's inequality bounds is the divergence. *)
Lemma total_kl (S A : finType) (x e : S -> A -> reals) :
  total (fun s a => x s a * ln (x s a / e s a)) = kl (joint x) (joint e).
Proof. by rewrite /total pair_big. Qed.

Lemma fenchel (S A : finType) (x e : S -> A -> reals) :
  (forall s a, 0 <= x s a) -> (forall s a, 0 <= e s a) ->
  shown_by (joint e) (joint x) -> is_conjugate kl_utility e x (fun s a => x s a * ln (x s a / e s a)).
Proof. by move=> x0 e0 sh s a y; apply: (Logarithms.kl_fenchel exp_ln) => // /(sh (s, a)). Qed.

Lemma occupancy_ge0 (S A : finType) (M : mdp reals S A) pi d :
  is_mdp M -> is_policy pi -> is_state_law M pi d -> forall s a, 0 <= occupancy pi d s a.
Proof.
move=> hM hpi hd s a; have [d0 _] := law_state_law hM hpi hd; apply: mulr_ge0 => //.
by case: (hpi s).
Qed.

Theorem optimality_bijection : Statements.SoftImitation.optimality_bijection.
Proof.
move=> S A M a0 hM V; have hm s : is_soft_maximum (V s) by apply: soft.
split=> [x|]; first exact: SoftBellman.optimality_bijection hM hm.
have [v hv] := Reals.soft_values_exist hM hm; have solves : is_soft_value M V v by apply/hv.
exists (q M v) => y; split=> [hy | e s a].
  have hy' : is_soft_q M V y by move=> s a; rewrite -hy /implied_reward subrK.
  exact (soft_q_unique hM hm hy' (soft_value_q solves)).
have same : is_soft_q M V (q M v) := soft_value_q solves.
rewrite /implied_reward e [X in X - _]same -addrA -[RHS]addr0; congr (_ + _); apply/eqP; rewrite subr_eq0.
by apply/eqP; congr (_ * _); apply: eq_mean => t; apply: (eq_soft (hm t)) => b; rewrite e.
Qed.

Theorem contraction : Statements.SoftImitation.contraction.
Proof. by move=> S A M a0 x y hM; apply: SoftBellman.contraction hM (fun=> soft a0). Qed.

Theorem duality_gap : Statements.SoftImitation.duality_gap.
Proof.
move=> S A M a0 expert pi d_E d x hM hE hpi hdE hd e rho r f sh.
pose cost s a := rho s a * ln (rho s a / e s a).
rewrite -total_kl (@InverseSoft.duality_gap _ _ _ M _ (fun=> log_sum_exp 1) _ e cost pi d x hM hpi hd).
congr (_ + _).
  apply: eq_bigr => s _; apply: eq_bigr => a _; rewrite opprB addrA addrAC; congr (_ - _ + _).
  rewrite /cost /f; have rho0 : 0 <= rho s a by apply: (occupancy_ge0 hM).
  have [->|nz] := eqVneq (rho s a) 0; first by rewrite !mul0r mulr0.
  have /lt0r_neq0 e0 : 0 < e s a by apply: (sh (s, a)); rewrite /joint /= lt_def nz.
  by rewrite mulrA [e s a * _]mulrC divfK.
by apply: eq_mean => s; rewrite (short a0).
Qed.

Theorem weak_duality : Statements.SoftImitation.weak_duality.
Proof.
move=> S A M a0 expert pi d_E d x hM hE hpi hdE hd e rho sh; rewrite -total_kl.
apply: (InverseSoft.weak_duality _ hM hpi hd (fun=> above a0)).
by apply: fenchel => //; apply: (occupancy_ge0 hM).
Qed.

Theorem weak_duality_finite : Statements.SoftImitation.weak_duality_finite.
Proof.
move=> S A M a0 H expert pi x hM hE hpi e rho V r sh.
pose cost h s a := rho h s a * ln (rho h s a / e h s a).
have occ0 p h s a : FiniteHorizon.is_policy p -> 0 <= FiniteHorizon.occupancy M p h s a.
  by move=> hp; apply: mulr_ge0; [apply: Values.state_law_ge0 | case: (hp h s)].
have -> : \sum_(h < H) (kl (joint (rho h)) (joint (e h))
                         - mean (FiniteHorizon.state_law M pi h) (fun s => entropy (pi h s))) =
          \sum_(h < H) (\sum_s \sum_a cost h s a
                         - mean (FiniteHorizon.state_law M pi h) (fun s => entropy (pi h s))).
  by apply: eq_bigr => h _; rewrite -total_kl.
apply: InverseSoftFinite.weak_duality => // [h s p f hp | h s a y hH]; first exact: above.
by apply: fenchel => [t b|t b|]; rewrite ?occ0 //; apply: sh.
Qed.

Theorem below_the_likelihood : Statements.SoftImitation.below_the_likelihood.
Proof.
move=> S A M a0 expert d_E x hM hE hd; lazy zeta.
have e0 := occupancy_ge0 hM hE hd.
rewrite /soft_objective -(InverseSoft.telescoped hM _ hE hd) -InverseSoft.innerB.
apply: InverseSoft.ler_inner => // s a; rewrite (log_softmax a0).
rewrite /implied_reward /unshaped /next_value; set n := _ * mean _ _.
rewrite -subr_ge0 [leRHS](_ : _ = ((x s a - n) / 2%:R) ^+ 2) ?sqr_ge0 //; by field.
Qed.

Theorem best_response : Statements.SoftImitation.best_response.
Proof.
move=> S A M a0 e pi x hM hpi e0 J.
have best : J (fun s => softmax 1 (x s)) = soft_objective M kl_utility e (fun=> log_sum_exp 1) x.
  exact: InverseSoft.eq_objective (fun s => attained a0 (x s)).
split=> //; rewrite best; apply: InverseSoft.best_response => // [|s]; [exact: utility_mono | exact: above].
Qed.

Theorem best_response_chi2 : Statements.SoftImitation.best_response_chi2.
Proof.
move=> S A M a0 e pi x hM hpi e0 J.
have best : J (fun s => softmax 1 (x s)) = soft_objective M (@chi2_envelope _) e (fun=> log_sum_exp 1) x.
  exact: InverseSoft.eq_objective (fun s => attained a0 (x s)).
by split=> //; rewrite best; apply: InverseSoft.best_response_chi2 => // s; exact: above.
Qed.

Section Step.
Variables (A : finType) (p q : A -> reals) (step : reals).
Hypotheses (hp : law p) (hq : law q) (q0 : forall a, 0 < q a) (hs : 0 <= step <= 1).
Let weight a := if p a == 0 then 0 else exp ((1 - step) * ln (p a) + step * ln (q a)).
Let z := \sum_b weight b.
Let p' a := weight a / z.

Lemma weight_ge0 a : 0 <= weight a.
Proof. by rewrite /weight; case: eqP => // _; apply/ltW/(Logarithms.exp_gt0 exp_ln). Qed.

Lemma weight_gt0 a : (0 < weight a) = (0 < p a).
Proof.
rewrite [RHS]lt_def hp.1 andbT /weight; case: eqP => _; first by rewrite ltxx.
exact: (Logarithms.exp_gt0 exp_ln).
Qed.

Lemma total_gt0 : 0 < z.
Proof.
rewrite lt_def sumr_ge0 ?andbT => [|a _]; last exact: weight_ge0.
apply/eqP => none; have /eqP := hp.2; rewrite big1 ?(eq_sym 0) ?oner_eq0 // => a _.
apply/le_anti; rewrite hp.1 andbT leNgt -weight_gt0 -leNgt.
by rewrite (psumr_eq0P (fun b _ => weight_ge0 b) none).
Qed.

Lemma law_stepped : law p'.
Proof.
split=> [a|]; first by rewrite divr_ge0 ?weight_ge0 // ltW // total_gt0.
by rewrite -mulr_suml mulfV // lt0r_neq0 // total_gt0.
Qed.

Lemma stepped_gt0 a : (0 < p' a) = (0 < p a).
Proof. by rewrite -weight_gt0 pmulr_lgt0 // invr_gt0 total_gt0. Qed.

Lemma log_stepped a : 0 < p a -> ln (p' a) = (1 - step) * ln (p a) + step * ln (q a) - ln z.
Proof.
move=> pa; rewrite (Logarithms.log_div exp_ln) ?weight_gt0 ?total_gt0 //; congr (_ - _).
by rewrite /weight gt_eqF // (Logarithms.expK exp_ln).
Qed.

(** A step along the geometric path brings a law nearer to its end. *)
Lemma step_nearer : 0 < step -> kl p' q <= kl p q.
Proof.
move=> s0; have [_ s1] := andP hs; have p'0 := law_stepped.1.
have pos (r : reals) : r != 0 -> 0 <= r -> 0 < r by move=> ? ?; rewrite lt_def; apply/andP.
have logs (u v : A -> reals) a : 0 < u a -> 0 < v a -> ln (u a / v a) = ln (u a) - ln (v a).
  exact: (Logarithms.log_div exp_ln).
have first : (1 - step) * kl p' p + step * kl p' q = - ln z.
  rewrite -!meanZ -meanD -[RHS](mean_const _ law_stepped); apply: eq_bigr => a _.
  have [->|nz] := eqVneq (p' a) 0; first by rewrite !mul0r.
  have u := pos _ nz (p'0 a); have pa : 0 < p a by rewrite -stepped_gt0.
  by rewrite (logs p' p) // (logs p' q) // log_stepped //; congr (_ * _); ring.
have second : kl p p' - step * kl p q = ln z.
  rewrite -!meanZ -meanB -[RHS](mean_const _ hp); apply: eq_bigr => a _.
  have [->|nz] := eqVneq (p a) 0; first by rewrite !mul0r.
  have pa := pos _ nz (hp.1 a); have u : 0 < p' a by rewrite stepped_gt0.
  by rewrite (logs p p') // (logs p q) // log_stepped //; congr (_ * _); ring.
have k1 : 0 <= kl p' p by apply: (Logarithms.kl_ge0 exp_ln law_stepped hp) => a; rewrite stepped_gt0.
have k2 : 0 <= kl p p' by apply: (Logarithms.kl_ge0 exp_ln hp law_stepped) => a; rewrite stepped_gt0.
rewrite -(ler_pmul2l s0) -subr_ge0.
have -> : step * kl p q - step * kl p' q = kl p p' + (1 - step) * kl p' p.
  apply/eqP; rewrite subr_eq -addrA first -second opprB addrC subrK //.
by rewrite addr_ge0 // mulr_ge0 // subr_ge0.
Qed.

Lemma no_step a : step = 0 -> p' a = p a.
Proof.
have same b : step = 0 -> weight b = p b.
  move=> s0; rewrite /weight; case: eqP => [-> // | /eqP nz].
  by rewrite s0 subr0 mul1r mul0r addr0 (Logarithms.logK exp_ln) // lt_def nz hp.1.
by move=> s0; rewrite /p' same // /z (eq_bigr _ (fun b _ => same b s0)) hp.2 divr1.
Qed.

Lemma step_le : kl p' q <= kl p q.
Proof.
have [s0|s0] := eqVneq step 0; last by apply: step_nearer; rewrite lt_def s0; case/andP: hs.
by rewrite le_eqVlt; apply/orP; left; apply/eqP; apply: eq_bigr => a _; rewrite no_step.
Qed.

End Step.

Theorem policy_step : Statements.SoftImitation.policy_step.
Proof.
move=> S A M a0 e pi x step hM hpi e0 hs; lazy zeta.
apply: InverseSoft.objective_le => // [|s]; first exact: utility_mono.
have hq : law (softmax 1 (x s)) := Logarithms.law_softmax exp_ln a0 1 (x s).
have q0 a : 0 < softmax 1 (x s) a := Logarithms.softmax_gt0 exp_ln a0 1 (x s) a.
have values p : law p -> mean p (x s) + entropy p = log_sum_exp 1 (x s) - kl p (softmax 1 (x s)).
  by move=> hp; rewrite -(short a0 (x s) hp) opprB [RHS]addrC subrK.
rewrite /soft_evaluation /evaluation !values //; last exact: law_stepped (hpi s).
by rewrite ler_add2l ler_opp2; apply: step_le.
Qed.

Theorem concavity : Statements.SoftImitation.concavity.
Proof.
move=> S A M a0 e x1 x2 hM e0; lazy zeta; apply: InverseSoft.concavity => //.
- exact: utility_mono.
- exact: utility_concave.
- by move=> s; exact: midpoint.
Qed.

Theorem concavity_chi2 : Statements.SoftImitation.concavity_chi2.
Proof.
by move=> S A M a0 e x1 x2 hM e0; apply: InverseSoft.concavity_chi2 hM e0 _ => s; exact: midpoint.
Qed.

Theorem concavity_in_rewards : Statements.SoftImitation.concavity_in_rewards.
Proof.
move=> S A M a0 e r1 r2 v1 v2 v hM e0 phi worth r h1 h2 h.
apply: (InverseSoft.concavity_in_rewards hM (fun=> soft a0) e0 (@InverseSoft.chi2_concave _) _ h1 h2 h).
by move=> s; exact: midpoint.
Qed.

Theorem offline : Statements.SoftImitation.offline.
Proof.
move=> S A M a0 e x; rewrite (InverseSoft.offline M (fun=> log_sum_exp 1)).
by apply: InverseSoft.eq_inner => s a; rewrite (log_softmax a0).
Qed.

Theorem offline_chi2 : Statements.SoftImitation.offline_chi2.
Proof.
move=> S A M a0 e x alpha alpha0 r phi.
rewrite (InverseSoft.offline_chi2 M (fun=> log_sum_exp 1) e x alpha0) -/r; congr (_ - _).
by apply: InverseSoft.eq_inner => s a; rewrite (log_softmax a0).
Qed.

Theorem recovery : Statements.SoftImitation.recovery.
Proof.
move=> S A M a0 expert f v hM hE pos recovered hv s a.
have adv := InverseSoft.recovery hM (fun=> soft a0) (fun s => normalised a0 (hE s) (pos s)) hv s a.
have e : ln (soft_policy recovered 1 v s a) = ln (expert s a).
  by rewrite -[LHS]mul1r (SoftRewards.log_soft_policy a0 ltr01 s a hv).
rewrite -[LHS](Logarithms.logK exp_ln (SoftRewards.soft_policy_gt0 a0 1 recovered v s a)) e.
exact: (Logarithms.logK exp_ln (pos s a)).
Qed.

Theorem weak_recovery : Statements.SoftImitation.weak_recovery.
Proof.
move=> S A M a0 expert d v w hM hE hd hv hw.
exact: (InverseSoft.weak_recovery hM hE hd hv hw (fun=> above a0)).
Qed.

Theorem strong_recovery : Statements.SoftImitation.strong_recovery.
Proof.
move=> S A M a0 expert f d v w hM hE pos hd recovered hv hw.
rewrite (InverseSoft.strong_recovery hM (fun=> soft a0) (fun s => normalised a0 (hE s) (pos s)) hE hd hv hw).
by [].
Qed.

Theorem weak_regularised : Statements.SoftImitation.weak_regularised.
Proof.
move=> S A M a0 expert pi d_E d v w hM hE hpi hdE hd hv hw.
exact: (InverseSoft.weak_regularised hM hE hpi hdE hd hv hw (fun=> above a0)).
Qed.
