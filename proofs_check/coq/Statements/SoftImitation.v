(** Inverse soft-Q learning with logarithms, over the real numbers (Garg, Chakraborty, Cundy, Song and Ermon,
    NeurIPS 2021), and what of it Ho and Ermon (NeurIPS 2016) say.

    V* is log sum exp of the action values and pi_Q their softmax, at temperature 1 ([Definitions.Reals]);
    [Statements.Reals.soft_values_exist] says that there are soft values. [a0] shows that there are actions.
    Where the divergence is asked to be finite ([shown_by]), the claim has nothing to say otherwise. *)
From mathcomp Require Import all_ssreflect all_algebra.
From ImitationLearning.Definitions Require Import Probability Extremes Discounted SoftDiscounted.
From ImitationLearning.Definitions Require Import Identification InverseSoft Reals.
From ImitationLearning.Definitions Require FiniteHorizon SoftFiniteHorizon.
Import GRing.Theory Num.Theory.
Local Open Scope ring_scope.

(** claim: iq-lemma-3-1.optimality
    For the reward T Q the equations have a solution, Q, and no other; and every reward is that of one Q. *)
Definition optimality_bijection : Prop :=
  forall (S A : finType) (M : mdp reals S A) (a0 : A),
  is_mdp M ->
  let V (s : S) := @log_sum_exp A 1 in
  (forall x y, is_soft_q (with_reward M (implied_reward M V x)) V y <-> forall s a, y s a = x s a) /\
  exists x, forall y, (forall s a, implied_reward M V y s a = reward M s a) <-> (forall s a, y s a = x s a).

(** claim: iq-lemma-3-1.contraction *)
Definition contraction : Prop :=
  forall (S A : finType) (M : mdp reals S A) (a0 : A) (x y : S -> A -> reals),
  is_mdp M ->
  let V (s : S) := @log_sum_exp A 1 in
  distance (next_value M V x) (next_value M V y) <= discount M * distance x y.

(** claim: iq-prop-3-3.gap *)
Definition duality_gap : Prop :=
  forall (S A : finType) (M : mdp reals S A) (a0 : A) (expert pi : policy reals S A) (d_E d : S -> reals)
         (x : S -> A -> reals),
  is_mdp M -> is_policy expert -> is_policy pi -> is_state_law M expert d_E -> is_state_law M pi d ->
  let e := occupancy expert d_E in
  let rho := occupancy pi d in
  let r := implied_reward M (fun=> log_sum_exp 1) x in
  let f y := y * ln y in
  shown_by (joint e) (joint rho) ->
  kl (joint rho) (joint e) - mean d (fun s => entropy (pi s))
  - soft_objective M kl_utility e (fun=> log_sum_exp 1) x =
  \sum_s \sum_a (e s a * f (rho s a / e s a) - e s a * kl_utility (r s a) + rho s a * r s a) +
  mean d (fun s => kl (pi s) (softmax 1 (x s))).

(** claim: iq-prop-3-3.weak *)
Definition weak_duality : Prop :=
  forall (S A : finType) (M : mdp reals S A) (a0 : A) (expert pi : policy reals S A) (d_E d : S -> reals)
         (x : S -> A -> reals),
  is_mdp M -> is_policy expert -> is_policy pi -> is_state_law M expert d_E -> is_state_law M pi d ->
  let e := occupancy expert d_E in
  let rho := occupancy pi d in
  shown_by (joint e) (joint rho) ->
  soft_objective M kl_utility e (fun=> log_sum_exp 1) x <=
  kl (joint rho) (joint e) - mean d (fun s => entropy (pi s)).

(** claim: iq-prop-3-3.weak-finite
    Steps are 0, ..., H - 1. *)
Definition weak_duality_finite : Prop :=
  forall (S A : finType) (M : FiniteHorizon.mdp reals S A) (a0 : A) (H : nat)
         (expert pi : FiniteHorizon.policy reals S A) (x : nat -> S -> A -> reals),
  FiniteHorizon.is_mdp M -> FiniteHorizon.is_policy expert -> FiniteHorizon.is_policy pi ->
  let e := FiniteHorizon.occupancy M expert in
  let rho := FiniteHorizon.occupancy M pi in
  let V (h : nat) (s : S) := @log_sum_exp A 1 in
  let r := SoftFiniteHorizon.implied_reward M V H x in
  (forall h, (h < H)%N -> shown_by (joint (e h)) (joint (rho h))) ->
  H%:R^-1 * (\sum_(h < H) \sum_s \sum_a e h s a * kl_utility (r h s a))
  - H%:R^-1 * mean (FiniteHorizon.start M) (SoftFiniteHorizon.v_of V H x 0) <=
  H%:R^-1 * \sum_(h < H) (kl (joint (rho h)) (joint (e h))
                          - mean (FiniteHorizon.state_law M pi h) (fun s => entropy (pi h s))).

(** claim: iq-prop-3-3.not-attained *)
Definition below_the_likelihood : Prop :=
  forall (S A : finType) (M : mdp reals S A) (a0 : A) (expert : policy reals S A) (d_E : S -> reals)
         (x : S -> A -> reals),
  is_mdp M -> is_policy expert -> is_state_law M expert d_E ->
  let e := occupancy expert d_E in
  soft_objective M (fun y => y - y ^+ 2 / 4%:R) e (fun=> log_sum_exp 1) x <=
  inner e (fun s a => ln (softmax 1 (x s) a)).

(** claim: iq-prop-3-4
    The first line is J(pi_Q, Q) = J*(Q). For any measure [e] in place of the expert's occupancy. *)
Definition best_response : Prop :=
  forall (S A : finType) (M : mdp reals S A) (a0 : A) (e : S -> A -> reals) (pi : policy reals S A)
         (x : S -> A -> reals),
  is_mdp M -> is_policy pi -> (forall s a, 0 <= e s a) ->
  let J p := soft_objective M kl_utility e (soft_evaluation (@entropy A) p) x in
  J (fun s => softmax 1 (x s)) = soft_objective M kl_utility e (fun=> log_sum_exp 1) x /\
  J (fun s => softmax 1 (x s)) <= J pi.

(** claim: iq-prop-3-4.chi2
    As above. *)
Definition best_response_chi2 : Prop :=
  forall (S A : finType) (M : mdp reals S A) (a0 : A) (e : S -> A -> reals) (pi : policy reals S A)
         (x : S -> A -> reals),
  is_mdp M -> is_policy pi -> (forall s a, 0 <= e s a) ->
  let J p := soft_objective M (@chi2_envelope reals) e (soft_evaluation (@entropy A) p) x in
  J (fun s => softmax 1 (x s)) = soft_objective M (@chi2_envelope reals) e (fun=> log_sum_exp 1) x /\
  J (fun s => softmax 1 (x s)) <= J pi.

(** claim: iq-continuous
    [stepped] is proportional to pi^(1 - step) pi_Q^step; actions of probability 0 keep it. For any
    measure [e] in place of the expert's occupancy. *)
Definition policy_step : Prop :=
  forall (S A : finType) (M : mdp reals S A) (a0 : A) (e : S -> A -> reals) (pi : policy reals S A)
         (x : S -> A -> reals) (step : reals),
  is_mdp M -> is_policy pi -> (forall s a, 0 <= e s a) -> 0 <= step <= 1 ->
  let weight s a :=
    if pi s a == 0 then 0 else exp ((1 - step) * ln (pi s a) + step * ln (softmax 1 (x s) a)) in
  let stepped s a := weight s a / \sum_b weight s b in
  let J p := soft_objective M kl_utility e (soft_evaluation (@entropy A) p) x in
  J stepped <= J pi.

(** claim: iq-prop-3-5
    For any measure [e] in place of the expert's occupancy. *)
Definition concavity : Prop :=
  forall (S A : finType) (M : mdp reals S A) (a0 : A) (e x1 x2 : S -> A -> reals),
  is_mdp M -> (forall s a, 0 <= e s a) ->
  let objective := soft_objective M kl_utility e (fun=> log_sum_exp 1) in
  (objective x1 + objective x2) / 2%:R <= objective (fun s a => (x1 s a + x2 s a) / 2%:R).

(** claim: iq-prop-3-5.chi2
    As above. *)
Definition concavity_chi2 : Prop :=
  forall (S A : finType) (M : mdp reals S A) (a0 : A) (e x1 x2 : S -> A -> reals),
  is_mdp M -> (forall s a, 0 <= e s a) ->
  let objective := soft_objective M (@chi2_envelope reals) e (fun=> log_sum_exp 1) in
  (objective x1 + objective x2) / 2%:R <= objective (fun s a => (x1 s a + x2 s a) / 2%:R).

(** claim: iq-prop-3-5.in-rewards
    [v1], [v2] and [v] are the soft values of the two rewards and of their mean. *)
Definition concavity_in_rewards : Prop :=
  forall (S A : finType) (M : mdp reals S A) (a0 : A) (e r1 r2 : S -> A -> reals) (v1 v2 v : S -> reals),
  is_mdp M -> (forall s a, 0 <= e s a) ->
  let phi y := y - y ^+ 2 / 4%:R in
  let worth r u := inner e (fun s a => phi (r s a)) - (1 - discount M) * mean (start M) u in
  let r s a := (r1 s a + r2 s a) / 2%:R in
  is_soft_value (with_reward M r1) (fun=> log_sum_exp 1) v1 ->
  is_soft_value (with_reward M r2) (fun=> log_sum_exp 1) v2 ->
  is_soft_value (with_reward M r) (fun=> log_sum_exp 1) v ->
  (worth r1 v1 + worth r2 v2) / 2%:R <= worth r v.

(** claim: iq-offline
    For any measure [e] in place of the expert's occupancy. *)
Definition offline : Prop :=
  forall (S A : finType) (M : mdp reals S A) (a0 : A) (e x : S -> A -> reals),
  inner e (implied_reward M (fun=> log_sum_exp 1) x)
  - inner e (unshaped M (fun s => log_sum_exp 1 (x s))) =
  inner e (fun s a => ln (softmax 1 (x s) a)).

(** claim: iq-offline.chi2
    The value of the start is read off the expert, or off any measure [e]. *)
Definition offline_chi2 : Prop :=
  forall (S A : finType) (M : mdp reals S A) (a0 : A) (e x : S -> A -> reals) (alpha : reals),
  0 < alpha ->
  let r := implied_reward M (fun=> log_sum_exp 1) x in
  let phi y := y - y ^+ 2 / (4%:R * alpha) in
  inner e (fun s a => phi (r s a)) - inner e (unshaped M (fun s => log_sum_exp 1 (x s))) =
  inner e (fun s a => ln (softmax 1 (x s) a)) - (4%:R * alpha)^-1 * inner e (fun s a => r s a ^+ 2).

(** claim: ho-ermon-2016-cor-3-2-1
    The reward is minus the recovered cost. *)
Definition recovery : Prop :=
  forall (S A : finType) (M : mdp reals S A) (a0 : A) (expert : policy reals S A) (f v : S -> reals),
  is_mdp M -> is_policy expert -> (forall s a, 0 < expert s a) ->
  let recovered := with_reward M (fun s a => ln (expert s a) + unshaped M f s a) in
  is_soft_value recovered (fun=> log_sum_exp 1) v ->
  forall s a, soft_policy recovered 1 v s a = expert s a.

(** claim: ho-ermon-2016-cor-3-2-1.weak
    The rewards are minus the cost; [v] is the expert's value, [w] the soft one. *)
Definition weak_recovery : Prop :=
  forall (S A : finType) (M : mdp reals S A) (a0 : A) (expert : policy reals S A) (d v w : S -> reals),
  is_mdp M -> is_policy expert -> is_state_law M expert d ->
  is_value M expert v -> is_soft_value M (fun=> log_sum_exp 1) w ->
  mean d (fun s => entropy (expert s)) <= - ((1 - discount M) * (value M v - value M w)).

(** claim: ho-ermon-2016-cor-3-2-1.strong
    [v] is the expert's value and [w] the soft one for the recovered cost, minus the rewards. *)
Definition strong_recovery : Prop :=
  forall (S A : finType) (M : mdp reals S A) (a0 : A) (expert : policy reals S A) (f d v w : S -> reals),
  is_mdp M -> is_policy expert -> (forall s a, 0 < expert s a) -> is_state_law M expert d ->
  let recovered := with_reward M (fun s a => ln (expert s a) + unshaped M f s a) in
  is_value recovered expert v -> is_soft_value recovered (fun=> log_sum_exp 1) w ->
  (1 - discount M) * (value M v - value M w) = - mean d (fun s => entropy (expert s)).

(** claim: ho-ermon-2016-prop-3-2.weak
    The rewards are minus the cost; [v] is the expert's value, [w] the soft one. *)
Definition weak_regularised : Prop :=
  forall (S A : finType) (M : mdp reals S A) (a0 : A) (expert pi : policy reals S A) (d_E d v w : S -> reals),
  is_mdp M -> is_policy expert -> is_policy pi -> is_state_law M expert d_E -> is_state_law M pi d ->
  is_value M expert v -> is_soft_value M (fun=> log_sum_exp 1) w ->
  mean d (fun s => entropy (pi s)) <=
  2%:R^-1 * total (fun s a => (occupancy pi d s a - occupancy expert d_E s a) ^+ 2)
  + 2%:R^-1 * total (fun s a => reward M s a ^+ 2) - (1 - discount M) * (value M v - value M w).
