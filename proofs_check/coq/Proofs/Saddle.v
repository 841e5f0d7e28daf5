(** At the saddle point neither the reward nor the policy has anything to gain. *)
From mathcomp Require Import all_ssreflect all_algebra ring.
From ImitationLearning.Definitions Require Import Probability Discounted SoftDiscounted InverseSoft Reals.
From ImitationLearning.Proofs Require Import Sums Solutions DiscountedDifference SoftMaximum.
From ImitationLearning.Proofs Require Logarithms InverseSoft SoftRewards SoftImitation MaximumEntropy.
From ImitationLearning.Statements Require Saddle.
Set Implicit Arguments.
Unset Strict Implicit.
Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Notation exp_ln := SoftRewards.exp_ln.

Theorem saddle_point : Statements.Saddle.saddle_point.
Proof.
move=> S A M a0 x d pi hM hd rho r mass e best dual primal.
have hpi : is_policy pi by move=> s; exact: (Logarithms.law_softmax exp_ln a0).
have rho0 s a : 0 <= rho s a := SoftImitation.occupancy_ge0 hM hpi hd s a.
have h0 := lt0r_neq0 (effective_horizon_gt0 hM); have exp0 y : 0 < exp y := Logarithms.exp_gt0 exp_ln y.
have soft := SoftImitation.soft a0.
have total : \sum_s \sum_a rho s a = 1.
  have [_ d1] := law_state_law hM hpi hd; rewrite -d1; apply: eq_bigr => s _.
  by rewrite -mulr_sumr (hpi s).2 mulr1.
have mass0 : 0 < mass.
  rewrite lt_def; apply/andP; split; last by do 2![apply: sumr_ge0 => ? _]; rewrite mulr_ge0 // ltW.
  apply/eqP => none; have /eqP := total; rewrite big1 ?(eq_sym 0) ?oner_eq0 // => s _; apply: big1 => a _.
  have rows t : 0 <= \sum_b rho t b * exp (r t b + 1) by apply: sumr_ge0 => b _; rewrite mulr_ge0 // ltW.
  have row : \sum_b rho s b * exp (r s b + 1) = 0 by apply: (psumr_eq0P (fun t _ => rows t) none).
  have /eqP : rho s a * exp (r s a + 1) = 0.
    by apply: (psumr_eq0P _ row) => // b _; rewrite mulr_ge0 // ltW.
  by rewrite mulf_eq0 (gt_eqF (exp0 _)) orbF => /eqP.
have e0 s a : 0 <= e s a by apply: divr_ge0; [apply: mulr_ge0 => // |]; apply: ltW.
have v_best s : log_sum_exp 1 (best s) = log_sum_exp 1 (x s) - ln mass / (1 - discount M).
  exact: (softD soft).
have r_best s a : implied_reward M (fun=> log_sum_exp 1) best s a = r s a - ln mass.
  have [hT _ _] := hM; rewrite /r /implied_reward /next_value (eq_mean _ v_best) meanB mean_const //.
  by rewrite /best; field.
have slope s a : exp (- implied_reward M (fun=> log_sum_exp 1) best s a - 1) = mass / exp (r s a + 1).
  rewrite r_best (_ : _ - 1 = ln mass + - (r s a + 1)); last by ring.
  by rewrite (Logarithms.expD exp_ln) (Logarithms.expN exp_ln) (Logarithms.logK exp_ln).
have quotient s a : rho s a = e s a * exp (- implied_reward M (fun=> log_sum_exp 1) best s a - 1).
  rewrite slope /e; have n1 := lt0r_neq0 mass0; have n2 := lt0r_neq0 (exp0 (r s a + 1)); field.
  by rewrite n1 n2.
have law_e : law (joint e).
  split=> [z|]; first exact: e0.
  transitivity (\sum_s \sum_a e s a); first by rewrite pair_big.
  by under eq_bigr do rewrite -mulr_suml; rewrite -mulr_suml mulfV // lt0r_neq0.
have shown_rho : shown_by (joint e) (joint rho).
  move=> [s a] pos; rewrite /joint /= lt_def e0 andbT; apply: contraTneq pos => z.
  by rewrite /joint /= quotient z mul0r ltxx.
pose cost s a := rho s a * ln (rho s a / e s a).
have values : dual best = primal pi d.
  apply/esym/eqP; rewrite -subr_eq0 /primal -SoftImitation.total_kl.
  pose V (s : S) := @log_sum_exp A 1.
  rewrite (@InverseSoft.duality_gap _ _ _ M (@entropy A) V kl_utility e cost pi d best hM hpi hd).
  rewrite big1 => [|s _]; last first.
    apply: big1 => a _; apply/eqP; rewrite subr_eq0; apply/eqP.
    rewrite /cost /kl_utility mulrN -quotient r_best -/rho.
    have [->|nz] := eqVneq (rho s a) 0; first by rewrite !mul0r oppr0 addr0.
    have pos : 0 < rho s a by rewrite lt_def nz rho0.
    have -> : rho s a / e s a = mass / exp (r s a + 1).
      by rewrite -slope {1}quotient mulrC mulKf // lt0r_neq0 // (shown_rho (s, a)).
    by rewrite (Logarithms.log_div exp_ln) // (Logarithms.expK exp_ln); ring.
  rewrite add0r; apply/eqP; apply: big1 => s _; rewrite /V v_best.
  have -> : mean (pi s) (best s) = mean (pi s) (x s) - ln mass / (1 - discount M).
    by rewrite /best meanB mean_const.
  by rewrite -(SoftImitation.attained a0 (x s)) -/(pi s) [X in X - _]addrAC subrr mulr0.
split=> // [y | p q hp hq sh]; rewrite -?values.
  rewrite values /primal -SoftImitation.total_kl.
  apply: (InverseSoft.weak_duality _ hM hpi hd (fun=> SoftImitation.above a0)).
  by apply: SoftImitation.fenchel.
rewrite /primal -[X in _ <= X - _]SoftImitation.total_kl.
apply: (InverseSoft.weak_duality _ hM hp hq (fun=> SoftImitation.above a0)).
by apply: SoftImitation.fenchel => //; apply: (SoftImitation.occupancy_ge0 hM).
Qed.
