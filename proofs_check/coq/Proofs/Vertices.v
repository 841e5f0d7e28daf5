(** Deterministic policies: the best ones, and how their occupancies differ from all others. *)
From mathcomp Require Import all_ssreflect all_algebra ring zify.
From ImitationLearning.Definitions Require Import Probability Families Discounted.
From ImitationLearning.Proofs Require Import Sums Families Solutions DiscountedDifference DiscountedFlow.
From ImitationLearning.Proofs Require Import DiscountedTotalVariation LinearProgramme Mixtures.
From ImitationLearning.Statements Require Vertices.
Set Implicit Arguments.
Unset Strict Implicit.
Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

(** The distance from a sure action is the mass of the other ones. *)
Lemma tv_surely (R : realFieldType) (A : finType) (p : A -> R) (a : A) : law p -> tv p (surely R a) = 1 - p a.
Proof.
move=> [p0 p1]; have pa : p a <= 1 by rewrite -p1 (bigD1 a) //= ler_addl sumr_ge0.
have e b : `|p b - surely R a b| = p b + surely R a b * (1 - 2%:R * p a).
  rewrite /surely; case: eqP => [->|_]; last by rewrite mul0r subr0 addr0 ger0_norm.
  by rewrite distrC ger0_norm ?subr_ge0 //=; ring.
rewrite /tv (eq_bigr _ (fun b _ => e b)) big_split p1 -/(mean (surely R a) (fun=> _)) mean_surely /=.
by field.
Qed.

Theorem hull : Statements.Vertices.hull.
Proof.
move=> R S A M r a hM; have hN : is_mdp (with_reward M r) by [].
have [act [v [hv best _ _]]] := strong_duality a hN; exists act => pi d e hpi hd he.
have [w hw] := one_value hN hpi; have {}hw := (hw w).2 (frefl w).
have := best pi w hpi hw; rewrite (value_occupancy hN hpi hd hw).
rewrite (value_occupancy hN (fun s => law_surely R (act s)) he hv) ler_pmul2l //.
by rewrite invr_gt0 (effective_horizon_gt0 hM).
Qed.

Theorem exposed : Statements.Vertices.exposed.
Proof.
move=> R S A M pi act d e hM hpi vertex hd he; have h0 := effective_horizon_gt0 hM.
have hvertex : is_policy vertex by move=> s; apply: law_surely.
have [d0 d1] := law_state_law hM hpi hd.
have -> : 1 - \sum_s occupancy pi d s (act s) = mean d (fun s => tv (pi s) (vertex s)).
  rewrite -d1 -sumrB; apply: eq_bigr => s _; rewrite tv_surely //.
  by rewrite mulrBr mulr1.
by rewrite -ler_pdivl_mull //; apply: pairs_from_policies.
Qed.

Theorem distinct : Statements.Vertices.distinct.
Proof.
move=> R S A M act other d e hM pi pi' hd he.
have hpi : is_policy pi by move=> s; apply: law_surely.
have hpi' : is_policy pi' by move=> s; apply: law_surely.
pose differs (z : S * A) : R := ((act z.1 != other z.1) && (z.2 == act z.1))%:R.
have bound z : 0 <= differs z <= 1 by rewrite ler0n lern1 leq_b1.
have := holder_tv (law_occupancy hM hpi hd) (law_occupancy hM hpi' he) bound; rewrite mul1r.
apply: le_trans; rewrite !mean_pairs.
have -> : mean e (fun s => mean (pi' s) (fun a => differs (s, a))) = 0.
  rewrite /mean big1 // => s _; rewrite -/(mean (pi' s) _) mean_surely /differs /=.
  by case: eqP => [|/eqP]; rewrite ?mulr0 // eq_sym => /negbTE->; rewrite mulr0.
rewrite subr0; apply: le_trans (ler_norm _); rewrite mulr_sumr big_mkcond; apply: ler_sum => s _.
rewrite mean_surely /differs /= eqxx andbT.
have [_ [s0 _] /andP[g0 _]] := hM; have [d0 _] := law_state_law hM hpi hd.
case: eqP => [_|_]; first by rewrite mulr0.
rewrite mulr1 hd ler_addl mulr_ge0 // mean_ge0 // => t; apply: mean_ge0 => a; first by case: (hpi t).
by have [hT _ _] := hM; case: (hT t a).
Qed.

Theorem segment : Statements.Vertices.segment.
Proof.
move=> R S A M first second s0 w hM h1 h2 hw same mixed d1 d2 d hd1 hd2 hd s a; have [w0 w1] := andP hw.
have hmixed : is_policy mixed.
  move=> t; split=> [b|]; first by rewrite addr_ge0 // mulr_ge0 ?subr_ge0 //; [case: (h1 t) | case: (h2 t)].
  by rewrite big_split -!mulr_sumr (h1 t).2 (h2 t).2 !mulr1 /= addrC subrK.
have [p1 _] := law_state_law hM h1 hd1; have [p2 _] := law_state_law hM h2 hd2.
set c := w * d2 s0 + (1 - w) * d1 s0; have v0 : 0 <= w * d2 s0 by apply: mulr_ge0.
have v1 : 0 <= (1 - w) * d1 s0 by rewrite mulr_ge0 ?subr_ge0.
have [/eqP c0 | c0] := boolP (c == 0).
  by move/eqP: (c0); rewrite paddr_eq0 // => /andP[/eqP-> /eqP->]; rewrite c0 !mul0r addr0.
pose u := w * d2 s0 / c; have hu : 0 <= u <= 1.
  have c1 : 0 < c by rewrite lt0r c0 addr_ge0.
  apply/andP; split; first exact: divr_ge0 v0 (ltW c1).
  by rewrite ler_pdivr_mulr // mul1r ler_addl.
pose z t b := u * occupancy first d1 t b + (1 - u) * occupancy second d2 t b.
pose y t := u * d1 t + (1 - u) * d2 t.
have [_ hz] : (forall t b, 0 <= z t b) /\ is_flow M z.
  apply: convex => //; [| | exact: flow hM h1 hd1 | exact: flow hM h2 hd2] => t b.
    by apply: mulr_ge0 => //; case: (h1 t).
  by apply: mulr_ge0 => //; case: (h2 t).
have zE t b : z t b = occupancy mixed y t b.
  rewrite /z /occupancy /y /mixed; have [-> | ts] := eqVneq t s0; last by rewrite (same t ts); ring.
  by move: c0; rewrite /u /c => c0; field.
have dy : d =1 y.
  apply: (state_law_unique hM hmixed hd); apply/state_lawE => t.
  transitivity (inflow M z t); last first.
    by congr (_ + _ * _); apply: eq_bigr => t' _; apply: eq_bigr => b _; rewrite zE.
  by rewrite -hz; under eq_bigr do rewrite zE; rewrite sum_actions.
have cu : c * u = w * d2 s0 by rewrite /u mulrC divfK.
have cu' : c * (1 - u) = (1 - w) * d1 s0 by rewrite mulrBr mulr1 cu /c addrAC subrr add0r.
by rewrite {1}/occupancy dy -[y s * _]zE /z mulrDr [c * (u * _)]mulrA cu [c * (_ * _)]mulrA cu'.
Qed.
