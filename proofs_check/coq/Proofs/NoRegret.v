(** No regret: couple learner and mixture until the expert first acts. *)
From mathcomp Require Import all_ssreflect all_algebra ring.
From ImitationLearning.Definitions Require Import Probability FiniteHorizon Imitation Families.
From ImitationLearning.Proofs Require Import Sums Powers Values Families Cloning Interaction.
From ImitationLearning.Statements Require NoRegret.
Set Implicit Arguments.
Unset Strict Implicit.
Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Section Averages.
Variables (R : realFieldType) (N : nat).
Implicit Types (x y : 'I_N -> R).

(** Averages are linear and monotone. *)
Lemma averageK x : N%:R * average x = \sum_i x i.
Proof.
case: (posnP N) => [N0 | N0]; last by rewrite mulVKf // pnatr_eq0 -lt0n.
by rewrite big1 ?[X in X%:R]N0 ?mul0r // => i _; have := ltn_ord i; rewrite [X in (_ < X)%N]N0.
Qed.

Lemma eq_average x y : x =1 y -> average x = average y.
Proof. by move=> xy; congr (_ * _); apply: eq_bigr. Qed.

Lemma averageD x y : average (fun i => x i + y i) = average x + average y.
Proof. by rewrite /average big_split mulrDr. Qed.

Lemma averageZ (c : R) x : average (fun i => c * x i) = c * average x.
Proof. by rewrite /average -mulr_sumr mulrCA. Qed.

Lemma average_const (c : R) : (0 < N)%N -> average (fun _ : 'I_N => c) = c.
Proof. by move=> N0; rewrite /average sumr_const card_ord -[c *+ N]mulr_natl mulKf // pnatr_eq0 -lt0n. Qed.

Lemma ler_average x y : (forall i, x i <= y i) -> average x <= average y.
Proof. by move=> xy; apply: ler_wpmul2l; [rewrite invr_ge0 ler0n | apply: ler_sum]. Qed.

(** The smallest number is at most the average. *)
Lemma below_average x : (0 < N)%N -> exists i, x i <= average x.
Proof.
move=> N0; have [i _ xi] := arg_minP x (erefl : predT (Ordinal N0)).
by exists i; rewrite -[leLHS](average_const _ N0); apply: ler_average => j; apply: xi.
Qed.

End Averages.

Section Laws.
Variables (R : realFieldType) (T : finType).
Implicit Types (p q f : T -> R) (w : R).

(** Mixtures of laws. *)
Lemma mean_mixture w p q f : mean (mixture w p q) f = (1 - w) * mean p f + w * mean q f.
Proof. by rewrite -!meanZ -big_split; apply: eq_bigr => x _; rewrite /mixture /=; ring. Qed.

Lemma law_mixture w p q : 0 <= w <= 1 -> law p -> law q -> law (mixture w p q).
Proof.
move=> /andP[w0 w1] [p0 p1] [q0 q1]; split=> [x|].
  by rewrite addr_ge0 ?mulr_ge0 ?subr_ge0.
by rewrite big_split /= -!mulr_sumr p1 q1 !mulr1 subrK.
Qed.

(** A law that has a share [c] of another one is no farther from it than the rest. *)
Lemma tv_share p q (c : R) : law p -> law q -> (forall x, c * q x <= p x) -> tv p q <= 1 - c.
Proof.
move=> [_ p1] [q0 q1] cqp.
have rest : \sum_x (p x - c * q x) = 1 - c by rewrite sumrB -mulr_sumr p1 q1 mulr1.
have c1 : 0 <= 1 - c by rewrite -rest sumr_ge0 // => x _; rewrite subr_ge0.
have twice : \sum_x ((p x - c * q x) + (1 - c) * q x) = 2%:R * (1 - c).
  by rewrite big_split /= rest -mulr_sumr q1 mulr1 mulr2n mulrDl mul1r.
rewrite /tv ler_pdivr_mull ?ltr0n // -twice; apply: ler_sum => x _.
have -> : p x - q x = (p x - c * q x) - (1 - c) * q x by ring.
apply: le_trans (ler_norm_sub _ _) _.
by rewrite (ger0_norm (_ : 0 <= _ - _)) ?subr_ge0 // ger0_norm // mulr_ge0.
Qed.

(** No two laws are farther apart than 1. *)
Lemma tv_le1 p q : law p -> law q -> tv p q <= 1.
Proof. by move=> hp hq; rewrite -(subr0 1); apply: tv_share => // x; rewrite mul0r; case: hp. Qed.

End Laws.

Section Powers.
Variables (R : realFieldType) (beta : R).
Hypothesis beta01 : 0 <= beta <= 1.

Lemma expr_complement_bounds h : 0 <= (1 - beta) ^+ h <= 1.
Proof.
have /andP[b0 b1] := beta01.
by rewrite exprn_ge0 ?exprn_ile1 // ?subr_ge0 // ler_subl_addr ler_addl.
Qed.

(** The expert acted at most as often as it was allowed to. *)
Lemma acted_le h : 1 - (1 - beta) ^+ h <= h%:R * beta.
Proof.
have /andP[b0 b1] := beta01; rewrite ler_subl_addr -ler_subl_addl; apply: bernoulli.
by rewrite b0 (le_trans b1) // ler1n.
Qed.

Lemma interference_ge0 H : 0 <= interference H beta.
Proof.
rewrite mulr_ge0 ?invr_ge0 ?ler0n // sumr_ge0 // => h _.
by rewrite subr_ge0; have /andP[] := expr_complement_bounds h.
Qed.

(** Interference is a probability. *)
Lemma interference_le1 H : interference H beta <= 1.
Proof.
have [-> | H0] := posnP H; first by rewrite /interference big_ord0 mulr0 ler01.
rewrite -[leRHS](average_const _ H0); apply: ler_average => h.
by rewrite ler_subl_addr ler_addl; have /andP[] := expr_complement_bounds h.
Qed.

(** 0 + 1 + ... + (H - 1). *)
Lemma sum_steps H : \sum_(h < H) h%:R = H%:R * H.-1%:R / 2%:R :> R.
Proof.
elim: H => [|H IH]; first by rewrite big_ord0 !mul0r.
by rewrite big_ord_recr IH /=; case: H {IH} => [|H] /=; field.
Qed.

(** The expert acted before a step at most as often as there are earlier steps. *)
Lemma interference_linear H : 2%:R * interference H beta <= H.-1%:R * beta.
Proof.
have [-> | H0] := posnP H; first by rewrite /interference big_ord0 !mulr0 mul0r.
have H1 : H%:R != 0 :> R by rewrite pnatr_eq0 -lt0n.
have -> : H.-1%:R * beta = 2%:R * (H%:R^-1 * \sum_(h < H) h%:R * beta) by rewrite -mulr_suml sum_steps; field.
by apply: ler_wpmul2l; [apply: ler0n | apply: ler_average => h; apply: acted_le].
Qed.

Lemma interference_le H : interference H beta <= H%:R * beta.
Proof.
have /andP[b0 _] := beta01.
apply: (@le_trans _ _ (2%:R * interference H beta)).
  by rewrite mulr_natl mulr2n ler_addl interference_ge0.
apply: le_trans (interference_linear H) _; apply: ler_wpmul2r => //.
by rewrite ler_nat leq_pred.
Qed.

End Powers.

Section Mixing.
Variables (R : realFieldType) (S A : finType) (M : mdp R S A) (expert learner : policy R S A) (beta : R).
Hypotheses (hM : is_mdp M) (hE : is_policy expert) (hL : is_policy learner) (beta01 : 0 <= beta <= 1).
Local Notation mixed := (acting expert learner beta).
Implicit Types (H h : nat) (loss : nat -> S -> A -> R).

Lemma is_policy_acting : is_policy mixed.
Proof. by move=> h s; apply: law_mixture. Qed.

(** The probability that the expert has not acted yet, and then the learner is where it would be. *)
Lemma acting_share h s : (1 - beta) ^+ h * state_law M learner h s <= state_law M mixed h s.
Proof.
elim: h s => [|h IH] s; first by rewrite expr0 mul1r.
have /andP[b0 b1] := beta01; have /andP[p0 _] := expr_complement_bounds beta01 h.
rewrite /= -meanZ; apply: ler_sum => s0 _.
have P0 a : 0 <= transition M h s0 a s by have [] := hM.1 h s0 a.
have m0 pi : is_policy pi -> 0 <= mean (pi h s0) (fun a => transition M h s0 a s).
  by move=> hpi; apply: mean_ge0 => // a; have [] := hpi h s0.
rewrite exprSr -mulrA mulrA [_ * _ ^+ h]mulrC; apply: ler_pmul => //.
- by rewrite mulr_ge0 // state_law_ge0.
- by rewrite mulr_ge0 ?subr_ge0 ?m0.
by rewrite mean_mixture ler_addl mulr_ge0 ?m0.
Qed.

(** So the states move only if the expert acted. *)
Lemma tv_acting h : tv (state_law M mixed h) (state_law M learner h) <= 1 - (1 - beta) ^+ h.
Proof.
apply: tv_share; [exact: law_state_law is_policy_acting | exact: law_state_law | exact: acting_share].
Qed.

(** What a mean changes if the expert may act. *)
Lemma mean_acting h f (l u : R) : (forall s, l <= f s <= u) ->
  mean (state_law M learner h) f - mean (state_law M mixed h) f <= (u - l) * (1 - (1 - beta) ^+ h).
Proof.
move=> lfu; have /andP[lm mu] := mean_bounds (law_state_law hM h hL) lfu; have lu := le_trans lm mu.
apply: le_trans (ler_norm _) _; rewrite distrC.
apply: le_trans (span_tv _ lfu) _; last by apply: ler_wpmul2l; rewrite ?subr_ge0 // tv_acting.
by rewrite (law_state_law hM h is_policy_acting).2 (law_state_law hM h hL).2.
Qed.

(** Lemma 4.1, refined. *)
Lemma states_l1_acting H :
  states_l1 H (state_law M mixed) (state_law M learner) <= 2%:R * interference H beta.
Proof.
rewrite /interference mulrCA mulr_sumr; apply: ler_wpmul2l; first by rewrite invr_ge0 ler0n.
by apply: ler_sum => h _; rewrite -ler_pdivr_mull ?ltr0n // tv_acting.
Qed.

(** The loss where the learner goes, and where the mixture goes. *)
Lemma own_loss H loss : (forall h s a, 0 <= loss h s a <= 1) ->
  expected_loss H loss learner (state_law M learner) <=
  expected_loss H loss learner (state_law M mixed) + interference H beta.
Proof.
move=> loss01; rewrite /expected_loss /interference -mulrDr -big_split.
apply: ler_wpmul2l; first by rewrite invr_ge0 ler0n.
apply: ler_sum => h _; rewrite -ler_subl_addl -[leRHS]mul1r -{1}(subr0 1).
by apply: mean_acting => s; apply: mean_bounds.
Qed.

End Mixing.

Theorem mixing_refined : Statements.NoRegret.mixing_refined.
Proof. by move=> R S A M H expert learner beta hM hE hL hb; apply: states_l1_acting. Qed.

Theorem mixing_linear : Statements.NoRegret.mixing_linear.
Proof.
move=> R S A M H expert learner beta hM hE hL hb.
exact: le_trans (states_l1_acting hM hE hL hb H) (interference_linear hb H).
Qed.

Theorem mixing : Statements.NoRegret.mixing.
Proof.
move=> R S A M H expert learner beta hM hE hL hb; apply: le_trans (states_l1_acting hM hE hL hb H) _.
by rewrite -mulrA ler_wpmul2l ?ler0n // interference_le.
Qed.

Theorem no_regret_coupling : Statements.NoRegret.no_regret_coupling.
Proof.
move=> R S A M H N expert loss learners betas hM hE loss01 hL hb /=.
by rewrite -averageD; apply: ler_average => i; apply: own_loss.
Qed.

Theorem no_regret_refined : Statements.NoRegret.no_regret_refined.
Proof.
move=> R S A M H N expert loss learners betas hM hE loss01 hL hb /=.
apply: le_trans (no_regret_coupling H hM hE loss01 hL hb) _ => /=; rewrite ler_add2l; apply: ler_average => i.
by rewrite le_minr interference_le1 ?interference_le.
Qed.

Theorem no_regret : Statements.NoRegret.no_regret.
Proof.
move=> R S A M H N expert loss learners betas hM hE loss01 N0 hL hb own seen.
have [i below] := below_average own N0; exists i; apply: le_trans below _.
have le : average own <= average seen + average (fun i => Num.min 1 (H%:R * betas i)).
  exact: no_regret_refined.
apply: le_trans le _.
rewrite ler_add2l mulr_natl mulr2n ler_addl mulr_ge0 ?invr_ge0 ?ler0n // sumr_ge0 // => j _.
by have /andP[b0 _] := hb j; rewrite le_minr ler01 mulr_ge0 ?ler0n.
Qed.

Theorem dagger_performance : Statements.NoRegret.dagger_performance.
Proof.
move=> R S A M H N act learners betas u expert hM N0 hL hb u0 hu loss seen.
have hE : is_policy expert by exact: is_policy_playing.
have loss01 h s a : 0 <= loss h s a <= 1.
  by rewrite /loss /expert /playing; case: (a == _); rewrite ?subrr ?subr0 lexx ler01.
pose own i := expected_loss H loss (learners i) (state_law M (learners i)).
have [i below] := below_average own N0; exists i.
have le : average own <= average seen + average (fun i => Num.min 1 (H%:R * betas i)).
  exact: no_regret_refined.
apply: (@le_trans _ _ (u * H%:R * own i)); last by rewrite ler_wpmul2l ?mulr_ge0 ?ler0n // (le_trans below).
rewrite /own expected_mistakes // -error_rateE; apply: on_policy_bound => // h s a; exact: hu.
Qed.

Theorem mixing_attained : Statements.NoRegret.mixing_attained.
Proof.
move=> R H beta hb expert learner; split; first by split=> [h s a|]; apply: law_surely.
have up pi (c : R) h : (forall k, pi k true true = c) -> state_law (cliff R) pi h true = c ^+ h.
  move=> hc; elim: h => [|h IH]; first by rewrite /= /surely eqxx.
  by rewrite /= /mean !big_bool /= /surely /= hc IH exprS; ring.
have down pi h : is_policy pi -> state_law (cliff R) pi h false = 1 - state_law (cliff R) pi h true.
  move=> hpi; have hM : is_mdp (cliff R) by split=> [k s a|]; apply: law_surely.
  by rewrite -(law_state_law hM h hpi).2 big_bool /=; ring.
have hE : is_policy expert by exact: is_policy_playing.
have hL : is_policy learner by exact: is_policy_playing.
rewrite /states_l1 /interference [RHS]mulrCA [X in _ = _ * X]mulr_sumr; congr (_ * _); apply: eq_bigr => h _.
have mixed : state_law (cliff R) (acting expert learner beta) h true = (1 - beta) ^+ h.
  by apply: up => k; rewrite /acting /mixture /expert /learner /playing /=; ring.
have stays : state_law (cliff R) learner h true = 1 by rewrite (up _ 1) ?expr1n.
rewrite big_bool /= !down ?mixed ?stays //; last exact: is_policy_acting.
have /andP[p0 p1] := expr_complement_bounds hb h.
by rewrite subrr subr0 distrC ger0_norm ?subr_ge0 // mulr2n mulrDl mul1r.
Qed.
