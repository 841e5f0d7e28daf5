(** Largest values on finite sets. *)
From mathcomp Require Import all_ssreflect all_algebra.
Set Implicit Arguments.
Unset Strict Implicit.
Import GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Section Extremes.
Variables (R : realFieldType) (T : finType).
Implicit Types f : T -> R.

(** The largest value, or 0 if none is positive. *)
Definition largest f : R := \big[Num.max/0]_x f x.

(** The largest value on a set that is not empty, as [x0] shows. *)
Definition maximum (x0 : T) f : R := \big[Num.max/f x0]_x f x.

(** Largest minus smallest value. *)
Definition span f : R := \big[Num.max/0]_x \big[Num.max/0]_y (f x - f y).

End Extremes.

(** The largest difference of two functions. *)
Definition distance (R : realFieldType) (S A : finType) (f g : S -> A -> R) : R :=
  largest (fun s => largest (fun a => `|f s a - g s a|)).
