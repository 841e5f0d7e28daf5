(** AggreVaTe and NRPI: performance differences, averaged, with means under other laws of the state. *)
From mathcomp Require Import all_ssreflect all_algebra ring.
From ImitationLearning.Definitions Require Import Probability Extremes FiniteHorizon Imitation.
From ImitationLearning.Proofs Require Import Sums Extremes Difference Values NoRegret.
From ImitationLearning.Statements Require Aggrevate.
Set Implicit Arguments.
Unset Strict Implicit.
Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Section Aggrevate.
Variables (R : realFieldType) (S A : finType) (M : mdp R S A) (H : nat).
Implicit Types (expert learner pi : policy R S A) (loss : nat -> S -> A -> R) (states : nat -> S -> R).
Hypothesis hM : is_mdp M.

(** Sums over the steps are H times their means. *)
Lemma total_loss loss pi states :
  H%:R * expected_loss H loss pi states = \sum_(h < H) mean (states h) (fun s => mean (pi h s) (loss h s)).
Proof. exact: (@averageK R H). Qed.

Lemma total_interference (beta : R) : H%:R * interference H beta = \sum_(h < H) (1 - (1 - beta) ^+ h).
Proof. exact: (@averageK R H). Qed.

(** The identity behind theorem 2.2 of DAgger. *)
Lemma value_lost_total expert learner : is_policy expert -> is_policy learner ->
  value M H expert - value M H learner =
  H%:R * expected_loss H (fun h s a => - advantage M H expert h s a) learner (state_law M learner).
Proof. by move=> hE hL; rewrite total_loss value_lost. Qed.

Section Mixed.
Variables (expert learner : policy R S A) (beta Qmax : R).
Hypotheses (hE : is_policy expert) (hL : is_policy learner) (beta01 : 0 <= beta <= 1).
Hypothesis hQ : forall h s a, (h < H)%N -> `|advantage M H expert h s a| <= Qmax.
Local Notation mixed := (acting expert learner beta).

(** The expected loss of an action is no larger than the largest advantage. *)
Lemma mean_advantage_bounds pi h s : is_policy pi -> (h < H)%N ->
  - Qmax <= mean (pi h s) (fun a => - advantage M H expert h s a) <= Qmax.
Proof. by move=> hpi hH; apply: mean_bounds => // a; rewrite -ler_norml normrN hQ. Qed.

(** A bound of all advantages is not negative, if there are any. *)
Lemma largest_advantage_ge0 h : (h < H)%N -> 0 <= Qmax.
Proof.
move=> hH; have /andP[lm mu] := mean_bounds hM.2 (fun s => mean_advantage_bounds s hE hH).
have : 0 <= Qmax + Qmax by rewrite -{2}[Qmax]opprK subr_ge0 (le_trans lm mu).
by rewrite -mulr2n pmulrn_lge0.
Qed.

(** The mean of the losses, an interval of length 2 Qmax, under the mixture's law instead of the learner's. *)
Lemma lost_mixed : value M H expert - value M H learner <=
  H%:R * expected_loss H (fun h s a => - advantage M H expert h s a) learner (state_law M mixed) +
  2%:R * Qmax * (H%:R * interference H beta).
Proof.
rewrite (value_lost hM) // total_loss total_interference mulr_sumr -big_split; apply: ler_sum => h _.
have -> : 2%:R * Qmax = Qmax - - Qmax by ring.
by rewrite -ler_subl_addl; apply: mean_acting => // s; apply: mean_advantage_bounds.
Qed.

(** Measured against the best action a loss is not negative, and what the mixture sees has a share of it. *)
Lemma lost_mixed_best (best : nat -> S -> R) : (forall h s a, (h < H)%N -> q M H expert h s a <= best h s) ->
  value M H expert - value M H learner <=
  H%:R * expected_loss H (fun h s a => best h s - q M H expert h s a) learner (state_law M mixed) +
  Qmax * (H%:R * interference H beta).
Proof.
move=> hbest; rewrite (value_lost hM) // total_loss total_interference mulr_sumr -big_split.
apply: ler_sum => h _ /=; set c := (1 - beta) ^+ h; have /andP[c0 c1] := expr_complement_bounds beta01 h.
set f := fun s => mean _ (fun a => - _); set l := fun s => mean _ _.
have fl s : f s <= l s.
  apply: ler_mean => [|a]; first by case: (hL h s).
  rewrite /advantage opprB ler_add2r (vE M _ _ (ltn_ord h)).
  by apply: mean_le => // b; apply: hbest.
rewrite -[leLHS](subrK (c * mean (state_law M learner h) f)) -{1}[mean _ f]mul1r -mulrBl.
rewrite addrC ler_add //.
  rewrite -meanZ; apply: ler_sum => s _; rewrite mulrCA mulrA.
  apply: (@le_trans _ _ (c * state_law M learner h s * l s)).
    by apply: ler_wpmul2l; rewrite ?mulr_ge0 ?state_law_ge0.
  apply: ler_wpmul2r; last exact: acting_share.
  by apply: mean_ge0 => a; [case: (hL h s) | rewrite subr_ge0 hbest].
rewrite mulrC ler_wpmul2r ?subr_ge0 //; apply: mean_le; first exact: law_state_law.
by move=> s; have /andP[] := mean_advantage_bounds s hL (ltn_ord h).
Qed.

End Mixed.

(** Explored states instead of visited ones. *)
Lemma gained_explored comparator learner (exploration : nat -> S -> R) (Qmax : R) :
  is_policy comparator -> is_policy learner ->
  (forall h s, (h < H)%N -> span (q M H learner h s) <= Qmax) ->
  value M H comparator - value M H learner <=
  H%:R * expected_loss H (advantage M H learner) comparator exploration +
  Qmax * (H%:R * states_l1 H exploration (state_law M comparator)).
Proof.
move=> hC hL hQ; rewrite total_loss (averageK (fun h : 'I_H => \sum_s `|exploration h s - _|)).
rewrite performance_difference // mulr_sumr -big_split; apply: ler_sum => h _.
rewrite sum_occupancy -ler_subl_addl /mean -sumrB mulr_sumr; apply: ler_sum => s _.
rewrite -mulrBl mulrC distrC; apply: le_trans (ler_norm _) _; rewrite normrM.
apply: ler_wpmul2r => //; rewrite -/(mean _ _) meanB mean_const // (vE M _ _ (ltn_ord h)).
apply: le_trans (holder_span _ _) _; first by rewrite (hC h s).2 (hL h s).2.
apply: le_trans (hQ h s (ltn_ord h)); rewrite ler_pimulr ?span_ge0 //.
by apply: tv_le1.
Qed.

End Aggrevate.

Theorem aggrevate_equality : Statements.Aggrevate.aggrevate_equality.
Proof.
move=> R S A M H N expert learners hM hE hL loss; rewrite -averageZ; apply: eq_average => i.
exact: value_lost_total.
Qed.

Theorem aggrevate_mixing : Statements.Aggrevate.aggrevate_mixing.
Proof.
move=> R S A M H N expert learners betas Qmax hM hE hL hb hQ /=.
rewrite ler_subl_addl -!averageZ -averageD; apply: ler_average => i.
exact: lost_mixed.
Qed.

Theorem aggrevate_sharper : Statements.Aggrevate.aggrevate_sharper.
Proof.
move=> R S A M H N expert learners betas best Qmax hM hE hL hb hbest hQ /=.
rewrite -!averageZ -averageD; apply: ler_average => i.
exact: lost_mixed_best.
Qed.

Theorem aggrevate_bound : Statements.Aggrevate.aggrevate_bound.
Proof.
move=> R S A M H N expert learners betas best Qmax hM hE hL hb hbest hQ /=.
apply: le_trans (aggrevate_sharper hM hE hL hb hbest hQ) _; rewrite ler_add2l.
case: H hQ {hbest} => [|H] hQ; first by rewrite !mul0r !mulr0.
have Q0 := largest_advantage_ge0 hM hE hQ (ltn0Sn H).
apply: ler_wpmul2r; last by rewrite mulr_natl mulr2n ler_addl.
rewrite mulr_ge0 ?ler0n // mulr_ge0 ?invr_ge0 ?ler0n // sumr_ge0 // => i _; exact: interference_ge0.
Qed.

Theorem nrpi : Statements.Aggrevate.nrpi.
Proof.
move=> R S A M H N comparator learners exploration Qmax hM hC N0 hL hQ /=.
rewrite ler_subl_addl -averageZ -[X in _ <= _ + X](average_const _ N0) -averageD; apply: ler_average => i.
by apply: gained_explored => // h s; apply: hQ.
Qed.
