(** Potential shaping: soft values move by the potential, for they solve the shaped equation. *)
From mathcomp Require Import all_ssreflect all_algebra ring zify.
From ImitationLearning.Definitions Require Import Probability Extremes Families Discounted.
From ImitationLearning.Definitions Require Import SoftMaximum SoftDiscounted.
From ImitationLearning.Definitions Require FiniteHorizon SoftFiniteHorizon.
From ImitationLearning.Proofs Require Import Sums Extremes Families Solutions SoftMaximum.
From ImitationLearning.Proofs Require SoftBellman Difference DiscountedDifference Moments.
From ImitationLearning.Statements Require Shaping.
Set Implicit Arguments.
Unset Strict Implicit.
Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Section Shaping.
Variables (R : realFieldType) (S A : finType) (M : mdp R S A).
Implicit Types (m : S -> (A -> R) -> R) (potential v w : S -> R) (pi : policy R S A).

Lemma q_shaped potential v s a :
  q (shaped M potential) (fun t => v t - potential t) s a = q M v s a - potential s.
Proof. by rewrite /q /shaped /shaping /= meanB; ring. Qed.

Hypothesis hM : is_mdp M.

Lemma soft_value_shaped m potential v w : (forall s, is_soft_maximum (m s)) ->
  is_soft_value M m v -> is_soft_value (shaped M potential) m w -> forall s, w s = v s - potential s.
Proof.
move=> hm hv hw; apply: (soft_value_unique (M := shaped M potential) hM hm hw) => s.
by rewrite hv; apply/esym/(softD (hm s)) => a; apply: q_shaped.
Qed.

Lemma soft_q_shaped m potential v w : (forall s, is_soft_maximum (m s)) ->
  is_soft_value M m v -> is_soft_value (shaped M potential) m w ->
  forall s a, q (shaped M potential) w s a = q M v s a - potential s.
Proof.
by move=> hm hv hw s a; rewrite -q_shaped; apply: eq_q => t; apply: (soft_value_shaped hm hv hw).
Qed.

(** To act by a policy is a soft maximum. *)
Lemma soft_value_policy pi v : is_value M pi v -> is_soft_value M (evaluation pi (fun=> 0)) v.
Proof. by move=> hv s; rewrite /evaluation addr0; apply: hv. Qed.

Lemma maximum_soft (a : A) (s : S) : is_soft_maximum (@maximum R A a).
Proof. exact: SoftBellman.maximum_is_soft. Qed.

Lemma policy_soft pi : is_policy pi -> forall s, is_soft_maximum (evaluation pi (fun=> 0) s).
Proof. by move=> hpi s; apply: SoftBellman.evaluation_is_soft. Qed.

(** A deterministic policy whose values have the largest sum is greedy for them: an action that is better
    somewhere makes a policy that is nowhere worse. *)
Lemma best_policy (a0 : A) : exists (act : {ffun S -> A}) v,
  is_value M (fun s => surely R (act s)) v /\ forall s a, q M v s a <= v s.
Proof.
have /fin_all_exists[v hv] (act : {ffun S -> A}) : exists v, is_value M (fun s => surely R (act s)) v.
  have [v hv] := one_value hM (fun s => law_surely R (act s)).
  by exists v; apply/hv.
have [act _ best] := @arg_maxP _ _ _ [ffun=> a0] xpredT (fun act => \sum_s v act s) isT.
exists act, (v act); split=> // s a; rewrite leNgt; apply/negP => better.
pose changed := [ffun t => if t == s then a else act t].
have above : forall t, v act t <= v changed t.
  apply: (sub_solution hM (fun s => law_surely R (changed s)) (hv changed)) => t.
  by rewrite mean_surely ffunE; case: eqP => [->|_]; rewrite ?(ltW better) // hv mean_surely.
have strictly : v act s < v changed s.
  rewrite [ltRHS]hv mean_surely ffunE eqxx; apply: lt_le_trans better _; have [hT _ /andP[g0 _]] := hM.
  by rewrite ler_add2l ler_wpmul2l // ler_mean // => t; case: (hT s a).
have := best changed isT; rewrite /= leNgt => /negP; apply.
by rewrite (bigD1 s) //= [ltRHS](bigD1 s) //= ltr_le_add // ler_sum.
Qed.

End Shaping.

Lemma span_maximum (R : realFieldType) (A : finType) (a : A) (f : A -> R) :
  maximum a (fun b => - f b) + maximum a f = span f.
Proof.
apply/le_anti/andP; split.
  rewrite -ler_subr_addr; apply: maximum_le => x; rewrite ler_subr_addr addrC ler_subl_addr.
  by apply: maximum_le => y; rewrite -ler_subl_addr span_ge.
apply: span_le => [|x y].
  by rewrite -[0](addNr (f a)) ler_add ?maximum_ge // (maximum_ge a (fun b => - f b)).
by rewrite addrC ler_add ?maximum_ge // (maximum_ge a (fun b => - f b)).
Qed.

Theorem optimal_values : Statements.Shaping.optimal_values.
Proof.
move=> R S A M a hM; have [act [v [hv greedy]]] := best_policy hM a.
have optimal : is_soft_value M (fun=> maximum a) v.
  move=> s; apply/le_anti; rewrite maximum_le // andbT {1}hv mean_surely.
  exact: (maximum_ge a (q M v s)).
exists v; split; last by exists act.
move=> w; split=> [hw | vw s]; first exact: (soft_value_unique hM (maximum_soft R a) optimal hw).
rewrite -vw optimal; apply: (eq_soft (maximum_soft R a s)) => b; exact: eq_q.
Qed.

Theorem optimal_values_largest : Statements.Shaping.optimal_values_largest.
Proof.
move=> R S A M a pi v w hM hpi hv hw; apply: (super_solution hM hpi hw) => s.
by apply: mean_le => // b; rewrite [leRHS]hv; apply: (maximum_ge a (q M v s)).
Qed.

Theorem same_soft_actions : Statements.Shaping.same_soft_actions.
Proof. by move=> R S A M m potential v w hM hm hv hw; apply: soft_q_shaped hm hv hw. Qed.

Theorem same_optimal_actions : Statements.Shaping.same_optimal_actions.
Proof. by move=> R S A M a0 potential v w hM hv hw; apply: (soft_q_shaped hM (maximum_soft R a0) hv hw). Qed.

Theorem same_advantages : Statements.Shaping.same_advantages.
Proof.
move=> R S A M pi potential v w hM hpi /soft_value_policy hv /soft_value_policy hw s a.
have hm := policy_soft hpi.
by rewrite (soft_q_shaped hM hm hv hw) (soft_value_shaped hM hm hv hw); ring.
Qed.

Theorem every_policy_loses_the_same : Statements.Shaping.every_policy_loses_the_same.
Proof.
move=> R S A M pi potential v w hM hpi /soft_value_policy hv /soft_value_policy hw.
by rewrite /value -meanB; apply: eq_mean; apply: (soft_value_shaped hM (policy_soft hpi) hv hw).
Qed.

Theorem next_state_rewards : Statements.Shaping.next_state_rewards.
Proof.
move=> R S A M pi potential v w hM hpi paid paying hv hw; apply: (every_policy_loses_the_same hM hpi hv _).
have [hT _ _] := hM; move=> s; rewrite hw; apply: eq_mean => a.
by rewrite /q /paying /shaped /shaping /= /paid meanD mean_const // meanB meanZ mean_const.
Qed.

Theorem action_bonuses_mislead : Statements.Shaping.action_bonuses_mislead.
Proof.
move=> R S A M a0 bonus v w hM staying hv hw; have h0 := lt0r_neq0 (effective_horizon_gt0 hM).
have closed r (u : S -> R) : is_soft_value (staying r) (fun=> maximum a0) u ->
    forall s, (1 - discount M) * u s = maximum a0 (r s).
  move=> hu s; rewrite mulrBl mul1r {1}hu (_ : maximum a0 _ = maximum a0 (r s) + discount M * u s) ?addrK //.
  by apply: (softD (maximum_soft R a0 s)) => a; rewrite /q mean_surely.
apply: (mulfI h0); rewrite mulVKf // -meanD -meanZ; apply: eq_mean => s.
by rewrite mulrDr !(closed _ _ hv, closed _ _ hw) span_maximum.
Qed.

Theorem every_policy_loses_the_same_finite : Statements.Shaping.every_policy_loses_the_same_finite.
Proof.
move=> R S A M H pi potential hM hpi end0.
rewrite !Difference.value_occupancy // (Difference.telescoping hM hpi end0) -sumrB; apply: eq_bigr => h _.
rewrite -sumrB; apply: eq_bigr => s _; rewrite -sumrB; apply: eq_bigr => a _.
rewrite {1}/FiniteHorizon.occupancy Moments.state_law_with_rewards /= /FiniteHorizon.occupancy; ring.
Qed.

Theorem ends_are_paid_for : Statements.Shaping.ends_are_paid_for.
Proof.
move=> R S A M pi z potential d v w hM hpi _ stays added until_the_end hd hv hw.
have h0 := lt0r_neq0 (effective_horizon_gt0 hM).
rewrite (DiscountedDifference.value_occupancy hM hpi hd hv).
rewrite (DiscountedDifference.value_occupancy (M := until_the_end) hM hpi hd hw).
apply: (mulfI h0); rewrite mulrDr mulrBr (DiscountedDifference.telescoping potential hM hpi hd) !mulVKf //.
rewrite !DiscountedDifference.sum_occupancy -meanB.
have -> : (1 - discount M) * (d z * potential z) =
          mean d (fun s => if s == z then (1 - discount M) * potential z else 0).
  rewrite /mean (bigD1 z) //= eqxx mulrCA big1 ?addr0 // => s /negPf->; exact: mulr0.
rewrite -meanD; apply: eq_mean => s; rewrite -meanB.
have -> : (if s == z then (1 - discount M) * potential z else 0) =
  mean (pi s) (fun=> if s == z then (1 - discount M) * potential z else 0) by rewrite mean_const.
rewrite -meanD; apply: eq_mean => a; rewrite /= /added /shaping; case: eqP => [->|_]; last by ring.
have -> : mean (transition M z a) potential = potential z.
  by rewrite -[RHS](mean_surely z); apply: eq_bigr => t _; rewrite stays.
by ring.
Qed.
