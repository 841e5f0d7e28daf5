(** Channels bring laws closer together: the inequality of Cauchy and Schwarz at each of their ends. *)
From mathcomp Require Import all_ssreflect all_algebra ring zify.
From ImitationLearning.Definitions Require Import Probability FiniteHorizon Trajectories Parting ChiSquared.
From ImitationLearning.Definitions Require Import Families.
From ImitationLearning.Definitions Require Discounted.
From ImitationLearning.Proofs Require Import Sums Difference Values Families Trajectories Variance.
From ImitationLearning.Proofs Require Solutions DiscountedDifference DiscountedTotalVariation.
From ImitationLearning.Statements Require DataProcessing.
Set Implicit Arguments.
Unset Strict Implicit.
Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Section ChiSquared.
Variables (R : realFieldType) (T : finType).
Implicit Types (a p q u : T -> R).

(** The square of a sum over a sum. *)
Lemma square_sum_le a u : (forall x, 0 <= a x) -> (forall x, a x = 0 -> u x = 0) ->
  (\sum_x u x) ^+ 2 / (\sum_x a x) <= \sum_x u x ^+ 2 / a x.
Proof.
move=> a0 ua; have [-> | s0] := eqVneq (\sum_x a x) 0.
  by rewrite invr0 mulr0; apply: sumr_ge0 => x _; rewrite divr_ge0 ?sqr_ge0.
have spos : 0 < \sum_x a x by rewrite lt0r s0 sumr_ge0.
have hp : law (fun x => a x / \sum_x a x).
  by split=> [x|]; [rewrite divr_ge0 // ltW | rewrite -mulr_suml divff].
have := sqr_mean_le (fun x => u x / a x) hp.
have -> : mean (fun x => a x / \sum_x a x) (fun x => u x / a x) = (\sum_x u x) / \sum_x a x.
  rewrite mulr_suml; apply: eq_bigr => x _; rewrite mulrAC.
  by have [/ua -> | ax] := eqVneq (a x) 0; rewrite ?mul0r ?mulr0 ?mul0r // [a x * _]mulrC divfK.
have -> : mean (fun x => a x / \sum_x a x) (fun x => (u x / a x) ^+ 2) =
          (\sum_x u x ^+ 2 / a x) / \sum_x a x.
  rewrite mulr_suml; apply: eq_bigr => x _; rewrite mulrAC; congr (_ / _).
  by have [-> | ax] := eqVneq (a x) 0; [rewrite invr0 !mulr0 mul0r | field].
rewrite exprMn -(ler_pmul2r spos) divfK // exprVn expr2 invrM ?unitfE // mulrA mulfVK //.
Qed.

Lemma chi2_channel (U : finType) p q (k : T -> U -> R) : (forall x, 0 <= q x) -> (forall x, law (k x)) ->
  (forall x, q x = 0 -> p x = 0) ->
  chi2 (fun y => mean p (fun x => k x y)) (fun y => mean q (fun x => k x y)) <= chi2 p q.
Proof.
move=> q0 hk pq.
apply: (@le_trans _ _ (\sum_y \sum_x (p x - q x) ^+ 2 / q x * k x y)).
  apply: ler_sum => y _; rewrite -meanBl.
  apply: le_trans (@square_sum_le (fun x => q x * k x y) (fun x => (p x - q x) * k x y) _ _) _.
  - by move=> x; rewrite mulr_ge0 //; case: (hk x).
  - by move=> x /eqP; rewrite mulf_eq0 => /orP[/eqP qx | /eqP->]; rewrite ?mulr0 // pq // qx subrr mul0r.
  apply: ler_sum => x _; have [-> | kx] := eqVneq (k x y) 0; first by rewrite !mulr0 expr0n mul0r.
  have [-> | qx] := eqVneq (q x) 0; first by rewrite mul0r invr0 !mulr0 mul0r.
  by apply: eq_ler; field; rewrite qx kx.
rewrite exchange_big; apply: ler_sum => x _.
by rewrite -mulr_sumr (hk x).2 mulr1.
Qed.

Lemma eq_chi2 p p' q q' : p =1 p' -> q =1 q' -> chi2 p q = chi2 p' q'.
Proof. by move=> ep eq; apply: eq_bigr => x _; rewrite ep eq. Qed.

Lemma chi2_ge0 p q : (forall x, 0 <= q x) -> 0 <= chi2 p q.
Proof. by move=> q0; apply: sumr_ge0 => x _; rewrite divr_ge0 ?sqr_ge0. Qed.

End ChiSquared.

Section Hellinger.
Variables (R : rcfType) (T : finType).
Implicit Types p q : T -> R.

Lemma hellinger2_channel (U : finType) p q (k : T -> U -> R) :
  (forall x, 0 <= p x) -> (forall x, 0 <= q x) -> (forall x, law (k x)) ->
  hellinger2 (fun y => mean p (fun x => k x y)) (fun y => mean q (fun x => k x y)) <= hellinger2 p q.
Proof.
move=> p0 q0 hk; have k0 x y : 0 <= k x y by case: (hk x).
apply: (@le_trans _ _ (\sum_y \sum_x k x y * (Num.sqrt (p x) - Num.sqrt (q x)) ^+ 2)); last first.
  rewrite exchange_big; apply: ler_sum => x _.
  by rewrite -mulr_suml (hk x).2 mul1r.
apply: ler_sum => y _; set P := mean p _; set Q := mean q _.
have P0 : 0 <= P by apply: mean_ge0.
have Q0 : 0 <= Q by apply: mean_ge0.
pose both := \sum_x k x y * (Num.sqrt (p x) * Num.sqrt (q x)).
have both0 : 0 <= both by apply: sumr_ge0 => x _; rewrite !mulr_ge0 ?sqrtr_ge0.
have -> : \sum_x k x y * (Num.sqrt (p x) - Num.sqrt (q x)) ^+ 2 = P + Q - 2%:R * both.
  rewrite /P /Q /mean /both mulr_sumr -big_split -sumrB; apply: eq_bigr => x _ /=.
  by rewrite sqrrB !sqr_sqrtr //; ring.
rewrite sqrrB !sqr_sqrtr // addrAC ler_add2l ler_opp2 mulr2n mulrDl mul1r.
suff le : both <= Num.sqrt P * Num.sqrt Q by apply: ler_add.
have -> : both = Num.sqrt (both ^+ 2) by rewrite sqrtr_sqr ger0_norm.
rewrite -sqrtrM //; apply: ler_wsqrtr; pose root (r : T -> R) x := Num.sqrt (r x) * Num.sqrt (k x y).
have -> : both = \sum_x root p x * root q x.
  by apply: eq_bigr => x _; rewrite /root -{1}(sqr_sqrtr (k0 x y)); ring.
have square r : (forall x, 0 <= r x) -> mean r (fun x => k x y) = \sum_x root r x ^+ 2.
  by move=> r0; apply: eq_bigr => x _; rewrite exprMn !sqr_sqrtr.
by rewrite /P /Q !square //; apply: cauchy_schwarz.
Qed.

Lemma eq_hellinger2 p p' q q' : p =1 p' -> q =1 q' -> hellinger2 p q = hellinger2 p' q'.
Proof. by move=> ep eq; apply: eq_bigr => x _; rewrite ep eq. Qed.

Lemma hellinger2_ge0 p q : 0 <= hellinger2 p q.
Proof. by apply: sumr_ge0 => x _; apply: sqr_ge0. Qed.

End Hellinger.

Theorem channels : Statements.DataProcessing.channels.
Proof.
move=> R T U p q k [p0 _] [q0 _] hk seen; split; first exact: hellinger2_channel.
by move=> pq; apply: chi2_channel.
Qed.

(** Forgetting the action is a channel. *)
Lemma mean_first (R : realFieldType) (S A : finType) (p : S -> R) (pi : S -> A -> R) s :
  (forall t, law (pi t)) -> mean (joint (fun t a => p t * pi t a)) (fun z => surely R z.1 s) = p s.
Proof.
move=> hpi; rewrite mean_pairs -[RHS](mean_at p s); apply: eq_mean => t.
by rewrite /= mean_const.
Qed.

(** A mean over the steps of what is at most [u] at each of them. *)
Lemma average_le (R : realFieldType) (H : nat) (x : 'I_H -> R) u : 0 <= u -> (forall h, x h <= u) ->
  H%:R^-1 * (\sum_h x h) <= u.
Proof.
case: H x => [|H] x u0 xu; first by rewrite big_ord0 mulr0.
by rewrite ler_pdivr_mull ?ltr0n // mulr_natl -[X in _ *+ X]card_ord -sumr_const; apply: ler_sum.
Qed.

(** Where the first policy goes the second one goes. *)
Section Covered.
Variables (R : realFieldType) (S A : finType) (M : mdp R S A) (H : nat) (pi other : policy R S A).
Hypotheses (hM : is_mdp M) (hpi : is_policy pi) (hother : is_policy other).
Hypothesis covered : forall h s a, (h < H)%N -> 0 < state_law M pi h s -> other h s a = 0 -> pi h s a = 0.

Lemma state_law_covered h s : (h <= H)%N -> state_law M other h s = 0 -> state_law M pi h s = 0.
Proof.
elim: h s => [//|h IH] s hH /= none; apply: big1 => t _.
have [-> | dt] := eqVneq (state_law M pi h t) 0; first by rewrite mul0r.
have dpos : 0 < state_law M pi h t by rewrite lt0r dt state_law_ge0.
have step0 u : 0 <= mean (other h u) (fun a => transition M h u a s).
  by apply: mean_ge0 => a; [case: (hother h u) | case: (hM.1 h u a)].
have terms u : 0 <= state_law M other h u * mean (other h u) (fun a => transition M h u a s).
  by rewrite mulr_ge0 // state_law_ge0.
have /eqP : state_law M other h t * mean (other h t) (fun a => transition M h t a s) = 0.
  exact: (psumr_eq0P (fun u _ => terms u) none).
rewrite mulf_eq0 => /orP[/eqP o0|/eqP o0].
  by move: dt; rewrite (IH t (ltnW hH) o0) eqxx.
rewrite [X in _ * X]big1 ?mulr0 // => a _.
have actions b : 0 <= other h t b * transition M h t b s.
  by rewrite mulr_ge0 //; [case: (hother h t) | case: (hM.1 h t b)].
have /eqP : other h t a * transition M h t a s = 0 by exact: (psumr_eq0P (fun b _ => actions b) o0).
rewrite mulf_eq0 => /orP[/eqP oa|/eqP->].
  by rewrite (covered hH dpos oa) mul0r.
by rewrite mulr0.
Qed.

Lemma occupancy_covered h s a : (h < H)%N -> occupancy M other h s a = 0 -> occupancy M pi h s a = 0.
Proof.
move=> hH /eqP; rewrite mulf_eq0 => /orP[/eqP o0|/eqP o0]; rewrite /occupancy.
  by rewrite state_law_covered ?mul0r // ltnW.
have [-> | ds] := eqVneq (state_law M pi h s) 0; first by rewrite mul0r.
by rewrite (covered hH _ o0) ?mulr0 // lt0r ds state_law_ge0.
Qed.

(** A history has no more mass than its last state. *)
Lemma history_le h (y : history S A h) : history_law M (forgetful pi) y <= state_law M pi h (last_state y).
Proof.
have [p0 _] := law_history hM h (is_history_policy_forgetful hpi).
rewrite -[leRHS]mean_at -(mean_last M pi h (fun t => (last_state y == t)%:R)) /mean (bigD1 y) //= eqxx mulr1.
by rewrite ler_addl; apply: sumr_ge0 => z _; rewrite mulr_ge0 ?ler0n.
Qed.

Lemma act_covered h (y : history S A h) a : (h < H)%N -> history_law M (forgetful pi) y != 0 ->
  other h (last_state y) a = 0 -> pi h (last_state y) a = 0.
Proof.
move=> hH y0; apply: covered => //; apply: lt_le_trans (history_le y).
have [p0 _] := law_history hM h (is_history_policy_forgetful hpi).
by rewrite lt0r y0 p0.
Qed.

Lemma history_covered h (y : history S A h) : (h <= H)%N ->
  history_law M (forgetful other) y = 0 -> history_law M (forgetful pi) y = 0.
Proof.
elim: h y => [//|h IH] [[y a] t] hH /= /eqP; rewrite !mulf_eq0 -orbA => /or3P[/eqP o0|/eqP o0|/eqP->].
- by rewrite (IH y (ltnW hH) o0) !mul0r.
- have [-> | y0] := eqVneq (history_law M (forgetful pi) y) 0; first by rewrite !mul0r.
  by rewrite /forgetful (act_covered hH y0 o0) mulr0 mul0r.
by rewrite mulr0.
Qed.

End Covered.

Lemma trajectory_covered (R : realFieldType) (S A : finType) (M : mdp R S A) (H : nat)
    (pi other : policy R S A) :
  is_mdp M -> is_policy pi ->
  (forall h s a, (h < H)%N -> 0 < state_law M pi h s -> other h s a = 0 -> pi h s a = 0) ->
  forall t : trajectory S A H,
  trajectory_law M (forgetful other) t = 0 -> trajectory_law M (forgetful pi) t = 0.
Proof.
move=> hM hpi; case: H => [//|n] covered [y a] /= /eqP; rewrite mulf_eq0 => /orP[/eqP o0|/eqP o0].
  by rewrite (history_covered hM hpi covered _ o0) ?mul0r.
have [-> | y0] := eqVneq (history_law M (forgetful pi) y) 0; first by rewrite mul0r.
by rewrite /forgetful (act_covered hM hpi covered _ y0 o0) ?mulr0.
Qed.

Theorem trajectories_chi2 : Statements.DataProcessing.trajectories_chi2.
Proof.
move=> R S A M H pi other hM hpi hother covered; have hq := is_history_policy_forgetful hother.
apply: average_le => [|h]; first exact: chi2_ge0 (trajectory_law_ge0 hM hq (H := H)).
apply: le_trans (chi2_channel (trajectory_law_ge0 hM hq (H := H)) (law_at_step R (ltn_ord h)) _).
  by apply: eq_ler; apply: eq_chi2 => z; rewrite mean_at_step.
exact: trajectory_covered.
Qed.

Theorem trajectories_hellinger2 : Statements.DataProcessing.trajectories_hellinger2.
Proof.
move=> R S A M H pi other hM hpi hother.
have hp := is_history_policy_forgetful hpi; have hq := is_history_policy_forgetful hother.
apply: average_le => [|h]; first exact: hellinger2_ge0.
have := hellinger2_channel (trajectory_law_ge0 hM hp (H := H)) (trajectory_law_ge0 hM hq (H := H))
                           (law_at_step R (ltn_ord h)).
by apply: le_trans; apply: eq_ler; apply: eq_hellinger2 => z; rewrite mean_at_step.
Qed.

Theorem states_chi2 : Statements.DataProcessing.states_chi2.
Proof.
move=> R S A M H pi other hM hpi hother covered; apply: ler_sum => h _.
apply: le_trans (chi2_channel _ (fun z => law_surely R z.1) _).
- by apply: eq_ler; apply: eq_chi2 => s; rewrite mean_first.
- by move=> [s a]; rewrite mulr_ge0 ?state_law_ge0 //; case: (hother h s).
by move=> [s a]; apply: (occupancy_covered hM hpi hother covered).
Qed.

Theorem states_hellinger2 : Statements.DataProcessing.states_hellinger2.
Proof.
move=> R S A M H pi other hM hpi hother; apply: ler_sum => h _.
have occupancy0 sigma z : is_policy sigma -> 0 <= joint (occupancy M sigma h) z.
  by case: z => s a hs; rewrite mulr_ge0 ?state_law_ge0 //; case: (hs h s).
have := hellinger2_channel (fun z => occupancy0 _ z hpi) (fun z => occupancy0 _ z hother)
                           (fun z => law_surely R z.1).
by apply: le_trans; apply: eq_ler; apply: eq_hellinger2 => s; rewrite mean_first.
Qed.

(** The same with a discount. *)
Section Discounted.
Import Definitions.Discounted.
Import Solutions DiscountedDifference.
Variables (R : realFieldType) (S A : finType) (M : mdp R S A) (pi other : policy R S A) (d e : S -> R).
Hypotheses (hM : is_mdp M) (hpi : is_policy pi) (hother : is_policy other).
Hypotheses (hd : is_state_law M pi d) (he : is_state_law M other e).
Hypothesis covered : forall s a, 0 < d s -> other s a = 0 -> pi s a = 0.

(** The states where the second policy does not go; the first one never enters them. *)
Let away s : R := (e s == 0)%:R.

Let away0 s : 0 <= away s. Proof. exact: ler0n. Qed.

Let never_starts : (1 - discount M) * mean (start M) away = 0 /\
  discount M * mean e (fun s => mean (next M other s) away) = 0.
Proof.
have [hT [s0 _] _] := hM; have h0 := ltW (effective_horizon_gt0 hM).
have [e0 _] := Solutions.law_state_law hM hother he.
have [g0 _] := andP (discount_bounds hM).
have none : mean e away = 0.
  by apply: big1 => s _; rewrite /away; case: eqP => [->|_]; rewrite ?mul0r ?mulr0.
have first0 : 0 <= (1 - discount M) * mean (start M) away by rewrite mulr_ge0 ?mean_ge0.
have then0 : 0 <= discount M * mean e (fun s => mean (next M other s) away).
  by rewrite mulr_ge0 ?mean_ge0 // => s; rewrite mean_ge0 // => t; case: (law_next hM hother s).
by move/eqP: (mean_state_law away he); rewrite none eq_sym paddr_eq0 // => /andP[/eqP-> /eqP->].
Qed.

Lemma discounted_covered s : e s = 0 -> d s = 0.
Proof.
have [hT _ _] := hM; have [g0 g1] := andP (discount_bounds hM); have [start0 step0] := never_starts.
have [d0 _] := Solutions.law_state_law hM hpi hd; have [e0 _] := Solutions.law_state_law hM hother he.
have enter t : e t != 0 -> d t != 0 -> discount M * mean (next M pi t) away = 0.
  move=> et dt; have dpos : 0 < d t by rewrite lt0r dt d0.
  have terms u : 0 <= discount M * (e u * mean (next M other u) away).
    by rewrite !mulr_ge0 ?mean_ge0 // => x; case: (law_next hM hother u).
  have sum0 : \sum_u discount M * (e u * mean (next M other u) away) = 0 by rewrite -mulr_sumr.
  have at_t : discount M * (e t * mean (next M other t) away) = 0.
    exact: (psumr_eq0P (fun u _ => terms u) sum0).
  have zero : mean (other t) (fun b => discount M * mean (transition M t b) away) = 0.
    by rewrite meanZ -mean_next; apply/eqP; move/eqP: at_t; rewrite mulrCA mulf_eq0 (negbTE et).
  have actions b : 0 <= other t b * (discount M * mean (transition M t b) away).
    rewrite !mulr_ge0 ?mean_ge0 //; first by case: (hother t).
    by move=> x; case: (hT t b).
  rewrite mean_next -meanZ; apply: big1 => b _.
  have /eqP : other t b * (discount M * mean (transition M t b) away) = 0.
    exact: (psumr_eq0P (fun b _ => actions b) zero).
  by rewrite mulf_eq0 => /orP[/eqP /(covered dpos) ->|/eqP ->]; rewrite ?mul0r ?mulr0.
have mass : (1 - discount M) * mean d away <= 0.
  rewrite mulrBl mul1r subr_le0 {1}(mean_state_law away hd) start0 add0r -!meanZ.
  apply: ler_sum => t _; have [-> | dt] := eqVneq (d t) 0; first by rewrite !mul0r.
  have [et | et] := eqVneq (e t) 0; last by rewrite enter // mulr0 !mulr_ge0.
  rewrite ler_wpmul2l // ler_wpmul2l // /away et eqxx.
  by apply: mean_le => [|x]; [apply: law_next | rewrite lern1 leq_b1].
have total0 : mean d away = 0.
  apply/le_anti; rewrite mean_ge0 // andbT.
  by move: mass; rewrite pmulr_rle0 ?(effective_horizon_gt0 hM).
move=> es; have := psumr_eq0P (fun t _ => mulr_ge0 (d0 t) (away0 t)) total0 (i := s) isT.
by rewrite /away es eqxx mulr1.
Qed.

Lemma discounted_pairs_covered z : joint (occupancy other e) z = 0 -> joint (occupancy pi d) z = 0.
Proof.
case: z => s a; rewrite /joint /occupancy /= => /eqP; rewrite mulf_eq0 => /orP[/eqP es|/eqP oa].
  by rewrite discounted_covered ?mul0r.
have [d0 _] := Solutions.law_state_law hM hpi hd.
have [-> | ds] := eqVneq (d s) 0; first by rewrite mul0r.
by rewrite (covered _ oa) ?mulr0 // lt0r ds d0.
Qed.

End Discounted.

Theorem states_chi2_discounted : Statements.DataProcessing.states_chi2_discounted.
Proof.
move=> R S A M pi other d e hM hpi hother hd he covered.
have [q0 _] := DiscountedTotalVariation.law_occupancy hM hother he.
apply: le_trans (chi2_channel q0 (fun z => law_surely R z.1) _).
  by apply: eq_ler; apply: eq_chi2 => s; rewrite mean_first.
exact: discounted_pairs_covered hM hpi hother hd he covered.
Qed.

Theorem states_hellinger2_discounted : Statements.DataProcessing.states_hellinger2_discounted.
Proof.
move=> R S A M pi other d e hM hpi hother hd he.
have [p0 _] := DiscountedTotalVariation.law_occupancy hM hpi hd.
have [q0 _] := DiscountedTotalVariation.law_occupancy hM hother he.
apply: le_trans (hellinger2_channel p0 q0 (fun z => law_surely R z.1)).
by apply: eq_ler; apply: eq_hellinger2 => s; rewrite mean_first.
Qed.

Theorem matching_chi2 : Statements.DataProcessing.matching_chi2.
Proof.
move=> R S A M expert learner d e v w size hM hE hL hr hd he hv hw covered.
have h0 := lt0r_neq0 (Solutions.effective_horizon_gt0 hM).
set p := joint _; set q := joint _.
have [p0 p1] := DiscountedTotalVariation.law_occupancy hM hE hd.
have [q0 q1] := DiscountedTotalVariation.law_occupancy hM hL he.
have pq : forall z, q z = 0 -> p z = 0 by apply: discounted_pairs_covered hM hE hL hd he covered.
rewrite exprMn real_normK ?num_real // -exprMn mulrBr.
rewrite (DiscountedTotalVariation.value_mean hM hE hd hv) (DiscountedTotalVariation.value_mean hM hL he hw).
rewrite !mulVKf // -/p -/q -meanBl; set r := joint _.
have chi_mean : mean q (fun z => ((p z - q z) / q z) ^+ 2) = chi2 p q.
  by apply: eq_bigr => z _; have [-> | qz] := eqVneq (q z) 0; [rewrite invr0 mul0r mulr0 | field].
have -> : mean (fun z => p z - q z) r = mean q (fun z => (p z - q z) / q z * r z).
  apply: eq_bigr => z _; have [qz | qz] := eqVneq (q z) 0; first by rewrite qz pq // subrr !mul0r.
  by rewrite [RHS]mulrA [q z * _]mulrC divfK.
apply: le_trans (sqr_mean_le _ (conj q0 q1)) _; rewrite -chi_mean -meanZ; apply: ler_mean => // z.
rewrite exprMn mulrC ler_wpmul2r ?sqr_ge0 // -real_normK ?num_real //.
by apply: ler_expn2r; rewrite ?nnegrE ?normr_ge0 ?(le_trans (normr_ge0 _) (hr z.1 z.2)) //; apply: hr.
Qed.
