(** Potential shaping (Ng, Harada and Russell, ICML 1999). *)
From mathcomp Require Import all_ssreflect all_algebra.
From ImitationLearning.Definitions Require Import Probability Extremes Families Discounted.
From ImitationLearning.Definitions Require Import SoftMaximum SoftDiscounted.
From ImitationLearning.Definitions Require FiniteHorizon SoftFiniteHorizon.
Import GRing.Theory Num.Theory.
Local Open Scope ring_scope.

(** foundation: there are optimal values, and some deterministic policy has them
    Optimal values solve the Bellman equation of the maximum; [a] shows that there are actions. *)
Definition optimal_values : Prop :=
  forall (R : realFieldType) (S A : finType) (M : mdp R S A) (a : A),
  is_mdp M ->
  exists v, (forall w, is_soft_value M (fun=> maximum a) w <-> v =1 w) /\
            exists act : S -> A, is_value M (fun s => surely R (act s)) v.

(** foundation: optimal values are above those of every policy *)
Definition optimal_values_largest : Prop :=
  forall (R : realFieldType) (S A : finType) (M : mdp R S A) (a : A) (pi : policy R S A) (v w : S -> R),
  is_mdp M -> is_policy pi -> is_soft_value M (fun=> maximum a) v -> is_value M pi w -> forall s, w s <= v s.

(** claim: ng-1999-shaping *)
Definition same_optimal_actions : Prop :=
  forall (R : realFieldType) (S A : finType) (M : mdp R S A) (a0 : A) (potential v w : S -> R),
  is_mdp M ->
  is_soft_value M (fun=> maximum a0) v -> is_soft_value (shaped M potential) (fun=> maximum a0) w ->
  forall s a, q (shaped M potential) w s a = q M v s a - potential s.

(** foundation: the algebra of ng-1999-shaping.soft, for every soft maximum.
    The claim, about tau log sum exp (. / tau), is in [SoftRewards]. *)
Definition same_soft_actions : Prop :=
  forall (R : realFieldType) (S A : finType) (M : mdp R S A) (m : S -> (A -> R) -> R)
         (potential v w : S -> R),
  is_mdp M -> (forall s, is_soft_maximum (m s)) ->
  is_soft_value M m v -> is_soft_value (shaped M potential) m w ->
  forall s a, q (shaped M potential) w s a = q M v s a - potential s.

(** foundation: shaping changes no advantage of a policy *)
Definition same_advantages : Prop :=
  forall (R : realFieldType) (S A : finType) (M : mdp R S A) (pi : policy R S A) (potential v w : S -> R),
  is_mdp M -> is_policy pi -> is_value M pi v -> is_value (shaped M potential) pi w ->
  forall s a, q (shaped M potential) w s a - w s = q M v s a - v s.

(** claim: ng-1999-shaping.return *)
Definition every_policy_loses_the_same : Prop :=
  forall (R : realFieldType) (S A : finType) (M : mdp R S A) (pi : policy R S A) (potential v w : S -> R),
  is_mdp M -> is_policy pi -> is_value M pi v -> is_value (shaped M potential) pi w ->
  value (shaped M potential) w = value M v - mean (start M) potential.

(** claim: ng-1999-shaping.finite *)
Definition every_policy_loses_the_same_finite : Prop :=
  forall (R : realFieldType) (S A : finType) (M : FiniteHorizon.mdp R S A) (H : nat)
         (pi : FiniteHorizon.policy R S A) (potential : nat -> S -> R),
  FiniteHorizon.is_mdp M -> FiniteHorizon.is_policy pi -> (forall s, potential H s = 0) ->
  FiniteHorizon.value (SoftFiniteHorizon.shaped M potential) H pi =
  FiniteHorizon.value M H pi - mean (FiniteHorizon.start M) (potential 0%N).

(** claim: ng-1999-shaping.next-state
    A reward of the next state is worth its expectation. *)
Definition next_state_rewards : Prop :=
  forall (R : realFieldType) (S A : finType) (M : mdp R S A) (pi : policy R S A) (potential v w : S -> R),
  is_mdp M -> is_policy pi ->
  let paid s a s' := reward M s a + (discount M * potential s' - potential s) in
  let paying := with_reward M (fun s a => mean (transition M s a) (paid s a)) in
  is_value M pi v -> is_value paying pi w ->
  value paying w = value M v - mean (start M) potential.

(** claim: ng-1999-shaping.necessary
    Every policy is optimal for r + F = 0 where r = -F; the loss of the worst one is the largest value for
    r less the least one, which is minus the largest for F. *)
Definition action_bonuses_mislead : Prop :=
  forall (R : realFieldType) (S A : finType) (M : mdp R S A) (a0 : A) (bonus : S -> A -> R) (v w : S -> R),
  is_mdp M ->
  let staying r := Mdp (fun s _ => surely R s) r (start M) (discount M) in
  is_soft_value (staying (fun s a => - bonus s a)) (fun=> maximum a0) v ->
  is_soft_value (staying bonus) (fun=> maximum a0) w ->
  mean (start M) v + mean (start M) w =
  (1 - discount M)^-1 * mean (start M) (fun s => span (bonus s)).

(** claim: ng-1999-shaping.terminal
    [z] is where episodes have ended: it absorbs, pays nothing and is not shaped. *)
Definition ends_are_paid_for : Prop :=
  forall (R : realFieldType) (S A : finType) (M : mdp R S A) (pi : policy R S A) (z : S)
         (potential d v w : S -> R),
  is_mdp M -> is_policy pi ->
  (forall a, reward M z a = 0) -> (forall a s, transition M z a s = surely R z s) ->
  let added s a := if s == z then 0 else shaping M potential s a in
  let until_the_end := with_reward M (fun s a => reward M s a + added s a) in
  is_state_law M pi d -> is_value M pi v -> is_value until_the_end pi w ->
  value until_the_end w = value M v - mean (start M) potential + d z * potential z.
