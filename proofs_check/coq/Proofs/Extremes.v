(** Lemmas about largest values. *)
From mathcomp Require Import all_ssreflect all_algebra ring zify.
From ImitationLearning.Definitions Require Import Probability Extremes.
From ImitationLearning.Proofs Require Import Sums.
Set Implicit Arguments.
Unset Strict Implicit.
Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Section Extremes.
Variables (R : realFieldType) (T : finType).
Implicit Types (p q f : T -> R) (u : R).

Lemma ler_bigmax u f x : f x <= \big[Num.max/u]_y f y.
Proof.
elim: (index_enum T) (mem_index_enum x) => // y s IH; rewrite inE big_cons le_maxr.
by case/orP=> [/eqP->|/IH->]; rewrite ?lexx ?orbT.
Qed.

Lemma bigmax_ler u w f : u <= w -> (forall x, f x <= w) -> \big[Num.max/u]_x f x <= w.
Proof. by move=> uw fw; elim/big_ind: _ => // x y xw yw; rewrite le_maxl xw. Qed.

Lemma bigmax_ge u f : u <= \big[Num.max/u]_x f x.
Proof. by elim/big_rec: _ => // x y _ uy; rewrite le_maxr uy orbT. Qed.

Lemma largest_ge f x : f x <= largest f.
Proof. exact: ler_bigmax. Qed.

Lemma largest_ge0 f : 0 <= largest f.
Proof. exact: bigmax_ge. Qed.

Lemma largest_le f u : 0 <= u -> (forall x, f x <= u) -> largest f <= u.
Proof. exact: bigmax_ler. Qed.

Lemma span_ge f x y : f x - f y <= span f.
Proof.
exact: le_trans (ler_bigmax 0 (fun z => f x - f z) y) (ler_bigmax 0 (fun x => \big[_/_]_z (f x - f z)) x).
Qed.

Lemma span_ge0 f : 0 <= span f.
Proof. exact: bigmax_ge. Qed.

Lemma span_le f u : 0 <= u -> (forall x y, f x - f y <= u) -> span f <= u.
Proof. by move=> u0 fu; apply: bigmax_ler => // x; apply: bigmax_ler. Qed.

(** The values of a function lie in an interval as long as its span. *)
Lemma span_bounds f : exists l, forall x, l <= f x <= l + span f.
Proof.
case: (pickP (@predT T)) => [x0 _|T0]; last by exists 0 => x; have := T0 x.
exists (f [arg min_(x < x0) f x]%O) => x; case: arg_minP => // y _ fy.
by rewrite fy // -ler_subl_addl span_ge.
Qed.

(** Hoelder's inequality with the span itself. *)
Lemma holder_span p q f : \sum_x p x = \sum_x q x -> `|mean p f - mean q f| <= span f * tv p q.
Proof.
move=> pq; have [l lf] := span_bounds f.
by have := span_tv pq lf; rewrite [l + _]addrC addrK.
Qed.

Lemma maximum_ge x0 f x : f x <= maximum x0 f.
Proof. exact: ler_bigmax. Qed.

Lemma maximum_le x0 f u : (forall x, f x <= u) -> maximum x0 f <= u.
Proof. by move=> fu; apply: bigmax_ler. Qed.

End Extremes.
