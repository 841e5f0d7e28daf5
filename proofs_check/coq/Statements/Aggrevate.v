(** AggreVaTe and NRPI: imitate what actions are worth, before the expert or the learner itself goes on.

    The i-th iteration has the policy [learners i]; AggreVaTe gathers data with
    [acting expert (learners i) (betas i)]. *)
From mathcomp Require Import all_ssreflect all_algebra.
From ImitationLearning.Definitions Require Import Probability Extremes FiniteHorizon Imitation.
Import GRing.Theory Num.Theory.
Local Open Scope ring_scope.

(** claim: aggrevate-2014-thm-2-1.equality *)
Definition aggrevate_equality : Prop :=
  forall (R : realFieldType) (S A : finType) (M : mdp R S A) (H N : nat) (expert : policy R S A)
    (learners : 'I_N -> policy R S A),
  is_mdp M -> is_policy expert -> (forall i, is_policy (learners i)) ->
  let loss h s a := - advantage M H expert h s a in
  average (fun i => value M H expert - value M H (learners i)) =
  H%:R * average (fun i => expected_loss H loss (learners i) (state_law M (learners i))).

(** claim: aggrevate-2014-thm-2-1.mixing
    The largest advantage, in absolute value, is the least such [Qmax]. *)
Definition aggrevate_mixing : Prop :=
  forall (R : realFieldType) (S A : finType) (M : mdp R S A) (H N : nat) (expert : policy R S A)
    (learners : 'I_N -> policy R S A) (betas : 'I_N -> R) (Qmax : R),
  is_mdp M -> is_policy expert -> (forall i, is_policy (learners i)) -> (forall i, 0 <= betas i <= 1) ->
  (forall h s a, (h < H)%N -> `|advantage M H expert h s a| <= Qmax) ->
  let loss h s a := - advantage M H expert h s a in
  let seen i := expected_loss H loss (learners i) (state_law M (acting expert (learners i) (betas i))) in
  average (fun i => value M H expert - value M H (learners i)) - H%:R * average seen
  <= 2%:R * Qmax * (H%:R * average (fun i => interference H (betas i))).

(** claim: aggrevate-2014-thm-2-1.sharper
    The largest action value of a state is the least such [best]. *)
Definition aggrevate_sharper : Prop :=
  forall (R : realFieldType) (S A : finType) (M : mdp R S A) (H N : nat) (expert : policy R S A)
    (learners : 'I_N -> policy R S A) (betas : 'I_N -> R) (best : nat -> S -> R) (Qmax : R),
  is_mdp M -> is_policy expert -> (forall i, is_policy (learners i)) -> (forall i, 0 <= betas i <= 1) ->
  (forall h s a, (h < H)%N -> q M H expert h s a <= best h s) ->
  (forall h s a, (h < H)%N -> `|advantage M H expert h s a| <= Qmax) ->
  let loss h s a := best h s - q M H expert h s a in
  let seen i := expected_loss H loss (learners i) (state_law M (acting expert (learners i) (betas i))) in
  average (fun i => value M H expert - value M H (learners i))
  <= H%:R * average seen + Qmax * (H%:R * average (fun i => interference H (betas i))).

(** claim: aggrevate-2014-thm-2-1 *)
Definition aggrevate_bound : Prop :=
  forall (R : realFieldType) (S A : finType) (M : mdp R S A) (H N : nat) (expert : policy R S A)
    (learners : 'I_N -> policy R S A) (betas : 'I_N -> R) (best : nat -> S -> R) (Qmax : R),
  is_mdp M -> is_policy expert -> (forall i, is_policy (learners i)) -> (forall i, 0 <= betas i <= 1) ->
  (forall h s a, (h < H)%N -> q M H expert h s a <= best h s) ->
  (forall h s a, (h < H)%N -> `|advantage M H expert h s a| <= Qmax) ->
  let loss h s a := best h s - q M H expert h s a in
  let seen i := expected_loss H loss (learners i) (state_law M (acting expert (learners i) (betas i))) in
  average (fun i => value M H expert - value M H (learners i))
  <= H%:R * average seen + 2%:R * Qmax * (H%:R * average (fun i => interference H (betas i))).

(** claim: nrpi-2014-thm
    Of any weights of states, laws or not; the largest span of action values is the least such [Qmax]. *)
Definition nrpi : Prop :=
  forall (R : realFieldType) (S A : finType) (M : mdp R S A) (H N : nat) (comparator : policy R S A)
    (learners : 'I_N -> policy R S A) (exploration : nat -> S -> R) (Qmax : R),
  is_mdp M -> is_policy comparator -> (0 < N)%N -> (forall i, is_policy (learners i)) ->
  (forall i h s, (h < H)%N -> span (q M H (learners i) h s) <= Qmax) ->
  let regret i := expected_loss H (advantage M H (learners i)) comparator exploration in
  average (fun i => value M H comparator - value M H (learners i)) - H%:R * average regret
  <= Qmax * (H%:R * states_l1 H exploration (state_law M comparator)).
