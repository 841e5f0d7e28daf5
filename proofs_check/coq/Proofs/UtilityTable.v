(** What the best reward is worth, outcome by outcome. *)
From mathcomp Require Import all_ssreflect all_algebra ring.
From ImitationLearning.Definitions Require Import Probability Reals.
From ImitationLearning.Proofs Require Import Sums.
From ImitationLearning.Proofs Require Logarithms SoftRewards.
From ImitationLearning.Statements Require UtilityTable.
Set Implicit Arguments.
Unset Strict Implicit.
Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Notation exp_ln := SoftRewards.exp_ln.

(** Means of what one law is with another one. *)
Lemma mean_quotient (T : finType) (d e : T -> reals) : (forall x, 0 < d x) -> law e ->
  mean d (fun x => e x / d x) = 1.
Proof. by move=> d0 [_ <-]; apply: eq_bigr => x _; rewrite mulrC divfK // lt0r_neq0. Qed.

Theorem forward_kl : Statements.UtilityTable.forward_kl.
Proof.
move=> T d e hd he d0 e0; lazy zeta; rewrite meanD mean_const // mean_quotient //.
by rewrite addrAC subrr add0r.
Qed.

Theorem reverse_kl_centred : Statements.UtilityTable.reverse_kl_centred.
Proof.
move=> T d e hd he d0 e0; lazy zeta; rewrite meanN opprK.
rewrite (@eq_mean _ _ _ _ (fun x => 1 - d x / e x)) => [|x]; last first.
  by rewrite opprK (Logarithms.logK exp_ln) // divr_gt0.
by rewrite meanB mean_const // mean_quotient // subrr add0r.
Qed.

Theorem reverse_kl : Statements.UtilityTable.reverse_kl.
Proof.
move=> T d e hd he d0 e0; lazy zeta.
rewrite (@eq_mean _ _ e _ (fun x => - (d x / e x))) => [|x]; last first.
  by rewrite addrAC addNr add0r opprK (Logarithms.logK exp_ln) // divr_gt0.
by rewrite meanN mean_quotient // meanB mean_const // opprB addrC subrK.
Qed.

Theorem jensen_shannon : Statements.UtilityTable.jensen_shannon.
Proof.
move=> T d e hd he d0 e0; lazy zeta; rewrite meanN opprK addrC.
have s0 x : 0 < d x + e x by rewrite addr_gt0.
congr (_ + _); apply: eq_mean => x; have n0 := lt0r_neq0 (s0 x).
  by congr ln; field.
rewrite opprK (Logarithms.logK exp_ln); last by rewrite divr_gt0 // mulr_gt0 // ltr0n.
by congr ln; field.
Qed.
