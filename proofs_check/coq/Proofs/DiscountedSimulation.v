(** The simulation lemma with a discount: telescoping with the values of the other model. *)
From mathcomp Require Import all_ssreflect all_algebra ring zify.
From ImitationLearning.Definitions Require Import Probability Discounted.
From ImitationLearning.Proofs Require Import Sums Solutions DiscountedDifference.
From ImitationLearning.Statements Require DiscountedSimulation.
Set Implicit Arguments.
Unset Strict Implicit.
Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Theorem simulation : Statements.DiscountedSimulation.simulation.
Proof.
move=> R S A M N pi d v w hM hN hpi same rate hd hv hw; have h0 := lt0r_neq0 (effective_horizon_gt0 hM).
have -> : value N w = mean (start M) w by apply: eq_bigr => s _; rewrite same.
rewrite (value_occupancy hM hpi hd hv); apply: (mulfI h0).
rewrite mulrBr !mulVKf // (telescoping w hM hpi hd) !sum_occupancy -meanB; apply: eq_mean => s.
rewrite [X in _ - X]meanB mean_const // hw -!meanB.
by apply: eq_mean => a; rewrite /q rate; ring.
Qed.

Theorem simulation_weighted : Statements.DiscountedSimulation.simulation_weighted.
Proof.
move=> R S A M N pi d v w hM hN hpi same rate hr hd hv hw; have h0 := effective_horizon_gt0 hM.
have [g0 _] := andP (discount_bounds hM); have [d0 _] := law_state_law hM hpi hd.
rewrite (simulation hM hN hpi same rate hd hv hw) normrM gtr0_norm ?invr_gt0 // ler_pmul2l ?invr_gt0 //.
rewrite !sum_occupancy; apply: le_trans (ler_norm_mean _ d0) _; apply: ler_mean => // s.
have p0 a : 0 <= pi s a by case: (hpi s).
apply: le_trans (ler_norm_mean _ p0) _; apply: ler_mean => // a.
apply: le_trans (ler_norm_add _ _) _; rewrite ler_add2l normrM ger0_norm // -mulrA; apply: ler_wpmul2l => //.
apply: holder_tv => [||s']; [by case: hM | by case: hN | rewrite rate; exact: value_bounds hr hw s'].
Qed.

Theorem simulation_bound : Statements.DiscountedSimulation.simulation_bound.
Proof.
move=> R S A M N pi v w er ep hM hN hpi same rate hr hv hw ber bep.
have [d [hd /(_ d)[_ flow]]] := one_state_law hM hpi; have h0 := effective_horizon_gt0 hM.
have [g0 _] := andP (discount_bounds hM).
apply: le_trans (simulation_weighted hM hN hpi same rate hr (flow (frefl d)) hv hw) _.
have -> : er / (1 - discount M) + discount M * ep / (1 - discount M) ^+ 2 =
          (1 - discount M)^-1 * (er + discount M / (1 - discount M) * ep) by field; rewrite lt0r_neq0.
rewrite ler_pmul2l ?invr_gt0 // sum_occupancy; apply: mean_le => // s; apply: mean_le => // a.
apply: ler_add => //; apply: ler_wpmul2l => //; exact: divr_ge0 (ltW h0).
Qed.

Theorem simulation_sharper : Statements.DiscountedSimulation.simulation_sharper.
Proof.
move=> R S A M N pi v w er ep hM hN hpi same rate hr hr' hv hw ber bep.
have [g0 g1] := andP (discount_bounds hM); have h0 := effective_horizon_gt0 hM.
set u := (1 - discount M)^-1; set b := u - _.
have bv : forall s, 0 <= v s <= u by apply: (value_bounds hM hpi).
have bw : forall s, 0 <= w s <= u by rewrite /u rate; apply: (value_bounds hN hpi).
have near s : `|v s - w s| <= b.
  have [m _ most] := @arg_maxP _ _ _ s xpredT (fun s => `|v s - w s|) isT.
  apply: le_trans (most s isT) _; set d := `|_|.
  have : d <= er + discount M * ((1 - ep) * d + ep * u).
    rewrite /d {1}hv {1}hw -meanB; have [p0 _] := hpi m; apply: le_trans (ler_norm_mean _ p0) _.
    apply: mean_le => // a; rewrite /q -rate opprD addrACA -mulrBr.
    apply: le_trans (ler_norm_add _ _) (ler_add _ _); first exact: ber.
    rewrite normrM ger0_norm //; apply: ler_wpmul2l => //.
    have [[hP _ _] [hP' _ _]] := (hM, hN).
    by apply: step_together (hP m a) (hP' m a) (bep m a) (dist_le (bv m) (bw m)) _ bv bw => y; apply: most.
  have ep0 : 0 <= ep.
    apply: le_trans (mean_le (hpi m) (bep m)); apply: mean_ge0 => [a | a]; last exact: tv_ge0.
    by have [] := hpi m.
  have c0 : 0 < 1 - discount M * (1 - ep).
    have -> : 1 - discount M * (1 - ep) = (1 - discount M) + discount M * ep by ring.
    by rewrite ltr_paddr ?mulr_ge0.
  move=> step; rewrite -(ler_pmul2r c0) /b mulrBl divfK ?lt0r_neq0 //.
  have -> : u * (1 - discount M * (1 - ep)) = 1 + discount M * (ep * u).
    by rewrite /u; field; rewrite lt0r_neq0.
  have -> : d * (1 - discount M * (1 - ep)) = d - discount M * (1 - ep) * d by ring.
  by rewrite ler_subl_addr; apply: le_trans step _; apply: eq_ler; ring.
have -> : value N w = mean (start M) w by apply: eq_bigr => s _; rewrite same.
have [_ hs _] := hM; have [s0 _] := hs; rewrite -meanB; apply: le_trans (ler_norm_mean _ s0) _.
exact: mean_le.
Qed.
