(** Each penalty is at most the decrease of a function that is linear below 1 and a logarithm above. *)
From mathcomp Require Import all_ssreflect all_algebra ring.
From ImitationLearning.Definitions Require Import Probability FiniteHorizon Imitation Logarithms Reals.
From ImitationLearning.Proofs Require Import Sums Logarithms.
From ImitationLearning.Proofs Require NoRegret Aggrevate Reals.
From ImitationLearning.Statements Require Schedules.
Set Implicit Arguments.
Unset Strict Implicit.
Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Section Penalties.
Variables (R : realFieldType) (exp log : R -> R).
Hypothesis laws : is_exp_log exp log.
Implicit Types (x y keep : R) (H N : nat).

Lemma log_ge y : 0 < y -> 1 - y^-1 <= log y.
Proof.
move=> y0; have := log_le laws (_ : 0 < y^-1); rewrite invr_gt0 (logV laws) // => /(_ y0).
by rewrite ler_oppl opprB.
Qed.

Lemma log1 : log 1 = 0.
Proof. by rewrite -(exp0 laws) (expK laws). Qed.

Lemma log_ge0 y : 1 <= y -> 0 <= log y.
Proof. by move=> y1; rewrite -(exp_le laws) (exp0 laws) (logK laws) // (lt_le_trans ltr01). Qed.

(** Between two points the logarithm is above its chord. *)
Lemma chord keep y : 0 < keep -> 1 <= y -> keep * y <= 1 ->
  - log keep * (keep * (y - 1)) <= (1 - keep) * log y.
Proof.
move=> k0 y1 ky; have y0 : 0 < y by apply: lt_le_trans y1.
have at1 : - log y <= y^-1 - 1 by rewrite -(logV laws) // (log_le laws) // invr_gt0.
have at2 : - log keep - log y <= (keep * y)^-1 - 1.
  by rewrite -opprD -(logM laws) // -(logV laws) ?mulr_gt0 // (log_le laws) // invr_gt0 mulr_gt0.
have low : 0 <= 1 - keep * y by rewrite subr_ge0.
have high : 0 <= keep * (y - 1) by rewrite mulr_ge0 ?subr_ge0 // ltW.
have := ler_add (ler_wpmul2l low at1) (ler_wpmul2l high at2).
have -> : (1 - keep * y) * (y^-1 - 1) + keep * (y - 1) * ((keep * y)^-1 - 1) = 0.
  by field; rewrite !lt0r_neq0.
by move=> le0; rewrite -subr_le0; apply: le_trans le0; apply: eq_ler; ring.
Qed.

Variable keep : R.
Hypothesis keep01 : 0 <= keep <= 1.

(** A function of what is left of the horizon; [below] is its slope up to 1, and [above] that of the
    logarithm from there on. *)
Definition decreasing (below above y : R) : R := if y <= 1 then below * y else below + above * log y.

Lemma decreasing_ge0 below above y : 0 <= below -> 0 <= above -> 0 <= y -> 0 <= decreasing below above y.
Proof.
move=> b0 a0 y0; rewrite /decreasing; case: ifP => [_ | /negbT]; first exact: mulr_ge0.
by rewrite -ltNge => /ltW/log_ge0; move=> l0; rewrite addr_ge0 ?mulr_ge0.
Qed.

Lemma decreasing_horizon below above H : (0 < H)%N ->
  decreasing below above H%:R = below + above * log H%:R.
Proof.
move=> H0; rewrite /decreasing; case: ifP => // /idP; rewrite lern1 => H1.
by have -> : H = 1%N; [apply/eqP; rewrite eqn_leq H1 | rewrite log1 mulr0 addr0 mulr1].
Qed.

(** The decrease of a step, if that beyond 1 is known. *)
Lemma sum_penalties below above price H N : 0 <= below -> 0 <= above -> (0 < H)%N ->
  (forall y, 0 <= y -> price * Num.min 1 y <= decreasing below above y - decreasing below above (keep * y)) ->
  price * (\sum_(i < N) Num.min 1 (H%:R * keep ^+ i)) <= below + above * log H%:R.
Proof.
move=> b0 a0 H0 step; have /andP[k0 _] := keep01; rewrite -(decreasing_horizon _ _ H0) mulr_sumr.
pose left i := H%:R * keep ^+ i; have left0 i : 0 <= left i by rewrite mulr_ge0 ?ler0n ?exprn_ge0.
apply: (@le_trans _ _ (\sum_(i < N) (decreasing below above (left i) - decreasing below above (left i.+1)))).
  by apply: ler_sum => i _; apply: le_trans (step _ (left0 i)) _; rewrite /left exprS mulrCA.
rewrite (telescope_sum (fun i => decreasing below above (left i))) /left expr0 mulr1 ler_subl_addr ler_addl.
by apply: decreasing_ge0; rewrite ?mulr_ge0 ?ler0n ?exprn_ge0.
Qed.

Lemma penalty_step y : 0 <= y ->
  (1 - keep) * Num.min 1 y <= decreasing 1 1 y - decreasing 1 1 (keep * y).
Proof.
move=> y0; have /andP[k0 k1] := keep01; rewrite /decreasing.
have [y1 | y1] := leP y 1.
  have ky : keep * y <= 1 by apply: le_trans y1; rewrite ler_pimull.
  by rewrite ky; apply: eq_ler; ring.
have ypos : 0 < y := lt_trans ltr01 y1.
case: ifP => [ky | /negbT]; rewrite !mul1r mulr1.
  have := log_ge ypos; rewrite -subr_ge0 => l0.
  have d0 : 0 <= (1 - y^-1) * (1 - keep * y).
    by rewrite mulr_ge0 ?subr_ge0 // invf_le1 ?ltW.
  rewrite -subr_ge0; apply: le_trans (addr_ge0 l0 d0) _; apply: eq_ler; field.
  by rewrite lt0r_neq0.
rewrite -ltNge => ky; have kpos : 0 < keep by rewrite -(pmulr_lgt0 _ ypos) (lt_trans ltr01).
rewrite (logM laws) // [leRHS](_ : _ = - log keep); last by ring.
by rewrite ler_oppr opprB (log_le laws).
Qed.

Lemma penalty_step_sharper y : 0 < keep -> 0 <= y ->
  (1 - keep) * - log keep * Num.min 1 y <=
  decreasing (- log keep) (1 - keep) y - decreasing (- log keep) (1 - keep) (keep * y).
Proof.
move=> kpos y0; have /andP[k0 k1] := keep01; rewrite /decreasing.
have [y1 | y1] := leP y 1.
  have ky : keep * y <= 1 by apply: le_trans y1; rewrite ler_pimull.
  by rewrite ky; apply: eq_ler; ring.
have ypos : 0 < y := lt_trans ltr01 y1.
case: ifP => [ky | _]; rewrite mulr1.
  rewrite -subr_ge0; have := chord kpos (ltW y1) ky; rewrite -subr_ge0; move/le_trans; apply.
  by apply: eq_ler; ring.
by rewrite (logM laws) //; apply: eq_ler; ring.
Qed.

End Penalties.

Let reals_laws : is_exp_log exp ln := Reals.exp_and_ln.

Theorem penalty : Statements.Schedules.penalty.
Proof.
move=> H N alpha H0 /andP[a0 a1]; rewrite [leRHS]addrC -[ln _]mul1r.
have keep01 : 0 <= 1 - alpha <= 1 by rewrite subr_ge0 a1 ler_subl_addr ler_addl.
apply: (sum_penalties reals_laws keep01) => [| |//|y y0]; rewrite ?ler01 //.
by have := penalty_step reals_laws keep01 y0; rewrite subKr.
Qed.

Theorem penalty_sharper : Statements.Schedules.penalty_sharper.
Proof.
move=> H N keep H0 /andP[k0 k1] /=; have keep01 : 0 <= keep <= 1 by rewrite ltW.
rewrite [leRHS]addrC; apply: (sum_penalties reals_laws keep01) => // [| |y y0].
- by rewrite oppr_ge0; apply: le_trans (log_le reals_laws k0) _; rewrite subr_le0.
- by rewrite subr_ge0.
exact: (penalty_step_sharper reals_laws keep01 k0 y0).
Qed.

(** The mean penalty of a schedule. *)
Lemma average_penalty (H N : nat) (alpha : reals) : (0 < H)%N -> (0 < N)%N -> 0 < alpha <= 1 ->
  average (fun i : 'I_N => Num.min 1 (H%:R * (1 - alpha) ^+ i)) <= (ln H%:R + 1) / (alpha * N%:R).
Proof.
move=> H0 N0 /andP[a0 a1]; have n0 : 0 < N%:R :> reals by rewrite ltr0n.
rewrite ler_pdivl_mulr ?mulr_gt0 // /average mulrC -mulrA mulVKf ?lt0r_neq0 //.
by apply: penalty; rewrite ?(ltW a0).
Qed.

Lemma schedule_bounds (alpha : reals) i : 0 < alpha <= 1 -> 0 <= (1 - alpha) ^+ i <= 1.
Proof.
move=> /andP[a0 a1]; have k0 : 0 <= 1 - alpha by rewrite subr_ge0.
by rewrite exprn_ge0 //= exprn_ile1 // ler_subl_addr ler_addl ltW.
Qed.

Theorem dagger_geometric : Statements.Schedules.dagger_geometric.
Proof.
move=> S A M H N expert loss learners alpha hM hE h01 H0 N0 hL ha mixed own seen.
have [i below] := NoRegret.below_average own N0; exists i; apply: le_trans below _.
have betas01 (j : 'I_N) := schedule_bounds j ha.
apply: le_trans (NoRegret.no_regret_refined H hM hE h01 hL betas01) _.
by rewrite ler_add2l; apply: average_penalty.
Qed.

Theorem aggrevate_geometric : Statements.Schedules.aggrevate_geometric.
Proof.
move=> S A M H N expert learners best Qmax alpha hM hE hL H0 ha hbest hQ /=.
have betas01 (j : 'I_N) := schedule_bounds j ha.
have Q0 : 0 <= Qmax.
  have hstart := hM.2; apply: (@le_trans _ _ (mean (FiniteHorizon.start M) (fun s =>
      mean (expert 0%N s) (fun a => `|advantage M H expert 0 s a|)))).
    by apply: mean_ge0 => [s|s]; [case: hstart | apply: mean_ge0 => // a; case: (hE 0%N s)].
  by apply: mean_le => // s; apply: mean_le => // a; apply: hQ.
apply: le_trans (Aggrevate.aggrevate_bound hM hE hL betas01 hbest hQ) _; rewrite ler_add2l.
have [N1 | N0] := posnP N.
  rewrite [average _](_ : _ = 0); first by rewrite !mulr0 [X in _ / (_ * X%:R)]N1 mulr0 invr0 mulr0.
  by rewrite /average big1 ?mulr0 // => i; have := ltn_ord i; rewrite [X in (_ < X)%N]N1.
rewrite -!mulrA ler_wpmul2l ?ler0n // ler_wpmul2l // ler_wpmul2l ?ler0n //.
apply: le_trans (average_penalty H0 N0 ha); apply: NoRegret.ler_average => i.
by rewrite le_minr NoRegret.interference_le1 // NoRegret.interference_le.
Qed.
