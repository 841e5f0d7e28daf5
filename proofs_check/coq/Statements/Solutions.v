(** With a discount, values and state laws are what solves linear equations: there is exactly one solution. *)
From mathcomp Require Import all_ssreflect all_algebra.
From ImitationLearning.Definitions Require Import Probability Discounted.
Import GRing.Theory Num.Theory.
Local Open Scope ring_scope.

(** foundation: Bellman's equation has exactly one solution. *)
Definition one_value : Prop :=
  forall (R : realFieldType) (S A : finType) (M : mdp R S A) (pi : policy R S A),
  is_mdp M -> is_policy pi -> exists v, forall w, is_value M pi w <-> v =1 w.

(** foundation: the flow equations of a policy have exactly one solution, and it is a law. *)
Definition one_state_law : Prop :=
  forall (R : realFieldType) (S A : finType) (M : mdp R S A) (pi : policy R S A),
  is_mdp M -> is_policy pi -> exists d, law d /\ forall e, is_state_law M pi e <-> d =1 e.

(** foundation: a function above its own one-step values is above the values. *)
Definition super_solution : Prop :=
  forall (R : realFieldType) (S A : finType) (M : mdp R S A) (pi : policy R S A) (v w : S -> R),
  is_mdp M -> is_policy pi -> is_value M pi v -> (forall s, mean (pi s) (q M w s) <= w s) ->
  forall s, v s <= w s.

(** foundation: a function below its own one-step values is below the values. *)
Definition sub_solution : Prop :=
  forall (R : realFieldType) (S A : finType) (M : mdp R S A) (pi : policy R S A) (v w : S -> R),
  is_mdp M -> is_policy pi -> is_value M pi v -> (forall s, w s <= mean (pi s) (q M w s)) ->
  forall s, w s <= v s.

(** foundation: values lie between 0 and the effective horizon. *)
Definition value_bounds : Prop :=
  forall (R : realFieldType) (S A : finType) (M : mdp R S A) (pi : policy R S A) (v : S -> R),
  is_mdp M -> is_policy pi -> unit_rewards M -> is_value M pi v -> forall s, 0 <= v s <= (1 - discount M)^-1.
