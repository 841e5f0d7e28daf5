(** AdVIL: action values where the expert goes (Swamy, Choudhury, Bagnell and Wu, ICML 2021). *)
From mathcomp Require Import all_ssreflect all_algebra.
From ImitationLearning.Definitions Require Import Probability FiniteHorizon Moments.
Import GRing.Theory Num.Theory.
Local Open Scope ring_scope.

(** claim: swamy-2021-advil *)
Definition best_discriminator : Prop :=
  forall (R : realFieldType) (S A : finType) (M : mdp R S A) (H : nat) (expert learner : policy R S A),
  is_mdp M -> is_policy expert -> is_policy learner ->
  let g := off_policy_mismatch M expert learner in
  signed (best_moment g) /\ (forall f, signed f -> payoff H g f <= payoff H g (best_moment g)) /\
  payoff H g (best_moment g) =
  H%:R^-1 * \sum_(h < H) mean (state_law M expert h) (fun s => \sum_a `|learner h s a - expert h s a|).

(** claim: swamy-2021-advil.supremum *)
Definition any_discriminator : Prop :=
  forall (R : realFieldType) (S A : finType) (M : mdp R S A) (H : nat) (expert learner : policy R S A)
         (f : nat -> S -> A -> R),
  is_mdp M -> is_policy expert -> is_policy learner -> signed f ->
  payoff H (off_policy_mismatch M expert learner) f <=
  H%:R^-1 * \sum_(h < H) mean (state_law M expert h) (fun s => \sum_a `|learner h s a - expert h s a|).

(** claim: swamy-2021-advil.equilibrium *)
Definition imitation_wins : Prop :=
  forall (R : realFieldType) (S A : finType) (M : mdp R S A) (H : nat) (expert learner : policy R S A),
  is_mdp M -> is_policy expert -> is_policy learner ->
  (forall h s, (h < H)%N -> 0 < state_law M expert h s -> forall a, learner h s a = expert h s a) ->
  largest_payoff H (off_policy_mismatch M expert learner) = 0.

(** claim: swamy-2021-advil.unique *)
Definition only_imitation_wins : Prop :=
  forall (R : realFieldType) (S A : finType) (M : mdp R S A) (H : nat) (expert learner : policy R S A),
  is_mdp M -> is_policy expert -> is_policy learner ->
  forall h s, (h < H)%N ->
  H%:R^-1 * (state_law M expert h s * \sum_a `|learner h s a - expert h s a|) <=
  largest_payoff H (off_policy_mismatch M expert learner).
