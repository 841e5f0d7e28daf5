(** A stochastic expert costs the variance of its own choices, not the horizon. *)
From mathcomp Require Import all_ssreflect all_algebra.
From ImitationLearning.Definitions Require Import Probability FiniteHorizon Trajectories Parting.
Import GRing.Theory Num.Theory.
Local Open Scope ring_scope.

(** claim: foster-2024-thm-3-1.explicit
    The largest sum of advantages along a trajectory that one of the two may take is the least such [luck]. *)
Definition stochastic_expert : Prop :=
  forall (R : rcfType) (S A : finType) (M : mdp R S A) (H : nat) (expert learner : policy R S A) (luck : R),
  let law pi (t : trajectory S A H) := trajectory_law M (forgetful pi) t in
  is_mdp M -> is_policy expert -> is_policy learner ->
  (forall t, 0 < law expert t \/ 0 < law learner t -> `|total (advantage M H expert) 0 (steps t)| <= luck) ->
  let distance := hellinger2 (law expert) (law learner) in
  `|value M H expert - value M H learner|
  <= 2%:R * Num.sqrt (action_variance M H expert) * Num.sqrt distance + luck * distance.

(** claim: foster-2024-prop-3-1
    The largest and the smallest return are such bounds; trajectories never taken do not count. *)
Definition total_variance : Prop :=
  forall (R : realFieldType) (S A : finType) (M : mdp R S A) (H : nat) (expert : policy R S A) (low high : R),
  is_mdp M -> is_policy expert ->
  (forall t : trajectory S A H, 0 < trajectory_law M (forgetful expert) t ->
    low <= total (reward M) 0 (steps t) <= high) ->
  action_variance M H expert <= (high - low) ^+ 2 / 4%:R.

(** claim: foster-2024-prop-3-1.recoverable
    The largest advantage, in absolute value, is the least such [most]. *)
Definition recoverable_variance : Prop :=
  forall (R : realFieldType) (S A : finType) (M : mdp R S A) (H : nat) (expert : policy R S A) (most : R),
  is_mdp M -> is_policy expert ->
  (forall h s a, (h < H)%N -> `|advantage M H expert h s a| <= most) ->
  action_variance M H expert <= H%:R * most ^+ 2.
