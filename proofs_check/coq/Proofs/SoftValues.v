(** Soft values exist: ways to act are the actions of another model, which has optimal values. *)
From mathcomp Require Import all_ssreflect all_algebra ring.
From ImitationLearning.Definitions Require Import Probability Extremes Discounted SoftMaximum SoftDiscounted.
From ImitationLearning.Proofs Require Import Sums Extremes SoftMaximum Shaping.
From ImitationLearning.Statements Require SoftValues.
Set Implicit Arguments.
Unset Strict Implicit.
Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Theorem finite_soft_values : Statements.SoftValues.finite_soft_values.
Proof.
move=> R S A I M i0 p bonus hM hp m; split=> [s|].
  split=> [f g fg | f c].
    apply: maximum_le => i; apply: le_trans (maximum_ge i0 (fun i => mean (p s i) g + bonus s i) i).
    by rewrite ler_add2r; apply: ler_mean => // a; case: (hp s i).
  rewrite /m -[RHS](softD (maximum_soft R i0 s) (fun i => erefl _)).
  by apply: (eq_soft (maximum_soft R i0 s)) => i; rewrite meanD mean_const // addrAC.
pose ways := Mdp (fun s i t => mean (p s i) (fun a => transition M s a t))
  (fun s i => mean (p s i) (reward M s) + bonus s i) (start M) (discount M).
have hW : is_mdp ways by have [hT hS hg] := hM; split=> // s i; apply: law_mean.
have [v [hv _]] := optimal_values i0 hW; exists v => w; rewrite -hv.
have same s : m s (q M w s) = maximum i0 (q ways w s).
  apply: (eq_soft (maximum_soft R i0 s)) => i.
  by rewrite /q /= meanD meanZ mean_mean addrAC.
by split=> e s; rewrite {1}e same.
Qed.
