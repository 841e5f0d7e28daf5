(** Inverse soft-Q learning with a horizon (Garg, Chakraborty, Cundy, Song and Ermon, NeurIPS 2021).
    Steps are 0, ..., H - 1. *)
From mathcomp Require Import all_ssreflect all_algebra.
From ImitationLearning.Definitions Require Import Probability FiniteHorizon Moments.
From ImitationLearning.Definitions Require Import SoftMaximum SoftFiniteHorizon.
Import GRing.Theory Num.Theory.
Local Open Scope ring_scope.

(** claim: iq-lemma-3-1.finite
    For every soft maximum in any ordered field: over the reals the claim is [m h] = [evaluation (pi h)] with
    the payments [entropy (pi h s)], which is one (SoftBellman.evaluation_is_soft). Backward recursion for
    the reward T Q returns Q, and T of what it returns for the rewards of the model returns them. *)
Definition bijection : Prop :=
  forall (R : realFieldType) (S A : finType) (M : mdp R S A) (m : nat -> S -> (A -> R) -> R) (H : nat)
         (x : nat -> S -> A -> R),
  (forall h s, is_soft_maximum (m h s)) ->
  forall h s a, (h < H)%N ->
  soft_q (with_rewards M (implied_reward M m H x)) m H h s a = x h s a /\
  implied_reward M m H (soft_q M m H) h s a = reward M h s a.

(** claim: iq-telescoping.finite
    For every weight. *)
Definition value_term : Prop :=
  forall (R : realFieldType) (S A : finType) (M : mdp R S A) (H : nat) (expert pi : policy R S A)
         (f : nat -> S -> R) (w : R),
  is_mdp M -> is_policy expert -> is_policy pi -> (forall s, f H s = 0) ->
  let nu h s a := w * occupancy M expert h s a + (1 - w) * occupancy M pi h s a in
  H%:R^-1 * mean (start M) (f 0%N) =
  H%:R^-1 * \sum_(h < H) \sum_s \sum_a nu h s a * (f h s - mean (transition M h s a) (f h.+1)).

(** claim: iq-telescoping.uniform-in-time
    For every discount; the last step is L + 1. *)
Definition uniform_in_time : Prop :=
  forall (R : realFieldType) (S A : finType) (M : mdp R S A) (L : nat) (pi : policy R S A)
         (f : S -> R) (discount : R),
  is_mdp M -> is_policy pi ->
  let v t := mean (state_law M pi t) f in
  L.+1%:R^-1 * (\sum_(t < L.+1) (v t - discount * v t.+1)) =
  L.+1%:R^-1 * (v 0%N - discount * v L.+1 + (1 - discount) * \sum_(t < L) v t.+1).

(** claim: iq-lemma-3-2.finite
    For every utility and entropy: no property of them is used. Over the reals the claim is
    [phi y = y - y ^+ 2 / 4%:R] and the [entropy] of Definitions/Reals.v. *)
Definition change_of_variables : Prop :=
  forall (R : realFieldType) (S A : finType) (M : mdp R S A) (H : nat) (entropy : (A -> R) -> R)
         (phi : R -> R) (e : nat -> S -> A -> R) (pi : policy R S A) (x : nat -> S -> A -> R),
  is_mdp M -> is_policy pi ->
  let V h s f := mean (pi h s) f + entropy (pi h s) in
  let r := implied_reward M V H x in
  H%:R^-1 * (\sum_(h < H) (\sum_s \sum_a (e h s a * phi (r h s a) - occupancy M pi h s a * r h s a)
                           - mean (state_law M pi h) (fun s => entropy (pi h s)))) =
  H%:R^-1 * (\sum_(h < H) \sum_s \sum_a e h s a * phi (r h s a)) - H%:R^-1 * mean (start M) (v_of V H x 0).

(** foundation: the algebra of iq-prop-3-3.weak-finite
    For every utility, with divergences, the sums of [cost], that satisfy Fenchel's inequality, and for
    every soft maximum that is above all laws with their entropies, such as KL and log sum exp. The claim
    is in [Statements.SoftImitation]. *)
Definition weak_duality : Prop :=
  forall (R : realFieldType) (S A : finType) (M : mdp R S A) (m : nat -> S -> (A -> R) -> R) (H : nat)
         (entropy : (A -> R) -> R) (phi : R -> R) (e cost : nat -> S -> A -> R) (pi : policy R S A)
         (x : nat -> S -> A -> R),
  is_mdp M -> is_policy pi ->
  let r := implied_reward M m H x in
  (forall h s p f, law p -> mean p f + entropy p <= m h s f) ->
  (forall h s a y, (h < H)%N -> e h s a * phi y - occupancy M pi h s a * y <= cost h s a) ->
  H%:R^-1 * (\sum_(h < H) \sum_s \sum_a e h s a * phi (r h s a)) - H%:R^-1 * mean (start M) (v_of m H x 0) <=
  H%:R^-1 * \sum_(h < H) (\sum_s \sum_a cost h s a - mean (state_law M pi h) (fun s => entropy (pi h s))).
