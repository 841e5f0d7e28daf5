(** DAeQuIL: some error is at most the average one. *)
From mathcomp Require Import all_ssreflect all_algebra.
From ImitationLearning.Definitions Require Import FiniteHorizon Imitation Moments.
From ImitationLearning.Proofs Require Import Extremes NoRegret Moments.
From ImitationLearning.Statements Require Daequil.
Set Implicit Arguments.
Unset Strict Implicit.
Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Theorem online_matching : Statements.Daequil.online_matching.
Proof.
move=> R S A M H N expert learners hM hE N0 hL error; have [i le] := below_average error N0; exists i.
apply: le_trans (on_policy_bound H hM hE (hL i)) _.
by rewrite ler_wpmul2l // mulr_ge0 ?ler0n // bigmax_ge.
Qed.
