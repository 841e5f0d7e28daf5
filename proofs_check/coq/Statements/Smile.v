(** SMILe: the expert's actions are handed over to learnt policies, a small share at a time.

    The learner's mistakes are counted where the policy before the update goes; [u] bounds what an action
    loses against the expert's before that policy goes on, and the largest loss is the least such [u]. *)
From mathcomp Require Import all_ssreflect all_algebra.
From ImitationLearning.Definitions Require Import Probability FiniteHorizon Imitation.
Import GRing.Theory Num.Theory.
Local Open Scope ring_scope.

(** claim: ross-bagnell-2010-smile.sharper *)
Definition step_sharper : Prop :=
  forall (R : realFieldType) (S A : finType) (M : mdp R S A) (H : nat) (act : nat -> S -> A)
    (others learner : policy R S A) (alpha u : R),
  let expert := playing R act in
  let before := acting expert others alpha in
  let after := acting learner others alpha in
  is_mdp M -> is_policy others -> is_policy learner -> 0 <= alpha <= 1 ->
  (forall h s a, (h < H)%N -> q M H before h s (act h s) - q M H before h s a <= u) ->
  let error h := step_error (state_law M before) expert learner h in
  value M H before - value M H after
  <= alpha * u * (\sum_(h < H) error h + alpha * \sum_(h < H) (H - h.+1)%:R * error h).

(** claim: ross-bagnell-2010-smile.step *)
Definition step : Prop :=
  forall (R : realFieldType) (S A : finType) (M : mdp R S A) (H : nat) (act : nat -> S -> A)
    (others learner : policy R S A) (alpha u : R),
  let expert := playing R act in
  let before := acting expert others alpha in
  let after := acting learner others alpha in
  is_mdp M -> unit_rewards M -> is_policy others -> is_policy learner -> 0 <= alpha <= 1 ->
  (forall h s a, (h < H)%N -> q M H before h s (act h s) - q M H before h s a <= u) ->
  let mistakes := expected_loss H (fun h s a => 1 - expert h s a) learner (state_law M before) in
  value M H before - value M H after
  <= alpha * (u * H%:R * mistakes) + alpha ^+ 2 * ((H%:R ^+ 3 - H%:R) / 3%:R).

(** claim: ross-bagnell-2010-smile *)
Definition smile_bound : Prop :=
  forall (R : realFieldType) (S A : finType) (M : mdp R S A) (H N : nat) (act : nat -> S -> A)
    (learners : nat -> policy R S A) (alpha : R) (u : nat -> R),
  let expert := playing R act in
  let policy n := smile expert learners alpha n in
  is_mdp M -> unit_rewards M -> (forall n, is_policy (learners n)) -> 0 <= alpha <= 1 ->
  (forall n h s a, (n < N)%N -> (h < H)%N ->
    q M H (policy n) h s (act h s) - q M H (policy n) h s a <= u n) ->
  let mistakes n := expected_loss H (fun h s a => 1 - expert h s a) (learners n) (state_law M (policy n)) in
  value M H expert - value M H (policy N)
  <= \sum_(n < N) alpha * (1 - alpha) ^+ n * (u n * H%:R * mistakes n)
     + alpha / (2%:R - alpha) * ((H%:R ^+ 3 - H%:R) / 3%:R).

(** claim: ross-bagnell-2010-smile.renormalised *)
Definition smile_renormalised : Prop :=
  forall (R : realFieldType) (S A : finType) (M : mdp R S A) (H N : nat) (act : nat -> S -> A)
    (learners : nat -> policy R S A) (alpha : R) (u : nat -> R),
  let expert := playing R act in
  let policy n := smile expert learners alpha n in
  is_mdp M -> unit_rewards M -> (0 < N)%N -> (forall n, is_policy (learners n)) -> 0 <= alpha <= 1 ->
  (forall n h s a, (n < N)%N -> (h < H)%N ->
    q M H (policy n) h s (act h s) - q M H (policy n) h s a <= u n) ->
  let mistakes n := expected_loss H (fun h s a => 1 - expert h s a) (learners n) (state_law M (policy n)) in
  value M H expert - value M H (smile_without_expert learners alpha N)
  <= \sum_(n < N) alpha * (1 - alpha) ^+ n * (u n * H%:R * mistakes n)
     + alpha / (2%:R - alpha) * ((H%:R ^+ 3 - H%:R) / 3%:R) + (1 - alpha) ^+ N * ((H * H.+1)%:R / 2%:R).
