(** Divergences do not grow when trajectories are seen through their steps, or these through their states
    (Csiszar, 1967). The squared Hellinger distance takes square roots: numbers of a real closed field. *)
From mathcomp Require Import all_ssreflect all_algebra.
From ImitationLearning.Definitions Require Import Probability FiniteHorizon Trajectories Parting ChiSquared.
From ImitationLearning.Definitions Require Discounted.
Import GRing.Theory Num.Theory.
Local Open Scope ring_scope.

(** foundation: channels bring laws closer together in chi-squared and in squared Hellinger distance *)
Definition channels : Prop :=
  forall (R : rcfType) (T U : finType) (p q : T -> R) (k : T -> U -> R),
  law p -> law q -> (forall x, law (k x)) ->
  let seen (p : T -> R) y := mean p (fun x => k x y) in
  hellinger2 (seen p) (seen q) <= hellinger2 p q /\
  ((forall x, q x = 0 -> p x = 0) -> chi2 (seen p) (seen q) <= chi2 p q).

(** claim: occ-dpi.chi2
    The second policy may take every action that the first one takes where that one goes, here and below. *)
Definition trajectories_chi2 : Prop :=
  forall (R : realFieldType) (S A : finType) (M : mdp R S A) (H : nat) (pi other : policy R S A),
  is_mdp M -> is_policy pi -> is_policy other ->
  (forall h s a, (h < H)%N -> 0 < state_law M pi h s -> other h s a = 0 -> pi h s a = 0) ->
  H%:R^-1 * (\sum_(h < H) chi2 (joint (occupancy M pi h)) (joint (occupancy M other h))) <=
  chi2 (trajectory_law M (forgetful pi) (n := H)) (trajectory_law M (forgetful other) (n := H)).

(** claim: occ-dpi.states-chi2 *)
Definition states_chi2 : Prop :=
  forall (R : realFieldType) (S A : finType) (M : mdp R S A) (H : nat) (pi other : policy R S A),
  is_mdp M -> is_policy pi -> is_policy other ->
  (forall h s a, (h < H)%N -> 0 < state_law M pi h s -> other h s a = 0 -> pi h s a = 0) ->
  \sum_(h < H) chi2 (state_law M pi h) (state_law M other h) <=
  \sum_(h < H) chi2 (joint (occupancy M pi h)) (joint (occupancy M other h)).

(** claim: occ-dpi.states-chi2-discounted *)
Definition states_chi2_discounted : Prop :=
  forall (R : realFieldType) (S A : finType) (M : Discounted.mdp R S A) (pi other : Discounted.policy R S A),
  forall d e : S -> R,
  Discounted.is_mdp M -> Discounted.is_policy pi -> Discounted.is_policy other ->
  Discounted.is_state_law M pi d -> Discounted.is_state_law M other e ->
  (forall s a, 0 < d s -> other s a = 0 -> pi s a = 0) ->
  chi2 d e <= chi2 (joint (Discounted.occupancy pi d)) (joint (Discounted.occupancy other e)).

(** claim: occ-dpi.hellinger2 *)
Definition trajectories_hellinger2 : Prop :=
  forall (R : rcfType) (S A : finType) (M : mdp R S A) (H : nat) (pi other : policy R S A),
  is_mdp M -> is_policy pi -> is_policy other ->
  H%:R^-1 * (\sum_(h < H) hellinger2 (joint (occupancy M pi h)) (joint (occupancy M other h))) <=
  hellinger2 (trajectory_law M (forgetful pi) (n := H)) (trajectory_law M (forgetful other) (n := H)).

(** claim: occ-dpi.states-hellinger2 *)
Definition states_hellinger2 : Prop :=
  forall (R : rcfType) (S A : finType) (M : mdp R S A) (H : nat) (pi other : policy R S A),
  is_mdp M -> is_policy pi -> is_policy other ->
  \sum_(h < H) hellinger2 (state_law M pi h) (state_law M other h) <=
  \sum_(h < H) hellinger2 (joint (occupancy M pi h)) (joint (occupancy M other h)).

(** claim: occ-dpi.states-hellinger2-discounted *)
Definition states_hellinger2_discounted : Prop :=
  forall (R : rcfType) (S A : finType) (M : Discounted.mdp R S A) (pi other : Discounted.policy R S A),
  forall d e : S -> R,
  Discounted.is_mdp M -> Discounted.is_policy pi -> Discounted.is_policy other ->
  Discounted.is_state_law M pi d -> Discounted.is_state_law M other e ->
  hellinger2 d e <= hellinger2 (joint (Discounted.occupancy pi d)) (joint (Discounted.occupancy other e)).

(** claim: xu-2020-gail-js.chi2
    The largest reward, in absolute value, is the least such [size]. *)
Definition matching_chi2 : Prop :=
  forall (R : realFieldType) (S A : finType) (M : Discounted.mdp R S A),
  forall (expert learner : Discounted.policy R S A) (d e v w : S -> R) (size : R),
  Discounted.is_mdp M -> Discounted.is_policy expert -> Discounted.is_policy learner ->
  (forall s a, `|Discounted.reward M s a| <= size) ->
  Discounted.is_state_law M expert d -> Discounted.is_state_law M learner e ->
  Discounted.is_value M expert v -> Discounted.is_value M learner w ->
  (forall s a, 0 < d s -> learner s a = 0 -> expert s a = 0) ->
  ((1 - Discounted.discount M) * `|Discounted.value M v - Discounted.value M w|) ^+ 2 <=
  size ^+ 2 * chi2 (joint (Discounted.occupancy expert d)) (joint (Discounted.occupancy learner e)).
