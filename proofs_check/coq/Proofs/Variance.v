(** The variance of an expert's own choices: sums of advantages are martingales. *)
From mathcomp Require Import all_ssreflect all_algebra ring.
From ImitationLearning.Definitions Require Import Probability FiniteHorizon Trajectories Parting.
From ImitationLearning.Proofs Require Import Sums Difference Values Trajectories Parting.
From ImitationLearning.Statements Require Variance.
Set Implicit Arguments.
Unset Strict Implicit.
Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Section Laws.
Variables (R : realFieldType) (T : finType).
Implicit Types (p f g : T -> R).

(** The mean of the square of a sum with a constant. *)
Lemma mean_sqrD p f (c : R) : law p ->
  mean p (fun x => (c + f x) ^+ 2) = c ^+ 2 + 2%:R * c * mean p f + mean p (fun x => f x ^+ 2).
Proof.
move=> hp; rewrite -{1}(mean_const (c ^+ 2) hp) -meanZ -!meanD; apply: eq_mean => x.
by rewrite sqrrD -mulr_natl mulrA.
Qed.

(** Jensen's inequality for the square. *)
Lemma sqr_mean_le p f : law p -> mean p f ^+ 2 <= mean p (fun x => f x ^+ 2).
Proof.
move=> hp; have -> : mean p (fun x => f x ^+ 2) = mean p f ^+ 2 + mean p (fun x => (- mean p f + f x) ^+ 2).
  by rewrite mean_sqrD //; ring.
by rewrite ler_addl; apply: mean_ge0 => x; [case: hp | apply: sqr_ge0].
Qed.

(** The inequality of Cauchy and Schwarz, by the identity of Lagrange. *)
Lemma cauchy_schwarz f g : (\sum_x f x * g x) ^+ 2 <= (\sum_x f x ^+ 2) * (\sum_x g x ^+ 2).
Proof.
have squares : 0 <= \sum_x \sum_y (f x * g y - f y * g x) ^+ 2.
  by apply: sumr_ge0 => x _; apply: sumr_ge0 => y _; apply: sqr_ge0.
rewrite -subr_ge0 -(pmulr_rge0 _ (ltr0n R 2)); apply: le_trans squares _; apply: eq_ler.
set a := \sum_x f x ^+ 2; set b := \sum_x g x ^+ 2; set c := \sum_x f x * g x.
have -> : 2%:R * (a * b - c ^+ 2) = a * b + b * a - 2%:R * (c * c) by ring.
rewrite !big_distrlr /= mulr_sumr -sumrN -!big_split; apply: eq_bigr => x _ /=.
rewrite mulr_sumr -sumrN -!big_split; apply: eq_bigr => y _ /=; ring.
Qed.

End Laws.

Section Martingales.
Variables (R : realFieldType) (S A : finType) (M : mdp R S A) (pi : policy R S A).
Hypotheses (hM : is_mdp M) (hpi : is_policy pi).
Implicit Types (f : nat -> S -> A -> R) (H h n : nat) (c : R).

(** One more step, whose mean is 0 given the past. *)
Lemma square_step f h s c : mean (pi h s) (f h s) = 0 ->
  mean (pi h s) (fun a => (c + f h s a) ^+ 2) = c ^+ 2 + mean (pi h s) (fun a => f h s a ^+ 2).
Proof. by move=> f0; rewrite mean_sqrD // f0 mulr0 addr0. Qed.

(** The squares of a martingale's differences add up. *)
Lemma square_past f n : (forall h s, (h < n)%N -> mean (pi h s) (f h s) = 0) ->
  mean (history_law M (forgetful pi) (h := n)) (fun y => total f 0 (past_steps y) ^+ 2) =
  \sum_(h < n) mean (state_law M pi h) (fun s => mean (pi h s) (fun a => f h s a ^+ 2)).
Proof.
elim: n => [|n IH] f0; first by rewrite big_ord0; apply: big1 => y _; rewrite expr0n mulr0.
rewrite mean_historyS big_ord_recr /= -IH => [|h s hn]; last by apply: f0; apply: ltnW.
rewrite -mean_last -meanD; apply: eq_mean => y; rewrite -square_step; last exact: f0.
apply: eq_mean => a; rewrite /= mean_const; last by case: hM.
by rewrite total_rcons size_past_steps.
Qed.

Lemma square_total f H : (forall h s, (h < H)%N -> mean (pi h s) (f h s) = 0) ->
  mean (trajectory_law M (forgetful pi) (n := H)) (fun t => total f 0 (steps t) ^+ 2) =
  \sum_(h < H) mean (state_law M pi h) (fun s => mean (pi h s) (fun a => f h s a ^+ 2)).
Proof.
case: H => [|n] f0; first by rewrite big_ord0; apply: big1 => y _; rewrite expr0n mulr0.
rewrite mean_trajectoryS big_ord_recr /= -square_past => [|h s hn]; last by apply: f0; apply: ltnW.
rewrite -mean_last -meanD; apply: eq_mean => y; rewrite -square_step; last exact: f0.
by apply: eq_mean => a; rewrite /= total_rcons size_past_steps.
Qed.

(** A policy's own choices win nothing on average. *)
Lemma mean_advantage H h s : (h < H)%N -> mean (pi h s) (advantage M H pi h s) = 0.
Proof. by move=> hH; rewrite meanB mean_const // (vE M _ _ hH) subrr. Qed.

(** What has been earned and what is still expected: the square grows by that of the choices, and of the
    moves. *)
Lemma square_expected H c n : (n <= H)%N ->
  \sum_(h < n) mean (state_law M pi h) (fun s => mean (pi h s) (fun a => advantage M H pi h s a ^+ 2)) <=
  mean (history_law M (forgetful pi) (h := n))
       (fun y => (c + total (reward M) 0 (past_steps y) + v M H pi n (last_state y)) ^+ 2).
Proof.
elim: n => [|n IH] hn.
  by rewrite big_ord0; apply: mean_ge0 => y; [case: hM.2 => s0 _; apply: s0 | apply: sqr_ge0].
have [p0 _] := law_history hM n (is_history_policy_forgetful hpi).
rewrite big_ord_recr /= -mean_last; apply: le_trans (ler_add (IH (ltnW hn)) (lexx _)) _.
rewrite -meanD mean_historyS; apply: ler_mean => // y; rewrite -square_step; last exact: mean_advantage.
apply: ler_mean => [a|a]; first by case: (hpi n (last_state y)).
have hT : law (transition M n (last_state y) a) by case: hM.
apply: le_trans (sqr_mean_le _ hT); rewrite /= meanD mean_const // total_rcons size_past_steps add0n.
by apply: eq_ler; congr (_ ^+ 2); rewrite /advantage /q /=; ring.
Qed.

(** At the end nothing is expected any more. *)
Lemma variance_le_square H c :
  action_variance M H pi <=
  mean (trajectory_law M (forgetful pi) (n := H)) (fun t => (c + total (reward M) 0 (steps t)) ^+ 2).
Proof.
case: H => [|n]; rewrite /action_variance.
  by rewrite big_ord0; apply: mean_ge0 => t; [apply: ler01 | apply: sqr_ge0].
have [p0 _] := law_history hM n (is_history_policy_forgetful hpi).
rewrite big_ord_recr /= -mean_last mean_trajectoryS.
apply: le_trans (ler_add (square_expected c (leqnSn n)) (lexx _)) _.
rewrite -meanD; apply: ler_mean => // y; rewrite -square_step; last exact: mean_advantage.
apply: eq_ler; apply: eq_mean => a; rewrite /= total_rcons size_past_steps add0n; congr (_ ^+ 2).
have last0 : mean (transition M n (last_state y) a) (v M n.+1 pi n.+1) = 0.
  by apply: big1 => s _; rewrite vH mulr0.
by rewrite /advantage /q last0 /=; ring.
Qed.

End Martingales.

Theorem total_variance : Statements.Variance.total_variance.
Proof.
move=> R S A M H expert low high hM hE returns.
have [p0 p1] := law_trajectory hM H hE.
apply: le_trans (variance_le_square hM hE H (- (low + high) / 2%:R)) _.
rewrite -[leRHS](mean_const _ (conj p0 p1)); apply: ler_sum => t _.
have := p0 t; rewrite le0r => /orP[/eqP-> | pt]; first by rewrite !mul0r.
apply: ler_wpmul2l => //; have /andP[rl rh] := returns t pt.
have -> : (high - low) ^+ 2 / 4%:R = ((high - low) / 2%:R) ^+ 2 by field.
set x := total _ _ _ in rl rh *; have lh := le_trans rl rh.
rewrite -[leLHS]real_normK ?num_real // ler_expn2r ?nnegrE ?divr_ge0 ?subr_ge0 ?ler0n // ler_norml.
rewrite -subr_ge0 -[X in _ && X]subr_ge0.
have -> : - (low + high) / 2%:R + x - - ((high - low) / 2%:R) = x - low by field.
have -> : (high - low) / 2%:R - (- (low + high) / 2%:R + x) = high - x by field.
by rewrite !subr_ge0 rl.
Qed.

Theorem recoverable_variance : Statements.Variance.recoverable_variance.
Proof.
move=> R S A M H expert most hM hE small; rewrite mulr_natl -[X in _ *+ X]card_ord -sumr_const.
apply: ler_sum => h _; apply: mean_le => [|s]; first exact: law_state_law.
apply: mean_le => // a; have m := small h s a (ltn_ord h).
rewrite -real_normK ?num_real // ler_expn2r ?nnegrE //; exact: le_trans m.
Qed.

Section Distance.
Variables (R : rcfType) (T : finType) (p q f : T -> R) (u : R).
Hypotheses (hp : law p) (hq : law q) (hf : forall x, 0 < p x \/ 0 < q x -> `|f x| <= u).

(** Two laws that are close in the distance of Hellinger have close means of a function of small variance. *)
Lemma mean_hellinger :
  `|mean p f - mean q f| <=
  2%:R * Num.sqrt (mean p (fun x => f x ^+ 2)) * Num.sqrt (hellinger2 p q) + u * hellinger2 p q.
Proof.
have [[p0 _] [q0 _]] := (hp, hq); pose r x := Num.sqrt (p x) - Num.sqrt (q x).
have -> : mean p f - mean q f = 2%:R * (\sum_x (Num.sqrt (p x) * f x) * r x) - \sum_x r x ^+ 2 * f x.
  rewrite mulr_sumr -!sumrB; apply: eq_bigr => x _.
  by rewrite /r -{1}(sqr_sqrtr (p0 x)) -{1}(sqr_sqrtr (q0 x)); ring.
apply: le_trans (ler_norm_sub _ _) _; rewrite normrM ger0_norm ?ler0n // -mulrA; apply: ler_add.
  apply: ler_wpmul2l; first exact: ler0n.
  rewrite -sqrtrM ?mean_ge0 // => [|x]; last exact: sqr_ge0.
  rewrite -sqrtr_sqr; apply: ler_wsqrtr; apply: le_trans (cauchy_schwarz _ _) _; apply: eq_ler.
  by congr (_ * _); apply: eq_bigr => x _; rewrite exprMn sqr_sqrtr.
apply: le_trans (ler_norm_sum _ _ _) _; rewrite mulr_sumr; apply: ler_sum => x _.
rewrite normrM ger0_norm ?sqr_ge0 // mulrC.
have [/hf fu|none] : (0 < p x \/ 0 < q x) \/ r x = 0.
  rewrite /r; have := p0 x; rewrite le0r => /orP[/eqP-> | ->]; last by left; left.
  by have := q0 x; rewrite le0r => /orP[/eqP-> | ->]; [right; rewrite subrr | left; right].
  by apply: ler_wpmul2r => //; apply: sqr_ge0.
by rewrite -/(r x) none expr0n !mulr0.
Qed.

End Distance.

Theorem stochastic_expert : Statements.Variance.stochastic_expert.
Proof.
move=> R S A M H expert learner luck law hM hE hL small /=.
have [hp hq] := (law_trajectory hM H hE, law_trajectory hM H hL).
have zero h s : (h < H)%N -> mean (expert h s) (advantage M H expert h s) = 0 by exact: mean_advantage.
have -> : value M H expert - value M H learner =
  mean (law expert) (fun t => total (advantage M H expert) 0 (steps t)) -
  mean (law learner) (fun t => total (advantage M H expert) 0 (steps t)).
  rewrite !mean_total // [X in _ = X - _]big1 => [|h _]; last first.
    by apply: big1 => s _; rewrite zero ?mulr0.
  rewrite (value_lost hM) // sub0r -sumrN; apply: eq_bigr => h _.
  by rewrite -meanN; apply: eq_mean => s; rewrite meanN.
rewrite /action_variance -square_total //; exact: mean_hellinger.
Qed.
