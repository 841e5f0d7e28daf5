(** With a discount: soft values, rewards read off action values, and potential shaping.

    [m s] is the soft maximum in state [s]: of who acts by a policy and is paid its entropy, or over all
    policies. *)
From mathcomp Require Import all_ssreflect all_algebra.
From ImitationLearning.Definitions Require Import Probability Discounted.
Set Implicit Arguments.
Unset Strict Implicit.
Import GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Section SoftDiscounted.
Variables (R : realFieldType) (S A : finType).
Implicit Types (M : mdp R S A) (m : S -> (A -> R) -> R) (v f : S -> R) (x : S -> A -> R).

(** The soft Bellman equation. *)
Definition is_soft_value M m v : Prop := forall s, v s = m s (q M v s).

(** What an action is worth less than its state: tau log of the soft-optimal policy at temperature tau. *)
Definition soft_advantage M v s a : R := q M v s a - v s.

(** gamma P V: what the next state is worth, if [x] are the action values there. *)
Definition next_value M m x s a : R := discount M * mean (transition M s a) (fun s' => m s' (x s')).

(** T: the reward for which [x] are soft action values. *)
Definition implied_reward M m x s a : R := x s a - next_value M m x s a.

(** Its inverse, as a relation: [x] solves the soft Bellman equation of action values for the model's
    rewards. *)
Definition is_soft_q M m x : Prop := forall s a, x s a = reward M s a + next_value M m x s a.

(** What a potential adds to the rewards. *)
Definition shaping M f s a : R := discount M * mean (transition M s a) f - f s.

Definition shaped M f : mdp R S A := with_reward M (fun s a => reward M s a + shaping M f s a).

End SoftDiscounted.
