(** Rational numbers in an ordered field. *)
From Coq Require Import ZArith QArith Qabs.
From mathcomp Require Import all_ssreflect all_algebra ring zify.
From mathcomp.zify Require Import ssrZ.
From ImitationLearning.Definitions Require Import Tables.
From ImitationLearning.Definitions Require Executable.
Set Implicit Arguments.
Unset Strict Implicit.
Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Section Real.
Variable R : realFieldType.
Implicit Types x y : Q.

Local Definition num (z : Z) : R := (int_of_Z z)%:~R.

Local Lemma numD (y z : Z) : num (y + z)%Z = num y + num z.
Proof. by rewrite /num -rmorphD -raddfD. Qed.

Local Lemma numM (y z : Z) : num (y * z)%Z = num y * num z.
Proof. by rewrite /num -rmorphM -rmorphM. Qed.

Local Lemma numN (z : Z) : num (- z)%Z = - num z.
Proof. by rewrite /num -rmorphN -raddfN. Qed.

Local Definition den (p : positive) : R := num (Zpos p).

Local Lemma den_gt0 p : 0 < den p.
Proof. by rewrite /den /num ltr0z /int_of_Z; lia. Qed.

Local Lemma den_neq0 p : den p != 0. Proof. by rewrite gt_eqF ?den_gt0. Qed.

Local Lemma denM p q : den (p * q) = den p * den q.
Proof. by rewrite -numM. Qed.

Lemma realE x : real R x = num (Qnum x) / den (Qden x).
Proof. by []. Qed.

Lemma real_add x y : real R (Qplus x y) = real R x + real R y.
Proof.
rewrite !realE /= numD !numM denM /=.
by field; rewrite !den_neq0.
Qed.

Lemma real_mul x y : real R (Qmult x y) = real R x * real R y.
Proof.
rewrite !realE /= numM denM.
by field; rewrite !den_neq0.
Qed.

Lemma real_opp x : real R (Qopp x) = - real R x.
Proof. by rewrite !realE /= numN mulNr. Qed.

Local Lemma num_le (y z : Z) : (num y <= num z) = Z.leb y z.
Proof. rewrite /num ler_int; lia. Qed.

Lemma real_le x y : (Qle_bool x y) = (real R x <= real R y).
Proof.
by rewrite !realE ler_pdivr_mulr ?den_gt0 // mulrAC ler_pdivl_mulr ?den_gt0 // -!numM num_le.
Qed.

Lemma real_plus x y : real R (Executable.plus x y) = real R x + real R y.
Proof.
rewrite /Executable.plus; case: Pos.eqb_spec => [xy|_]; last exact: real_add.
by rewrite !realE /= xy numD mulrDl.
Qed.

Lemma real_abs x : real R (Qabs x) = `|real R x|.
Proof.
case: x => n d; rewrite !realE /= normrM normfV (ger0_norm (ltW (den_gt0 d))); congr (_ / _).
by rewrite /num -intr_norm; congr (_%:~R); lia.
Qed.

Lemma real_nat (n : nat) : real R (Qmake (Z.of_nat n) 1) = n%:R.
Proof. by rewrite /real /= divr1; have -> : int_of_Z (Z.of_nat n) = n by lia. Qed.

Lemma real_zero : real R (Qmake 0 1) = 0.
Proof. exact: (real_nat 0%N). Qed.

Lemma real_one : real R (Qmake 1 1) = 1.
Proof. exact: (real_nat 1%N). Qed.

Lemma real_inv_nat (n : nat) : real R (Qmake 1 (Pos.of_nat n.+1)) = n.+1%:R^-1.
Proof. by rewrite /real mul1r; congr (_%:R^-1); rewrite /Qden Nat2Pos.id. Qed.

Lemma real_eq x y : Qeq x y -> real R x = real R y.
Proof. by rewrite /Qeq => xy; apply/eqP; rewrite eq_le -!real_le /Qle_bool; lia. Qed.

Lemma real_inverse x : real R (Qinv x) = (real R x)^-1.
Proof.
case: x => [[|p|p] d]; rewrite !realE /Qinv /= ?invf_div //.
  by have -> : num 0 = 0 by []; rewrite invr0 mulr0 mul0r.
by rewrite -[Z.neg d]/(- Zpos d)%Z -[Z.neg p]/(- Zpos p)%Z !numN /den mulNr invrN mulrN.
Qed.

End Real.
