(** Matching features: what rewards that are linear in them can tell apart. *)
From mathcomp Require Import all_ssreflect all_algebra.
From ImitationLearning.Definitions Require Import Probability Extremes Discounted Features.
From ImitationLearning.Definitions Require FiniteHorizon.
Import GRing.Theory Num.Theory.
Local Open Scope ring_scope.

(** claim: feature-matching.linear
    Features and weights may be any numbers, here and below. *)
Definition linear : Prop :=
  forall (R : realFieldType) (S A I : finType) (M : mdp R S A) (features : I -> S -> A -> R) (w : I -> R)
         (pi : policy R S A) (d v : S -> R),
  is_mdp M -> is_policy pi -> is_state_law M pi d ->
  let paying := with_reward M (paid w features) in
  is_value paying pi v -> value paying v = \sum_i w i * expected M pi d features i.

(** claim: feature-matching *)
Definition euclidean : Prop :=
  forall (R : realFieldType) (S A I : finType) (M : mdp R S A) (features : I -> S -> A -> R) (w : I -> R)
         (pi other : policy R S A) (d e v v' : S -> R),
  is_mdp M -> is_policy pi -> is_policy other -> is_state_law M pi d -> is_state_law M other e ->
  let paying := with_reward M (paid w features) in
  is_value paying pi v -> is_value paying other v' ->
  let apart i := expected M pi d features i - expected M other e features i in
  (value paying v - value paying v') ^+ 2 <= square w * square apart.

(** claim: feature-matching.max *)
Definition supremum : Prop :=
  forall (R : realFieldType) (S A I : finType) (M : mdp R S A) (features : I -> S -> A -> R) (w : I -> R)
         (pi other : policy R S A) (d e v v' : S -> R),
  is_mdp M -> is_policy pi -> is_policy other -> is_state_law M pi d -> is_state_law M other e ->
  let paying := with_reward M (paid w features) in
  is_value paying pi v -> is_value paying other v' ->
  let apart i := expected M pi d features i - expected M other e features i in
  `|value paying v - value paying v'| <= (\sum_i `|w i|) * largest (fun i => `|apart i|).

(** claim: feature-matching.sum *)
Definition summed : Prop :=
  forall (R : realFieldType) (S A I : finType) (M : mdp R S A) (features : I -> S -> A -> R) (w : I -> R)
         (pi other : policy R S A) (d e v v' : S -> R),
  is_mdp M -> is_policy pi -> is_policy other -> is_state_law M pi d -> is_state_law M other e ->
  let paying := with_reward M (paid w features) in
  is_value paying pi v -> is_value paying other v' ->
  let apart i := expected M pi d features i - expected M other e features i in
  `|value paying v - value paying v'| <= largest (fun i => `|w i|) * \sum_i `|apart i|.

(** claim: feature-matching.finite *)
Definition finite : Prop :=
  forall (R : realFieldType) (S A I : finType) (M : FiniteHorizon.mdp R S A) (H : nat)
         (features : I -> nat -> S -> A -> R) (w : I -> R) (pi other : FiniteHorizon.policy R S A),
  FiniteHorizon.is_mdp M -> FiniteHorizon.is_policy pi -> FiniteHorizon.is_policy other ->
  let paying := FiniteHorizon.with_reward M (fun h => paid w (fun i => features i h)) in
  let apart i := expected_sum M H pi features i - expected_sum M H other features i in
  (FiniteHorizon.value paying H pi - FiniteHorizon.value paying H other) ^+ 2 <= square w * square apart.

(** claim: ho-ermon-2016-apprenticeship
    Costs are means over time, and may be any numbers, here and below. No cost in the ball is worth more than
    the distance, and the one along it is worth its square: the maximum, squared, without square roots. *)
Definition apprenticeship : Prop :=
  forall (R : realFieldType) (S A I : finType) (M : mdp R S A) (features : I -> S -> A -> R)
         (learner expert : policy R S A) (d e : S -> R),
  is_mdp M -> is_policy learner -> is_policy expert -> is_state_law M learner d -> is_state_law M expert e ->
  let apart i := shown (occupancy learner d) features i - shown (occupancy expert e) features i in
  let costing w := with_reward M (paid w features) in
  (forall v v', is_value (costing apart) learner v -> is_value (costing apart) expert v' ->
   (1 - discount M) * (value M v - value M v') = square apart) /\
  forall w v v', square w <= 1 -> is_value (costing w) learner v -> is_value (costing w) expert v' ->
  ((1 - discount M) * (value M v - value M v')) ^+ 2 <= square apart.

(** claim: ho-ermon-2016-apprenticeship.ball *)
Definition ball : Prop :=
  forall (R : realFieldType) (S A I : finType) (M : mdp R S A) (features : I -> S -> A -> R) (w : I -> R)
         (learner expert : policy R S A) (d e v v' : S -> R),
  is_mdp M -> is_policy learner -> is_policy expert -> is_state_law M learner d -> is_state_law M expert e ->
  let apart i := shown (occupancy learner d) features i - shown (occupancy expert e) features i in
  let costing := with_reward M (paid w features) in
  is_value costing learner v -> is_value costing expert v' ->
  ((1 - discount M) * (value costing v - value costing v')) ^+ 2 <= square w * square apart.

(** claim: ho-ermon-2016-apprenticeship.simplex
    Whatever the feature [i0], which shows that there are some. *)
Definition simplex : Prop :=
  forall (R : realFieldType) (S A I : finType) (M : mdp R S A) (features : I -> S -> A -> R) (w : I -> R)
         (i0 : I) (learner expert : policy R S A) (d e v v' : S -> R),
  is_mdp M -> is_policy learner -> is_policy expert -> is_state_law M learner d -> is_state_law M expert e ->
  law w ->
  let apart i := shown (occupancy learner d) features i - shown (occupancy expert e) features i in
  let costing := with_reward M (paid w features) in
  is_value costing learner v -> is_value costing expert v' ->
  (1 - discount M) * (value costing v - value costing v') <= maximum i0 apart.

(** claim: ho-ermon-2016-apprenticeship.rich *)
Definition rich : Prop :=
  forall (R : realFieldType) (S A I : finType) (M : mdp R S A) (features : I -> S -> A -> R)
         (learner expert : policy R S A) (cost : S -> A -> R) (d e v v' : S -> R),
  is_mdp M -> is_policy learner -> is_policy expert -> is_state_law M learner d -> is_state_law M expert e ->
  let apart i := shown (occupancy learner d) features i - shown (occupancy expert e) features i in
  let costing := with_reward M cost in
  is_value costing learner v -> is_value costing expert v' ->
  (1 - discount M) * (value costing v - value costing v') <=
  \sum_i `|apart i| +
  \sum_s \sum_a `|cost s a - \sum_i features i s a| * `|occupancy learner d s a - occupancy expert e s a|.

(** claim: xu-2020-gail-nn
    Features are the discriminators, each taken with both signs. *)
Definition restricted : Prop :=
  forall (R : realFieldType) (S A I : finType) (M : mdp R S A) (features : I -> S -> A -> R) (c : I -> R)
         (offset : R) (expert learner : policy R S A) (d e v v' : S -> R),
  is_mdp M -> is_policy expert -> is_policy learner -> is_state_law M expert d -> is_state_law M learner e ->
  let paying := with_reward M (fun s a => paid c features s a + offset) in
  is_value paying expert v -> is_value paying learner v' ->
  (1 - discount M) * `|value paying v - value paying v'| <=
  (\sum_i `|c i|) * told_apart features (occupancy expert d) (occupancy learner e).

(** claim: xu-2020-gail-nn.from-data
    The data may be any measure of states and actions, here and below. *)
Definition from_data : Prop :=
  forall (R : realFieldType) (S A I : finType) (M : mdp R S A) (features : I -> S -> A -> R) (c : I -> R)
         (offset : R) (expert learner : policy R S A) (d e v v' : S -> R) (data : S -> A -> R),
  is_mdp M -> is_policy expert -> is_policy learner -> is_state_law M expert d -> is_state_law M learner e ->
  let paying := with_reward M (fun s a => paid c features s a + offset) in
  is_value paying expert v -> is_value paying learner v' ->
  (1 - discount M) * `|value paying v - value paying v'| <=
  (\sum_i `|c i|) * (told_apart features data (occupancy learner e) +
                     told_apart features (occupancy expert d) data).

(** claim: xu-2020-gail-nn.realisable
    For any measures in place of the occupancies. *)
Definition realisable : Prop :=
  forall (R : realFieldType) (S A I : finType) (features : I -> S -> A -> R)
         (expert learner data : S -> A -> R),
  told_apart features data learner <= told_apart features data expert ->
  told_apart features expert learner <= 2%:R * told_apart features expert data.

(** claim: abbeel-ng-2004-projection.sharpest
    The mixture so far is any policy [start], and the response is any one that is no worse than the expert for
    the reward w . f. As in Python, distances after the step are multiplied by [length]. *)
Definition projection_sharpest : Prop :=
  forall (R : realFieldType) (S A I : finType) (M : mdp R S A) (features : I -> S -> A -> R)
         (expert start response : policy R S A) (d_E d_0 d : S -> R),
  is_mdp M -> is_policy expert -> is_policy start -> is_policy response ->
  is_state_law M expert d_E -> is_state_law M start d_0 -> is_state_law M response d ->
  (forall i s a, 0 <= features i s a <= 1) ->
  let target := expected M expert d_E features in
  let reached := expected M start d_0 features in
  let answered := expected M response d features in
  let w i := target i - reached i in
  0 <= \sum_i w i * (answered i - target i) ->
  let before := square w in
  let length := square (fun i => answered i - reached i) in
  let after := before * length - (\sum_i w i * (answered i - reached i)) ^+ 2 in
  #|I|%:R * after <= before * length * (#|I|%:R - (1 - discount M) ^+ 2 * before).

(** claim: abbeel-ng-2004-projection.sharper *)
Definition projection_sharper : Prop :=
  forall (R : realFieldType) (S A I : finType) (M : mdp R S A) (features : I -> S -> A -> R)
         (expert start response : policy R S A) (d_E d_0 d : S -> R),
  is_mdp M -> is_policy expert -> is_policy start -> is_policy response ->
  is_state_law M expert d_E -> is_state_law M start d_0 -> is_state_law M response d ->
  (forall i s a, 0 <= features i s a <= 1) ->
  let target := expected M expert d_E features in
  let reached := expected M start d_0 features in
  let answered := expected M response d features in
  let w i := target i - reached i in
  0 <= \sum_i w i * (answered i - target i) ->
  let before := square w in
  let length := square (fun i => answered i - reached i) in
  let after := before * length - (\sum_i w i * (answered i - reached i)) ^+ 2 in
  after * (#|I|%:R + (1 - discount M) ^+ 2 * before) <= #|I|%:R * before * length.

(** claim: abbeel-ng-2004-projection *)
Definition projection : Prop :=
  forall (R : realFieldType) (S A I : finType) (M : mdp R S A) (features : I -> S -> A -> R)
         (expert start response : policy R S A) (d_E d_0 d : S -> R),
  is_mdp M -> is_policy expert -> is_policy start -> is_policy response ->
  is_state_law M expert d_E -> is_state_law M start d_0 -> is_state_law M response d ->
  (forall i s a, 0 <= features i s a <= 1) ->
  let target := expected M expert d_E features in
  let reached := expected M start d_0 features in
  let answered := expected M response d features in
  let w i := target i - reached i in
  0 <= \sum_i w i * (answered i - target i) ->
  let before := square w in
  let length := square (fun i => answered i - reached i) in
  let after := before * length - (\sum_i w i * (answered i - reached i)) ^+ 2 in
  after * (#|I|%:R ^+ 2 + (1 - discount M) ^+ 2 * before) <= #|I|%:R ^+ 2 * before * length.
