(** Means under sure outcomes, deterministic policies and policies that err. *)
From mathcomp Require Import all_ssreflect all_algebra ring.
From ImitationLearning.Definitions Require Import Probability FiniteHorizon Imitation Families.
From ImitationLearning.Proofs Require Import Sums.
Set Implicit Arguments.
Unset Strict Implicit.
Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Section Families.
Variable R : realFieldType.

(** Sure outcomes. *)
Lemma mean_surely (T : finType) (x : T) (f : T -> R) : mean (surely R x) f = f x.
Proof.
rewrite /mean (bigD1 x) //= /surely eqxx mul1r big1 ?addr0 // => y /negbTE yx.
by rewrite yx mul0r.
Qed.

Lemma law_surely (T : finType) (x : T) : law (surely R x).
Proof.
split=> [y|]; first exact: ler0n.
by rewrite -[RHS](mean_surely x (fun=> 1)) /mean; under [RHS]eq_bigr do rewrite mulr1.
Qed.

(** Deterministic policies. *)
Lemma mean_playing (S A : finType) (act : nat -> S -> A) h s (f : A -> R) :
  mean (playing R act h s) f = f (act h s).
Proof. exact: mean_surely. Qed.

Lemma is_policy_playing (S A : finType) (act : nat -> S -> A) : is_policy (playing R act).
Proof. move=> h s; exact: law_surely. Qed.

(** Policies that err. *)
Lemma mean_erring (S : finType) (e : R) h (s : S) f : mean (erring e h s) f = (1 - e) * f true + e * f false.
Proof. by rewrite /mean big_bool. Qed.

Lemma is_policy_erring (S : finType) (e : R) : 0 <= e <= 1 -> is_policy (erring (S := S) e).
Proof.
move=> /andP[e0 e1] h s; split=> [[]|] /=; rewrite ?subr_ge0 //.
by rewrite big_bool /=; ring.
Qed.

Lemma tv_erring (S : finType) (e e' : R) h (s s' : S) : tv (erring e h s) (erring e' h s') = `|e - e'|.
Proof.
rewrite /tv big_bool /=; have -> : 1 - e - (1 - e') = - (e - e') by ring.
by rewrite normrN; field.
Qed.

(** Always to be right is to err with probability 0. *)
Lemma playing_right (S : finType) h (s : S) (a : bool) : playing R (fun _ _ => true) h s a = erring 0 h s a.
Proof. by case: a; rewrite /playing /= ?subr0. Qed.

End Families.
