(** Lemmas about finite sums, means and laws. *)
From mathcomp Require Import all_ssreflect all_algebra.
From ImitationLearning.Definitions Require Import Probability.
Set Implicit Arguments.
Unset Strict Implicit.
Import GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Section Means.
Variables (R : realFieldType) (T : finType).
Implicit Types p f g : T -> R.

Lemma eq_mean p f g : f =1 g -> mean p f = mean p g.
Proof. by move=> fg; apply: eq_bigr => x _; rewrite fg. Qed.

Lemma meanB p f g : mean p (fun x => f x - g x) = mean p f - mean p g.
Proof. by rewrite /mean -sumrB; apply: eq_bigr => x _; rewrite mulrBr. Qed.

Lemma meanD p f g : mean p (fun x => f x + g x) = mean p f + mean p g.
Proof. by rewrite /mean -big_split; apply: eq_bigr => x _; rewrite mulrDr. Qed.

Lemma mean_const p (c : R) : law p -> mean p (fun=> c) = c.
Proof. by case=> _ p1; rewrite /mean -mulr_suml p1 mul1r. Qed.

End Means.

(** Means under a mean law: Fubini. *)
Lemma mean_mean (R : realFieldType) (T U : finType) (p : T -> R) (k : T -> U -> R) (f : U -> R) :
  mean (fun y => mean p (fun x => k x y)) f = mean p (fun x => mean (k x) f).
Proof.
rewrite /mean; under eq_bigr do rewrite mulr_suml.
rewrite exchange_big; apply: eq_bigr => x _; rewrite mulr_sumr.
by apply: eq_bigr => y _; rewrite mulrA.
Qed.

Lemma telescope_sum (R : realFieldType) (u : nat -> R) (n : nat) : \sum_(k < n) (u k - u k.+1) = u 0%N - u n.
Proof.
elim: n => [|n IH]; first by rewrite big_ord0 subrr.
by rewrite big_ord_recr IH /= addrA subrK.
Qed.
