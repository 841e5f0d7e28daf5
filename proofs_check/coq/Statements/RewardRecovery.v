(** Which rewards a soft-optimal policy leaves possible (Fu, Luo and Levine, ICLR 2018; Cao, Cohen and
    Szpruch, NeurIPS 2021).

    The algebra of it, hence foundations: the soft maximum [m] is any one. At temperature tau it is
    tau log sum exp (. / tau), and the soft advantage is then tau times the logarithm of the soft-optimal
    policy: the claims, about logarithms, are in [Statements.SoftRewards] and [Statements.Ambiguity]. Two
    rewards have the same policy if their soft advantages agree. *)
From mathcomp Require Import all_ssreflect all_algebra.
From ImitationLearning.Definitions Require Import Probability Extremes Families Discounted.
From ImitationLearning.Definitions Require Import SoftMaximum SoftDiscounted Identification.
Import GRing.Theory Num.Theory.
Local Open Scope ring_scope.

(** foundation: the algebra of airl-2018-thm-5-1, for every soft maximum.
    The rewards of states with the same policy are r + c. The claim, about a dimension, is in [Ambiguity]. *)
Definition state_rewards_are_identified : Prop :=
  forall (R : realFieldType) (S A : finType) (M : mdp R S A) (m : S -> (A -> R) -> R) (move : S -> A -> S)
         (a0 : A) (r r' v v' : S -> R),
  is_mdp M -> (forall s, is_soft_maximum (m s)) ->
  is_deterministic M move -> decomposable move -> 0 < discount M ->
  let here := with_reward M (of_states r) in
  let there := with_reward M (of_states r') in
  is_soft_value here m v -> is_soft_value there m v' ->
  (forall s (a : A), soft_advantage there v' s a = soft_advantage here v s a) <->
  exists c, forall s, r' s = r s + c.

(** foundation: the algebra of airl-2018-thm-5-1.classes, for every soft maximum.
    The rewards of states with the same policy correspond, one to one, to the functions u that are constant
    on the classes of linked states. Whatever the action a0. The claim, about a dimension, is in
    [Ambiguity]. *)
Definition ambiguity_counts_classes : Prop :=
  forall (R : realFieldType) (S A : finType) (M : mdp R S A) (m : S -> (A -> R) -> R) (move : S -> A -> S)
         (a0 : A) (r r' v v' : S -> R),
  is_mdp M -> (forall s, is_soft_maximum (m s)) -> is_deterministic M move -> 0 < discount M ->
  let here := with_reward M (of_states r) in
  let there := with_reward M (of_states r') in
  is_soft_value here m v -> is_soft_value there m v' ->
  let change u := (forall t1 t2, connect (linked move) t1 t2 -> u t1 = u t2) /\
                  forall s, r' s = r s + unshaped M u s a0 in
  ((forall s (a : A), soft_advantage there v' s a = soft_advantage here v s a) <-> exists u, change u) /\
  forall u1 u2, change u1 -> change u2 -> u1 =1 u2.

(** foundation: the algebra of airl-2018-thm-5-1.stochastic, for any functions v and v'.
    The claim, about logarithms, is in [SoftRewards]. *)
Definition policies_show_value_differences : Prop :=
  forall (R : realFieldType) (S A : finType) (M : mdp R S A) (r r' v v' : S -> R) (s : S) (a a0 : A),
  let change b := soft_advantage (with_reward M (of_states r')) v' s b
                  - soft_advantage (with_reward M (of_states r)) v s b in
  let seen b := discount M * mean (transition M s b) (fun t => v' t - v t) in
  change a - change a0 = seen a - seen a0.

(** foundation: the algebra of airl-2018-thm-5-1.stable, for every soft maximum.
    The claim, about log sum exp, is in [SoftRewards]. *)
Definition nearly_the_same_policy : Prop :=
  forall (R : realFieldType) (S A : finType) (M : mdp R S A) (m : S -> (A -> R) -> R) (move : S -> A -> S)
         (a0 : A) (r r' v v' : S -> R),
  is_mdp M -> (forall s, is_soft_maximum (m s)) ->
  is_deterministic M move -> decomposable move -> 0 < discount M ->
  let here := with_reward M (of_states r) in
  let there := with_reward M (of_states r') in
  let log_odds s := span (fun a : A => soft_advantage there v' s a - soft_advantage here v s a) in
  is_soft_value here m v -> is_soft_value there m v' ->
  discount M * span (fun s => r' s - r s) <= (1 + discount M) * #|S|.-1%:R * largest log_odds.

(** foundation: the algebra of airl-2018-thm-5-2, for any function v.
    The claim, about logarithms, is in [SoftRewards]. *)
Definition only_state_rewards_are_robust : Prop :=
  forall (R : realFieldType) (S A : finType) (M : mdp R S A) (v : S -> R) (s : S),
  is_deterministic M (fun s _ => s) -> span (soft_advantage M v s) = span (reward M s).

(** foundation: the algebra of airl-2018-thm-5-2.transfer, for every soft maximum.
    For any reward of pairs. The claim, about log sum exp, is in [SoftRewards]. *)
Definition shaped_rewards_mislead_elsewhere : Prop :=
  forall (R : realFieldType) (S A : finType) (M N : mdp R S A) (m : S -> (A -> R) -> R) (r : S -> A -> R)
         (potential v v' : S -> R),
  is_mdp M -> is_mdp N -> discount N = discount M -> (forall s, is_soft_maximum (m s)) ->
  let true_one := with_reward N r in
  let learnt := with_reward N (fun s a => r s a + shaping M potential s a) in
  let misplaced z := mean (transition M z.1 z.2) potential - mean (transition N z.1 z.2) potential in
  is_soft_value true_one m v -> is_soft_value learnt m v' ->
  largest (fun s => span (fun a => soft_advantage learnt v' s a - soft_advantage true_one v s a)) <=
  discount M / (1 - discount M) * span misplaced.

(** foundation: the algebra of cao-2021-characterisation, for every soft maximum.
    [log_pi s a] is to be tau log pi(a|s): its soft maximum is 0. The claim, about logarithms, is in
    [SoftRewards]. *)
Definition every_value_explains : Prop :=
  forall (R : realFieldType) (S A : finType) (M : mdp R S A) (m : S -> (A -> R) -> R) (log_pi : S -> A -> R)
         (v : S -> R),
  is_mdp M -> (forall s, is_soft_maximum (m s)) -> (forall s, m s (log_pi s) = 0) ->
  let explaining := with_reward M (fun s a => log_pi s a + unshaped M v s a) in
  (forall w, is_soft_value explaining m w <-> w =1 v) /\
  forall s a, soft_advantage explaining v s a = log_pi s a.

(** foundation: the algebra of cao-2021-characterisation.necessary, for every soft maximum.
    The soft advantage is to be tau log pi(a|s): the claim, about logarithms, is in [SoftRewards]. And the
    soft maximum of the soft advantages is 0. *)
Definition every_reward_is_explained : Prop :=
  forall (R : realFieldType) (S A : finType) (M : mdp R S A) (m : S -> (A -> R) -> R) (v : S -> R),
  is_mdp M -> (forall s, is_soft_maximum (m s)) -> is_soft_value M m v ->
  (forall s a, reward M s a = soft_advantage M v s a + unshaped M v s a) /\
  forall s, m s (soft_advantage M v s) = 0.

(** foundation: the algebra of cao-2021-characterisation.dimension, for every soft maximum.
    The rewards with the same policy correspond, one to one, to the functions of the state. The claim, about
    a dimension, is in [Ambiguity]. *)
Definition ambiguity_of_one_environment : Prop :=
  forall (R : realFieldType) (S A : finType) (M : mdp R S A) (m : S -> (A -> R) -> R) (a0 : A)
         (r : S -> A -> R) (v v' : S -> R),
  is_mdp M -> (forall s, is_soft_maximum (m s)) ->
  is_soft_value M m v -> is_soft_value (with_reward M r) m v' ->
  let change u := forall s a, r s a = reward M s a + unshaped M u s a in
  ((forall s a, soft_advantage (with_reward M r) v' s a = soft_advantage M v s a) <-> exists u, change u) /\
  forall u1 u2, change u1 -> change u2 -> u1 =1 u2.

(** foundation: the algebra of cao-2021-two-environments, for any functions v, v', w and w'.
    [w] and [w'] are of the other environment. The claim, about logarithms, is in [SoftRewards]. *)
Definition two_environments : Prop :=
  forall (R : realFieldType) (S A : finType) (M N : mdp R S A) (r r' : S -> A -> R) (v v' w w' : S -> R)
         (s : S) (a : A),
  unshaped M (fun t => v' t - v t) s a - unshaped N (fun t => w' t - w t) s a =
  (soft_advantage (with_reward N r') w' s a - soft_advantage (with_reward N r) w s a) -
  (soft_advantage (with_reward M r') v' s a - soft_advantage (with_reward M r) v s a).

(** foundation: the algebra of cao-2021-two-environments.stable, for every soft maximum.
    The environments may have different discounts; [w] and [w'] are the soft values in the other one. The
    claim, about log sum exp, is in [SoftRewards]. *)
Definition nearly_null_vectors : Prop :=
  forall (R : realFieldType) (S A : finType) (M N : mdp R S A) (m : S -> (A -> R) -> R) (r : S -> A -> R)
         (u t w w' : S -> R),
  is_mdp M -> is_mdp N -> (forall s, is_soft_maximum (m s)) ->
  let before := with_reward N r in
  let after := with_reward N (fun s a => r s a + unshaped M u s a) in
  let residual z := unshaped M u z.1 z.2 - unshaped N t z.1 z.2 in
  is_soft_value before m w -> is_soft_value after m w' ->
  largest (fun s => span (fun a => soft_advantage after w' s a - soft_advantage before w s a)) <=
  (1 - discount N)^-1 * span residual.

(** foundation: the algebra of cao-2021-two-environments.discounts
    The pairs (u, t) that change rewards alike under both discounts correspond, one to one, to the
    functions y whose expectation after a state depends on no action; and u is known from its change of
    rewards. That such changes are those that keep a soft-optimal policy is [ambiguity_of_one_environment],
    for every soft maximum; the claim, about a dimension, is in [Ambiguity]. *)
Definition two_discounts : Prop :=
  forall (R : realFieldType) (S A : finType) (M N : mdp R S A) (a0 : A),
  is_mdp M -> is_mdp N -> transition N = transition M -> discount M != discount N ->
  let alike u t := forall s a, unshaped M u s a = unshaped N t s a in
  let agree y := forall s a b, mean (transition M s a) y = mean (transition M s b) y in
  [/\ forall u t, alike u t -> agree (fun s => discount M * u s - discount N * t s),
      forall y, agree y -> exists u t, alike u t /\ forall s, discount M * u s - discount N * t s = y s,
      forall u1 t1 u2 t2, alike u1 t1 -> alike u2 t2 ->
        (forall s, discount M * u1 s - discount N * t1 s = discount M * u2 s - discount N * t2 s) ->
        u1 =1 u2 /\ t1 =1 t2 &
      forall u1 u2, (forall s, unshaped M u1 s a0 = unshaped M u2 s a0) -> u1 =1 u2].
