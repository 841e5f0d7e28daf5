(** Exponentials and logarithms, by the laws that are used of them, and what is made of them.
    [Definitions.Reals] has those of Coq's real numbers. *)
From mathcomp Require Import all_ssreflect all_algebra.
From ImitationLearning.Definitions Require Import Probability.
Set Implicit Arguments.
Unset Strict Implicit.
Import GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Section Logarithms.
Variables (R : realFieldType) (exp log : R -> R).

Definition is_exp_log : Prop :=
  [/\ forall x y, exp (x + y) = exp x * exp y, forall x, 1 + x <= exp x & forall x, 0 < x -> exp (log x) = x].

Variable T : finType.
Implicit Types (p q f : T -> R) (tau : R).

(** The soft maximum at temperature tau. *)
Definition log_sum_exp tau f : R := tau * log (\sum_x exp (f x / tau)).

Definition softmax tau f (x : T) : R := exp (f x / tau) / \sum_y exp (f y / tau).

(** In nats; what has no mass adds nothing, whatever [log 0] is. *)
Definition entropy p : R := - mean p (fun x => log (p x)).

(** Kullback and Leibler's divergence, where it is finite: where [q] has no mass [p] must have none. *)
Definition kl p q : R := mean p (fun x => log (p x / q x)).

Definition shown_by q p : Prop := forall x, 0 < p x -> 0 < q x.

End Logarithms.
