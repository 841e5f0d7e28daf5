(** Laws of whole trajectories, with a horizon; policies that remember everything. *)
From mathcomp Require Import all_ssreflect all_algebra.
From ImitationLearning.Definitions Require Import Probability FiniteHorizon.
Set Implicit Arguments.
Unset Strict Implicit.
Import GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Section Shapes.
Variables S A : finType.

(** What is known when the action of step [h] is drawn: s_0, a_0, ..., a_(h-1), s_h. *)
Fixpoint history (h : nat) : finType := if h is k.+1 then [finType of history k * A * S] else S.

Definition last_state (h : nat) : history h -> S := if h is k.+1 then fun y => y.2 else id.

(** A trajectory of [n] steps: s_0, a_0, ..., s_(n-1), a_(n-1). *)
Definition trajectory (n : nat) : finType := if n is m.+1 then [finType of history m * A] else unit_finType.

(** Its pairs of a state and an action, in order. *)
Fixpoint past_steps (h : nat) : history h -> seq (S * A) :=
  if h is k.+1 then fun y => rcons (past_steps y.1.1) (last_state y.1.1, y.1.2) else fun=> [::].

Definition steps (n : nat) : trajectory n -> seq (S * A) :=
  if n is m.+1 then fun t => rcons (past_steps t.1) (last_state t.1, t.2) else fun=> [::].

End Shapes.

(** The law of the action given all that came before it. *)
Definition history_policy (R : realFieldType) (S A : finType) := forall h : nat, history S A h -> A -> R.

Section Laws.
Variables (R : realFieldType) (S A : finType).
Implicit Types (M : mdp R S A) (pi : policy R S A) (eta : history_policy R S A) (n h : nat).

Definition is_history_policy eta : Prop := forall h y, law (eta h y).

(** A policy that remembers nothing. *)
Definition forgetful pi : history_policy R S A := fun h y => pi h (last_state y).

Fixpoint history_law M eta h : history S A h -> R :=
  if h is k.+1 then
    fun y => history_law M eta y.1.1 * eta k y.1.1 y.1.2 * transition M k (last_state y.1.1) y.1.2 y.2
  else start M.

Definition trajectory_law M eta n : trajectory S A n -> R :=
  if n is m.+1 then fun t => history_law M eta t.1 * eta m t.1 t.2 else fun=> 1.

(** Law of the state and the action at step [h], given the law of the trajectories. *)
Definition step_law n (p : trajectory S A n -> R) h (s : S) (a : A) : R :=
  \sum_(t | nth None (map Some (steps t)) h == Some (s, a)) p t.

End Laws.
