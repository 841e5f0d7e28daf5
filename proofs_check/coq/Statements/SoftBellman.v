(** Rewards and soft action values determine each other, with a discount (Garg, Chakraborty, Cundy, Song
    and Ermon, NeurIPS 2021). *)
From mathcomp Require Import all_ssreflect all_algebra.
From ImitationLearning.Definitions Require Import Probability Extremes Discounted SoftMaximum SoftDiscounted.
Import GRing.Theory Num.Theory.
Local Open Scope ring_scope.

(** foundation: the maximum is a soft maximum, of all temperatures the least *)
Definition maximum_is_soft : Prop :=
  forall (R : realFieldType) (A : finType) (a : A), is_soft_maximum (@maximum R A a).

(** foundation: to evaluate a policy is a soft maximum, whatever it is paid for its actions *)
Definition evaluation_is_soft : Prop :=
  forall (R : realFieldType) (S A : finType) (pi : policy R S A) (bonus : S -> R) (s : S),
  is_policy pi -> is_soft_maximum (evaluation pi bonus s).

(** claim: iq-lemma-3-1
    What solves the equations of policy evaluation for the reward T Q is Q, and nothing else does. For any
    payment for actions in any ordered field: over the reals the claim is [bonus s = entropy (pi s)]. *)
Definition bijection : Prop :=
  forall (R : realFieldType) (S A : finType) (M : mdp R S A) (pi : policy R S A)
         (bonus : S -> R) (x : S -> A -> R),
  is_mdp M -> is_policy pi ->
  let V := evaluation pi bonus in
  forall y, is_soft_q (with_reward M (implied_reward M V x)) V y <-> forall s a, y s a = x s a.

(** claim: iq-lemma-3-1.reward
    The equations have a solution for every reward. For any payment, of which the claim is an instance as
    above. *)
Definition onto : Prop :=
  forall (R : realFieldType) (S A : finType) (M : mdp R S A) (pi : policy R S A) (bonus : S -> R),
  is_mdp M -> is_policy pi ->
  let V := evaluation pi bonus in
  exists x, forall y, (forall s a, implied_reward M V y s a = reward M s a) <-> (forall s a, y s a = x s a).

(** foundation: the algebra of iq-lemma-3-1.optimality, for every soft maximum.
    The claim, about log sum exp, is in [SoftImitation]. For the reward T Q the equations have a solution,
    Q, and no other; that they have one for every reward takes limits, which an ordered field need not
    have. *)
Definition optimality_bijection : Prop :=
  forall (R : realFieldType) (S A : finType) (M : mdp R S A) (m : S -> (A -> R) -> R) (x : S -> A -> R),
  is_mdp M -> (forall s, is_soft_maximum (m s)) ->
  forall y, is_soft_q (with_reward M (implied_reward M m x)) m y <-> forall s a, y s a = x s a.

(** foundation: the algebra of iq-lemma-3-1.contraction, for every soft maximum.
    The claim, about log sum exp, is in [SoftImitation]. *)
Definition contraction : Prop :=
  forall (R : realFieldType) (S A : finType) (M : mdp R S A) (m : S -> (A -> R) -> R) (x y : S -> A -> R),
  is_mdp M -> (forall s, is_soft_maximum (m s)) ->
  distance (next_value M m x) (next_value M m y) <= discount M * distance x y.
