(** With a discount: flow equations bound distances of occupancies, Hoelder's inequality those of values. *)
From mathcomp Require Import all_ssreflect all_algebra ring zify.
From ImitationLearning.Definitions Require Import Probability Discounted.
From ImitationLearning.Proofs Require Import Sums Solutions DiscountedDifference DiscountedFlow.
From ImitationLearning.Statements Require DiscountedTotalVariation.
Set Implicit Arguments.
Unset Strict Implicit.
Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Section TotalVariation.
Variables (R : realFieldType) (S A : finType) (M : mdp R S A) (pi other : policy R S A) (d e : S -> R).
Hypotheses (hM : is_mdp M) (hpi : is_policy pi) (hother : is_policy other).
Hypotheses (hd : is_state_law M pi d) (he : is_state_law M other e).

(** The occupancy is a law of pairs. *)
Lemma law_occupancy : law (joint (occupancy pi d)).
Proof. exact: law_pair (law_state_law hM hpi hd) hpi. Qed.

(** J as a mean reward. *)
Lemma value_mean v : is_value M pi v ->
  value M v = (1 - discount M)^-1 * mean (joint (occupancy pi d)) (joint (reward M)).
Proof. by move=> hv; rewrite (value_occupancy hM hpi hd hv) pair_big. Qed.

(** Pairs are at most as far apart as states and actions together. *)
Lemma tv_pairs : tv (joint (occupancy pi d)) (joint (occupancy other e)) <=
                 tv d e + mean d (fun s => tv (pi s) (other s)).
Proof. by apply: tv_pairs_le => //; have [] := law_state_law hM hpi hd. Qed.

End TotalVariation.

Theorem pairs_from_policies : Statements.DiscountedTotalVariation.pairs_from_policies.
Proof.
move=> R S A M pi other d e hM hpi hother hd he; have h0 := effective_horizon_gt0 hM.
rewrite -(ler_pmul2l h0) mulVKf ?lt0r_neq0 // mulrBl mul1r ler_subl_addl.
by apply: le_trans (tv_pairs e hM hpi hother hd) _; rewrite ler_add2r; apply: tv_states.
Qed.

Theorem states_from_policies : Statements.DiscountedTotalVariation.states_from_policies.
Proof.
move=> R S A M pi other d e hM hpi hother hd he; apply: le_trans (tv_states hM hd he) _.
by apply: ler_wpmul2l; [case/andP: (discount_bounds hM) | apply: pairs_from_policies].
Qed.

Theorem gap_from_occupancy : Statements.DiscountedTotalVariation.gap_from_occupancy.
Proof.
move=> R S A M pi other d e v w hM hpi hother hr hd he hv hw; have h0 := effective_horizon_gt0 hM.
rewrite (value_mean hM hpi hd hv) (value_mean hM hother he hw) -mulrBr normrM gtr0_norm ?invr_gt0 //.
rewrite ler_pmul2l ?invr_gt0 // -[leRHS]mul1r.
by apply: holder_tv (law_occupancy hM hpi hd) (law_occupancy hM hother he) _ => z; apply: hr.
Qed.

Theorem gap_from_occupancy_signed : Statements.DiscountedTotalVariation.gap_from_occupancy_signed.
Proof.
move=> R S A M pi other d e v w size hM hpi hother hr hd he hv hw; have h0 := effective_horizon_gt0 hM.
rewrite (value_mean hM hpi hd hv) (value_mean hM hother he hw) -mulrBr normrM gtr0_norm ?invr_gt0 //.
rewrite [leRHS]mulrCA ler_pmul2l ?invr_gt0 //; have -> : 2%:R * size = size - - size by ring.
apply: span_tv => [|z]; last by rewrite -ler_norml; apply: hr.
by rewrite (law_occupancy hM hpi hd).2 (law_occupancy hM hother he).2.
Qed.

Theorem gap_attained : Statements.DiscountedTotalVariation.gap_attained.
Proof.
move=> R S A M pi other d e v w hM hpi hother hd he N hv hw.
have hN : is_mdp N by [].
rewrite (value_mean hN hpi hd hv) (value_mean hN hother he hw) -mulrBr; congr (_ * _).
by apply: tv_attained; [exact: law_occupancy hM hpi hd | exact: law_occupancy hM hother he].
Qed.

Theorem states_tv : Statements.DiscountedTotalVariation.states_tv.
Proof. by move=> R S A M pi other d e hM hpi hother _ _; apply: tv_first_le. Qed.
