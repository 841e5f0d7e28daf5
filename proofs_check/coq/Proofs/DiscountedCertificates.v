(** Differences to the solutions feed themselves only, so that they keep one sign. *)
From Coq Require Import ZArith QArith.
From mathcomp Require Import all_ssreflect all_algebra ring.
From ImitationLearning.Definitions Require Import Probability Discounted Tables Certificates.
From ImitationLearning.Definitions Require Import DiscountedCertificates.
From ImitationLearning.Definitions Require Executable.
From ImitationLearning.Proofs Require Import Sums Tables.
From ImitationLearning.Proofs Require Solutions Executable Certificates.
From ImitationLearning.Statements Require DiscountedCertificates.
Set Implicit Arguments.
Unset Strict Implicit.
Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Section Flow.
Variables (R : realFieldType) (S A : finType) (M : mdp R S A) (pi : policy R S A).
Hypotheses (hM : is_mdp M) (hpi : is_policy pi).

(** A measure that receives at least its own inflow is not negative. *)
Lemma flow_ge0 (u : S -> R) :
  (forall s', discount M * mean u (fun s => mean (pi s) (fun a => transition M s a s')) <= u s') ->
  forall s, 0 <= u s.
Proof.
move=> hu; exact: (Solutions.forward_ge0 (Solutions.discount_bounds hM) (Solutions.law_next hM hpi) hu).
Qed.

End Flow.

Theorem law_above : Statements.DiscountedCertificates.law_above.
Proof.
move=> R S A M pi d e hM hpi hd he s; rewrite -subr_ge0; move: s; apply: (flow_ge0 hM hpi) => s'.
rewrite meanBl mulrBr [X in _ <= _ - X]hd ler_subr_addr addrCA subrK; exact: he.
Qed.

Theorem law_below : Statements.DiscountedCertificates.law_below.
Proof.
move=> R S A M pi d e hM hpi hd he s; rewrite -subr_ge0; move: s; apply: (flow_ge0 hM hpi) => s'.
rewrite meanBl mulrBr [X in _ <= X - _]hd ler_subr_addr [leRHS]addrC -addrA ler_add2l.
by rewrite [leLHS]addrC ler_subl_addr.
Qed.

Section Tables.
Variables (R : realFieldType) (t : tables) (gamma : Q) (pi : seq (seq (seq Q))).
Local Notation M := (discounted R t gamma).
Local Notation policy := (plays R (t := t) pi 0%N).
Local Notation real := (real R).
Implicit Types (w : nat -> Q) (s : 'I_(states t)).

Lemma discounted_backup_real w s :
  mean (policy s) (q M (fun s' => real (w s')) s) = real (discounted_backup t gamma pi w s).
Proof.
rewrite -Executable.mean_real; apply: eq_mean => a.
by rewrite real_plus real_mul -Executable.mean_real.
Qed.

Lemma discounted_inflow_real w s :
  (1 - discount M) * start M s
  + discount M * mean (fun s' : 'I_(states t) => real (w s'))
      (fun s' => mean (policy s') (fun a => transition M s' a s))
  = real (discounted_inflow t gamma pi w s).
Proof.
by rewrite real_plus !real_mul real_plus real_one real_opp -Executable.push_real.
Qed.

Lemma table_discounted :
  Executable.is_mdp t -> Qle_bool (Qmake 0 1) gamma && ~~ Qle_bool (Qmake 1 1) gamma -> is_mdp M.
Proof.
have [hM _ _] := Executable.checks R t [::] (Qmake 0 1) (Qmake 0 1).
move=> /hM[laws start] /andP[gamma0 gamma1]; split=> // [s a|]; first exact: laws.
by rewrite -(real_zero R) -(real_one R) -real_le gamma0 ltNge -real_le.
Qed.

End Tables.

Theorem bounded : Statements.DiscountedCertificates.bounded.
Proof.
move=> R t gamma pi b M policy; case/and5P=> table_M table_pi gamma01 /andP[below above] /andP[lo up].
have [_ hpi _] := Executable.checks R t pi (Qmake 0 1) (Qmake 0 1).
have hM := table_discounted R table_M gamma01.
have {}hpi : is_policy policy := hpi table_pi 0%N.
pose table rows (s : 'I_(states t)) := real R (at_state rows 0 s).
split=> // x hx s; apply/andP; split.
- apply: (@Solutions.sub_solution _ _ _ M policy x (table (values_below b)) hM hpi hx) => s'.
  by rewrite discounted_backup_real -real_le; apply: (Certificates.all_iota below).
- apply: (@Solutions.super_solution _ _ _ M policy x (table (values_above b)) hM hpi hx) => s'.
  by rewrite discounted_backup_real -real_le; apply: (Certificates.all_iota above).
- apply: (@law_below _ _ _ M policy x (table (laws_below b)) hM hpi hx) => s'.
  by rewrite discounted_inflow_real -real_le; apply: (Certificates.all_iota lo).
apply: (@law_above _ _ _ M policy x (table (laws_above b)) hM hpi hx) => s'.
by rewrite discounted_inflow_real -real_le; apply: (Certificates.all_iota up).
Qed.
