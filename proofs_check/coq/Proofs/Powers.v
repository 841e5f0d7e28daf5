(** Powers of 1 - x. *)
From mathcomp Require Import all_ssreflect all_algebra ring.
Set Implicit Arguments.
Unset Strict Implicit.
Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Section Powers.
Variables (R : realFieldType) (x : R).
Hypothesis x02 : 0 <= x <= 2%:R.

Lemma expr_complement_le1 n : (1 - x) ^+ n <= 1.
Proof.
have /andP[x0 x2] := x02; apply: le_trans (ler_norm _) _; rewrite normrX exprn_ile1 // ler_norml.
by rewrite ler_subr_addr addrC -ler_subr_addr opprK -mulr2n x2 ler_subl_addr ler_addl.
Qed.

(** Bernoulli's inequality. *)
Lemma bernoulli n : 1 - n%:R * x <= (1 - x) ^+ n.
Proof.
elim: n => [|n IH]; first by rewrite mul0r subr0 expr0.
have /andP[x0 _] := x02; rewrite exprS mulrBl mul1r mulrS mulrDl mul1r opprD addrCA addrC.
by apply: ler_add => //; rewrite ler_opp2 ler_pimulr // expr_complement_le1.
Qed.

(** Bonferroni's inequality: two terms of the binomial series are too little. *)
Lemma bonferroni n : n%:R * x - n%:R * (n%:R - 1) / 2%:R * x ^+ 2 <= 1 - (1 - x) ^+ n.
Proof.
elim: n => [|n IH]; first by rewrite !mul0r expr0 subrr oppr0 addr0.
have /andP[x0 _] := x02; have step := ler_wpmul2l x0 (bernoulli n).
have -> : 1 - (1 - x) ^+ n.+1 = 1 - (1 - x) ^+ n + x * (1 - x) ^+ n by rewrite exprS; ring.
apply: le_trans (ler_add IH step); rewrite le_eqVlt; apply/orP; left; apply/eqP.
by field.
Qed.

End Powers.
