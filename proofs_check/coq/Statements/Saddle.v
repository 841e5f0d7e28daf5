(** The saddle point of inverse soft-Q learning, over the real numbers (Garg, Chakraborty, Cundy, Song and
    Ermon, NeurIPS 2021). *)
From mathcomp Require Import all_ssreflect all_algebra.
From ImitationLearning.Definitions Require Import Probability Discounted SoftDiscounted InverseSoft Reals.
Import GRing.Theory Num.Theory.
Local Open Scope ring_scope.

(** claim: iq-prop-3-3
    Every Q, up to a constant, is the saddle point for one law [e] in place of the expert's occupancy: the two
    values agree, no other Q has a larger one, and no other policy a smaller one. [a0] shows that there are
    actions. *)
Definition saddle_point : Prop :=
  forall (S A : finType) (M : mdp reals S A) (a0 : A) (x : S -> A -> reals) (d : S -> reals),
  let pi s := softmax 1 (x s) in
  is_mdp M -> is_state_law M pi d ->
  let rho := occupancy pi d in
  let r := implied_reward M (fun=> log_sum_exp 1) x in
  let mass := \sum_s \sum_a rho s a * exp (r s a + 1) in
  let e s a := rho s a * exp (r s a + 1) / mass in
  let best s a := x s a - ln mass / (1 - discount M) in
  let dual y := soft_objective M kl_utility e (fun=> log_sum_exp 1) y in
  let primal p law := kl (joint (occupancy p law)) (joint e) - mean law (fun s => entropy (p s)) in
  [/\ law (joint e),
      forall s a, rho s a = e s a * exp (- implied_reward M (fun=> log_sum_exp 1) best s a - 1),
      dual best = primal pi d,
      forall y, dual y <= dual best &
      forall p law, is_policy p -> is_state_law M p law -> shown_by (joint e) (joint (occupancy p law)) ->
      primal pi d <= primal p law].
