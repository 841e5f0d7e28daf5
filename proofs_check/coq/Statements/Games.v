(** Averages of play without regret are nearly an equilibrium (Freund and Schapire, 1999), and weak
    duality. *)
From mathcomp Require Import all_ssreflect all_algebra.
From ImitationLearning.Definitions Require Import Probability FiniteHorizon Moments Games.
Import GRing.Theory Num.Theory.
Local Open Scope ring_scope.

(** foundation: averages of play in a convex-concave game have a gap of at most the sum of the mean regrets
    For every pair of answers (a, b), so for the best ones. *)
Definition no_regret_saddle : Prop :=
  forall (R : realFieldType) (X Y : lmodType R) (allowed_x : X -> Prop) (allowed_y : Y -> Prop)
         (payoff : X -> Y -> R) (T : nat) (x : nat -> X) (y : nat -> Y),
  (0 < T)%N -> (forall t, allowed_x (x t)) -> (forall t, allowed_y (y t)) ->
  (forall b, allowed_y b -> is_convex allowed_x (fun a => payoff a b)) ->
  (forall a, allowed_x a -> is_convex allowed_y (fun b => - payoff a b)) ->
  forall a b, allowed_x a -> allowed_y b ->
  payoff (mean_move T x) b - payoff a (mean_move T y) <=
  T%:R^-1 * (regret_of_min payoff T x y a + regret_of_max payoff T x y b).

(** foundation: in a bilinear game the gap is the sum of the mean regrets *)
Definition no_regret_bilinear : Prop :=
  forall (R : realFieldType) (X Y : lmodType R) (payoff : X -> Y -> R) (T : nat)
         (x : nat -> X) (y : nat -> Y),
  (forall b, is_linear (fun a => payoff a b)) -> (forall a, is_linear (payoff a)) ->
  forall a b,
  payoff (mean_move T x) b - payoff a (mean_move T y) =
  T%:R^-1 * (regret_of_min payoff T x y a + regret_of_max payoff T x y b).

(** foundation: who answers best has no regret, so that the other player's regret bounds the gap *)
Definition best_responses : Prop :=
  forall (R : realFieldType) (X Y : lmodType R) (payoff : X -> Y -> R) (T : nat)
         (x : nat -> X) (y : nat -> Y),
  (forall b, is_linear (fun a => payoff a b)) -> (forall a, is_linear (payoff a)) ->
  forall b, (forall t, payoff (x t) b <= payoff (x t) (y t)) ->
  forall a, payoff (mean_move T x) b - payoff a (mean_move T y) <= T%:R^-1 * regret_of_min payoff T x y a.

(** foundation: what learners lose to an expert is the sum of two regrets in the game of reward moments
    The regret of the learners against the expert, and that of the functions against minus the reward. *)
Definition imitation_by_play : Prop :=
  forall (R : realFieldType) (S A : finType) (M : mdp R S A) (H T : nat) (expert : policy R S A)
         (learners : nat -> policy R S A) (f : nat -> nat -> S -> A -> R),
  is_mdp M -> is_policy expert -> (forall t, is_policy (learners t)) ->
  let u1 pi g := payoff H (reward_mismatch M expert pi) g in
  let against h s a := - reward M h s a in
  T%:R^-1 * (\sum_(t < T) (value M H expert - value M H (learners t))) =
  H%:R * (T%:R^-1 * (regret_of_min u1 T learners f expert + regret_of_max u1 T learners f against)).

(** foundation: what an adversary guarantees is at most what a policy guarantees, in any game *)
Definition weak_duality : Prop :=
  forall (R : realFieldType) (X Y : Type) (allowed_x : X -> Prop) (allowed_y : Y -> Prop)
         (payoff : X -> Y -> R) (low high : R) (a : X) (b : Y),
  allowed_x a -> allowed_y b ->
  (forall a', allowed_x a' -> low <= payoff a' b) ->
  (forall b', allowed_y b' -> payoff a b' <= high) ->
  low <= high.

(** foundation: in the three moment games no function guarantees more than 0, and no policy less
    The expert's own policy attains 0, so each game has the value 0. *)
Definition moment_games : Prop :=
  forall (R : realFieldType) (S A : finType) (M : mdp R S A) (H : nat) (expert : policy R S A),
  is_policy expert ->
  let games := [:: reward_mismatch M; off_policy_mismatch M; on_policy_mismatch M] in
  forall i, (i < 3)%N ->
  let g := nth (reward_mismatch M) games i in
  (forall f low, (forall pi, is_policy pi -> low <= payoff H (g expert pi) f) -> low <= 0) /\
  (forall pi, 0 <= largest_payoff H (g expert pi)) /\ largest_payoff H (g expert expert) = 0.
