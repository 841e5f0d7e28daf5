(** The Bellman flow equations with a horizon: induction on the step. *)
From mathcomp Require Import all_ssreflect all_algebra ring zify.
From ImitationLearning.Definitions Require Import Probability FiniteHorizon.
From ImitationLearning.Proofs Require Import Sums Values.
From ImitationLearning.Statements Require Flow.
Set Implicit Arguments.
Unset Strict Implicit.
Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Section Flow.
Variables (R : realFieldType) (S A : finType) (M : mdp R S A).
Implicit Types (pi : policy R S A) (h : nat).
Hypothesis hM : is_mdp M.

(** The law of the next state. *)
Definition next pi h (s s' : S) : R := mean (pi h s) (fun a => transition M h s a s').

Lemma law_next pi h s : is_policy pi -> law (next pi h s).
Proof. by move=> hpi; apply: law_mean => // a; have [] := hM. Qed.

Lemma inflow_pairs pi (x : nat -> S -> R) h s' :
  inflow M (fun k s a => x k s * pi k s a) h.+1 s' = mean (x h) (fun s => next pi h s s').
Proof.
by apply: eq_bigr => s _; rewrite /next /mean mulr_sumr; apply: eq_bigr => a _; rewrite mulrA.
Qed.

Lemma sum_actions pi h s (w : R) : is_policy pi -> \sum_a w * pi h s a = w.
Proof. by move=> hpi; rewrite -mulr_sumr (hpi h s).2 mulr1. Qed.

(** Who starts or flows in has somewhere to go: there are actions. *)
Lemma actions_exist H (x : nat -> S -> A -> R) : (0 < H)%N -> is_flow M H x -> (0 < #|A|)%N.
Proof.
move=> H0 hx; rewrite lt0n; apply/eqP => /card0_eq A0; have [_ [_]] := hM.
rewrite big1 => [|s _]; first by move/esym/eqP; rewrite oner_eq0.
by rewrite -[start M s](hx 0%N s H0) big_pred0.
Qed.

(** Policies whose occupancies are close at a step are close where the first one goes. *)
Lemma step_one_to_one pi other h : is_policy pi -> is_policy other ->
  mean (state_law M pi h) (fun s => tv (pi h s) (other h s)) <=
  2%:R * tv (joint (occupancy M pi h)) (joint (occupancy M other h)).
Proof.
move=> hpi hother; rewrite mulrDl mul1r.
have d0 s : 0 <= state_law M pi h s by apply: state_law_ge0.
apply: le_trans (mean_tv_le (state_law M other h) (pi h) d0 (hother h)) (ler_add (lexx _) _).
by apply: tv_first_le.
Qed.

End Flow.

Theorem flow : Statements.Flow.flow.
Proof.
move=> R S A M H pi hM hpi h s' _; rewrite sum_actions //.
by case: h => // h; rewrite inflow_pairs.
Qed.

Theorem flow_converse : Statements.Flow.flow_converse.
Proof.
move=> R S A M H pi hM hpi x; pose y := inflow M (fun k t a => x k t * pi k t a).
pose violation h := \sum_s `|x h s - y h s|.
have near h : \sum_s `|x h s - state_law M pi h s| <= \sum_(k < h.+1) violation k.
  elim: h => [|h IH]; first by rewrite big_ord_recl big_ord0 addr0.
  rewrite big_ord_recr; apply: le_trans (ler_add IH (lexx _)).
  apply: le_trans (ler_add (l1_mean (fun s => law_next hM h s hpi) _) (lexx _)).
  rewrite -big_split; apply: ler_sum => s _.
  rewrite [leRHS]addrC meanBl -(inflow_pairs M pi x h s : y h.+1 s = _).
  by apply: le_trans (ler_norm_add _ _); rewrite addrA subrK.
by rewrite -(sum_triangle violation); apply: ler_sum => h _.
Qed.

Theorem flow_policy : Statements.Flow.flow_policy.
Proof.
move=> R S A M H x hM H0 x0 hx; pose pi : policy R S A := fun h => normalise (x h).
split=> [h s | h s a]; first by apply: law_normalise (actions_exist hM H0 hx) _ => a.
elim: h s a => [|h IH] s a hH; rewrite -[RHS]normaliseK // hx //; congr (_ * _).
transitivity (inflow M (occupancy M pi) h.+1 s); first exact/esym/inflow_pairs.
by apply: eq_bigr => t _; apply: eq_bigr => b _; congr (_ * _); apply: IH; apply: ltnW.
Qed.

Theorem one_to_one : Statements.Flow.one_to_one.
Proof.
move=> R S A M H pi other hM hpi hother; rewrite /error_rate mulrCA; apply: ler_wpmul2l.
  by rewrite invr_ge0 ler0n.
by rewrite mulr_sumr; apply: ler_sum => h _; apply: step_one_to_one.
Qed.

Theorem one_to_one_sharper : Statements.Flow.one_to_one_sharper.
Proof.
move=> R S A M H pi other hM hpi hother; rewrite big_ord_recl mulr_sumr; apply: ler_add.
  apply: le_trans (mean_tv_le (start M) (pi 0%N) _ (hother 0%N)) _; last by rewrite tvxx addr0.
  by have [_ []] := hM.
by apply: ler_sum => h _; apply: step_one_to_one.
Qed.

Theorem same_occupancy : Statements.Flow.same_occupancy.
Proof.
move=> R S A M pi other h hM hpi hother same s visited a.
have d : state_law M pi h s = state_law M other h s.
  rewrite -(sum_actions h s (state_law M pi h s) hpi) -[RHS](sum_actions h s _ hother).
  by apply: eq_bigr => b _; apply: same.
by apply: (mulfI visited); rewrite {2}d; apply: same.
Qed.

Theorem averaged : Statements.Flow.averaged.
Proof.
move=> R S A M H pi sigma mean_occupancy hM hpi hsigma.
set x := mean_occupancy pi; set y := mean_occupancy (fun=> sigma).
have yE s a : y s a = (\sum_b y s b) * sigma s a.
  rewrite /y /mean_occupancy -!mulr_sumr -mulrA exchange_big mulr_suml; congr (_ * _); apply: eq_bigr => h _.
  by rewrite (sum_actions h s (state_law M (fun=> sigma) h s)) // => k t; apply: hsigma.
rewrite mulrDl mul1r -big_split; apply: ler_sum => s _ /=.
apply: (@le_trans _ _ (\sum_a (`|x s a - y s a| + `|\sum_b (x s b - y s b)| * sigma s a))).
  apply: ler_sum => a _; have [s0 _] := hsigma s; rewrite -[sigma s a in leRHS](ger0_norm (s0 a)) -normrM.
  have -> : \sum_b (x s b - y s b) = \sum_b x s b - \sum_b y s b by rewrite sumrB.
  apply: le_trans (ler_norm_sub _ _); apply: eq_ler; congr `|_|; rewrite {1}yE.
  by move: (x s a) (\sum_b x s b) (\sum_b y s b) => xa xs ys; ring.
by rewrite big_split -mulr_sumr (hsigma s).2 mulr1 ler_add2l ler_norm_sum.
Qed.
