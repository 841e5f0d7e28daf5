(** How many dimensions of rewards have the same soft-optimal policy, over the real numbers (Fu, Luo and
    Levine, ICLR 2018; Cao, Cohen and Szpruch, NeurIPS 2021).

    Counted are the changes of a reward that keep its policy, at any temperature tau; those rewards are it and
    a change. [a0] shows that there are actions. *)
From mathcomp Require Import all_ssreflect all_algebra.
From ImitationLearning.Definitions Require Import Discounted Identification Ambiguity Reals.
Import GRing.Theory Num.Theory.
Local Open Scope ring_scope.

(** foundation: no set of functions has two dimensions *)
Definition one_dimension : Prop :=
  forall (R : realFieldType) (T : finType) (among : (T -> R) -> Prop) (m n : nat),
  has_dimension among m -> has_dimension among n -> m = n.

(** claim: airl-2018-thm-5-1 *)
Definition state_rewards_are_identified : Prop :=
  forall (S A : finType) (M : mdp reals S A) (move : S -> A -> S) (a0 : A) (tau : reals) (r : S -> reals),
  is_mdp M -> is_deterministic M move -> decomposable move -> 0 < discount M -> 0 < tau ->
  has_dimension (fun x => same_policy M tau (of_states r) (of_states (fun s => r s + x s))) 1.

(** claim: airl-2018-thm-5-1.classes
    [n_comp] counts the classes of states that links connect, directly or through others. *)
Definition ambiguity_counts_classes : Prop :=
  forall (S A : finType) (M : mdp reals S A) (move : S -> A -> S) (a0 : A) (tau : reals) (r : S -> reals),
  is_mdp M -> is_deterministic M move -> 0 < discount M -> 0 < tau ->
  has_dimension (fun x => same_policy M tau (of_states r) (of_states (fun s => r s + x s)))
                (n_comp (linked move) predT).

(** foundation: in any model, rewards of states are as ambiguous as the differences of transitions leave open
    This number is what Python computes for airl-2018-thm-5-1 and its classes. *)
Definition ambiguity_of_state_rewards : Prop :=
  forall (S A : finType) (M : mdp reals S A) (a0 : A) (tau : reals) (r : S -> reals),
  is_mdp M -> 0 < discount M -> 0 < tau ->
  has_dimension (fun x => same_policy M tau (of_states r) (of_states (fun s => r s + x s)))
                (#|S| - \rank (transition_differences M a0))%N.

(** claim: cao-2021-characterisation.dimension *)
Definition ambiguity_of_one_environment : Prop :=
  forall (S A : finType) (M : mdp reals S A) (a0 : A) (tau : reals) (r : S -> A -> reals),
  is_mdp M -> 0 < tau ->
  has_dimension (fun x => same_policy M tau r (fun s a => r s a + x (s, a))) #|S|.

(** claim: cao-2021-two-environments.discounts
    Whatever the action a0. *)
Definition two_discounts : Prop :=
  forall (S A : finType) (M N : mdp reals S A) (a0 : A) (tau : reals) (r : S -> A -> reals),
  is_mdp M -> is_mdp N -> transition N = transition M -> discount M != discount N -> 0 < tau ->
  has_dimension (fun x => same_policy M tau r (fun s a => r s a + x (s, a)) /\
                          same_policy N tau r (fun s a => r s a + x (s, a)))
                (#|S| - \rank (transition_differences M a0))%N.
