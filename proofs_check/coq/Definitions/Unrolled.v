(** A discounted model as one whose rewards shrink from step to step. *)
From mathcomp Require Import all_ssreflect all_algebra.
From ImitationLearning.Definitions Require Import Discounted.
From ImitationLearning.Definitions Require FiniteHorizon.
Set Implicit Arguments.
Unset Strict Implicit.
Import GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Section Unrolled.
Variables (R : realFieldType) (S A : finType).
Implicit Types (M : mdp R S A) (pi : policy R S A) (n : nat).

(** The reward of step t counts discount ^ t times. *)
Definition unrolled M : FiniteHorizon.mdp R S A :=
  FiniteHorizon.Mdp (fun=> transition M) (fun t s a => discount M ^+ t * reward M s a) (start M).

(** (1 - gamma) times the sum of gamma^t Pr(s_t = s) over the first [n] steps. *)
Definition state_sum M pi n (s : S) : R :=
  (1 - discount M) * \sum_(t < n) discount M ^+ t * FiniteHorizon.state_law (unrolled M) (fun=> pi) t s.

(** The expected sum of the first [n] discounted rewards, from a state. *)
Definition value_sum M pi n (s : S) : R := FiniteHorizon.v (unrolled M) n (fun=> pi) 0 s.

End Unrolled.
