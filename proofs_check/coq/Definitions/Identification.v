(** Which rewards have the same soft-optimal policy: deterministic models, and states that behaviour
    compares. *)
From mathcomp Require Import all_ssreflect all_algebra.
From ImitationLearning.Definitions Require Import Probability Discounted Families.
Set Implicit Arguments.
Unset Strict Implicit.
Import GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Section Identification.
Variables (R : realFieldType) (S A : finType).
Implicit Types (M : mdp R S A) (move : S -> A -> S).

Definition is_deterministic M move : Prop := forall s a s', transition M s a s' = surely R (move s a) s'.

(** Both are successors of one state. *)
Definition linked move : rel S :=
  fun t1 t2 => [exists s, [exists a, [exists b, (move s a == t1) && (move s b == t2)]]].

(** Links connect all states. *)
Definition decomposable move : Prop := forall t1 t2, connect (linked move) t1 t2.

Definition of_states (r : S -> R) : S -> A -> R := fun s _ => r s.

(** [f - gamma P f]. *)
Definition unshaped M (f : S -> R) (s : S) (a : A) : R := f s - discount M * mean (transition M s a) f.

End Identification.
