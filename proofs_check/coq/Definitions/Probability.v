(** Laws on finite sets, over any ordered field. *)
From mathcomp Require Import all_ssreflect all_algebra.
Set Implicit Arguments.
Unset Strict Implicit.
Import GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Section Probability.
Variables (R : realFieldType) (T : finType).
Implicit Types (p q : T -> R) (f : T -> R).

Definition law p : Prop := (forall x, 0 <= p x) /\ \sum_x p x = 1.

Definition mean p f : R := \sum_x p x * f x.

(** Total variation, with the factor 1/2. *)
Definition tv p q : R := 2%:R^-1 * \sum_x `|p x - q x|.

Definition mixture (w : R) p q : T -> R := fun x => (1 - w) * p x + w * q x.

End Probability.

Section Pairs.
Variables (R : realFieldType) (T U : finType).

(** A measure of two arguments as one of pairs. *)
Definition joint (x : T -> U -> R) (z : T * U) : R := x z.1 z.2.

(** Conditional laws of the second argument; uniform where there is no mass. *)
Definition normalise (x : T -> U -> R) (t : T) (u : U) : R :=
  if \sum_w x t w == 0 then #|U|%:R^-1 else x t u / \sum_w x t w.

End Pairs.
