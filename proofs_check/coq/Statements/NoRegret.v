(** No regret: what policies lose where they go, if they lose little where their mixtures with the expert go.

    The i-th iteration has the policy [learners i] and gathers data with
    [acting expert (learners i) (betas i)]. Whatever the class and the online learner, [epsilon + gamma] of
    the paper is the average loss seen. *)
From mathcomp Require Import all_ssreflect all_algebra.
From ImitationLearning.Definitions Require Import Probability FiniteHorizon Imitation Families.
Import GRing.Theory Num.Theory.
Local Open Scope ring_scope.

(** claim: dagger-2011-lemma-4-1 *)
Definition mixing : Prop :=
  forall (R : realFieldType) (S A : finType) (M : mdp R S A) (H : nat)
    (expert learner : policy R S A) (beta : R),
  is_mdp M -> is_policy expert -> is_policy learner -> 0 <= beta <= 1 ->
  states_l1 H (state_law M (acting expert learner beta)) (state_law M learner)
  <= 2%:R * H%:R * beta.

(** claim: dagger-2011-lemma-4-1.refined *)
Definition mixing_refined : Prop :=
  forall (R : realFieldType) (S A : finType) (M : mdp R S A) (H : nat)
    (expert learner : policy R S A) (beta : R),
  is_mdp M -> is_policy expert -> is_policy learner -> 0 <= beta <= 1 ->
  states_l1 H (state_law M (acting expert learner beta)) (state_law M learner)
  <= 2%:R * interference H beta.

(** claim: dagger-2011-lemma-4-1.linear *)
Definition mixing_linear : Prop :=
  forall (R : realFieldType) (S A : finType) (M : mdp R S A) (H : nat)
    (expert learner : policy R S A) (beta : R),
  is_mdp M -> is_policy expert -> is_policy learner -> 0 <= beta <= 1 ->
  states_l1 H (state_law M (acting expert learner beta)) (state_law M learner)
  <= H.-1%:R * beta.

(** foundation: dagger-2011-lemma-4-1.refined is attained, at every horizon and for every beta:
    who leaves the upper state of this instance never returns; the learner stays, and the expert leaves. *)
Definition mixing_attained : Prop :=
  forall (R : realFieldType) (H : nat) (beta : R), 0 <= beta <= 1 ->
  let expert := playing R (fun _ _ => false) in
  let learner := playing R (fun _ _ => true) in
  is_mdp (cliff R) /\
  states_l1 H (state_law (cliff R) (acting expert learner beta)) (state_law (cliff R) learner)
  = 2%:R * interference H beta.

(** claim: dagger-2011-thm-4-1
    Some policy does as well as this, hence the best one. *)
Definition no_regret : Prop :=
  forall (R : realFieldType) (S A : finType) (M : mdp R S A) (H N : nat) (expert : policy R S A)
    (loss : nat -> S -> A -> R) (learners : 'I_N -> policy R S A) (betas : 'I_N -> R),
  is_mdp M -> is_policy expert -> (forall h s a, 0 <= loss h s a <= 1) -> (0 < N)%N ->
  (forall i, is_policy (learners i)) -> (forall i, 0 <= betas i <= 1) ->
  let own i := expected_loss H loss (learners i) (state_law M (learners i)) in
  let seen i := expected_loss H loss (learners i) (state_law M (acting expert (learners i) (betas i))) in
  exists i, own i <= average seen + 2%:R * average (fun i => Num.min 1 (H%:R * betas i)).

(** claim: dagger-2011-thm-4-1.refined *)
Definition no_regret_refined : Prop :=
  forall (R : realFieldType) (S A : finType) (M : mdp R S A) (H N : nat) (expert : policy R S A)
    (loss : nat -> S -> A -> R) (learners : 'I_N -> policy R S A) (betas : 'I_N -> R),
  is_mdp M -> is_policy expert -> (forall h s a, 0 <= loss h s a <= 1) ->
  (forall i, is_policy (learners i)) -> (forall i, 0 <= betas i <= 1) ->
  let own i := expected_loss H loss (learners i) (state_law M (learners i)) in
  let seen i := expected_loss H loss (learners i) (state_law M (acting expert (learners i) (betas i))) in
  average own <= average seen + average (fun i => Num.min 1 (H%:R * betas i)).

(** claim: dagger-2011-thm-4-1.coupling *)
Definition no_regret_coupling : Prop :=
  forall (R : realFieldType) (S A : finType) (M : mdp R S A) (H N : nat) (expert : policy R S A)
    (loss : nat -> S -> A -> R) (learners : 'I_N -> policy R S A) (betas : 'I_N -> R),
  is_mdp M -> is_policy expert -> (forall h s a, 0 <= loss h s a <= 1) ->
  (forall i, is_policy (learners i)) -> (forall i, 0 <= betas i <= 1) ->
  let own i := expected_loss H loss (learners i) (state_law M (learners i)) in
  let seen i := expected_loss H loss (learners i) (state_law M (acting expert (learners i) (betas i))) in
  average own <= average seen + average (fun i => interference H (betas i)).

(** claim: dagger-2011-thm-3-1-to-3-4
    Theorem 3.2, in an explicit form. Some policy does as well as this, hence the best one; the largest
    disadvantage of a learner is the least such [u], and the loss is the probability of a mistake. *)
Definition dagger_performance : Prop :=
  forall (R : realFieldType) (S A : finType) (M : mdp R S A) (H N : nat) (act : nat -> S -> A)
    (learners : 'I_N -> policy R S A) (betas : 'I_N -> R) (u : R),
  let expert := playing R act in
  is_mdp M -> (0 < N)%N -> (forall i, is_policy (learners i)) -> (forall i, 0 <= betas i <= 1) -> 0 <= u ->
  (forall i h s a, (h < H)%N -> 0 < state_law M (learners i) h s ->
    v M H expert h s - q M H expert h s a <= u) ->
  let loss h s a := 1 - expert h s a in
  let seen i := expected_loss H loss (learners i) (state_law M (acting expert (learners i) (betas i))) in
  exists i, value M H expert - value M H (learners i)
            <= u * H%:R * (average seen + average (fun i => Num.min 1 (H%:R * betas i))).
