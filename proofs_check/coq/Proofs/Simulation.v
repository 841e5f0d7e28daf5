(** The simulation lemma: telescoping with the values of the other model. *)
From mathcomp Require Import all_ssreflect all_algebra ring zify.
From ImitationLearning.Definitions Require Import Probability FiniteHorizon.
From ImitationLearning.Proofs Require Import Sums Difference Values TotalVariation.
From ImitationLearning.Statements Require Simulation.
Set Implicit Arguments.
Unset Strict Implicit.
Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

(** 0 + 1 + ... + (H - 1). *)
Lemma sum_later_steps (R : realFieldType) (H : nat) :
  \sum_(h < H) (H - h.+1)%:R = (H%:R * (H%:R - 1)) / 2%:R :> R.
Proof.
elim: H => [|H IH]; first by rewrite big_ord0 mul0r mul0r.
rewrite big_ord_recl subn1; under eq_bigr do rewrite subSS.
by rewrite IH mulrS /=; field.
Qed.

Theorem simulation : Statements.Simulation.simulation.
Proof.
move=> R S A M N H pi hM hN hpi same.
have -> : value N H pi = mean (start M) (v N H pi 0) by apply: eq_bigr => s _; rewrite same.
rewrite value_occupancy // (@telescoping R S A M H pi (v N H pi)) //; last by move=> s; rewrite vH.
rewrite -sumrB; apply: eq_bigr => h _; rewrite !sum_occupancy -meanB; apply: eq_mean => s.
rewrite [X in _ - X]meanB mean_const // vE // -!meanB.
by apply: eq_mean => a; rewrite /q; ring.
Qed.

Theorem simulation_weighted : Statements.Simulation.simulation_weighted.
Proof.
move=> R S A M N H pi hM hN hpi same hr; rewrite simulation //.
apply: le_trans (ler_norm_sum _ _ _) _; apply: ler_sum => h _; rewrite !sum_occupancy.
have d0 s : 0 <= state_law M pi h s by apply: state_law_ge0.
apply: le_trans (ler_norm_mean _ d0) _; apply: ler_mean => // s.
have p0 a : 0 <= pi h s a by case: (hpi h s).
apply: le_trans (ler_norm_mean _ p0) _; apply: ler_mean => // a.
apply: le_trans (ler_norm_add _ _) _; rewrite ler_add2l.
by apply: holder_tv => [||s']; [case: hM | case: hN | apply: v_bounds].
Qed.

Theorem simulation_bound : Statements.Simulation.simulation_bound.
Proof.
move=> R S A M N H pi er ep hM hN hpi same hr ber bep.
apply: le_trans (simulation_weighted H hM hN hpi same hr) _.
apply: (@le_trans _ _ (\sum_(h < H) (er + (H - h.+1)%:R * ep))).
  apply: ler_sum => h _; rewrite sum_occupancy; apply: mean_le => [|s]; first exact: law_state_law.
  apply: mean_le => // a; apply: ler_add; first exact: ber.
  by apply: ler_wpmul2l; [rewrite ler0n | exact: bep].
by rewrite big_split sumr_const card_ord -mulr_suml sum_later_steps -(mulr_natl er).
Qed.

Theorem simulation_sharper : Statements.Simulation.simulation_sharper.
Proof.
move=> R S A M N H pi er ep hM hN hpi same hr hr' er1 ep1 ber bep.
pose b n := n%:R - (1 - er) * \sum_(h < n) (1 - ep) ^+ h.
have bS n : b n.+1 = er + ((1 - ep) * b n + ep * n%:R).
  have -> : b n.+1 = 1 + n%:R - (1 - er) * (1 + (1 - ep) * \sum_(h < n) (1 - ep) ^+ h).
    rewrite /b big_ord_recl expr0 -mulrS mulr_sumr; congr (_ - _ * (_ + _)).
    by apply: eq_bigr => h _; rewrite exprS.
  by rewrite /b; ring.
have b_le n : b n <= n%:R.
  rewrite ler_subl_addr ler_addl mulr_ge0 ?subr_ge0 //.
  by apply: sumr_ge0 => h _; rewrite exprn_ge0 ?subr_ge0.
have near n h s : (h + n <= H)%N -> `|to_go M pi n h s - to_go N pi n h s| <= b n.
  elim: n h s => [|n IH] h s hn; first by rewrite /b big_ord0 /= mulr0 !subr0 normr0.
  rewrite bS /= -meanB; have [p0 _] := hpi h s; apply: le_trans (ler_norm_mean _ p0) _.
  apply: mean_le => // a; rewrite opprD addrACA; apply: le_trans (ler_norm_add _ _) (ler_add _ _).
    by apply: ber; lia.
  apply: (step_together (u := n%:R)) => // [||| s'|s'|s'].
  - by case: hM.
  - by case: hN.
  - by apply: bep; lia.
  - by apply: IH; lia.
  - exact: to_go_bounds.
  - exact: to_go_bounds.
have -> : value N H pi = mean (start M) (v N H pi 0) by apply: eq_bigr => s _; rewrite same.
have [_ [s0 s1]] := hM; rewrite -meanB; apply: le_trans (ler_norm_mean _ s0) _.
by apply: mean_le => // s; rewrite /v subn0; apply: near.
Qed.
