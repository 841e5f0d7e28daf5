(** DAeQuIL: on-policy moments matched by an online learner (Swamy, Choudhury, Bagnell and Wu, ICML 2021). *)
From mathcomp Require Import all_ssreflect all_algebra.
From ImitationLearning.Definitions Require Import FiniteHorizon Imitation Moments.
Import GRing.Theory Num.Theory.
Local Open Scope ring_scope.

(** claim: swamy-2021-daequil
    Some policy does as well as this, hence the best one; the average error is epsilon + gamma of the
    paper. *)
Definition online_matching : Prop :=
  forall (R : realFieldType) (S A : finType) (M : mdp R S A) (H N : nat) (expert : policy R S A)
         (learners : 'I_N -> policy R S A),
  is_mdp M -> is_policy expert -> (0 < N)%N -> (forall i, is_policy (learners i)) ->
  let error i := largest_payoff H (on_policy_mismatch M expert (learners i)) in
  exists i, `|value M H expert - value M H (learners i)| <= recoverability M H expert * H%:R * average error.
