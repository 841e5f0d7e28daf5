(** Normalise what obeys the flow equations. *)
From mathcomp Require Import all_ssreflect all_algebra ring.
From ImitationLearning.Definitions Require Import Probability FiniteHorizon Trajectories.
From ImitationLearning.Definitions Require Discounted.
From ImitationLearning.Proofs Require Import Sums Difference Values Flow.
From ImitationLearning.Proofs Require Solutions DiscountedFlow.
From ImitationLearning.Statements Require Occupancies.
Set Implicit Arguments.
Unset Strict Implicit.
Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Lemma occupancy_ge0 (R : realFieldType) (S A : finType) (M : mdp R S A) (pi : policy R S A) h s a :
  is_mdp M -> is_policy pi -> 0 <= occupancy M pi h s a.
Proof. by move=> hM hpi; rewrite mulr_ge0 ?state_law_ge0 //; case: (hpi h s). Qed.

(** What obeys the flow equations up to a step obeys them if nothing comes later. *)
Lemma eq_flow (R : realFieldType) (S A : finType) (M : mdp R S A) (H : nat) (x y : nat -> S -> A -> R) :
  (forall h s a, (h < H)%N -> x h s a = y h s a) -> is_flow M H x -> is_flow M H y.
Proof.
move=> xy hx h s hH; have := hx h s hH; rewrite (eq_bigr (fun a => y h s a)) => [-> | a _]; last exact: xy.
case: h hH => [//|h] hH /=; apply: eq_bigr => t _; apply: eq_bigr => a _.
by rewrite xy // ltnW.
Qed.

Theorem characterisation : Statements.Occupancies.characterisation.
Proof.
move=> R S A M H x hM H0; split=> [[x0 hx] | [pi [hpi same]]]; last first.
  split=> [h s a hH|]; first by rewrite -same ?occupancy_ge0.
  exact: (eq_flow same (flow hM hpi)).
pose y h s a : R := if (h < H)%N then x h s a else 0.
have xy h s a : (h < H)%N -> x h s a = y h s a by rewrite /y => ->.
have y0 h s a : 0 <= y h s a by rewrite /y; case: ifP => // hH; apply: x0.
have [hpi same] := flow_policy hM H0 y0 (eq_flow xy hx).
by exists (fun h => normalise (y h)); split=> // h s a hH; rewrite same ?xy.
Qed.

Theorem characterisation_discounted : Statements.Occupancies.characterisation_discounted.
Proof.
move=> R S A M x hM; split=> [[x0 hx] | [pi [d [hpi hd same]]]]; last first.
  have [d0 _] := Solutions.law_state_law hM hpi hd.
  split=> [s a|s]; first by rewrite -same mulr_ge0 //; case: (hpi s).
  have := DiscountedFlow.flow hM hpi hd s; rewrite /Discounted.inflow.
  rewrite (eq_bigr (x s)) => [->|a _]; last exact: same.
  by congr (_ + _ * _); apply: eq_bigr => t _; apply: eq_bigr => a _; rewrite same.
have [hpi same] := DiscountedFlow.flow_policy hM x0 hx.
have [d [_ hd]] := Solutions.one_state_law hM hpi; have {}hd := (hd d).2 (frefl d).
by exists (normalise x), d; split=> // s a; apply: same.
Qed.

Theorem round_trip : Statements.Occupancies.round_trip.
Proof.
move=> R S A M H pi hM hpi h s a hH.
have H0 : (0 < H)%N by apply: leq_ltn_trans hH.
have [_ same] := flow_policy hM H0 (fun h s a => occupancy_ge0 h s a hM hpi) (flow hM hpi).
exact: same.
Qed.

Theorem mixture : Statements.Occupancies.mixture.
Proof.
move=> R S A M H first second w hM h1 h2 /andP[w0 w1] H0 x.
have x0 h s a : (h < H)%N -> 0 <= x h s a.
  by move=> _; rewrite addr_ge0 // mulr_ge0 ?subr_ge0 // occupancy_ge0.
have hx : is_flow M H x.
  move=> h s hH.
  transitivity (w * (\sum_a occupancy M first h s a) + (1 - w) * \sum_a occupancy M second h s a).
    by rewrite !mulr_sumr -big_split.
  rewrite (flow hM h1 s hH) (flow hM h2 s hH).
  case: h hH => [|h] hH /=; first by ring.
  by rewrite -sum_mixture.
have [pi [hpi same]] := (characterisation x hM H0).1 (conj x0 hx).
exists pi; split=> // r N; have hN : is_mdp N by [].
have state sigma h s : state_law N sigma h s = state_law M sigma h s.
  by elim: h s => //= h IH s; apply: eq_bigr => t _; rewrite IH.
rewrite !value_occupancy // !mulr_sumr -big_split; apply: eq_bigr => h _ /=; rewrite -sum_mixture.
apply: eq_bigr => s _; apply: eq_bigr => a _.
by have := same h s a (ltn_ord h); rewrite /x /occupancy !state => ->.
Qed.
