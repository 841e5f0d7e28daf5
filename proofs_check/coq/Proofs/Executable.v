(** Sums over lists of rational numbers, against sums over finite types of their images in the field. *)
From Coq Require Import ZArith QArith.
From mathcomp Require Import all_ssreflect all_algebra zify.
From ImitationLearning.Definitions Require Import Probability FiniteHorizon Imitation Tables.
From ImitationLearning.Definitions Require Executable.
From ImitationLearning.Proofs Require Import Sums Tables.
From ImitationLearning.Statements Require Executable.
Set Implicit Arguments.
Unset Strict Implicit.
Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Local Notation exec_sum := Definitions.Executable.sum.
Local Notation memo := Definitions.Executable.memo.

(** Recall is as good as computing anew. *)
Lemma memoE (n : nat) (f : nat -> Q) (i : nat) : (i < n)%N -> memo n f i = f i.
Proof. by move=> lin; rewrite /memo /entry (nth_map 0%N) ?size_iota // nth_iota. Qed.

Section Executable.
Variable R : realFieldType.
Local Notation real := (real R).

Lemma sum_real (n : nat) (f : nat -> Q) : \sum_(i < n) real (f i) = real (exec_sum n f).
Proof.
rewrite -(big_mkord xpredT (fun i => real (f i))) /index_iota subn0 /Executable.sum.
elim: (iota 0 n) => [|i l IH]; first by rewrite big_nil real_zero.
by rewrite big_cons IH -real_plus.
Qed.

Lemma mean_real (n : nat) (p f : nat -> Q) :
  mean (fun i : 'I_n => real (p i)) (fun i => real (f i)) = real (Definitions.Executable.mean n p f).
Proof. by rewrite -sum_real; apply: eq_bigr => i _; rewrite real_mul. Qed.

Lemma law_real (n : nat) (row : seq Q) :
  Definitions.Executable.is_law n row -> law (fun i : 'I_n => real (entry row i)).
Proof.
case/and3P=> /eqP size_row nonneg /(Qeq_bool_eq _ _) /(real_eq R).
rewrite -sum_real real_one => sum1; split=> // i.
by rewrite -(real_zero R) -real_le; apply: all_nthP nonneg _ _; rewrite size_row.
Qed.

Section Tables.
Variables (t : tables).
Local Notation M := (model R t).
Implicit Types (pi : seq (seq (seq Q))) (h : nat) (w : nat -> Q).

(** One step back, and one step on. *)
Lemma backup_real pi h w (s : 'I_(states t)) :
  mean (plays R pi h s) (fun a => reward M h s a + mean (transition M h s a) (fun s' => real (w s'))) =
  real (Definitions.Executable.backup t pi h w s).
Proof. by rewrite -mean_real; apply: eq_mean => a; rewrite real_plus -mean_real. Qed.

Lemma push_real pi h w (s' : 'I_(states t)) :
  mean (fun s : 'I_(states t) => real (w s))
       (fun s => mean (plays R pi h s) (fun a => transition M h s a s')) =
  real (Definitions.Executable.push t pi h w s').
Proof. by rewrite -mean_real; apply: eq_bigr => s _; rewrite -mean_real. Qed.

End Tables.
End Executable.

Theorem total_variation : Statements.Executable.total_variation.
Proof.
move=> R n p q; rewrite real_mul -sum_real; congr (_ * _); first by rewrite /real /= mul1r.
by apply: eq_bigr => i _; rewrite real_abs real_plus real_opp.
Qed.

Theorem rewards_to_go : Statements.Executable.rewards_to_go.
Proof.
move=> R t pi n h s; elim: n h s => [|n IH] h s; first by rewrite real_zero.
rewrite /= memoE // -backup_real; apply: eq_mean => a; congr (_ + _); exact: eq_mean.
Qed.

Theorem values : Statements.Executable.values.
Proof. move=> R t pi H h s; exact: rewards_to_go. Qed.

Theorem action_values : Statements.Executable.action_values.
Proof.
move=> R t pi H h s a; rewrite real_plus -mean_real; congr (_ + _); apply: eq_mean => s'; exact: values.
Qed.

Theorem expected_return : Statements.Executable.expected_return.
Proof. move=> R t pi H; rewrite -mean_real; apply: eq_mean => s; exact: values. Qed.

Theorem state_laws : Statements.Executable.state_laws.
Proof.
move=> R t pi h s; elim: h s => [|h IH] s //=; rewrite memoE // -push_real.
by apply: eq_bigr => s' _; rewrite IH.
Qed.

Theorem occupancies : Statements.Executable.occupancies.
Proof. by move=> R t pi h s a; rewrite real_mul -state_laws. Qed.

Theorem error_rates : Statements.Executable.error_rates.
Proof.
move=> R t expert learner H; rewrite real_mul -sum_real; congr (_ * _).
  by case: H => [|H]; rewrite ?real_zero ?invr0 // real_inv_nat.
by apply: eq_bigr => h _; rewrite -mean_real; apply: eq_bigr => s _; rewrite -state_laws -total_variation.
Qed.

(** Every step has one of the tables. *)
Lemma table_at (T : Type) (n : nat) (row : seq T -> bool) (steps : seq (seq (seq T))) (h s : nat) :
  Definitions.Executable.is_table n row steps -> (s < n)%N -> row (nth [::] (at_step steps h) s).
Proof.
case/andP=> steps0 /all_nthP - /(_ [::]) rows sn.
have [table_size ok] : size (at_step steps h) = n /\ all row (at_step steps h).
  rewrite /at_step; have [hs|sh] := ltnP h (size steps).
    by rewrite (set_nth_default [::]) //; have /andP[/eqP] := rows _ hs.
  by rewrite nth_default // -nth_last; have /andP[/eqP] := rows (size steps).-1 ltac:(by rewrite ltn_predL).
by apply: all_nthP ok _ _; rewrite table_size.
Qed.

Theorem checks : Statements.Executable.checks.
Proof.
move=> R t pi low high; split.
- case/andP=> laws start; split=> [h s a|]; last exact: law_real.
  have /andP[/eqP size_row row] := table_at h laws (ltn_ord s).
  by apply: law_real; apply: all_nthP row _ _; rewrite size_row.
- by move=> laws h s; apply: law_real; apply: table_at laws _.
move=> table h s a; have /andP[/eqP size_row row] := table_at h table (ltn_ord s).
have /andP[] : _ := all_nthP (Qmake 0 1) row a ltac:(by rewrite size_row).
by rewrite !(real_le R) => -> ->.
Qed.
