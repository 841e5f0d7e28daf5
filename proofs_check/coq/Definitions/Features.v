(** Features of states and actions, and what policies show of them. *)
From mathcomp Require Import all_ssreflect all_algebra.
From ImitationLearning.Definitions Require Import Extremes Discounted.
From ImitationLearning.Definitions Require FiniteHorizon.
Set Implicit Arguments.
Unset Strict Implicit.
Import GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Section Features.
Variables (R : realFieldType) (S A I : finType).
Implicit Types (M : mdp R S A) (pi : policy R S A) (d : S -> R) (x y : S -> A -> R) (u w : I -> R).
Implicit Type features : I -> S -> A -> R.

(** The reward w . f. *)
Definition paid w features s a : R := \sum_i w i * features i s a.

(** The mean of each feature under a measure of states and actions, such as an occupancy. *)
Definition shown x features i : R := \sum_s \sum_a x s a * features i s a.

(** mu: the expected discounted sum of each feature, on the scale of J. *)
Definition expected M pi d features i : R := (1 - discount M)^-1 * shown (occupancy pi d) features i.

(** The same with a horizon, and features that may vary in time. *)
Definition expected_sum (N : FiniteHorizon.mdp R S A) H (sigma : FiniteHorizon.policy R S A)
    (features : I -> nat -> S -> A -> R) i : R :=
  \sum_(h < H) \sum_s \sum_a FiniteHorizon.occupancy N sigma h s a * features i h s a.

(** How far the most telling feature tells two measures apart. *)
Definition told_apart features x y : R := largest (fun i => `|shown x features i - shown y features i|).

Definition square u : R := \sum_i u i ^+ 2.

End Features.
