(** Moments: how an adversary that picks functions f of step, state and action tells a learner from the
    expert.

    The three payoffs of Swamy, Choudhury, Bagnell and Wu (ICML 2021) are inner products of f with a signed
    measure, the mismatch; expectations are means over steps. Over f in [-1, 1] the largest one is the l1
    norm of the mismatch: [Statements.Moments.largest_payoff_is_supremum]. *)
From mathcomp Require Import all_ssreflect all_algebra.
From ImitationLearning.Definitions Require Import Probability FiniteHorizon Extremes.
Set Implicit Arguments.
Unset Strict Implicit.
Import GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Section Moments.
Variables (R : realFieldType) (S A : finType).
Implicit Types (M : mdp R S A) (expert learner : policy R S A) (H h : nat) (g f : nat -> S -> A -> R).

Definition signed f : Prop := forall h s a, -1 <= f h s a <= 1.

Definition signed_rewards M : Prop := signed (reward M).

Definition stationary f : Prop := forall h k, f h = f k.

Definition with_rewards M f : mdp R S A := Mdp (transition M) f (start M).

(** U1, U2 and U3 are the payoffs of these. *)
Definition reward_mismatch M expert learner h s a : R := occupancy M learner h s a - occupancy M expert h s a.

Definition off_policy_mismatch M expert learner h s a : R :=
  state_law M expert h s * (learner h s a - expert h s a).

Definition on_policy_mismatch M expert learner h s a : R :=
  state_law M learner h s * (learner h s a - expert h s a).

Definition payoff H g f : R := H%:R^-1 * \sum_(h < H) \sum_s \sum_a g h s a * f h s a.

Definition largest_payoff H g : R := H%:R^-1 * \sum_(h < H) \sum_s \sum_a `|g h s a|.

(** The same over functions that do not vary in time. *)
Definition largest_stationary_payoff H g : R := H%:R^-1 * \sum_s \sum_a `|\sum_(h < H) g h s a|.

(** The function with the largest payoff. *)
Definition best_moment g h s a : R := Num.sg (g h s a).

(** H_rec: the most one action can move the policy's value. *)
Definition recoverability M H expert : R :=
  \big[Num.max/0]_(h < H) largest (fun s => largest (fun a => `|advantage M H expert h s a|)).

(** Half the range of the policy's action values in a state, and the largest of them. *)
Definition half_span M H expert h s : R := 2%:R^-1 * span (q M H expert h s).

Definition largest_half_span M H expert : R := \big[Num.max/0]_(h < H) largest (half_span M H expert h).

End Moments.
