(** Bounds without the horizon: nothing is lost before a learner parts from a deterministic expert. *)
From mathcomp Require Import all_ssreflect all_algebra.
From ImitationLearning.Definitions Require Import Probability FiniteHorizon Trajectories Imitation Parting.
Import GRing.Theory Num.Theory.
Local Open Scope ring_scope.

(** foundation: J is the expected sum of the rewards along a trajectory. *)
Definition value_trajectories : Prop :=
  forall (R : realFieldType) (S A : finType) (M : mdp R S A) (H : nat) (pi : policy R S A),
  is_mdp M -> is_policy pi ->
  value M H pi = mean (trajectory_law M (forgetful pi) (n := H)) (fun t => total (reward M) 0 (steps t)).

(** claim: foster-2024-hellinger-dp.tv *)
Definition trajectories_part : Prop :=
  forall (R : realFieldType) (S A : finType) (M : mdp R S A) (H : nat) (act : nat -> S -> A)
    (learner : policy R S A),
  let expert := playing R act in
  is_mdp M -> is_policy learner ->
  tv (trajectory_law M (forgetful expert) (n := H)) (trajectory_law M (forgetful learner) (n := H))
  = parting M H expert learner.

(** claim: foster-2024-thm-2-1.parting
    The largest and the smallest return are such bounds; trajectories that neither takes do not count. *)
Definition parting_bound : Prop :=
  forall (R : realFieldType) (S A : finType) (M : mdp R S A) (H : nat) (act : nat -> S -> A)
    (learner : policy R S A) (low high : R),
  let expert := playing R act in
  let possible pi (t : trajectory S A H) := 0 < trajectory_law M (forgetful pi) t in
  is_mdp M -> is_policy learner ->
  (forall t, possible expert t \/ possible learner t -> low <= total (reward M) 0 (steps t) <= high) ->
  `|value M H expert - value M H learner| <= (high - low) * parting M H expert learner.

(** claim: foster-2024-parting.below *)
Definition parting_below : Prop :=
  forall (R : rcfType) (S A : finType) (M : mdp R S A) (H : nat) (act : nat -> S -> A)
    (learner : policy R S A),
  let expert := playing R act in
  is_mdp M -> is_policy learner ->
  parting M H expert learner
  <= hellinger2 (trajectory_law M (forgetful learner) (n := H))
                (trajectory_law M (forgetful expert) (n := H)).

(** claim: foster-2024-parting.above *)
Definition parting_above : Prop :=
  forall (R : rcfType) (S A : finType) (M : mdp R S A) (H : nat) (act : nat -> S -> A)
    (learner : policy R S A),
  let expert := playing R act in
  is_mdp M -> is_policy learner ->
  hellinger2 (trajectory_law M (forgetful learner) (n := H)) (trajectory_law M (forgetful expert) (n := H))
  <= 2%:R * parting M H expert learner.

(** claim: foster-2024-thm-2-1.sharp
    The largest return is such a bound; that rewards are at most 1 is not needed. *)
Definition horizon_free_sharp : Prop :=
  forall (R : rcfType) (S A : finType) (M : mdp R S A) (H : nat) (act : nat -> S -> A)
    (learner : policy R S A) (most : R),
  let expert := playing R act in
  let possible pi (t : trajectory S A H) := 0 < trajectory_law M (forgetful pi) t in
  is_mdp M -> is_policy learner -> (forall h s a, 0 <= reward M h s a) ->
  (forall t, possible expert t \/ possible learner t -> total (reward M) 0 (steps t) <= most) ->
  value M H expert - value M H learner <= most *
  hellinger2 (trajectory_law M (forgetful learner) (n := H)) (trajectory_law M (forgetful expert) (n := H)).

(** claim: foster-2024-thm-2-1 *)
Definition horizon_free : Prop :=
  forall (R : rcfType) (S A : finType) (M : mdp R S A) (H : nat) (act : nat -> S -> A)
    (learner : policy R S A) (most : R),
  let expert := playing R act in
  let possible pi (t : trajectory S A H) := 0 < trajectory_law M (forgetful pi) t in
  is_mdp M -> is_policy learner -> (forall h s a, 0 <= reward M h s a) ->
  (forall t, possible expert t \/ possible learner t -> total (reward M) 0 (steps t) <= most) ->
  value M H expert - value M H learner <= 4%:R * most *
  hellinger2 (trajectory_law M (forgetful learner) (n := H)) (trajectory_law M (forgetful expert) (n := H)).
