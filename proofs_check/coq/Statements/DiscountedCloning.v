(** Cloning with a discount. *)
From mathcomp Require Import all_ssreflect all_algebra.
From ImitationLearning.Definitions Require Import Probability Discounted.
Import GRing.Theory Num.Theory.
Local Open Scope ring_scope.

(** claim: xu-2020-bc.tv-either-policy
    The largest reward is the least such [size]. *)
Definition either_policy : Prop :=
  forall (R : realFieldType) (S A : finType) (M : mdp R S A) (expert learner : policy R S A),
  forall (d e v w : S -> R) (size : R),
  is_mdp M -> is_policy expert -> is_policy learner -> (forall s a, 0 <= reward M s a <= size) ->
  is_state_law M expert d -> is_state_law M learner e -> is_value M expert v -> is_value M learner w ->
  (1 - discount M) ^+ 2 * `|value M v - value M w| <=
  size * Num.min (mean d (fun s => tv (expert s) (learner s))) (mean e (fun s => tv (expert s) (learner s))).

(** foundation: xu-2020-bc before the inequalities of Pinsker and Jensen, for rewards of either sign. *)
Definition either_policy_signed : Prop :=
  forall (R : realFieldType) (S A : finType) (M : mdp R S A) (expert learner : policy R S A),
  forall (d e v w : S -> R) (size : R),
  is_mdp M -> is_policy expert -> is_policy learner -> (forall s a, `|reward M s a| <= size) ->
  is_state_law M expert d -> is_state_law M learner e -> is_value M expert v -> is_value M learner w ->
  (1 - discount M) ^+ 2 * `|value M v - value M w| <=
  2%:R * size * Num.min (mean d (fun s => tv (expert s) (learner s)))
                        (mean e (fun s => tv (expert s) (learner s))).
