(** The flow equations are linear: their non-negative solutions mix. *)
From mathcomp Require Import all_ssreflect all_algebra ring zify.
From ImitationLearning.Definitions Require Import Probability Discounted.
From ImitationLearning.Proofs Require Import Sums Solutions DiscountedDifference DiscountedFlow.
From ImitationLearning.Statements Require Mixtures.
Set Implicit Arguments.
Unset Strict Implicit.
Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Theorem convex : Statements.Mixtures.convex.
Proof.
move=> R S A M x y w /andP[w0 w1] x0 y0 hx hy z; split=> [s a | s].
  by rewrite addr_ge0 // mulr_ge0 // subr_ge0.
rewrite /inflow sum_mixture /z big_split -!mulr_sumr hx hy /inflow /=; ring.
Qed.

Section Mixture.
Variables (R : realFieldType) (S A : finType) (M : mdp R S A) (first second : policy R S A).
Variables (d1 d2 : S -> R) (w : R).
Hypotheses (hM : is_mdp M) (h1 : is_policy first) (h2 : is_policy second) (hw : 0 <= w <= 1).
Hypotheses (hd1 : is_state_law M first d1) (hd2 : is_state_law M second d2).

Let x s a := w * occupancy first d1 s a + (1 - w) * occupancy second d2 s a.

(** The mixture of the occupancies is the occupancy of what it normalises to. *)
Lemma mixture_policy :
  is_policy (normalise x) /\
  forall d, is_state_law M (normalise x) d -> forall s a, occupancy (normalise x) d s a = x s a.
Proof.
have [p1 _] := law_state_law hM h1 hd1; have [p2 _] := law_state_law hM h2 hd2.
have [x0 hx] : (forall s a, 0 <= x s a) /\ is_flow M x.
  apply: convex => //; [| | exact: flow hM h1 hd1 | exact: flow hM h2 hd2] => s a.
    by apply: mulr_ge0 => //; case: (h1 s).
  by apply: mulr_ge0 => //; case: (h2 s).
exact: flow_policy.
Qed.

End Mixture.

Theorem mixture : Statements.Mixtures.mixture.
Proof.
move=> R S A M first second d1 d2 d w hM h1 h2 hw hd1 hd2 x hd.
by have [_ same] := mixture_policy hM h1 h2 hw hd1 hd2; apply: same.
Qed.

Theorem mixture_value : Statements.Mixtures.mixture_value.
Proof.
move=> R S A M first second d1 d2 v1 v2 v w hM h1 h2 hw hd1 hd2 hv1 hv2 x hv.
have [hx same] := mixture_policy hM h1 h2 hw hd1 hd2.
have [d [_ /(_ d)[_ /(_ (frefl d)) hd]]] := one_state_law hM hx.
rewrite (value_occupancy hM h1 hd1 hv1) (value_occupancy hM h2 hd2 hv2) (value_occupancy hM hx hd hv).
rewrite ![_ * (_^-1 * _)]mulrCA -mulrDr -sum_mixture; congr (_ * _).
by apply: eq_bigr => s _; apply: eq_bigr => a _; rewrite same.
Qed.
