(** Best responses exist, with a horizon, and with them the runs of algorithms that play them. *)
From mathcomp Require Import all_ssreflect all_algebra.
From ImitationLearning.Definitions Require Import FiniteHorizon Imitation Adril.
Import GRing.Theory Num.Theory.
Local Open Scope ring_scope.

(** foundation: some deterministic policy is best, from every state at every step
    [a] shows that there are actions. *)
Definition best_response : Prop :=
  forall (R : realFieldType) (S A : finType) (M : mdp R S A) (H : nat) (a : A),
  is_mdp M ->
  exists act : nat -> S -> A, forall pi, is_policy pi ->
  (forall h s, v M H pi h s <= v M H (playing R act) h s) /\ value M H pi <= value M H (playing R act).

(** foundation: there are runs of AdRIL, with either kernel *)
Definition adril_runs : Prop :=
  forall (R : realFieldType) (S A : finType) (M : mdp R S A) (H : nat) (expert : policy R S A) (a : A),
  is_mdp M ->
  let plays learners := forall i, is_policy (learners i) in
  (exists learners, plays learners /\ is_adril (mean_occupancy M H) expert learners) /\
  exists learners, plays learners /\ is_adril (step_occupancy M (H := H)) expert learners.

(** foundation: there are runs of AdRIL with the steps of Frank and Wolfe *)
Definition frank_wolfe_runs : Prop :=
  forall (R : realFieldType) (S A : finType) (M : mdp R S A) (H : nat) (expert : policy R S A) (a : A),
  is_mdp M ->
  exists learners, (forall i, is_policy (learners i)) /\ is_frank_wolfe (mean_occupancy M H) expert learners.
