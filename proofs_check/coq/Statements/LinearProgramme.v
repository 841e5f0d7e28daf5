(** Planning with a discount as a linear programme, and its dual; both values on the scale of J. *)
From mathcomp Require Import all_ssreflect all_algebra.
From ImitationLearning.Definitions Require Import Probability Families Discounted.
Import GRing.Theory Num.Theory.
Local Open Scope ring_scope.

(** claim: lp-duality
    Some deterministic policy is the best one, and its values are the least feasible function. *)
Definition strong_duality : Prop :=
  forall (R : realFieldType) (S A : finType) (M : mdp R S A) (a : A),
  is_mdp M ->
  exists (act : S -> A) (v : S -> R),
  [/\ is_value M (fun s => surely R (act s)) v,
      forall pi w, is_policy pi -> is_value M pi w -> value M w <= value M v,
      forall s b, q M v s b <= v s
    & forall f, (forall s b, q M f s b <= f s) -> value M v <= value M f].

(** claim: lp-duality.weak
    For any bound [c] of the largest violation. *)
Definition weak_duality : Prop :=
  forall (R : realFieldType) (S A : finType) (M : mdp R S A) (pi : policy R S A) (v f : S -> R) (c : R),
  is_mdp M -> is_policy pi -> is_value M pi v -> (forall s a, q M f s a - f s <= c) ->
  value M v <= mean (start M) (fun s => f s + (1 - discount M)^-1 * c).

(** claim: lp-duality.gap *)
Definition duality_gap : Prop :=
  forall (R : realFieldType) (S A : finType) (M : mdp R S A) (pi : policy R S A) (d v f : S -> R),
  is_mdp M -> is_policy pi -> is_state_law M pi d -> is_value M pi v ->
  mean (start M) f - value M v =
  (1 - discount M)^-1 * \sum_s \sum_a occupancy pi d s a *
    (f s - reward M s a - discount M * mean (transition M s a) f).

(** claim: lp-duality.slackness
    Optimal values: some deterministic policy has them, and no action improves on them. *)
Definition slackness : Prop :=
  forall (R : realFieldType) (S A : finType) (M : mdp R S A) (pi : policy R S A) (act : S -> A),
  forall d v best : S -> R, is_mdp M -> is_policy pi -> is_state_law M pi d -> is_value M pi v ->
  is_value M (fun s => surely R (act s)) best -> (forall s a, q M best s a <= best s) ->
  value M best - value M v =
  (1 - discount M)^-1 * \sum_s \sum_a occupancy pi d s a * (best s - q M best s a).
