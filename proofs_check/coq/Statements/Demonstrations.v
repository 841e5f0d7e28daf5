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

(** claim: rajaraman-2020-bc-det.sharper *)
Definition survival : Prop :=
  forall (R : realFieldType) (S A : finType) (M : mdp R S A) (H N : nat) (act : nat -> S -> A)
    (elsewhere : policy R S A),
  is_mdp M -> unit_rewards M -> is_policy elsewhere ->
  let unseen_by data h := 1 - \sum_s \sum_a occupancy M (retracing R act data) h s a in
  cloning_gap M H act elsewhere N <=
  \sum_(h < H) mean (demonstrations M act (H := H) (N := N)) (fun data => unseen_by data h).
