(** Soft maxima, by what the theorems about them use; [Statements.SoftBellman] gives instances. *)
From mathcomp Require Import all_ssreflect all_algebra.
From ImitationLearning.Definitions Require Import Probability.
Set Implicit Arguments.
Unset Strict Implicit.
Import GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Section SoftMaximum.
Variables (R : realFieldType) (S A : finType).

(** Monotone, and equivariant for translations: tau log sum exp (. / tau), the maximum, and means are. *)
Definition is_soft_maximum (m : (A -> R) -> R) : Prop :=
  (forall f g, (forall a, f a <= g a) -> m f <= m g) /\ (forall f c, m (fun a => f a + c) = m f + c).

(** What action values are worth to who acts as [pi] and is paid [bonus] for it, such as an entropy. *)
Definition evaluation (pi : S -> A -> R) (bonus : S -> R) (s : S) (f : A -> R) : R := mean (pi s) f + bonus s.

End SoftMaximum.
