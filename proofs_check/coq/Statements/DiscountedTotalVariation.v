(** From distances of policies to distances of occupancies, and from these to values, with a discount. *)
From mathcomp Require Import all_ssreflect all_algebra.
From ImitationLearning.Definitions Require Import Probability Discounted.
Import GRing.Theory Num.Theory.
Local Open Scope ring_scope.

(** claim: occ-l1-from-policy *)
Definition states_from_policies : Prop :=
  forall (R : realFieldType) (S A : finType) (M : mdp R S A) (pi other : policy R S A) (d e : S -> R),
  is_mdp M -> is_policy pi -> is_policy other -> is_state_law M pi d -> is_state_law M other e ->
  tv d e <= discount M * ((1 - discount M)^-1 * mean d (fun s => tv (pi s) (other s))).

(** claim: occ-l1-from-policy.pairs *)
Definition pairs_from_policies : Prop :=
  forall (R : realFieldType) (S A : finType) (M : mdp R S A) (pi other : policy R S A) (d e : S -> R),
  is_mdp M -> is_policy pi -> is_policy other -> is_state_law M pi d -> is_state_law M other e ->
  tv (joint (occupancy pi d)) (joint (occupancy other e)) <=
  (1 - discount M)^-1 * mean d (fun s => tv (pi s) (other s)).

(** claim: j-gap-from-occ *)
Definition gap_from_occupancy : Prop :=
  forall (R : realFieldType) (S A : finType) (M : mdp R S A) (pi other : policy R S A) (d e v w : S -> R),
  is_mdp M -> is_policy pi -> is_policy other -> unit_rewards M ->
  is_state_law M pi d -> is_state_law M other e -> is_value M pi v -> is_value M other w ->
  `|value M v - value M w| <= (1 - discount M)^-1 * tv (joint (occupancy pi d)) (joint (occupancy other e)).

(** claim: j-gap-from-occ.signed
    The distance in the l1 norm is twice the total variation. *)
Definition gap_from_occupancy_signed : Prop :=
  forall (R : realFieldType) (S A : finType) (M : mdp R S A) (pi other : policy R S A),
  forall (d e v w : S -> R) (size : R),
  is_mdp M -> is_policy pi -> is_policy other -> (forall s a, `|reward M s a| <= size) ->
  is_state_law M pi d -> is_state_law M other e -> is_value M pi v -> is_value M other w ->
  `|value M v - value M w| <=
  2%:R * size * ((1 - discount M)^-1 * tv (joint (occupancy pi d)) (joint (occupancy other e))).

(** claim: j-gap-from-occ.sharp
    That no reward in [0, 1] has more is [gap_from_occupancy] above. *)
Definition gap_attained : Prop :=
  forall (R : realFieldType) (S A : finType) (M : mdp R S A) (pi other : policy R S A) (d e v w : S -> R),
  is_mdp M -> is_policy pi -> is_policy other -> is_state_law M pi d -> is_state_law M other e ->
  let separating := with_reward M (fun s a => (occupancy other e s a < occupancy pi d s a)%R%:R) in
  is_value separating pi v -> is_value separating other w ->
  value separating v - value separating w =
  (1 - discount M)^-1 * tv (joint (occupancy pi d)) (joint (occupancy other e)).

(** claim: occ-dpi.states-tv-discounted *)
Definition states_tv : Prop :=
  forall (R : realFieldType) (S A : finType) (M : mdp R S A) (pi other : policy R S A) (d e : S -> R),
  is_mdp M -> is_policy pi -> is_policy other -> is_state_law M pi d -> is_state_law M other e ->
  tv d e <= tv (joint (occupancy pi d)) (joint (occupancy other e)).
