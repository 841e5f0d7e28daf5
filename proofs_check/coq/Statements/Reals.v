(** That the numbers of theorems with logarithms are Coq's real numbers, and what only real numbers have:
    limits. Only theorems about them may use axioms: those of Coq's real numbers, and Hilbert's epsilon.
    *)
From Coq Require Reals.
From mathcomp Require Import all_ssreflect all_algebra.
From ImitationLearning.Definitions Require Import Probability Logarithms Discounted SoftMaximum.
From ImitationLearning.Definitions Require Import SoftDiscounted Reals.
Import GRing.Theory Num.Theory.
Local Open Scope ring_scope.

(** foundation: addition, multiplication and order are those of Coq's library *)
Definition the_real_numbers : Prop :=
  forall x y : reals,
  [/\ x + y = Rdefinitions.Rplus x y, x * y = Rdefinitions.Rmult x y, (0 : reals) = Rdefinitions.R0,
      (1 : reals) = Rdefinitions.R1 & x <= y <-> Rdefinitions.Rle x y].

(** foundation: Coq's exponential and logarithm obey the laws that are used of them *)
Definition exp_and_ln : Prop := is_exp_log exp ln.

(** foundation: over the real numbers every soft maximum has soft values, in every model
    Those of log sum exp, say. *)
Definition soft_values_exist : Prop :=
  forall (S A : finType) (M : mdp reals S A) (m : S -> (A -> reals) -> reals),
  is_mdp M -> (forall s, is_soft_maximum (m s)) ->
  exists v, forall w, is_soft_value M m w <-> v =1 w.
