(** Cloning from demonstrations: independent trajectories of a deterministic expert. *)
From mathcomp Require Import all_ssreflect all_algebra.
From ImitationLearning.Definitions Require Import Probability FiniteHorizon Imitation Trajectories.
Set Implicit Arguments.
Unset Strict Implicit.
Import GRing.Theory Num.Theory.
Local Open Scope ring_scope.

(** Law of [N] independent draws. *)
Definition independent (R : realFieldType) (T : finType) (p : T -> R) (N : nat) (x : {ffun 'I_N -> T}) : R :=
  \prod_i p (x i).

Section Demonstrations.
Variables (R : realFieldType) (S A : finType).
Implicit Types (M : mdp R S A) (act : nat -> S -> A) (elsewhere : policy R S A) (H N h : nat) (s : S).

Definition visits H (t : trajectory S A H) h s : bool :=
  [exists a, nth None (map Some (steps t)) h == Some (s, a)].

Definition seen H N (data : {ffun 'I_N -> trajectory S A H}) h s : bool := [exists i, visits (data i) h s].

(** Acts as the expert in the states that the data show at a step, and by any fixed rule elsewhere. *)
Definition clone H N act elsewhere (data : {ffun 'I_N -> trajectory S A H}) : policy R S A :=
  fun h s => if seen data h s then playing R act h s else elsewhere h s.

(** Acts as the expert in the states that the data show, and stops elsewhere: its occupancy at a step is
    the mass of the expert's paths whose states up to then are all shown. *)
Definition retracing H N act (data : {ffun 'I_N -> trajectory S A H}) : policy R S A :=
  fun h s a => if seen data h s then playing R act h s a else 0.

(** Law of [N] independent trajectories of the expert. *)
Definition demonstrations M H act N : {ffun 'I_N -> trajectory S A H} -> R :=
  independent (trajectory_law M (forgetful (playing R act)) (n := H)) (N := N).

(** What the clone loses, expected over [N] demonstrations. *)
Definition cloning_gap M H act elsewhere N : R :=
  mean (demonstrations M act (H := H) (N := N))
       (fun data => value M H (playing R act) - value M H (clone act elsewhere data)).

End Demonstrations.
