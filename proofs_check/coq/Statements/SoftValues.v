(** Soft values exist where they are the best of finitely many ways to act; over the real numbers they
    exist for every soft maximum ([Statements.Reals]). *)
From mathcomp Require Import all_ssreflect all_algebra.
From ImitationLearning.Definitions Require Import Probability Extremes Discounted SoftMaximum SoftDiscounted.
Import GRing.Theory Num.Theory.
Local Open Scope ring_scope.

(** foundation: the best of finitely many laws of actions, each with a payment, is a soft maximum
    There are soft values. The maximum and the evaluation of a policy are of this form; tau log sum exp (.
    / tau) is a supremum of such. *)
Definition finite_soft_values : Prop :=
  forall (R : realFieldType) (S A I : finType) (M : mdp R S A) (i0 : I)
         (p : S -> I -> A -> R) (bonus : S -> I -> R),
  is_mdp M -> (forall s i, law (p s i)) ->
  let m s f := maximum i0 (fun i => mean (p s i) f + bonus s i) in
  (forall s, is_soft_maximum (m s)) /\ exists v, forall w, is_soft_value M m w <-> v =1 w.
