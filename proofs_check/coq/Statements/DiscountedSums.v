(** What solves the equations of values and state laws is the discounted sum over time: what is missing after
    n steps is known, and goes to 0 wherever powers do. *)
From mathcomp Require Import all_ssreflect all_algebra.
From ImitationLearning.Definitions Require Import Probability Discounted Unrolled.
From ImitationLearning.Definitions Require FiniteHorizon.
Import GRing.Theory Num.Theory.
Local Open Scope ring_scope.

(** foundation: after n steps the discounted law of the states misses a mass of gamma^n
    The sum is never above the law. *)
Definition state_law_remainder : Prop :=
  forall (R : realFieldType) (S A : finType) (M : mdp R S A) (pi : policy R S A) (d : S -> R) (n : nat),
  is_mdp M -> is_policy pi -> is_state_law M pi d ->
  (forall s, state_sum M pi n s <= d s) /\ \sum_s `|d s - state_sum M pi n s| = discount M ^+ n.

(** foundation: after n steps values miss gamma^n / (1 - gamma) times the largest reward at most *)
Definition value_remainder : Prop :=
  forall (R : realFieldType) (S A : finType) (M : mdp R S A) (pi : policy R S A) (v : S -> R) (n : nat)
         (size : R),
  is_mdp M -> is_policy pi -> is_value M pi v -> (forall s a, `|reward M s a| <= size) ->
  (forall s, `|v s - value_sum M pi n s| <= discount M ^+ n / (1 - discount M) * size) /\
  `|value M v - FiniteHorizon.value (unrolled M) n (fun=> pi)| <= discount M ^+ n / (1 - discount M) * size.

(** foundation: the law of the states is the limit of the discounted sums, over an Archimedean field *)
Definition state_law_limit : Prop :=
  forall (R : archiFieldType) (S A : finType) (M : mdp R S A) (pi : policy R S A) (d : S -> R) (error : R),
  is_mdp M -> is_policy pi -> is_state_law M pi d -> 0 < error ->
  exists m, forall n, (m <= n)%N -> forall s, `|d s - state_sum M pi n s| <= error.

(** foundation: values are the limits of the discounted sums of rewards, over an Archimedean field *)
Definition value_limit : Prop :=
  forall (R : archiFieldType) (S A : finType) (M : mdp R S A) (pi : policy R S A) (v : S -> R) (error : R),
  is_mdp M -> is_policy pi -> is_value M pi v -> 0 < error ->
  exists m, forall n, (m <= n)%N -> forall s, `|v s - value_sum M pi n s| <= error.
