(** Telescoping along a policy turns the soft value of the start into what it earns, its entropies, and its
    divergence from the soft optimum. *)
From mathcomp Require Import all_ssreflect all_algebra ring.
From ImitationLearning.Definitions Require Import Probability Discounted SoftMaximum SoftDiscounted.
From ImitationLearning.Definitions Require Import InverseSoft Identification Features Reals.
From ImitationLearning.Definitions Require FiniteHorizon Moments SoftFiniteHorizon.
From ImitationLearning.Proofs Require Import Sums Solutions DiscountedDifference SoftMaximum.
From ImitationLearning.Proofs Require Logarithms Difference Values InverseSoft InverseSoftFinite SoftRewards.
From ImitationLearning.Statements Require MaximumEntropy.
Set Implicit Arguments.
Unset Strict Implicit.
Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Notation exp_ln := SoftRewards.exp_ln.

Section Softmax.
Variables (A : finType) (a0 : A) (tau : reals).
Hypothesis tau0 : 0 < tau.
Implicit Types (p f : A -> reals).

Lemma short p f : law p ->
  log_sum_exp tau f = mean p f + tau * entropy p + tau * kl p (softmax tau f).
Proof.
move=> hp; have := Logarithms.soft_gap exp_ln a0 f tau0 hp.
by rewrite -/(log_sum_exp tau f) -/(entropy p) -/(softmax tau f) -/(kl p _) => <-; rewrite addrC subrK.
Qed.

(** The mean of minus the logarithms of the softmax: entropy and divergence. *)
Lemma surprise p f : law p ->
  tau * mean p (fun a => - ln (softmax tau f a)) = tau * entropy p + tau * kl p (softmax tau f).
Proof.
move=> hp; rewrite -[RHS](addKr (mean p f)) [mean p f + _]addrA -short // -meanZ.
rewrite -[X in _ = _ + X](mean_const _ hp) -meanN -meanD; apply: eq_mean => a.
by rewrite mulrN (Logarithms.log_softmax exp_ln a0 f a tau0) opprB addrC.
Qed.

Lemma kl_softmax_ge0 p f : law p -> 0 <= kl p (softmax tau f).
Proof.
move=> hp; apply: (Logarithms.kl_ge0 exp_ln hp (Logarithms.law_softmax exp_ln a0 tau f)) => a _.
exact: (Logarithms.softmax_gt0 exp_ln a0).
Qed.

End Softmax.

Lemma kl0 (A : finType) (p : A -> reals) : (forall a, 0 < p a) -> kl p p = 0.
Proof.
move=> p0; apply: big1 => a _; rewrite mulfV ?lt0r_neq0 //.
by rewrite -(Logarithms.exp0 exp_ln) (Logarithms.expK exp_ln) mulr0.
Qed.

Section Discounted.
Variables (S A : finType) (M : mdp reals S A) (a0 : A) (tau : reals).
Variables (pi : policy reals S A) (d v : S -> reals).
Hypotheses (hM : is_mdp M) (tau0 : 0 < tau) (hpi : is_policy pi) (hd : is_state_law M pi d).
Hypothesis hv : is_soft_value M (fun=> log_sum_exp tau) v.

Lemma start_value : (1 - discount M) * mean (start M) v =
  inner (occupancy pi d) (reward M) + tau * mean d (fun s => entropy (pi s))
  + tau * mean d (fun s => kl (pi s) (soft_policy M tau v s)).
Proof.
rewrite -(InverseSoft.telescoped hM _ hpi hd) -addrA; apply/eqP; rewrite addrC -subr_eq -InverseSoft.innerB.
apply/eqP; rewrite -!meanZ -meanD /inner sum_occupancy; apply: eq_mean => s.
have <- : - mean (pi s) (q M v s) + v s = tau * entropy (pi s) + tau * kl (pi s) (soft_policy M tau v s).
  by rewrite [v s]hv (short a0 tau0 _ (hpi s)) -addrA addKr.
rewrite -[v s in RHS](mean_const _ (hpi s)) -meanN -meanD; apply: eq_mean => a.
by rewrite /unshaped /q; ring.
Qed.

End Discounted.

Section Finite.
Import FiniteHorizon Moments SoftFiniteHorizon.
Variables (S A : finType) (M : mdp reals S A) (a0 : A) (H : nat) (tau : reals) (pi : policy reals S A).
Hypotheses (hM : is_mdp M) (tau0 : 0 < tau) (hpi : is_policy pi).
Let V (h : nat) (s : S) := @log_sum_exp A tau.
Let best h s := softmax tau (soft_q M V H h s).

Lemma start_value_finite : mean (start M) (soft_v M V H 0) =
  \sum_(h < H) inner (occupancy M pi h) (reward M h)
  + tau * (\sum_(h < H) mean (state_law M pi h) (fun s => entropy (pi h s)))
  + tau * (\sum_(h < H) mean (state_law M pi h) (fun s => kl (pi h s) (best h s))).
Proof.
have hV h s : is_soft_maximum (V h s) by apply: SoftRewards.log_sum_exp_soft.
have -> : mean (start M) (soft_v M V H 0) = mean (start M) (v_of V H (soft_q M V H) 0).
  by apply: eq_mean => s; rewrite InverseSoftFinite.soft_vE.
have := InverseSoftFinite.sum_implied V H (soft_q M V H) hM hpi.
rewrite (eq_bigr (fun h : 'I_H => inner (occupancy M pi h) (reward M h))) => [e | h _]; last first.
  apply: eq_bigr => s _; apply: eq_bigr => a _; congr (_ * _).
  by have [_ ->] := @InverseSoftFinite.bijection _ _ _ M V H (soft_q M V H) hV h s a (ltn_ord h).
have step (h : 'I_H) :
    mean (state_law M pi h) (fun s => V h s (soft_q M V H h s) - mean (pi h s) (soft_q M V H h s)) =
    tau * mean (state_law M pi h) (fun s => entropy (pi h s)) +
    tau * mean (state_law M pi h) (fun s => kl (pi h s) (best h s)).
  rewrite -!meanZ -meanD; apply: eq_mean => s.
  by rewrite /V (short a0 tau0 _ (hpi h s)) -/(best h s); ring.
by rewrite e (eq_bigr _ (fun h _ => step h)) big_split -!mulr_sumr /= -addrA subrK.
Qed.

End Finite.

(** What is paid for features is linear in what is shown of them. *)
Lemma inner_paid (S A I : finType) (x : S -> A -> reals) (features : I -> S -> A -> reals) theta :
  inner x (paid theta features) = \sum_i theta i * shown x features i.
Proof.
rewrite /inner /paid.
under eq_bigr do under eq_bigr do rewrite mulr_sumr.
under eq_bigr do rewrite exchange_big.
rewrite exchange_big; apply: eq_bigr => i _; rewrite mulr_sumr; apply: eq_bigr => s _.
by rewrite mulr_sumr; apply: eq_bigr => a _; rewrite mulrCA.
Qed.

Lemma inner_paid_finite (S A I : finType) (M : FiniteHorizon.mdp reals S A) (H : nat) pi
  (features : I -> nat -> S -> A -> reals) theta :
  \sum_(h < H) inner (FiniteHorizon.occupancy M pi h) (paid theta (fun i => features i h)) =
  \sum_i theta i * expected_sum M H pi features i.
Proof.
rewrite (eq_bigr _ (fun h _ => inner_paid _ _ _)) exchange_big; apply: eq_bigr => i _.
by rewrite mulr_sumr.
Qed.

(** What a policy earns, by the soft values of another one. *)
Lemma earned_along (S A : finType) (M : mdp reals S A) (pi : policy reals S A) (d w : S -> reals) :
  is_mdp M -> is_policy pi -> is_state_law M pi d -> inner (occupancy pi d) (reward M) =
  (1 - discount M) * mean (start M) w + mean d (fun s => mean (pi s) (q M w s) - w s).
Proof.
move=> hM hpi hd; rewrite -(InverseSoft.telescoped hM _ hpi hd) /inner !sum_occupancy -meanD.
apply: eq_mean => s; rewrite addrA -meanD -[w s in RHS](mean_const _ (hpi s)) -meanB; apply: eq_mean => a.
by rewrite /unshaped /q; ring.
Qed.

Theorem soft_difference : Statements.MaximumEntropy.soft_difference.
Proof.
move=> S A M tau pi other d d' v v' w hM hpi ho hd hd' hv hv' hw J.
have h0 := lt0r_neq0 (effective_horizon_gt0 hM).
have paid : mean d' (fun s => mean (other s) (q M w s) - w s) =
            - (tau * mean d' (fun s => entropy (other s))).
  by rewrite -meanZ -meanN; apply: eq_mean => s; rewrite [w s]hw opprD addrA subrr sub0r.
rewrite /J (value_occupancy hM hpi hd hv) (value_occupancy hM ho hd' hv').
rewrite -!/(inner _ _) (earned_along w hM hpi hd) (earned_along w hM ho hd') paid.
have -> : mean d (fun s => mean (pi s) (q M w s) + tau * entropy (pi s) - w s) =
          mean d (fun s => mean (pi s) (q M w s) - w s) + tau * mean d (fun s => entropy (pi s)).
  by rewrite -meanZ -meanD; apply: eq_mean => s; rewrite addrAC.
by field.
Qed.

Theorem soft_gap : Statements.MaximumEntropy.soft_gap.
Proof.
move=> S A M a0 tau pi d v w hM tau0 hpi hd hw hv; have h0 := lt0r_neq0 (effective_horizon_gt0 hM).
have := start_value a0 hM tau0 hpi hd hv; rewrite (value_occupancy hM hpi hd hw) /value => e.
apply: (mulfI h0); rewrite mulrBr e /inner; by field.
Qed.

Theorem soft_gap_finite : Statements.MaximumEntropy.soft_gap_finite.
Proof.
move=> S A M a0 H tau pi hM tau0 hpi V best; rewrite (start_value_finite a0 H hM tau0 hpi).
by rewrite (Difference.value_occupancy M H hpi) addrAC subrr add0r.
Qed.

Theorem duality_gap : Statements.MaximumEntropy.duality_gap.
Proof.
move=> S A I M a0 features theta expert d v hM hE hd paying hv.
have := start_value a0 (M := paying) hM ltr01 hE hd hv; rewrite !mul1r inner_paid => ->.
by rewrite -[LHS]addrA -opprD [LHS]addrC addKr.
Qed.

Theorem weak_duality : Statements.MaximumEntropy.weak_duality.
Proof.
move=> S A I M a0 features theta expert d v hM hE hd hv.
have := duality_gap a0 hM hE hd hv => e; rewrite -subr_ge0 e.
have [d0 _] := law_state_law hM hE hd; apply: mean_ge0 => // s; exact: (kl_softmax_ge0 a0).
Qed.

Theorem likelihood : Statements.MaximumEntropy.likelihood.
Proof.
move=> S A I M a0 features theta expert d v hM hE hd paying hv.
have := duality_gap a0 hM hE hd hv => /(canRL (subrK _)) ->.
rewrite /inner sum_occupancy -meanD; apply: eq_mean => s; rewrite addrC.
by have := surprise a0 ltr01 (q paying v s) (hE s); rewrite !mul1r.
Qed.

Theorem strong_duality : Statements.MaximumEntropy.strong_duality.
Proof.
move=> S A I M a0 features theta expert d_E d v hM paying best hv hd same.
have hbest : is_policy best by move=> s; exact: (Logarithms.law_softmax exp_ln a0).
have := duality_gap a0 hM hbest hd hv.
rewrite (eq_bigr _ (fun i _ => congr1 ( *%R (theta i)) (same i))) => /eqP; rewrite subr_eq => /eqP ->.
rewrite [X in _ = X + _](_ : _ = 0) ?add0r //; apply: big1 => s _; rewrite kl0 ?mulr0 // => a.
exact: (Logarithms.softmax_gt0 exp_ln a0).
Qed.

(** The mean over steps of what the soft value of the start exceeds earnings and entropies by. *)
Lemma duality_gap_finite (S A I : finType) (M : FiniteHorizon.mdp reals S A) (a0 : A) (H : nat)
  (features : I -> nat -> S -> A -> reals) theta pi : FiniteHorizon.is_mdp M -> FiniteHorizon.is_policy pi ->
  let V (h : nat) (s : S) := @log_sum_exp A 1 in
  let paying := Moments.with_rewards M (fun h => paid theta (fun i => features i h)) in
  let best h s := softmax 1 (SoftFiniteHorizon.soft_q paying V H h s) in
  H%:R^-1 * mean (FiniteHorizon.start M) (SoftFiniteHorizon.soft_v paying V H 0)
  - \sum_i theta i * (H%:R^-1 * expected_sum M H pi features i) =
  H%:R^-1 * (\sum_(h < H) mean (FiniteHorizon.state_law M pi h) (fun s => entropy (pi h s)))
  + H%:R^-1 * (\sum_(h < H) mean (FiniteHorizon.state_law M pi h) (fun s => kl (pi h s) (best h s))).
Proof.
move=> hM hpi V paying best.
have laws h : FiniteHorizon.state_law paying pi h = FiniteHorizon.state_law M pi h.
  by elim: h => //= h ->.
have sums g : \sum_(h < H) mean (FiniteHorizon.state_law paying pi h) (g h) =
              \sum_(h < H) mean (FiniteHorizon.state_law M pi h) (g h).
  by apply: eq_bigr => h _; rewrite laws.
have := @start_value_finite S A paying a0 H 1 pi hM ltr01 hpi; rewrite !mul1r inner_paid_finite !sums => e.
have -> : \sum_i theta i * (H%:R^-1 * expected_sum M H pi features i) =
          H%:R^-1 * (\sum_i theta i * expected_sum paying H pi features i).
  rewrite mulr_sumr; apply: eq_bigr => i _; rewrite mulrCA; congr (_ * (_ * _)); apply: eq_bigr => h _.
  by rewrite /FiniteHorizon.occupancy laws.
by rewrite -mulrBr e -addrA [X in X - _]addrC addrK mulrDr.
Qed.

Theorem weak_duality_finite : Statements.MaximumEntropy.weak_duality_finite.
Proof.
move=> S A I M a0 H features theta expert hM hE; lazy zeta; rewrite duality_gap_finite // ler_addl.
rewrite mulr_ge0 ?invr_ge0 ?ler0n //; apply: sumr_ge0 => h _; apply: mean_ge0 => s.
  exact: Values.state_law_ge0.
exact: (kl_softmax_ge0 a0).
Qed.

Theorem strong_duality_finite : Statements.MaximumEntropy.strong_duality_finite.
Proof.
move=> S A I M a0 H features theta expert hM V paying best same.
have hbest : FiniteHorizon.is_policy best by move=> h s; exact: (Logarithms.law_softmax exp_ln a0).
rewrite (eq_bigr _ (fun i _ => congr1 (fun z => theta i * (H%:R^-1 * z)) (same i))).
rewrite duality_gap_finite // [X in _ = _ + _ * X](_ : _ = 0) ?mulr0 ?addr0 //.
apply: big1 => h _; apply: big1 => s _; rewrite kl0 ?mulr0 // => a.
exact: (Logarithms.softmax_gt0 exp_ln a0).
Qed.

Theorem likelihood_finite : Statements.MaximumEntropy.likelihood_finite.
Proof.
move=> S A I M a0 H features theta expert hM hE V paying best; rewrite duality_gap_finite // -mulrDr.
have step (h : 'I_H) : inner (FiniteHorizon.occupancy M expert h) (fun s a => - ln (best h s a)) =
    mean (FiniteHorizon.state_law M expert h) (fun s => entropy (expert h s)) +
    mean (FiniteHorizon.state_law M expert h) (fun s => kl (expert h s) (best h s)).
  rewrite /inner Difference.sum_occupancy -meanD; apply: eq_mean => s.
  by have := surprise a0 ltr01 (SoftFiniteHorizon.soft_q paying V H h s) (hE h s); rewrite !mul1r.
by rewrite (eq_bigr _ (fun h _ => step h)) big_split.
Qed.
