(** Models and policies written as tables of rational numbers, over any ordered field.

    A list of tables has one for each step; the last one serves all steps from its own on, so that a list of
    one table is one that does not vary in time. *)
From Coq Require Import ZArith QArith.
From mathcomp Require Import all_ssreflect all_algebra.
From mathcomp.zify Require Import ssrZ.
From ImitationLearning.Definitions Require Import FiniteHorizon.
From ImitationLearning.Definitions Require Discounted.
Set Implicit Arguments.
Unset Strict Implicit.
Import GRing.Theory Num.Theory.
Local Open Scope ring_scope.

(** A rational number in the field. *)
Definition real (R : realFieldType) (x : Q) : R := (int_of_Z (Qnum x))%:~R / (Pos.to_nat (Qden x))%:R.

(** A row of integers over a common denominator. *)
Definition over (d : positive) (row : seq Z) : seq Q := [seq Qmake x d | x <- row].

Definition at_step (T : Type) (tables : seq (seq T)) (h : nat) : seq T := nth (last [::] tables) tables h.

Record tables := Tables {
  states : nat;
  actions : nat;
  transitions : seq (seq (seq (seq Q)));  (* step, state, action, next state *)
  rewards : seq (seq (seq Q));  (* step, state, action *)
  starting : seq Q
}.

Definition entry (row : seq Q) (i : nat) : Q := nth (Qmake 0 1) row i.

Section Model.
Variables (R : realFieldType) (t : tables).
Implicit Types (s : 'I_(states t)) (a : 'I_(actions t)).

Definition model : mdp R [finType of 'I_(states t)] [finType of 'I_(actions t)] := {|
  transition := fun h s a s' => real R (entry (nth [::] (nth [::] (at_step (transitions t) h) s) a) s');
  reward := fun h s a => real R (entry (nth [::] (at_step (rewards t) h) s) a);
  start := fun s => real R (entry (starting t) s)
|}.

(** The model with a discount whose tables are those of the first step. *)
Definition discounted (gamma : Q) : Discounted.mdp R [finType of 'I_(states t)] [finType of 'I_(actions t)] :=
  Discounted.Mdp (transition model 0) (reward model 0) (start model) (real R gamma).

(** The policy that a list of tables (step, state, action) describes. *)
Definition plays (pi : seq (seq (seq Q))) : policy R [finType of 'I_(states t)] [finType of 'I_(actions t)] :=
  fun h s a => real R (entry (nth [::] (at_step pi h) s) a).

End Model.
