(** Soft values are the supremum of what is below its own soft backup: they exist where suprema do. *)
From Coq Require Import Raxioms Rpower Exp_prop.
From mathcomp Require Import all_ssreflect all_algebra ring.
From ImitationLearning.Definitions Require Import Probability Extremes Logarithms Discounted SoftMaximum.
From ImitationLearning.Definitions Require Import SoftDiscounted Reals.
From ImitationLearning.Proofs Require Import Sums Extremes Solutions SoftMaximum RealField.
From ImitationLearning.Statements Require Reals.
Set Implicit Arguments.
Unset Strict Implicit.
Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Lemma leP_real (x y : reals) : reflect (Rdefinitions.Rle x y) (x <= y).
Proof. exact: le_realP. Qed.

Theorem the_real_numbers : Statements.Reals.the_real_numbers.
Proof. by move=> x y; split=> //; split=> /leP_real. Qed.

Theorem exp_and_ln : Statements.Reals.exp_and_ln.
Proof.
split=> [x y | x | x]; [exact: exp_plus | by apply/leP_real; exact: exp_ineq1_le |].
by rewrite lt_neqAle => /andP[/eqP x0 /leP_real [lt|e]]; [exact: exp_ln | case: x0].
Qed.

Section SoftValues.
Variables (S A : finType) (M : mdp reals S A) (m : S -> (A -> reals) -> reals).
Implicit Types (v w : S -> reals) (s : S).
Hypotheses (hM : is_mdp M) (hm : forall s, is_soft_maximum (m s)).

Let backup w s := m s (q M w s).
Let below w := forall s, w s <= backup w s.
Let k := largest (fun s => `|m s (reward M s)|).

Lemma backup_le v w : (forall s, v s <= w s) -> forall s, backup v s <= backup w s.
Proof.
move=> vw s; have [mono _] := hm s; apply: mono => a; rewrite ler_add2l ler_wpmul2l //.
  by have /andP[] := discount_bounds hM.
by have [hT _ _] := hM; apply: ler_mean => // s'; case: (hT s a).
Qed.

Lemma backup_const c s : backup (fun=> c) s = m s (reward M s) + discount M * c.
Proof. by apply: (softD (hm s)) => a; have [hT _ _] := hM; rewrite /q mean_const. Qed.

Lemma value_bounds s : - k <= m s (reward M s) <= k.
Proof. by rewrite -ler_norml; exact: (largest_ge (fun s => `|m s (reward M s)|)). Qed.

Lemma below_low : below (fun=> - (k / (1 - discount M))).
Proof.
move=> s; rewrite backup_const mulrN -{1}(effective_horizonM hM k) opprD ler_add2r.
by have /andP[] := value_bounds s.
Qed.

Lemma below_high w s : below w -> w s <= k / (1 - discount M).
Proof.
move=> hw; apply: (discounted_le hM) => b wb {}s; apply: le_trans (hw s) _.
apply: le_trans (backup_le wb s) _; rewrite backup_const ler_add2r.
by have /andP[] := value_bounds s.
Qed.

Let values s (y : reals) : Prop := exists2 w, below w & y = w s.

Lemma values_lub s : {b | is_lub (values s) b}.
Proof.
pose low := - (k / (1 - discount M)); apply: completeness; last first.
  by exists low; exists (fun=> low) => //; apply: below_low.
by exists (k / (1 - discount M)) => y [w hw ->]; apply/leP_real; exact: below_high.
Qed.

Let best s : reals := sval (values_lub s).

Lemma best_ge w s : below w -> w s <= best s.
Proof. by move=> hw; rewrite /best; case: values_lub => b [ub _] /=; apply/leP_real/ub; exists w. Qed.

Lemma best_le c s : (forall w, below w -> w s <= c) -> best s <= c.
Proof.
rewrite /best => hc; case: values_lub => b [_ least] /=; apply/leP_real/least => y [w hw ->].
by apply/leP_real/hc.
Qed.

Lemma best_below : below best.
Proof.
move=> s; apply: best_le => w hw; apply: le_trans (hw s) (backup_le _ s) => s'; exact: best_ge.
Qed.

Lemma best_solves : is_soft_value M m best.
Proof.
move=> s; apply/le_anti; rewrite (best_below s) /=; apply: (@best_ge (backup best)).
exact: backup_le best_below.
Qed.

End SoftValues.

Theorem soft_values_exist : Statements.Reals.soft_values_exist.
Proof.
move=> S A M m hM hm; exists (fun s => sval (values_lub hM hm s)) => w.
have solves := best_solves hM hm; split=> [hw | e s]; first exact: soft_value_unique solves hw.
rewrite -e solves; apply: (eq_soft (hm s)) => a; exact: eq_q.
Qed.
