(** Cloning a deterministic expert from N trajectories: the missing mass of independent draws. *)
From mathcomp Require Import all_ssreflect all_algebra ring.
From ImitationLearning.Definitions Require Import Probability FiniteHorizon Trajectories.
From ImitationLearning.Definitions Require Import Imitation Demonstrations.
From ImitationLearning.Proofs Require Import Sums Values Families Trajectories Cloning NoRegret Parting.
From ImitationLearning.Statements Require Demonstrations.
Set Implicit Arguments.
Unset Strict Implicit.
Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Section Independent.
Variables (R : realFieldType) (T : finType) (p : T -> R) (N : nat).
Local Notation draws := (independent (N := N) p).

(** The mean of a product of functions of the draws. *)
Lemma mean_prod (f : T -> R) : mean draws (fun x => \prod_i f (x i)) = mean p f ^+ N.
Proof.
rewrite -[N in RHS]card_ord -prodr_const bigA_distr_bigA; apply: eq_bigr => x _.
by rewrite -big_split.
Qed.

(** Independent draws have a law. *)
Lemma law_independent : law p -> law draws.
Proof.
move=> hp; split=> [x|]; first by apply: prodr_ge0 => i _; case: hp.
rewrite -[RHS](expr1n _ N) -[X in X ^+ N](mean_const 1 hp) -mean_prod; apply: eq_bigr => x _.
by rewrite big1 ?mulr1.
Qed.

(** No draw is in a set. *)
Lemma mean_none (E : pred T) :
  mean draws (fun x => (~~ [exists i, E (x i)])%:R) = mean p (fun t => (~~ E t)%:R) ^+ N.
Proof.
rewrite -mean_prod; apply: eq_mean => x; rewrite negb_exists.
case: (boolP [forall i, ~~ E (x i)]) => [/forallP none | /forallPn[i Ei]].
  by rewrite big1 // => i _; rewrite none.
by rewrite (bigD1 i) //= (negbTE Ei) mul0r.
Qed.

End Independent.

Section Demonstrations.
Variables (R : realFieldType) (S A : finType) (M : mdp R S A) (H N : nat) (act : nat -> S -> A).
Local Notation expert := (playing R act).
Local Notation p := (trajectory_law M (forgetful expert) (n := H)).
Hypothesis hM : is_mdp M.

Lemma is_policy_expert : is_policy expert. Proof. exact: is_policy_playing. Qed.

(** Trajectories visit a state at a step as often as its law says. *)
Lemma mean_visits h s : (h < H)%N -> mean p (fun t => (~~ visits t h s)%:R) = 1 - state_law M expert h s.
Proof.
move=> hH; have -> : state_law M expert h s = mean p (fun t => (visits t h s)%:R).
  transitivity (\sum_a step_law p h s a).
    rewrite -[LHS]mulr1 -(is_policy_expert h s).2 mulr_sumr; apply: eq_bigr => a _.
    by rewrite step_law_occupancy //; apply: is_policy_expert.
  under eq_bigr do rewrite step_law_mean.
  rewrite exchange_big; apply: eq_bigr => t _; rewrite -mulr_sumr; congr (_ * _).
  case: (boolP (visits t h s)) => [/existsP[a /eqP at_a] | /existsPn none].
    rewrite (bigD1 a) //= at_a eqxx big1 ?addr0 // => b /negbTE ba.
    by rewrite (inj_eq Some_inj) xpair_eqE eqxx eq_sym ba.
  by rewrite big1 // => a _; rewrite (negbTE (none a)).
rewrite -[X in _ = X - _](mean_const 1 (law_trajectory hM H is_policy_expert)) -meanB; apply: eq_mean => t.
by case: (visits t h s) => /=; rewrite ?subrr ?subr0.
Qed.

(** A state stays unseen if no trajectory visits it. *)
Lemma mean_unseen h s : (h < H)%N ->
  mean (independent (N := N) p) (fun data => (~~ seen data h s)%:R) = (1 - state_law M expert h s) ^+ N.
Proof. by move=> hH; rewrite -mean_visits //; apply: (mean_none _ N (fun t => visits t h s)). Qed.

Variable elsewhere : policy R S A.
Hypotheses (hr : unit_rewards M) (hW : is_policy elsewhere).
Local Notation d := (state_law M expert).

Lemma is_policy_clone (data : {ffun 'I_N -> trajectory S A H}) : is_policy (clone act elsewhere data).
Proof. by move=> h s; rewrite /clone; case: ifP => _; [apply: is_policy_expert | apply: hW]. Qed.

(** The clone errs in unseen states only. *)
Lemma gap_clone (data : {ffun 'I_N -> trajectory S A H}) :
  value M H expert - value M H (clone act elsewhere data) <=
  \sum_(h < H) (H - h)%:R * mean (d h) (fun s => (~~ seen data h s)%:R).
Proof.
have hE := is_policy_expert; have hC := is_policy_clone data.
apply: le_trans (ler_norm _) _; apply: le_trans (horizon_weighted H hM hr hE hC) _.
apply: ler_sum => h _; apply: ler_wpmul2l; first exact: ler0n.
apply: ler_mean => s; first exact: state_law_ge0.
by rewrite /clone; case: (seen data h s); rewrite ?tvxx ?tv_le1.
Qed.

(** The bound of each data set, in the mean. *)
Lemma cloning_gap_le :
  cloning_gap M H act elsewhere N <= \sum_(h < H) (H - h)%:R * \sum_s d h s * (1 - d h s) ^+ N.
Proof.
have [p0 _] := law_independent N (law_trajectory hM H is_policy_expert).
apply: le_trans (ler_mean p0 gap_clone) _; apply: eq_ler.
rewrite {1}/mean; under eq_bigr do rewrite mulr_sumr.
rewrite exchange_big; apply: eq_bigr => h _; under eq_bigr do rewrite mulrCA.
rewrite -mulr_sumr; congr (_ * _); under eq_bigr do rewrite mulr_sumr.
rewrite exchange_big; apply: eq_bigr => s _; rewrite -mean_unseen // mulr_sumr.
by apply: eq_bigr => data _; rewrite mulrCA.
Qed.

End Demonstrations.

(** x (1 - x)^N is largest at 1 / (N + 1): the mean of N x and of N numbers 1 - x is N / (N + 1). *)
Lemma missing_peak (R : realFieldType) (N : nat) (x : R) : 0 <= x <= 1 ->
  x * (1 - x) ^+ N <= N%:R ^+ N / N.+1%:R ^+ N.+1.
Proof.
case: N => [|N] /andP[x0 x1]; first by rewrite !expr0 expr1 mulr1 divr1.
set n := N.+1; pose E (i : 'I_n.+1) := if val i == 0%N then n%:R * x else 1 - x.
have E0 i : 0 <= E i by rewrite /E; case: eqP => _; rewrite ?mulr_ge0 ?ler0n ?subr_ge0.
have agm : \prod_i E i <= (\sum_i E i / n.+1%:R) ^+ n.+1.
  by have := (leif_AGM (A := predT) (fun i _ => E0 i)).1; rewrite card_ord mulr_suml.
have n0 : 0 < n%:R :> R by rewrite ltr0n.
rewrite -(ler_pmul2l n0); apply: le_trans (le_trans _ agm) _.
  by rewrite big_ord_recl /E /= prodr_const card_ord mulrA.
rewrite -mulr_suml big_ord_recl /E /= sumr_const card_ord -[(1 - x) *+ n]mulr_natl -mulrDr.
rewrite addrCA subrr addr0 mulr1.
by rewrite expr_div_n [in leLHS]exprS mulrA.
Qed.

Theorem missing_mass : Statements.Demonstrations.missing_mass.
Proof. by move=> R S A M H N act elsewhere hM hr hW /=; apply: cloning_gap_le. Qed.

Theorem peak : Statements.Demonstrations.peak.
Proof.
move=> R S A M H N act elsewhere hM hr hW; apply: le_trans (cloning_gap_le H N act hM hr hW) _.
have hE := is_policy_expert R act.
have -> : #|S|%:R * (H * H.+1)%:R / 2%:R * (N%:R ^+ N / N.+1%:R ^+ N.+1) =
  \sum_(h < H) (H - h)%:R * (#|S|%:R * (N%:R ^+ N / N.+1%:R ^+ N.+1)) :> R.
  by rewrite -mulr_suml sum_steps_left; ring.
apply: ler_sum => h _; apply: ler_wpmul2l; first exact: ler0n.
rewrite mulr_natl -sumr_const; apply: ler_sum => s _; apply: missing_peak.
have [d0 d1] := law_state_law hM h hE; rewrite d0 -[leRHS]d1 (bigD1 s) //= ler_addl.
by apply: sumr_ge0 => t _; apply: d0.
Qed.

(** As long as the expert's states are shown, the clone does the same. *)
Theorem survival : Statements.Demonstrations.survival.
Proof.
move=> R S A M H N act elsewhere hM hr hW /=; have hE := is_policy_expert R act.
have [p0 _] := law_independent N (law_trajectory hM H hE).
pose u (data : {ffun 'I_N -> trajectory S A H}) h :=
  1 - \sum_s \sum_a occupancy M (retracing R act data) h s a.
have -> : \sum_(h < H) mean (demonstrations M act (N := N)) (fun data => u data h) =
  mean (demonstrations M act (N := N)) (fun data => \sum_(h < H) u data h).
  by rewrite exchange_big; apply: eq_bigr => data _; rewrite mulr_sumr.
apply: ler_mean => // data; have hC := is_policy_clone act hW data.
have le k t b : 0 <= retracing R act data k t b <= shared (playing R act) (clone act elsewhere data) k t b.
  rewrite /retracing /shared /clone le_minr; have := (hE k t).1 b; have := (hW k t).1 b.
  by case: (seen data k t) => w0 e0; rewrite ?e0 ?w0 lexx.
apply: le_trans (reduction_coupled H hM hr hE hC) _; apply: ler_sum => h _; rewrite ler_add2l ler_opp2.
by apply: ler_sum => s _; apply: ler_sum => a _; have /andP[] := ler_occupancy hM le h s a.
Qed.
