(** Zero-sum games that are played for some rounds: [x] pays the payoff to [y]. *)
From mathcomp Require Import all_ssreflect all_algebra.
Set Implicit Arguments.
Unset Strict Implicit.
Import GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Section Convexity.
Variables (R : realFieldType) (X : lmodType R).
Implicit Types (among : X -> Prop) (f : X -> R).

Definition between (w : R) (a b : X) : X := (1 - w) *: a + w *: b.

Definition is_convex among f : Prop :=
  forall w a b, 0 <= w <= 1 -> among a -> among b ->
  among (between w a b) /\ f (between w a b) <= (1 - w) * f a + w * f b.

Definition is_linear f : Prop := forall c a b, f (c *: a + b) = c * f a + f b.

(** Mean of the first [T] moves. *)
Definition mean_move (T : nat) (x : nat -> X) : X := T%:R^-1 *: \sum_(t < T) x t.

End Convexity.

Section Games.
Variables (R : realFieldType) (X Y : Type) (payoff : X -> Y -> R) (T : nat) (x : nat -> X) (y : nat -> Y).

(** What each player would have gained with one move against all moves of the other. *)
Definition regret_of_min (a : X) : R := \sum_(t < T) (payoff (x t) (y t) - payoff a (y t)).
Definition regret_of_max (b : Y) : R := \sum_(t < T) (payoff (x t) b - payoff (x t) (y t)).

End Games.
