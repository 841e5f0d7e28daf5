(** What follows from the laws of exponentials and logarithms, in any ordered field that has them. *)
From mathcomp Require Import all_ssreflect all_algebra.
From ImitationLearning.Definitions Require Import Probability Logarithms SoftMaximum.
Import GRing.Theory Num.Theory.
Local Open Scope ring_scope.

(** foundation: log sum exp is a soft maximum
    [a0] shows that there is something to add up. *)
Definition log_sum_exp_is_soft : Prop :=
  forall (R : realFieldType) (exp log : R -> R) (A : finType) (a0 : A) (tau : R),
  is_exp_log exp log -> 0 < tau -> is_soft_maximum (@log_sum_exp R exp log A tau).

(** foundation: what a law makes of values, with its entropy, and log sum exp differ by a divergence
    It is that of the law from the softmax. The divergence is not negative: Gibbs' inequality. *)
Definition log_sum_exp_above_laws : Prop :=
  forall (R : realFieldType) (exp log : R -> R) (A : finType) (a0 : A) (tau : R) (p f : A -> R),
  is_exp_log exp log -> 0 < tau -> law p ->
  log_sum_exp exp log tau f - (mean p f + tau * entropy log p) = tau * kl log p (softmax exp tau f) /\
  0 <= kl log p (softmax exp tau f).

(** foundation: no divergence of Kullback and Leibler is negative *)
Definition gibbs : Prop :=
  forall (R : realFieldType) (exp log : R -> R) (A : finType) (p q : A -> R),
  is_exp_log exp log -> law p -> law q -> shown_by q p -> 0 <= kl log p q.

(** foundation: log sum exp is convex at midpoints *)
Definition log_sum_exp_convex : Prop :=
  forall (R : realFieldType) (exp log : R -> R) (A : finType) (a0 : A) (tau : R) (f g : A -> R),
  is_exp_log exp log -> 0 < tau ->
  log_sum_exp exp log tau (fun a => (f a + g a) / 2%:R) <=
  (log_sum_exp exp log tau f + log_sum_exp exp log tau g) / 2%:R.
