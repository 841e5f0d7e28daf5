(** Finite Markov games with a horizon, whose agents a mediator advises.

    At each step the mediator draws an action for every agent, jointly. An agent sees the state and what is
    advised to itself, and obeys or does something else; its regret is what that may gain it. All agents have
    the same actions; a game of agents with different ones is one in which some actions do the same. *)
From mathcomp Require Import all_ssreflect all_algebra.
From ImitationLearning.Definitions Require Import Probability FiniteHorizon Extremes.
Set Implicit Arguments.
Unset Strict Implicit.
Import GRing.Theory Num.Theory.
Local Open Scope ring_scope.

(** An action for each agent. *)
Definition joint_action (I A : finType) : finType := [finType of {ffun I -> A}].

Record game (R : realFieldType) (I S A : finType) := Game {
  transition : nat -> S -> joint_action I A -> S -> R;
  reward : I -> nat -> S -> joint_action I A -> R;
  start : S -> R
}.

(** The law of the advice: correlated or not. *)
Definition mediator (R : realFieldType) (I S A : finType) := policy R S (joint_action I A).

(** What an agent does if it is in this state at this step and this is advised to it. *)
Definition deviation (S A : finType) := nat -> S -> A -> A.

Section MarkovGame.
Variables (R : realFieldType) (I S A : finType).
Implicit Types (G : game R I S A) (i : I) (sigma : mediator R I S A) (phi : deviation S A) (H h : nat).

(** The model in which actions are joint and the rewards are those of one agent. *)
Definition model_of G i : mdp R S (joint_action I A) := Mdp (transition G) (reward G i) (start G).

Definition is_game G : Prop := (forall h s a, law (transition G h s a)) /\ law (start G).

Definition unit_rewards G : Prop := forall i h s a, 0 <= reward G i h s a <= 1.

Definition with_rewards G (r : I -> nat -> S -> joint_action I A -> R) : game R I S A :=
  Game (transition G) r (start G).

(** J of an agent. *)
Definition value G H i sigma : R := FiniteHorizon.value (model_of G i) H sigma.

(** The advice [a], but agent [i] does [b]. *)
Definition instead i (a : joint_action I A) (b : A) : joint_action I A :=
  [ffun j => if j == i then b else a j].

(** What is done if agent [i] deviates and all others obey. *)
Definition deviating i phi sigma : mediator R I S A :=
  fun h s b => \sum_(a | instead i a (phi h s (a i)) == b) sigma h s a.

(** What the deviation gains the agent. *)
Definition gain G H sigma i phi : R := value G H i (deviating i phi sigma) - value G H i sigma.

(** The deviation that a table describes; after its last step the agent obeys. *)
Definition as_told H (phi : {ffun 'I_H * S * A -> A}) : deviation S A :=
  fun h s b => if insub h is Some k then phi (k, s, b) else b.

(** The most that one agent gains with one deviation, never negative: who obeys gains 0.
    [Statements.MarkovGames.regret_is_largest_gain] says that this is the maximum over all deviations. *)
Definition regret G H sigma : R :=
  largest (fun i : I => largest (fun phi : {ffun 'I_H * S * A -> A} => gain G H sigma i (as_told phi))).

End MarkovGame.
