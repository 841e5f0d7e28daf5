(** DAgger and AggreVaTe with a geometric schedule: what the expert's help costs, over the real numbers.

    The i-th iteration, i = 0, 1, ..., gathers data with the expert acting with probability
    (1 - alpha) ^ i. *)
From mathcomp Require Import all_ssreflect all_algebra.
From ImitationLearning.Definitions Require Import Probability FiniteHorizon Imitation Reals.
Import GRing.Theory Num.Theory.
Local Open Scope ring_scope.

(** claim: dagger-2011-thm-4-1.penalty *)
Definition penalty : Prop :=
  forall (H N : nat) (alpha : reals), (0 < H)%N -> 0 <= alpha <= 1 ->
  alpha * (\sum_(i < N) Num.min 1 (H%:R * (1 - alpha) ^+ i)) <= ln H%:R + 1.

(** claim: dagger-2011-thm-4-1.penalty-sharper *)
Definition penalty_sharper : Prop :=
  forall (H N : nat) (keep : reals), (0 < H)%N -> 0 < keep <= 1 ->
  let alpha := 1 - keep in
  let rate := - ln keep in
  alpha * rate * (\sum_(i < N) Num.min 1 (H%:R * keep ^+ i)) <= alpha * ln H%:R + rate.

(** claim: dagger-2011-thm-3-1-to-3-4.geometric
    Some policy does as well as this, hence the best one. *)
Definition dagger_geometric : Prop :=
  forall (S A : finType) (M : mdp reals S A) (H N : nat) (expert : policy reals S A)
         (loss : nat -> S -> A -> reals) (learners : 'I_N -> policy reals S A) (alpha : reals),
  is_mdp M -> is_policy expert -> (forall h s a, 0 <= loss h s a <= 1) -> (0 < H)%N -> (0 < N)%N ->
  (forall i, is_policy (learners i)) -> 0 < alpha <= 1 ->
  let mixed i := acting expert (learners i) ((1 - alpha) ^+ i) in
  let own i := expected_loss H loss (learners i) (state_law M (learners i)) in
  let seen i := expected_loss H loss (learners i) (state_law M (mixed i)) in
  exists i, own i <= average seen + (ln H%:R + 1) / (alpha * N%:R).

(** claim: aggrevate-2014-thm-2-1.geometric
    The largest action value of a state is the least such [best]; the largest advantage, in absolute value, is
    the least such [Qmax]. *)
Definition aggrevate_geometric : Prop :=
  forall (S A : finType) (M : mdp reals S A) (H N : nat) (expert : policy reals S A)
         (learners : 'I_N -> policy reals S A) (best : nat -> S -> reals) (Qmax alpha : reals),
  is_mdp M -> is_policy expert -> (forall i, is_policy (learners i)) -> (0 < H)%N -> 0 < alpha <= 1 ->
  (forall h s a, (h < H)%N -> q M H expert h s a <= best h s) ->
  (forall h s a, (h < H)%N -> `|advantage M H expert h s a| <= Qmax) ->
  let loss h s a := best h s - q M H expert h s a in
  let mixed i := acting expert (learners i) ((1 - alpha) ^+ i) in
  let seen i := expected_loss H loss (learners i) (state_law M (mixed i)) in
  average (fun i => value M H expert - value M H (learners i))
  <= H%:R * average seen + 2%:R * Qmax * H%:R * (ln H%:R + 1) / (alpha * N%:R).
