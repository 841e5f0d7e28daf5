(** Inverse soft-Q learning with a discount (Garg, Chakraborty, Cundy, Song and Ermon, NeurIPS 2021), and
    what of it Ho and Ermon (NeurIPS 2016) say. For every utility, divergence and entropy with the
    properties named, in any ordered field. Statements that use such a property of logarithms are foundations;
    the claims themselves are in [Statements.SoftImitation]. *)
From mathcomp Require Import all_ssreflect all_algebra.
From ImitationLearning.Definitions Require Import Probability Extremes Discounted.
From ImitationLearning.Definitions Require Import SoftMaximum SoftDiscounted Identification InverseSoft.
Import GRing.Theory Num.Theory.
Local Open Scope ring_scope.

(** foundation: the maximum is above all laws, with no entropy *)
Definition maximum_above_laws : Prop :=
  forall (R : realFieldType) (A : finType) (a : A), is_above_laws (fun=> 0) (@maximum R A a).

(** foundation: Fenchel's inequality for chi-squared, where the expert's occupancy is positive *)
Definition chi2_conjugate : Prop :=
  forall (R : realFieldType) (S A : finType) (e rho : S -> A -> R), (forall s a, 0 < e s a) ->
  is_conjugate (fun x => x - x ^+ 2 / 4%:R) e rho (fun s a => (rho s a - e s a) ^+ 2 / e s a).

(** claim: iq-telescoping
    For every weight. *)
Definition value_term : Prop :=
  forall (R : realFieldType) (S A : finType) (M : mdp R S A) (expert pi : policy R S A)
         (d_E d f : S -> R) (w : R),
  is_mdp M -> is_policy expert -> is_policy pi -> is_state_law M expert d_E -> is_state_law M pi d ->
  (1 - discount M) * mean (start M) f =
  inner (fun s a => w * occupancy expert d_E s a + (1 - w) * occupancy pi d s a) (unshaped M f).

(** claim: iq-lemma-3-2
    For every utility and entropy: no property of them is used. Over the reals the claim is
    [phi y = y - y ^+ 2 / 4%:R] and the [entropy] of Definitions/Reals.v. *)
Definition change_of_variables : Prop :=
  forall (R : realFieldType) (S A : finType) (M : mdp R S A) (entropy : (A -> R) -> R) (phi : R -> R)
         (e : S -> A -> R) (pi : policy R S A) (d : S -> R) (x : S -> A -> R),
  is_mdp M -> is_policy pi -> is_state_law M pi d ->
  let V := soft_evaluation entropy pi in
  irl_payoff entropy phi e pi d (implied_reward M V x) = soft_objective M phi e V x.

(** claim: iq-lemma-3-2.concave-in-rewards
    For every entropy, of which no property is used, and any measure [e] in place of the expert's
    occupancy. Over the reals the claim is the [entropy] of Definitions/Reals.v. *)
Definition concave_in_rewards : Prop :=
  forall (R : realFieldType) (S A : finType) (entropy : (A -> R) -> R) (e : S -> A -> R)
         (pi : policy R S A) (d : S -> R) (r1 r2 : S -> A -> R),
  (forall s a, 0 <= e s a) ->
  let payoff := irl_payoff entropy (fun y => y - y ^+ 2 / 4%:R) e pi d in
  (payoff r1 + payoff r2) / 2%:R <= payoff (fun s a => (r1 s a + r2 s a) / 2%:R).

(** claim: iq-continuous.concave
    As above. *)
Definition concave_in_values : Prop :=
  forall (R : realFieldType) (S A : finType) (M : mdp R S A) (entropy : (A -> R) -> R) (e : S -> A -> R)
         (pi : policy R S A) (x1 x2 : S -> A -> R),
  is_mdp M -> is_policy pi -> (forall s a, 0 <= e s a) ->
  let objective := soft_objective M (fun y => y - y ^+ 2 / 4%:R) e (soft_evaluation entropy pi) in
  (objective x1 + objective x2) / 2%:R <= objective (fun s a => (x1 s a + x2 s a) / 2%:R).

(** foundation: the algebra of iq-prop-3-3.gap
    The first sum is Fenchel's gap; the second one is what the policy loses to the soft maximum: its
    divergence from the softmax policy, for log sum exp. *)
Definition duality_gap : Prop :=
  forall (R : realFieldType) (S A : finType) (M : mdp R S A) (entropy : (A -> R) -> R)
         (m : S -> (A -> R) -> R) (phi : R -> R) (e cost : S -> A -> R) (pi : policy R S A)
         (d : S -> R) (x : S -> A -> R),
  is_mdp M -> is_policy pi -> is_state_law M pi d ->
  let r := implied_reward M m x in
  total cost - mean d (fun s => entropy (pi s)) - soft_objective M phi e m x =
  \sum_s \sum_a (cost s a - (e s a * phi (r s a) - occupancy pi d s a * r s a)) +
  mean d (fun s => m s (x s) - (mean (pi s) (x s) + entropy (pi s))).

(** foundation: the algebra of iq-prop-3-3.weak
    For every utility, with a divergence [total cost] that satisfies Fenchel's inequality, and every soft
    maximum above all laws with their entropies, such as KL and log sum exp. *)
Definition weak_duality : Prop :=
  forall (R : realFieldType) (S A : finType) (M : mdp R S A) (entropy : (A -> R) -> R)
         (m : S -> (A -> R) -> R) (phi : R -> R) (e cost : S -> A -> R) (pi : policy R S A)
         (d : S -> R) (x : S -> A -> R),
  is_mdp M -> is_policy pi -> is_state_law M pi d ->
  (forall s, is_above_laws entropy (m s)) -> is_conjugate phi e (occupancy pi d) cost ->
  soft_objective M phi e m x <= total cost - mean d (fun s => entropy (pi s)).

(** foundation: the algebra of iq-prop-3-4
    For every utility that is nondecreasing, and every soft maximum above all laws with their entropies,
    such as -exp(-x - 1) and log sum exp. *)
Definition best_response : Prop :=
  forall (R : realFieldType) (S A : finType) (M : mdp R S A) (entropy : (A -> R) -> R)
         (m : S -> (A -> R) -> R) (phi : R -> R) (e : S -> A -> R) (pi : policy R S A) (x : S -> A -> R),
  is_mdp M -> is_policy pi -> (forall s a, 0 <= e s a) -> (forall y z, y <= z -> phi y <= phi z) ->
  (forall s, is_above_laws entropy (m s)) ->
  soft_objective M phi e m x <= soft_objective M phi e (soft_evaluation entropy pi) x.

(** foundation: the algebra of iq-prop-3-5
    For every utility that is nondecreasing and concave at midpoints, and every soft maximum that is convex
    there, such as -exp(-x - 1) and log sum exp. *)
Definition concavity : Prop :=
  forall (R : realFieldType) (S A : finType) (M : mdp R S A) (m : S -> (A -> R) -> R) (phi : R -> R)
         (e x1 x2 : S -> A -> R),
  is_mdp M -> (forall s a, 0 <= e s a) -> (forall y z, y <= z -> phi y <= phi z) ->
  (forall y z, (phi y + phi z) / 2%:R <= phi ((y + z) / 2%:R)) ->
  (forall s f g, m s (fun a => (f a + g a) / 2%:R) <= (m s f + m s g) / 2%:R) ->
  (soft_objective M phi e m x1 + soft_objective M phi e m x2) / 2%:R <=
  soft_objective M phi e m (fun s a => (x1 s a + x2 s a) / 2%:R).

(** foundation: the algebra of iq-prop-3-4.chi2
    For every soft maximum above all laws with their entropies, such as log sum exp. *)
Definition best_response_chi2 : Prop :=
  forall (R : realFieldType) (S A : finType) (M : mdp R S A) (entropy : (A -> R) -> R)
         (m : S -> (A -> R) -> R) (e : S -> A -> R) (pi : policy R S A) (x : S -> A -> R),
  is_mdp M -> is_policy pi -> (forall s a, 0 <= e s a) -> (forall s, is_above_laws entropy (m s)) ->
  soft_objective M (@chi2_envelope R) e m x <=
  soft_objective M (@chi2_envelope R) e (soft_evaluation entropy pi) x.

(** foundation: the algebra of iq-prop-3-5.chi2
    For every soft maximum that is convex at midpoints, such as log sum exp. *)
Definition concavity_chi2 : Prop :=
  forall (R : realFieldType) (S A : finType) (M : mdp R S A) (m : S -> (A -> R) -> R) (e x1 x2 : S -> A -> R),
  is_mdp M -> (forall s a, 0 <= e s a) ->
  let objective := soft_objective M (@chi2_envelope R) e m in
  (forall s f g, m s (fun a => (f a + g a) / 2%:R) <= (m s f + m s g) / 2%:R) ->
  (objective x1 + objective x2) / 2%:R <= objective (fun s a => (x1 s a + x2 s a) / 2%:R).

(** foundation: the algebra of iq-prop-3-5.in-rewards
    For every utility that is concave at midpoints, and every soft maximum that is convex there; [v1], [v2]
    and [v] are the soft values of the two rewards and of their mean. *)
Definition concavity_in_rewards : Prop :=
  forall (R : realFieldType) (S A : finType) (M : mdp R S A) (m : S -> (A -> R) -> R) (phi : R -> R)
         (e r1 r2 : S -> A -> R) (v1 v2 v : S -> R),
  is_mdp M -> (forall s, is_soft_maximum (m s)) -> (forall s a, 0 <= e s a) ->
  (forall y z, (phi y + phi z) / 2%:R <= phi ((y + z) / 2%:R)) ->
  (forall s f g, m s (fun a => (f a + g a) / 2%:R) <= (m s f + m s g) / 2%:R) ->
  let worth r u := inner e (fun s a => phi (r s a)) - (1 - discount M) * mean (start M) u in
  let r s a := (r1 s a + r2 s a) / 2%:R in
  is_soft_value (with_reward M r1) m v1 -> is_soft_value (with_reward M r2) m v2 ->
  is_soft_value (with_reward M r) m v ->
  (worth r1 v1 + worth r2 v2) / 2%:R <= worth r v.

(** foundation: the algebra of iq-offline
    For log sum exp Q - V is the logarithm of the softmax policy. *)
Definition offline : Prop :=
  forall (R : realFieldType) (S A : finType) (M : mdp R S A) (m : S -> (A -> R) -> R) (e x : S -> A -> R),
  inner e (implied_reward M m x) - inner e (unshaped M (fun s => m s (x s))) =
  inner e (fun s a => x s a - m s (x s)).

(** foundation: the algebra of iq-offline.chi2
    The value of the start is read off the expert. *)
Definition offline_chi2 : Prop :=
  forall (R : realFieldType) (S A : finType) (M : mdp R S A) (m : S -> (A -> R) -> R) (e x : S -> A -> R)
         (alpha : R),
  0 < alpha ->
  let r := implied_reward M m x in
  let phi y := y - y ^+ 2 / (4%:R * alpha) in
  inner e (fun s a => phi (r s a)) - inner e (unshaped M (fun s => m s (x s))) =
  inner e (fun s a => x s a - m s (x s)) - (4%:R * alpha)^-1 * inner e (fun s a => r s a ^+ 2).

(** claim: iq-state-only.gap
    For every utility, every soft maximum and any policy in place of the softmax: no property of them is
    used. Over the reals the claim is [phi = kl_utility], [m s = log_sum_exp 1] and [pi s = softmax 1 (x s)]. *)
Definition state_objective_gap : Prop :=
  forall (R : realFieldType) (S A : finType) (M : mdp R S A) (m : S -> (A -> R) -> R) (phi : R -> R)
         (expert pi : policy R S A) (d_E : S -> R) (x : S -> A -> R),
  soft_objective M phi (occupancy expert d_E) m x - soft_objective M phi (occupancy pi d_E) m x =
  mean d_E (fun s => \sum_a (expert s a - pi s a) * phi (implied_reward M m x s a)).

(** foundation: the algebra of ho-ermon-2016-cor-3-2-1
    [log_pi] stands for the logarithm of the expert: its soft maximum is 0. *)
Definition recovery : Prop :=
  forall (R : realFieldType) (S A : finType) (M : mdp R S A) (m : S -> (A -> R) -> R) (log_pi : S -> A -> R)
         (f v : S -> R),
  is_mdp M -> (forall s, is_soft_maximum (m s)) -> (forall s, m s (log_pi s) = 0) ->
  let recovered := with_reward M (fun s a => log_pi s a + unshaped M f s a) in
  is_soft_value recovered m v -> forall s a, soft_advantage recovered v s a = log_pi s a.

(** foundation: the algebra of ho-ermon-2016-cor-3-2-1.weak
    The rewards are minus the cost; [v] is the expert's value, [w] the soft one. For every soft maximum above
    all laws with their entropies, such as log sum exp. *)
Definition weak_recovery : Prop :=
  forall (R : realFieldType) (S A : finType) (M : mdp R S A) (entropy : (A -> R) -> R)
         (m : S -> (A -> R) -> R) (expert : policy R S A) (d v w : S -> R),
  is_mdp M -> is_policy expert -> is_state_law M expert d -> is_value M expert v -> is_soft_value M m w ->
  (forall s, is_above_laws entropy (m s)) ->
  mean d (fun s => entropy (expert s)) <= - ((1 - discount M) * (value M v - value M w)).

(** foundation: the algebra of ho-ermon-2016-cor-3-2-1.strong
    The entropy of the expert is minus the mean of [log_pi], which stands for its logarithm: its soft maximum
    is 0. *)
Definition strong_recovery : Prop :=
  forall (R : realFieldType) (S A : finType) (M : mdp R S A) (m : S -> (A -> R) -> R) (log_pi : S -> A -> R)
         (expert : policy R S A) (f d v w : S -> R),
  is_mdp M -> (forall s, is_soft_maximum (m s)) -> (forall s, m s (log_pi s) = 0) ->
  let recovered := with_reward M (fun s a => log_pi s a + unshaped M f s a) in
  is_policy expert -> is_state_law M expert d -> is_value recovered expert v -> is_soft_value recovered m w ->
  (1 - discount M) * (value M v - value M w) = - mean d (fun s => - mean (expert s) (log_pi s)).

(** foundation: the algebra of ho-ermon-2016-prop-3-2.weak
    The rewards are minus the cost; [v] is the expert's value, [w] the soft one. For every soft maximum above
    all laws with their entropies, such as log sum exp. *)
Definition weak_regularised : Prop :=
  forall (R : realFieldType) (S A : finType) (M : mdp R S A) (entropy : (A -> R) -> R)
         (m : S -> (A -> R) -> R) (expert pi : policy R S A) (d_E d v w : S -> R),
  is_mdp M -> is_policy expert -> is_policy pi -> is_state_law M expert d_E -> is_state_law M pi d ->
  is_value M expert v -> is_soft_value M m w -> (forall s, is_above_laws entropy (m s)) ->
  mean d (fun s => entropy (pi s)) <=
  2%:R^-1 * total (fun s a => (occupancy pi d s a - occupancy expert d_E s a) ^+ 2)
  + 2%:R^-1 * total (fun s a => reward M s a ^+ 2) - (1 - discount M) * (value M v - value M w).

(** claim: ho-ermon-2016-saddle
    The entropy is the same on both sides, and left out. *)
Definition null_directions : Prop :=
  forall (R : realFieldType) (S A : finType) (M : mdp R S A) (expert pi : policy R S A) (d_E d f : S -> R)
         (c : S -> A -> R),
  is_mdp M -> is_policy expert -> is_policy pi -> is_state_law M expert d_E -> is_state_law M pi d ->
  let apart s a := occupancy pi d s a - occupancy expert d_E s a in
  inner apart (fun s a => c s a + unshaped M f s a) = inner apart c.
