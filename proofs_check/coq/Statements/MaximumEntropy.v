(** Maximum causal entropy, over the real numbers: what a policy loses to the soft optimum is its
    divergence from it (Ziebart, Bagnell and Dey, ICML 2010).

    Soft values are those of tau log sum exp (. / tau) and the soft optimum is their softmax
    ([Definitions.Reals]); [Statements.Reals.soft_values_exist] says that there are soft values. [a0]
    shows that there are actions. With a horizon, steps are 0, ..., H - 1. *)
From mathcomp Require Import all_ssreflect all_algebra.
From ImitationLearning.Definitions Require Import Probability Discounted SoftDiscounted InverseSoft.
From ImitationLearning.Definitions Require Import Features Reals.
From ImitationLearning.Definitions Require FiniteHorizon Moments SoftFiniteHorizon.
Import GRing.Theory Num.Theory.
Local Open Scope ring_scope.

(** claim: soft-pdl
    [v] and [v'] are values without entropies, [w] is the other policy's soft value, which pays them. *)
Definition soft_difference : Prop :=
  forall (S A : finType) (M : mdp reals S A) (tau : reals) (pi other : policy reals S A)
         (d d' v v' w : S -> reals),
  is_mdp M -> is_policy pi -> is_policy other -> is_state_law M pi d -> is_state_law M other d' ->
  is_value M pi v -> is_value M other v' ->
  is_soft_value M (fun s f => mean (other s) f + tau * entropy (other s)) w ->
  let J u p law := value M u + tau * ((1 - discount M)^-1 * mean law (fun s => entropy (p s))) in
  J v pi d - J v' other d' =
  (1 - discount M)^-1 * mean d (fun s => mean (pi s) (q M w s) + tau * entropy (pi s) - w s).

(** claim: soft-pdl.kl
    [w] is the policy's value, without its entropies. *)
Definition soft_gap : Prop :=
  forall (S A : finType) (M : mdp reals S A) (a0 : A) (tau : reals) (pi : policy reals S A)
         (d v w : S -> reals),
  is_mdp M -> 0 < tau -> is_policy pi -> is_state_law M pi d -> is_value M pi w ->
  is_soft_value M (fun=> log_sum_exp tau) v ->
  value M v - (value M w + tau * ((1 - discount M)^-1 * mean d (fun s => entropy (pi s)))) =
  tau / (1 - discount M) * mean d (fun s => kl (pi s) (soft_policy M tau v s)).

(** claim: soft-pdl.kl-finite *)
Definition soft_gap_finite : Prop :=
  forall (S A : finType) (M : FiniteHorizon.mdp reals S A) (a0 : A) (H : nat) (tau : reals)
         (pi : FiniteHorizon.policy reals S A),
  FiniteHorizon.is_mdp M -> 0 < tau -> FiniteHorizon.is_policy pi ->
  let V (h : nat) (s : S) := @log_sum_exp A tau in
  let best h s := softmax tau (SoftFiniteHorizon.soft_q M V H h s) in
  mean (FiniteHorizon.start M) (SoftFiniteHorizon.soft_v M V H 0)
  - (FiniteHorizon.value M H pi
     + tau * \sum_(h < H) mean (FiniteHorizon.state_law M pi h) (fun s => entropy (pi h s))) =
  tau * \sum_(h < H) mean (FiniteHorizon.state_law M pi h) (fun s => kl (pi h s) (best h s)).

(** claim: mce-duality *)
Definition weak_duality : Prop :=
  forall (S A I : finType) (M : mdp reals S A) (a0 : A) (features : I -> S -> A -> reals) (theta : I -> reals)
         (expert : policy reals S A) (d v : S -> reals),
  is_mdp M -> is_policy expert -> is_state_law M expert d ->
  is_soft_value (with_reward M (paid theta features)) (fun=> log_sum_exp 1) v ->
  mean d (fun s => entropy (expert s)) <=
  (1 - discount M) * mean (start M) v - \sum_i theta i * shown (occupancy expert d) features i.

(** claim: mce-duality.strong
    [expert] is anyone who shows the same features as the soft optimum [best]. *)
Definition strong_duality : Prop :=
  forall (S A I : finType) (M : mdp reals S A) (a0 : A) (features : I -> S -> A -> reals) (theta : I -> reals)
         (expert : policy reals S A) (d_E d v : S -> reals),
  is_mdp M ->
  let paying := with_reward M (paid theta features) in
  let best := soft_policy paying 1 v in
  is_soft_value paying (fun=> log_sum_exp 1) v -> is_state_law M best d ->
  (forall i, shown (occupancy expert d_E) features i = shown (occupancy best d) features i) ->
  mean d (fun s => entropy (best s)) =
  (1 - discount M) * mean (start M) v - \sum_i theta i * shown (occupancy expert d_E) features i.

(** claim: mce-duality.likelihood *)
Definition likelihood : Prop :=
  forall (S A I : finType) (M : mdp reals S A) (a0 : A) (features : I -> S -> A -> reals) (theta : I -> reals)
         (expert : policy reals S A) (d v : S -> reals),
  is_mdp M -> is_policy expert -> is_state_law M expert d ->
  let paying := with_reward M (paid theta features) in
  is_soft_value paying (fun=> log_sum_exp 1) v ->
  (1 - discount M) * mean (start M) v - \sum_i theta i * shown (occupancy expert d) features i =
  inner (occupancy expert d) (fun s a => - ln (soft_policy paying 1 v s a)).

(** claim: mce-duality.gap *)
Definition duality_gap : Prop :=
  forall (S A I : finType) (M : mdp reals S A) (a0 : A) (features : I -> S -> A -> reals) (theta : I -> reals)
         (expert : policy reals S A) (d v : S -> reals),
  is_mdp M -> is_policy expert -> is_state_law M expert d ->
  let paying := with_reward M (paid theta features) in
  is_soft_value paying (fun=> log_sum_exp 1) v ->
  (1 - discount M) * mean (start M) v - \sum_i theta i * shown (occupancy expert d) features i
  - mean d (fun s => entropy (expert s)) =
  mean d (fun s => kl (expert s) (soft_policy paying 1 v s)).

(** claim: mce-duality.finite
    Features may vary in time. *)
Definition weak_duality_finite : Prop :=
  forall (S A I : finType) (M : FiniteHorizon.mdp reals S A) (a0 : A) (H : nat)
         (features : I -> nat -> S -> A -> reals) (theta : I -> reals)
         (expert : FiniteHorizon.policy reals S A),
  FiniteHorizon.is_mdp M -> FiniteHorizon.is_policy expert ->
  let V (h : nat) (s : S) := @log_sum_exp A 1 in
  let paying := Moments.with_rewards M (fun h => paid theta (fun i => features i h)) in
  H%:R^-1 * (\sum_(h < H) mean (FiniteHorizon.state_law M expert h) (fun s => entropy (expert h s))) <=
  H%:R^-1 * mean (FiniteHorizon.start M) (SoftFiniteHorizon.soft_v paying V H 0)
  - \sum_i theta i * (H%:R^-1 * expected_sum M H expert features i).

(** claim: mce-duality.strong-finite
    [expert] is anyone who shows the same features as the soft optimum [best]. *)
Definition strong_duality_finite : Prop :=
  forall (S A I : finType) (M : FiniteHorizon.mdp reals S A) (a0 : A) (H : nat)
         (features : I -> nat -> S -> A -> reals) (theta : I -> reals)
         (expert : FiniteHorizon.policy reals S A),
  FiniteHorizon.is_mdp M ->
  let V (h : nat) (s : S) := @log_sum_exp A 1 in
  let paying := Moments.with_rewards M (fun h => paid theta (fun i => features i h)) in
  let best h s := softmax 1 (SoftFiniteHorizon.soft_q paying V H h s) in
  (forall i, expected_sum M H expert features i = expected_sum M H best features i) ->
  H%:R^-1 * (\sum_(h < H) mean (FiniteHorizon.state_law M best h) (fun s => entropy (best h s))) =
  H%:R^-1 * mean (FiniteHorizon.start M) (SoftFiniteHorizon.soft_v paying V H 0)
  - \sum_i theta i * (H%:R^-1 * expected_sum M H expert features i).

(** claim: mce-duality.likelihood-finite *)
Definition likelihood_finite : Prop :=
  forall (S A I : finType) (M : FiniteHorizon.mdp reals S A) (a0 : A) (H : nat)
         (features : I -> nat -> S -> A -> reals) (theta : I -> reals)
         (expert : FiniteHorizon.policy reals S A),
  FiniteHorizon.is_mdp M -> FiniteHorizon.is_policy expert ->
  let V (h : nat) (s : S) := @log_sum_exp A 1 in
  let paying := Moments.with_rewards M (fun h => paid theta (fun i => features i h)) in
  let best h s := softmax 1 (SoftFiniteHorizon.soft_q paying V H h s) in
  H%:R^-1 * mean (FiniteHorizon.start M) (SoftFiniteHorizon.soft_v paying V H 0)
  - \sum_i theta i * (H%:R^-1 * expected_sum M H expert features i) =
  H%:R^-1 * \sum_(h < H) inner (FiniteHorizon.occupancy M expert h) (fun s a => - ln (best h s a)).
