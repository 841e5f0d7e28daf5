(** The performance difference lemma with a discount: inner products of the flow equations with values. *)
From mathcomp Require Import all_ssreflect all_algebra ring zify.
From ImitationLearning.Definitions Require Import Probability Discounted.
From ImitationLearning.Proofs Require Import Sums Solutions.
From ImitationLearning.Statements Require DiscountedDifference.
Set Implicit Arguments.
Unset Strict Implicit.
Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Section Difference.
Variables (R : realFieldType) (S A : finType) (M : mdp R S A).
Implicit Types (pi : policy R S A) (d f : S -> R).

Lemma sum_occupancy pi d (g : S -> A -> R) :
  \sum_s \sum_a occupancy pi d s a * g s a = mean d (fun s => mean (pi s) (g s)).
Proof.
apply: eq_bigr => s _; rewrite /mean mulr_sumr.
by apply: eq_bigr => a _; rewrite /occupancy mulrA.
Qed.

(** The flow equations in the mean of a function. *)
Lemma mean_state_law pi d f : is_state_law M pi d ->
  mean d f = (1 - discount M) * mean (start M) f + discount M * mean d (fun s => mean (next M pi s) f).
Proof.
move=> hd; rewrite -mean_mean {1}/mean; under eq_bigr do rewrite hd mulrDl -!mulrA.
by rewrite big_split -!mulr_sumr.
Qed.

End Difference.

Theorem telescoping : Statements.DiscountedDifference.telescoping.
Proof.
move=> R S A M pi d f hM hpi hd; rewrite sum_occupancy.
transitivity (mean d (fun s => f s - discount M * mean (next M pi s) f)).
  by rewrite meanB meanZ {1}(mean_state_law f hd) addrK.
by apply: eq_mean => s; rewrite meanB mean_const // meanZ mean_next.
Qed.

Theorem value_occupancy : Statements.DiscountedDifference.value_occupancy.
Proof.
move=> R S A M pi d v hM hpi hd hv; have h0 := lt0r_neq0 (effective_horizon_gt0 hM).
apply: (mulfI h0); rewrite mulVKf // (telescoping v hM hpi hd) !sum_occupancy; apply: eq_mean => s.
by rewrite meanB mean_const // hv meanD addrK.
Qed.

Theorem performance_difference : Statements.DiscountedDifference.performance_difference.
Proof.
move=> R S A M pi other d v w hM hpi hother hd hv hw; have h0 := lt0r_neq0 (effective_horizon_gt0 hM).
rewrite (value_occupancy hM hpi hd hv); apply: (mulfI h0).
rewrite mulrBr !mulVKf // (telescoping w hM hpi hd) -sumrB; apply: eq_bigr => s _.
by rewrite -sumrB; apply: eq_bigr => a _; rewrite -mulrBr /q; congr (_ * _); ring.
Qed.
