(** Laws of trajectories: how far policies move them, and that remembering the past buys no occupancy. *)
From mathcomp Require Import all_ssreflect all_algebra.
From ImitationLearning.Definitions Require Import Probability FiniteHorizon Trajectories.
Import GRing.Theory Num.Theory.
Local Open Scope ring_scope.

(** foundation: what happens at a step of a trajectory has the law of the occupancy. *)
Definition step_law_occupancy : Prop :=
  forall (R : realFieldType) (S A : finType) (M : mdp R S A) (H : nat) (pi : policy R S A),
  is_mdp M -> is_policy pi -> forall h s a, (h < H)%N ->
  step_law (trajectory_law M (forgetful pi) (n := H)) h s a = occupancy M pi h s a.

(** claim: traj-chain-rules.tv *)
Definition trajectory_subadditive : Prop :=
  forall (R : realFieldType) (S A : finType) (M : mdp R S A) (H : nat) (pi other : policy R S A),
  is_mdp M -> is_policy pi -> is_policy other ->
  tv (trajectory_law M (forgetful pi) (n := H)) (trajectory_law M (forgetful other) (n := H)) <=
  \sum_(h < H) mean (state_law M pi h) (fun s => tv (pi h s) (other h s)).

(** foundation: no step is farther apart than the trajectories are. *)
Definition step_processing : Prop :=
  forall (R : realFieldType) (S A : finType) (M : mdp R S A) (H : nat) (pi other : policy R S A),
  is_mdp M -> is_policy pi -> is_policy other -> forall h, (h < H)%N ->
  tv (joint (occupancy M pi h)) (joint (occupancy M other h)) <=
  tv (trajectory_law M (forgetful pi) (n := H)) (trajectory_law M (forgetful other) (n := H)).

(** claim: traj-chain-rules.states *)
Definition state_marginals : Prop :=
  forall (R : realFieldType) (S A : finType) (M : mdp R S A) (pi other : policy R S A),
  is_mdp M -> is_policy pi -> is_policy other -> forall h,
  tv (state_law M pi h) (state_law M other h) <=
  \sum_(k < h) mean (state_law M pi k) (fun s => tv (pi k s) (other k s)).

(** claim: traj-chain-rules.pairs *)
Definition pair_marginals : Prop :=
  forall (R : realFieldType) (S A : finType) (M : mdp R S A) (pi other : policy R S A),
  is_mdp M -> is_policy pi -> is_policy other -> forall h,
  tv (joint (occupancy M pi h)) (joint (occupancy M other h)) <=
  \sum_(k < h.+1) mean (state_law M pi k) (fun s => tv (pi k s) (other k s)).

(** claim: occ-polytope-finite.history *)
Definition remembering : Prop :=
  forall (R : realFieldType) (S A : finType) (M : mdp R S A) (H : nat) (eta : history_policy R S A),
  is_mdp M -> is_history_policy eta ->
  let x := step_law (trajectory_law M eta (n := H)) in
  forall h s a, (h < H)%N -> occupancy M (fun h => normalise (x h)) h s a = x h s a.

(** claim: occ-mixture.finite *)
Definition mixture_finite : Prop :=
  forall (R : realFieldType) (S A : finType) (M : mdp R S A) (H : nat) (first second : policy R S A) (w : R),
  is_mdp M -> is_policy first -> is_policy second -> 0 <= w <= 1 ->
  let p := trajectory_law M (forgetful first) (n := H) in
  let q := trajectory_law M (forgetful second) (n := H) in
  let x := step_law (fun t => w * p t + (1 - w) * q t) in
  forall h s a, (h < H)%N -> occupancy M (fun h => normalise (x h)) h s a = x h s a.

(** claim: occ-dpi.tv *)
Definition trajectories_tv : Prop :=
  forall (R : realFieldType) (S A : finType) (M : mdp R S A) (H : nat) (pi other : policy R S A),
  is_mdp M -> is_policy pi -> is_policy other ->
  H%:R^-1 * (\sum_(h < H) tv (joint (occupancy M pi h)) (joint (occupancy M other h))) <=
  tv (trajectory_law M (forgetful pi) (n := H)) (trajectory_law M (forgetful other) (n := H)).
