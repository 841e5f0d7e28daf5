(** Cloning a deterministic expert from N trajectories: it errs only where the data have not been. *)
From mathcomp Require Import all_ssreflect all_algebra.
From ImitationLearning.Definitions Require Import Probability FiniteHorizon Imitation Demonstrations.
Import GRing.Theory Num.Theory.
Local Open Scope ring_scope.

(** claim: rajaraman-2020-bc-det.missing-mass *)
Definition missing_mass : Prop :=
  forall (R : realFieldType) (S A : finType) (M : mdp R S A) (H N : nat) (act : nat -> S -> A)
    (elsewhere : policy R S A),
  is_mdp M -> unit_rewards M -> is_policy elsewhere ->
  let d := state_law M (playing R act) in
  cloning_gap M H act elsewhere N <= \sum_(h < H) (H - h)%:R * \sum_s d h s * (1 - d h s) ^+ N.

(** claim: rajaraman-2020-bc-det.peak *)
Definition peak : Prop :=
  forall (R : realFieldType) (S A : finType) (M : mdp R S A) (H N : nat) (act : nat -> S -> A)
    (elsewhere : policy R S A),
  is_mdp M -> unit_rewards M -> is_policy elsewhere ->
  cloning_gap M H act elsewhere N <=
  #|S|%:R * (H * H.+1)%:R / 2%:R * (N%:R ^+ N / N.+1%:R ^+ N.+1).
