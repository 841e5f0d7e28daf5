(** The chi-squared divergence. *)
From mathcomp Require Import all_ssreflect all_algebra.
Set Implicit Arguments.
Unset Strict Implicit.
Import GRing.Theory Num.Theory.
Local Open Scope ring_scope.

(** Where [q] is 0 the quotient is 0; there [p] has to be 0 for this to be the divergence. *)
Definition chi2 (R : realFieldType) (T : finType) (p q : T -> R) : R := \sum_x (p x - q x) ^+ 2 / q x.
