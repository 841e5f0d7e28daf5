(** Cloning: bound each action's cost by the rewards that are left. *)
From mathcomp Require Import all_ssreflect all_algebra ring.
From ImitationLearning.Definitions Require Import Probability FiniteHorizon Imitation.
From ImitationLearning.Proofs Require Import Sums Difference Values.
From ImitationLearning.Statements Require Cloning.
Set Implicit Arguments.
Unset Strict Implicit.
Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Section Cloning.
Variables (R : realFieldType) (S A : finType) (M : mdp R S A).
Implicit Types (expert learner pi : policy R S A) (H h : nat).
Hypothesis hM : is_mdp M.

Lemma step_errorC (states : nat -> S -> R) expert learner h :
  step_error states expert learner h = step_error states learner expert h.
Proof. by apply: eq_mean => s; rewrite tvC. Qed.

Lemma step_error_ge0 expert learner pi h : is_policy pi -> 0 <= step_error (state_law M pi) expert learner h.
Proof. by move=> hpi; apply: mean_ge0 => s; rewrite ?tv_ge0 ?state_law_ge0. Qed.

Lemma error_rateE H expert learner :
  error_rate M H expert learner = H%:R^-1 * \sum_(h < H) step_error (state_law M expert) expert learner h.
Proof. by []. Qed.

(** H times the mean over the steps. *)
Lemma total_error H expert learner :
  H%:R * error_rate M H expert learner = \sum_(h < H) step_error (state_law M expert) expert learner h.
Proof.
rewrite error_rateE; case: H => [|H]; first by rewrite mul0r big_ord0.
by rewrite mulVKf ?pnatr_eq0.
Qed.

(** Performance difference, and Hoelder's inequality for the range [0, H - h] of [q]. *)
Lemma weighted_errors H expert learner : unit_rewards M -> is_policy expert -> is_policy learner ->
  `|value M H expert - value M H learner| <=
  \sum_(h < H) (H - h)%:R * step_error (state_law M expert) expert learner h.
Proof.
move=> hr hE hL; rewrite value_difference //.
apply: le_trans (ler_norm_sum _ _ _) _; apply: ler_sum => h _.
apply: le_trans (ler_norm_mean _ (fun s => state_law_ge0 hM h s hE)) _.
rewrite -meanZ; apply: ler_mean => s; first exact: state_law_ge0.
by apply: holder_tv => // a; apply: q_bounds.
Qed.

End Cloning.

Theorem horizon_weighted : Statements.Cloning.horizon_weighted.
Proof. by move=> R S A M H expert learner hM hr hE hL; apply: weighted_errors. Qed.

Theorem reduction : Statements.Cloning.reduction.
Proof. exact: horizon_weighted. Qed.

Theorem either_policy : Statements.Cloning.either_policy.
Proof.
move=> R S A M H expert learner hM hr hE hL; rewrite le_minr weighted_errors //= distrC.
under [leRHS]eq_bigr do rewrite step_errorC.
exact: weighted_errors.
Qed.

Theorem supervised : Statements.Cloning.supervised.
Proof.
move=> R S A M H expert learner hM hr hE hL.
apply: le_trans (weighted_errors hM H hr hE hL) _; rewrite expr2 -mulrA total_error mulr_sumr.
by apply: ler_sum => h _; apply: ler_wpmul2r; rewrite ?step_error_ge0 // ler_nat leq_subr.
Qed.

Theorem reduction_average : Statements.Cloning.reduction_average.
Proof.
move=> R S A M H expert learner hM hr hE hL; rewrite le_minr supervised // andbT.
have /andP[e0 eH] := value_bounds hM H hE hr; have /andP[l0 lH] := value_bounds hM H hL hr.
by rewrite ler_norml -[- H%:R]add0r -{2}[H%:R]subr0 !ler_sub.
Qed.

(** H + (H - 1) + ... + 1. *)
Lemma sum_steps_left (R : realFieldType) (H : nat) : \sum_(h < H) (H - h)%:R = (H * H.+1)%:R / 2%:R :> R.
Proof.
elim: H => [|H IH]; first by rewrite big_ord0 mul0n mul0r.
rewrite big_ord_recl subn0 /=.
under eq_bigr do rewrite /bump add1n subSS.
by rewrite IH !natrM; field.
Qed.

Theorem uniform_error : Statements.Cloning.uniform_error.
Proof.
move=> R S A M H expert learner error hM hr hE hL herror.
apply: le_trans (weighted_errors hM H hr hE hL) _; rewrite -sum_steps_left mulr_suml.
by apply: ler_sum => h _; apply: ler_wpmul2l; [apply: ler0n | apply: herror].
Qed.

(** Who acts less often goes to no state more often. *)
Lemma ler_occupancy (R : realFieldType) (S A : finType) (M : mdp R S A) (pi other : policy R S A) :
  is_mdp M -> (forall h s a, 0 <= pi h s a <= other h s a) ->
  forall h s a, 0 <= occupancy M pi h s a <= occupancy M other h s a.
Proof.
move=> hM hpi h; have states s : 0 <= state_law M pi h s <= state_law M other h s.
  elim: h s => [|h IH] s /=; first by rewrite lexx andbT; case: hM => _ [].
  have P0 s0 a : 0 <= transition M h s0 a s by case: (hM.1 h s0 a).
  have next0 s0 : 0 <= mean (pi h s0) (fun a => transition M h s0 a s).
    by apply: mean_ge0 => // a; case/andP: (hpi h s0 a).
  apply/andP; split; first by apply: mean_ge0 => // s0; case/andP: (IH s0).
  apply: ler_sum => s0 _; have /andP[d0 le] := IH s0; apply: ler_pmul => //.
  by apply: ler_sum => a _; apply: ler_wpmul2r => //; case/andP: (hpi h s0 a).
move=> s a; have /andP[d0 le] := states s; have /andP[p0 ple] := hpi h s a.
by rewrite mulr_ge0 ?ler_pmul.
Qed.

(** Where they agreed both earn the same, and elsewhere a step earns at most 1. *)
Theorem reduction_coupled : Statements.Cloning.reduction_coupled.
Proof.
move=> R S A M H expert learner hM hr hE hL; rewrite !value_occupancy // -sumrB; apply: ler_sum => h _.
have both0 k s a : 0 <= shared expert learner k s a by rewrite le_minr (hE k s).1 (hL k s).1.
have [le1 le2] : (forall k s a, 0 <= shared expert learner k s a <= expert k s a) /\
                 (forall k s a, 0 <= shared expert learner k s a <= learner k s a).
  by split=> k s a; rewrite both0 le_minl lexx ?orbT.
have <- : \sum_s \sum_a occupancy M expert h s a = 1.
  by rewrite -[RHS](law_state_law hM h hE).2; apply: eq_bigr => s _; rewrite -mulr_sumr (hE h s).2 mulr1.
rewrite -!sumrB; apply: ler_sum => s _; rewrite -!sumrB; apply: ler_sum => a _; rewrite -mulrBl.
have /andP[_ leE] := ler_occupancy hM le1 h s a; have /andP[_ leL] := ler_occupancy hM le2 h s a.
have /andP[r0 r1] := hr h s a.
apply: (@le_trans _ _ ((occupancy M expert h s a - occupancy M (shared expert learner) h s a) *
                        reward M h s a)).
  by apply: ler_wpmul2r => //; rewrite ler_add2l ler_opp2.
by rewrite ler_pimulr // subr_ge0.
Qed.
