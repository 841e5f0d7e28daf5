(** The occupancies of deterministic policies are the vertices of the set of occupancies, with a discount. *)
From mathcomp Require Import all_ssreflect all_algebra.
From ImitationLearning.Definitions Require Import Probability Families Discounted.
Import GRing.Theory Num.Theory.
Local Open Scope ring_scope.

(** claim: occ-vertices
    The maximum over the deterministic policies: one of them is above all policies. *)
Definition hull : Prop :=
  forall (R : realFieldType) (S A : finType) (M : mdp R S A) (r : S -> A -> R) (a : A),
  is_mdp M ->
  exists act : S -> A, forall (pi : policy R S A) (d e : S -> R),
  is_policy pi -> is_state_law M pi d -> is_state_law M (fun s => surely R (act s)) e ->
  \sum_s \sum_a occupancy pi d s a * r s a <=
  \sum_s \sum_a occupancy (fun s => surely R (act s)) e s a * r s a.

(** claim: occ-vertices.segment
    The policies agree in all states but [s0]. *)
Definition segment : Prop :=
  forall (R : realFieldType) (S A : finType) (M : mdp R S A) (first second : policy R S A) (s0 : S) (w : R),
  is_mdp M -> is_policy first -> is_policy second -> 0 <= w <= 1 ->
  (forall s, s != s0 -> first s =1 second s) ->
  let mixed s a := w * first s a + (1 - w) * second s a in
  forall d1 d2 d : S -> R, is_state_law M first d1 -> is_state_law M second d2 -> is_state_law M mixed d ->
  forall s a, (w * d2 s0 + (1 - w) * d1 s0) * occupancy mixed d s a =
              w * d2 s0 * occupancy first d1 s a + (1 - w) * d1 s0 * occupancy second d2 s a.

(** claim: occ-vertices.distinct *)
Definition distinct : Prop :=
  forall (R : realFieldType) (S A : finType) (M : mdp R S A) (act other : S -> A) (d e : S -> R),
  is_mdp M ->
  let pi s := surely R (act s) in let pi' s := surely R (other s) in
  is_state_law M pi d -> is_state_law M pi' e ->
  (1 - discount M) * (\sum_(s | act s != other s) start M s) <=
  tv (joint (occupancy pi d)) (joint (occupancy pi' e)).

(** claim: occ-vertices.exposed *)
Definition exposed : Prop :=
  forall (R : realFieldType) (S A : finType) (M : mdp R S A) (pi : policy R S A) (act : S -> A),
  forall d e : S -> R, is_mdp M -> is_policy pi -> let vertex s := surely R (act s) in
  is_state_law M pi d -> is_state_law M vertex e ->
  (1 - discount M) * tv (joint (occupancy pi d)) (joint (occupancy vertex e)) <=
  1 - \sum_s occupancy pi d s (act s).
