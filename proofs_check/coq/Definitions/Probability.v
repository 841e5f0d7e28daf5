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
