(** The performance difference lemma: inner products of the flow equations with the other policy's values. *)
From mathcomp Require Import all_ssreflect all_algebra ring zify.
From ImitationLearning.Definitions Require Import Probability FiniteHorizon.
From ImitationLearning.Proofs Require Import Sums.
From ImitationLearning.Statements Require Difference.
Set Implicit Arguments.
Unset Strict Implicit.
Import GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Section Difference.
Variables (R : realFieldType) (S A : finType) (M : mdp R S A).
Implicit Types (pi : policy R S A) (H h : nat).

Lemma sum_occupancy pi h (g : S -> A -> R) :
  \sum_s \sum_a occupancy M pi h s a * g s a = mean (state_law M pi h) (fun s => mean (pi h s) (g s)).
Proof.
apply: eq_bigr => s _; rewrite /mean mulr_sumr.
by apply: eq_bigr => a _; rewrite /occupancy mulrA.
Qed.

Lemma mean_state_lawS pi h (f : S -> R) :
  mean (state_law M pi h.+1) f =
  mean (state_law M pi h) (fun s => mean (pi h s) (fun a => mean (transition M h s a) f)).
Proof. by rewrite /= mean_mean; apply: eq_mean => s; rewrite mean_mean. Qed.

Lemma vE H pi h s : (h < H)%N -> v M H pi h s = mean (pi h s) (q M H pi h s).
Proof. by rewrite /v => hH; have -> : (H - h = (H - h.+1).+1)%N by lia. Qed.

Lemma vH H pi s : v M H pi H s = 0.
Proof. by rewrite /v subnn. Qed.

(** The expected decrease of [f] in a step. *)
Lemma decrease pi h (f : nat -> S -> R) : is_policy pi ->
  \sum_s \sum_a occupancy M pi h s a * (f h s - mean (transition M h s a) (f h.+1)) =
  mean (state_law M pi h) (f h) - mean (state_law M pi h.+1) (f h.+1).
Proof.
move=> hpi; rewrite sum_occupancy mean_state_lawS -meanB; apply: eq_mean => s.
by rewrite meanB mean_const.
Qed.

(** J as an inner product of occupancy and reward. *)
Lemma value_occupancy H pi : is_policy pi ->
  value M H pi = \sum_(h < H) \sum_s \sum_a occupancy M pi h s a * reward M h s a.
Proof.
move=> hpi; transitivity
  (\sum_(h < H) (mean (state_law M pi h) (v M H pi h) - mean (state_law M pi h.+1) (v M H pi h.+1))).
  rewrite (telescope_sum (fun h => mean (state_law M pi h) (v M H pi h))) [X in _ - X]big1 ?subr0 // => s _.
  by rewrite vH mulr0.
apply: eq_bigr => h _; rewrite sum_occupancy mean_state_lawS -meanB; apply: eq_mean => s.
by rewrite vE // -meanB; apply: eq_mean => a; rewrite /q addrK.
Qed.

End Difference.

Theorem telescoping : Statements.Difference.telescoping.
Proof.
move=> R S A M H pi f _ hpi fH; under eq_bigr do rewrite decrease //.
rewrite (telescope_sum (fun h => mean (state_law M pi h) (f h))) [X in _ - X]big1 ?subr0 // => s _.
by rewrite fH mulr0.
Qed.

Theorem performance_difference : Statements.Difference.performance_difference.
Proof.
move=> R S A M H pi other hM hpi _; rewrite value_occupancy // /value.
rewrite (@telescoping R S A M H pi (v M H other)) //; last by move=> s; rewrite vH.
rewrite -sumrB; apply: eq_bigr => h _; rewrite -sumrB; apply: eq_bigr => s _.
rewrite -sumrB; apply: eq_bigr => a _; rewrite -mulrBr; congr (_ * _).
by rewrite /advantage /q; ring.
Qed.
