(** The entropy of an occupancy, over the real numbers (Ho and Ermon, NeurIPS 2016; Garg, Chakraborty,
    Cundy, Song and Ermon, NeurIPS 2021). Laws of states are normalised, so that means under them are
    means over time. *)
From mathcomp Require Import all_ssreflect all_algebra.
From ImitationLearning.Definitions Require Import Probability Discounted InverseSoft Reals.
From ImitationLearning.Definitions Require FiniteHorizon.
Import GRing.Theory Num.Theory.
Local Open Scope ring_scope.

(** claim: ho-ermon-2016-entropy *)
Definition of_the_occupancy : Prop :=
  forall (S A : finType) (M : mdp reals S A) (pi : policy reals S A) (d : S -> reals),
  is_mdp M -> is_policy pi -> is_state_law M pi d ->
  occupancy_entropy (occupancy pi d) = mean d (fun s => entropy (pi s)).

(** claim: ho-ermon-2016-entropy.finite
    Steps are 0, ..., H - 1. *)
Definition of_the_occupancies : Prop :=
  forall (S A : finType) (M : FiniteHorizon.mdp reals S A) (H : nat) (pi : FiniteHorizon.policy reals S A),
  FiniteHorizon.is_mdp M -> FiniteHorizon.is_policy pi ->
  H%:R^-1 * (\sum_(h < H) occupancy_entropy (FiniteHorizon.occupancy M pi h)) =
  H%:R^-1 * (\sum_(h < H) mean (FiniteHorizon.state_law M pi h) (fun s => entropy (pi h s))).

(** claim: ho-ermon-2016-entropy.concave *)
Definition concave : Prop :=
  forall (S A : finType) (M : mdp reals S A) (first second : policy reals S A) (d1 d2 : S -> reals)
         (w : reals),
  is_mdp M -> is_policy first -> is_policy second -> 0 <= w <= 1 ->
  is_state_law M first d1 -> is_state_law M second d2 ->
  w * mean d1 (fun s => entropy (first s)) + (1 - w) * mean d2 (fun s => entropy (second s)) <=
  occupancy_entropy (fun s a => w * occupancy first d1 s a + (1 - w) * occupancy second d2 s a).

(** claim: ho-ermon-2016-entropy.ray
    For any measure. *)
Definition linear_on_rays : Prop :=
  forall (S A : finType) (x : S -> A -> reals),
  occupancy_entropy (fun s a => 2%:R * x s a) = 2%:R * occupancy_entropy x.

(** claim: ho-ermon-2016-entropy.strict *)
Definition strictly_concave : Prop :=
  forall (S A : finType) (M : mdp reals S A) (first second : policy reals S A) (d1 d2 : S -> reals),
  is_mdp M -> is_policy first -> is_policy second -> is_state_law M first d1 -> is_state_law M second d2 ->
  let x s a := (occupancy first d1 s a + occupancy second d2 s a) / 2%:R in
  occupancy_entropy x
  - (mean d1 (fun s => entropy (first s)) + mean d2 (fun s => entropy (second s))) / 2%:R =
  (mean d1 (fun s => kl (first s) (normalise x s)) + mean d2 (fun s => kl (second s) (normalise x s))) / 2%:R.

(** claim: iq-lemma-3-2.convex-in-occupancies
    For any measure [e] in place of the expert's occupancy; [d] is the law of states of the policy that
    has the occupancy [x] (Mixtures.mixture). *)
Definition convex_in_occupancies : Prop :=
  forall (S A : finType) (M : mdp reals S A) (first second : policy reals S A) (d1 d2 d : S -> reals)
         (e r : S -> A -> reals),
  is_mdp M -> is_policy first -> is_policy second -> is_state_law M first d1 -> is_state_law M second d2 ->
  let x s a := (occupancy first d1 s a + occupancy second d2 s a) / 2%:R in
  let payoff pi law := irl_payoff (@entropy A) (fun y => y - y ^+ 2 / 4%:R) e pi law r in
  is_state_law M (normalise x) d ->
  payoff (normalise x) d <= (payoff first d1 + payoff second d2) / 2%:R.
