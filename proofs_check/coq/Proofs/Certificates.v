(** Bellman's operator and the flow are monotone, so that inequalities pass from step to step. *)
From Coq Require Import ZArith QArith.
From mathcomp Require Import all_ssreflect all_algebra zify.
From ImitationLearning.Definitions Require Import Probability FiniteHorizon Tables Certificates.
From ImitationLearning.Definitions Require Executable.
From ImitationLearning.Proofs Require Import Sums Values Tables Executable.
From ImitationLearning.Statements Require Certificates.
Set Implicit Arguments.
Unset Strict Implicit.
Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Section Monotone.
Variables (R : realFieldType) (S A : finType) (M : mdp R S A) (H : nat) (pi : policy R S A).
Hypotheses (hM : is_mdp M) (hpi : is_policy pi).
Implicit Types (w d : S -> R) (h : nat).

Lemma law_next h s : law (fun s' => mean (pi h s) (fun a => transition M h s a s')).
Proof. by apply: law_mean => // a; apply: hM.1. Qed.

Lemma backup_le h s w1 w2 : (forall s', w1 s' <= w2 s') ->
  mean (pi h s) (fun a => reward M h s a + mean (transition M h s a) w1) <=
  mean (pi h s) (fun a => reward M h s a + mean (transition M h s a) w2).
Proof.
move=> w12; apply: ler_mean => [a|a]; first by case: (hpi h s).
by rewrite ler_add2l; apply: ler_mean => // s'; case: (hM.1 h s a).
Qed.

Lemma push_le h s' d1 d2 : (forall s, d1 s <= d2 s) ->
  mean d1 (fun s => mean (pi h s) (fun a => transition M h s a s')) <=
  mean d2 (fun s => mean (pi h s) (fun a => transition M h s a s')).
Proof. by move=> d12; apply: ler_sum => s _; apply: ler_wpmul2r => //; case: (law_next h s). Qed.

Lemma v_next h s : (h < H)%N ->
  v M H pi h s = mean (pi h s) (fun a => reward M h s a + mean (transition M h s a) (v M H pi h.+1)).
Proof. by rewrite /v => hH; have -> : (H - h = (H - h.+1).+1)%N by lia. Qed.

(** Backwards from H. *)
Lemma backwards (P : nat -> Prop) :
  P H -> (forall h, (h < H)%N -> P h.+1 -> P h) -> forall h, (h <= H)%N -> P h.
Proof.
move=> last previous h hH; have [n ->] : exists n, h = (H - n)%N by exists (H - h)%N; lia.
elim: n => [|n IH]; first by rewrite subn0.
have [nH|Hn] := ltnP n H; first by apply: previous; rewrite ?subnSK //; lia.
by have -> : (H - n.+1 = H - n)%N by lia.
Qed.

End Monotone.

Theorem super_solution : Statements.Certificates.super_solution.
Proof.
move=> R S A M H pi w hM hpi last step h s hH; move: h hH s; apply: backwards => [s|h hH IH s].
  by rewrite /v subnn.
by rewrite v_next //; apply: le_trans (step h s hH); apply: backup_le.
Qed.

Theorem sub_solution : Statements.Certificates.sub_solution.
Proof.
move=> R S A M H pi w hM hpi last step h s hH; move: h hH s; apply: backwards => [s|h hH IH s].
  by rewrite /v subnn.
by rewrite v_next //; apply: le_trans (step h s hH) _; apply: backup_le.
Qed.

Theorem law_above : Statements.Certificates.law_above.
Proof.
move=> R S A M H pi d hM hpi first step; elim=> [|h IH] s hH; first exact: first.
by apply: le_trans (step h s hH); apply: push_le => // s'; apply: IH; apply: ltnW.
Qed.

Theorem law_below : Statements.Certificates.law_below.
Proof.
move=> R S A M H pi d hM hpi first step; elim=> [|h IH] s hH; first exact: first.
by apply: le_trans (step h s hH) _; apply: push_le => // s'; apply: IH; apply: ltnW.
Qed.

(** A check of all numbers below [n] checks each. *)
Lemma all_iota (n : nat) (ok : pred nat) (i : nat) : all ok (iota 0 n) -> (i < n)%N -> ok i.
Proof. by move=> /allP all_ok lin; apply: all_ok; rewrite mem_iota. Qed.

Theorem bounded : Statements.Certificates.bounded.
Proof.
move=> R t H pi b; case/and5P=> table_M table_pi below above /andP[law_lo law_up] h s.
have [hM hpi _] := Executable.checks R t pi (Qmake 0 1) (Qmake 0 1).
have {}hM := hM table_M; have {}hpi := hpi table_pi.
pose table rows (k : nat) (s' : 'I_(states t)) := real R (at_state rows k s').
split=> hH; apply/andP; split.
- case/andP: below => last step.
  apply: (sub_solution (w := table (values_below b)) hM hpi) => // [s'|k s' kH].
    by rewrite -(real_zero R) -real_le; apply: (all_iota last).
  by rewrite backup_real -real_le; apply: (all_iota (all_iota step kH)).
- case/andP: above => last step.
  apply: (super_solution (w := table (values_above b)) hM hpi) => // [s'|k s' kH].
    by rewrite -(real_zero R) -real_le; apply: (all_iota last).
  by rewrite backup_real -real_le; apply: (all_iota (all_iota step kH)).
- case/andP: law_lo => first step.
  apply: (law_below (H := H) (d := table (laws_below b)) hM hpi) => // [s'|k s' kH].
    by rewrite -real_le; apply: (all_iota first).
  by rewrite push_real -real_le; apply: (all_iota (all_iota step _)) => //; lia.
case/andP: law_up => first step.
apply: (law_above (H := H) (d := table (laws_above b)) hM hpi) => // [s'|k s' kH].
  by rewrite -real_le; apply: (all_iota first).
by rewrite push_real -real_le; apply: (all_iota (all_iota step _)) => //; lia.
Qed.
