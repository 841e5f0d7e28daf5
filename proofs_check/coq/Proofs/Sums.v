(** Lemmas about finite sums, means, laws and total variation. *)
From mathcomp Require Import all_ssreflect all_algebra ring zify.
From ImitationLearning.Definitions Require Import Probability.
Set Implicit Arguments.
Unset Strict Implicit.
Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Lemma eq_ler (R : realFieldType) (x y : R) : x = y -> x <= y.
Proof. by move->. Qed.

(** Numbers of an interval are no farther apart than it is long. *)
Lemma dist_le (R : realFieldType) (x y u : R) : 0 <= x <= u -> 0 <= y <= u -> `|x - y| <= u.
Proof.
move=> /andP[x0 xu] /andP[y0 yu].
by rewrite ler_norml -[- _]add0r -[X in _ && (_ <= X)]subr0 !ler_sub.
Qed.

Section Means.
Variables (R : realFieldType) (T : finType).
Implicit Types p q f g : T -> R.

Lemma eq_mean p f g : f =1 g -> mean p f = mean p g.
Proof. by move=> fg; apply: eq_bigr => x _; rewrite fg. Qed.

Lemma meanB p f g : mean p (fun x => f x - g x) = mean p f - mean p g.
Proof. by rewrite /mean -sumrB; apply: eq_bigr => x _; rewrite mulrBr. Qed.

Lemma meanBl p q f : mean (fun x => p x - q x) f = mean p f - mean q f.
Proof. by rewrite /mean -sumrB; apply: eq_bigr => x _; rewrite mulrBl. Qed.

Lemma meanD p f g : mean p (fun x => f x + g x) = mean p f + mean p g.
Proof. by rewrite /mean -big_split; apply: eq_bigr => x _; rewrite mulrDr. Qed.

Lemma meanZ p (c : R) f : mean p (fun x => c * f x) = c * mean p f.
Proof. by rewrite /mean mulr_sumr; apply: eq_bigr => x _; rewrite mulrCA. Qed.

Lemma meanN p f : mean p (fun x => - f x) = - mean p f.
Proof. by rewrite /mean -sumrN; apply: eq_bigr => x _; rewrite mulrN. Qed.

(** The probability of a point. *)
Lemma mean_at p y : mean p (fun x => (y == x)%:R) = p y.
Proof.
rewrite /mean (bigD1 y) //= eqxx mulr1 big1 ?addr0 // => x /negbTE xy.
by rewrite eq_sym xy mulr0.
Qed.

Lemma mean_const p (c : R) : law p -> mean p (fun=> c) = c.
Proof. by case=> _ p1; rewrite /mean -mulr_suml p1 mul1r. Qed.

(** Inequalities hold in the mean. *)
Lemma ler_mean p f g : (forall x, 0 <= p x) -> (forall x, f x <= g x) -> mean p f <= mean p g.
Proof. by move=> p0 fg; apply: ler_sum => x _; apply: ler_wpmul2l. Qed.

Lemma mean_ge0 p f : (forall x, 0 <= p x) -> (forall x, 0 <= f x) -> 0 <= mean p f.
Proof. by move=> p0 f0; apply: sumr_ge0 => x _; apply: mulr_ge0. Qed.

Lemma ler_norm_mean p f : (forall x, 0 <= p x) -> `|mean p f| <= mean p (fun x => `|f x|).
Proof.
by move=> p0; apply: le_trans (ler_norm_sum _ _ _) _; apply: ler_sum => x _; rewrite normrM ger0_norm.
Qed.

Lemma mean_le p f (u : R) : law p -> (forall x, f x <= u) -> mean p f <= u.
Proof. by move=> hp fu; rewrite -(mean_const u hp); apply: ler_mean => //; case: hp. Qed.

Lemma mean_bounds p f (l u : R) : law p -> (forall x, l <= f x <= u) -> l <= mean p f <= u.
Proof.
move=> hp lfu; rewrite mean_le ?andbT => // [|x]; last by case/andP: (lfu x).
by rewrite -(mean_const l hp); apply: ler_mean => [|x]; [case: hp | case/andP: (lfu x)].
Qed.

(** Total variation. *)
Lemma tv_ge0 p q : 0 <= tv p q.
Proof. by rewrite mulr_ge0 ?invr_ge0 ?ler0n //; apply: sumr_ge0 => x _; apply: normr_ge0. Qed.

Lemma tvC p q : tv p q = tv q p.
Proof. by congr (_ * _); apply: eq_bigr => x _; rewrite distrC. Qed.

Lemma eq_tv p p' q q' : p =1 p' -> q =1 q' -> tv p q = tv p' q'.
Proof. by move=> ep eq; congr (_ * _); apply: eq_bigr => x _; rewrite ep eq. Qed.

Lemma tvxx p : tv p p = 0.
Proof. by rewrite /tv big1 ?mulr0 // => x _; rewrite subrr normr0. Qed.

(** Hoelder's inequality: a mean moves by at most the span of the function times the total variation.
    Centre the function to see the factor 1/2. *)
Lemma span_tv p q f (l u : R) : \sum_x p x = \sum_x q x -> (forall x, l <= f x <= u) ->
  `|mean p f - mean q f| <= (u - l) * tv p q.
Proof.
move=> pq lfu; set c := (l + u) / 2%:R.
have -> : mean p f - mean q f = \sum_x (p x - q x) * (f x - c).
  under eq_bigr do rewrite mulrBr mulrBl.
  by rewrite !sumrB -mulr_suml sumrB pq subrr mul0r subr0.
apply: le_trans (ler_norm_sum _ _ _) _; rewrite mulrA mulr_sumr; apply: ler_sum => x _.
rewrite normrM mulrC; apply: ler_wpmul2r; first exact: normr_ge0.
have /andP[lf fu] := lfu x; rewrite ler_norml.
have -> : - ((u - l) / 2%:R) = l - c by rewrite /c; field.
have -> : (u - l) / 2%:R = u - c by rewrite /c; field.
by rewrite !ler_sub.
Qed.

Lemma holder_tv p q f (m : R) : law p -> law q -> (forall x, 0 <= f x <= m) ->
  `|mean p f - mean q f| <= m * tv p q.
Proof. by move=> [_ p1] [_ q1] fm; rewrite -{1}(subr0 m); apply: span_tv => //; rewrite p1. Qed.

(** Draw from what two laws share, which is all but the total variation, and only then separately. *)
Lemma coupled p q f g (d u : R) : law p -> law q -> (forall x, `|f x - g x| <= d) ->
  (forall x, 0 <= f x <= u) -> (forall x, 0 <= g x <= u) ->
  `|mean p f - mean q g| <= (1 - tv p q) * d + tv p q * u.
Proof.
move=> [p0 p1] [q0 q1] fg fu gu; pose m x := (p x + q x - `|p x - q x|) / 2%:R.
have total : \sum_x m x = 1 - tv p q.
  by rewrite -mulr_suml sumrB big_split /= p1 q1 -/(\sum_x `|p x - q x|) /tv; field.
have m_min x : 0 <= m x /\ (m x <= p x /\ m x <= q x).
  rewrite /m; case: (ltrP (p x) (q x)) => [/ltW|] le; have := p0 x; have := q0 x.
    have -> : (p x + q x - (q x - p x)) / 2%:R = p x by field.
    by [].
  by have -> : (p x + q x - (p x - q x)) / 2%:R = q x by field.
have apart (r h : T -> R) : (forall x, 0 <= h x <= u) -> (forall x, m x <= r x) -> \sum_x r x = 1 ->
    0 <= mean (fun x => r x - m x) h <= tv p q * u.
  move=> hu mr r1; apply/andP; split; first by apply: mean_ge0 => x; [rewrite subr_ge0 | case/andP: (hu x)].
  have -> : tv p q * u = mean (fun x => r x - m x) (fun=> u).
    by rewrite /mean -mulr_suml sumrB r1 total subKr.
  by apply: ler_mean => x; [rewrite subr_ge0 | case/andP: (hu x)].
have fp := apart p f fu (fun x => (m_min x).2.1) p1; have gq := apart q g gu (fun x => (m_min x).2.2) q1.
have -> : mean p f - mean q g = mean m (fun x => f x - g x) +
    (mean (fun x => p x - m x) f - mean (fun x => q x - m x) g) by rewrite meanB !meanBl; ring.
apply: le_trans (ler_norm_add _ _) (ler_add _ (dist_le fp gq)).
rewrite -total /mean mulr_suml; apply: le_trans (ler_norm_mean _ (fun x => (m_min x).1)) _.
by apply: ler_sum => x _; apply: ler_wpmul2l; [case: (m_min x) | exact: fg].
Qed.

(** Two runs that are still together part with probability [e] at most. *)
Lemma step_together p q f g (d u e : R) : law p -> law q -> tv p q <= e -> d <= u ->
  (forall x, `|f x - g x| <= d) -> (forall x, 0 <= f x <= u) -> (forall x, 0 <= g x <= u) ->
  `|mean p f - mean q g| <= (1 - e) * d + e * u.
Proof.
move=> hp hq near du fg fu gu; apply: le_trans (coupled hp hq fg fu gu) _; rewrite -subr_ge0.
have -> : (1 - e) * d + e * u - ((1 - tv p q) * d + tv p q * u) = (e - tv p q) * (u - d) by ring.
by rewrite mulr_ge0 ?subr_ge0.
Qed.

(** The set where [p] is the larger one separates the two laws best. *)
Lemma tv_attained p q : law p -> law q ->
  mean p (fun x => (q x < p x)%R%:R) - mean q (fun x => (q x < p x)%R%:R) = tv p q.
Proof.
move=> [_ p1] [_ q1]; have pq : \sum_x (p x - q x) = 0 by rewrite sumrB p1 q1 subrr.
rewrite /tv /mean -sumrB -[X in _ = _ * X]addr0 -[X in _ = _ * (_ + X)]pq -big_split mulr_sumr.
apply: eq_bigr => x _ /=; rewrite -mulrBl.
by case: ltrP => _; rewrite ?mulr1n ?mulr0n; field.
Qed.

End Means.

(** Means under a mean law: Fubini. *)
Lemma mean_mean (R : realFieldType) (T U : finType) (p : T -> R) (k : T -> U -> R) (f : U -> R) :
  mean (fun y => mean p (fun x => k x y)) f = mean p (fun x => mean (k x) f).
Proof.
rewrite /mean; under eq_bigr do rewrite mulr_suml.
rewrite exchange_big; apply: eq_bigr => x _; rewrite mulr_sumr.
by apply: eq_bigr => y _; rewrite mulrA.
Qed.

Section Kernels.
Variables (R : realFieldType) (T U : finType) (k : T -> U -> R).
Hypothesis hk : forall x, law (k x).

(** Laws move mass. *)
Lemma mass_mean (u : T -> R) : \sum_y mean u (fun x => k x y) = \sum_x u x.
Proof. by rewrite exchange_big; apply: eq_bigr => x _; rewrite -mulr_sumr (hk x).2 mulr1. Qed.

(** A mean of laws is a law. *)
Lemma law_mean (p : T -> R) : law p -> law (fun y => mean p (fun x => k x y)).
Proof. by move=> [p0 p1]; split=> [y|]; [apply: mean_ge0 => // x; case: (hk x) | rewrite mass_mean]. Qed.

(** No signed measure grows in the l1 norm. *)
Lemma l1_mean (u : T -> R) : \sum_y `|mean u (fun x => k x y)| <= \sum_x `|u x|.
Proof.
rewrite -mass_mean; apply: ler_sum => y _; apply: le_trans (ler_norm_sum _ _ _) _; apply: ler_sum => x _.
by rewrite normrM (ger0_norm ((hk x).1 y)).
Qed.

End Kernels.

(** The law of a pair: first [p], then [k]. *)
Lemma law_pair (R : realFieldType) (T U : finType) (p : T -> R) (k : T -> U -> R) :
  law p -> (forall x, law (k x)) -> law (fun z : T * U => p z.1 * k z.1 z.2).
Proof.
move=> [p0 p1] hk; split=> [[x y]|]; first by apply: mulr_ge0 => //; case: (hk x).
rewrite -(pair_big xpredT xpredT (fun x y => p x * k x y)) /= -[RHS]p1; apply: eq_bigr => x _.
by rewrite -mulr_sumr (hk x).2 mulr1.
Qed.

Lemma telescope_sum (R : realFieldType) (u : nat -> R) (n : nat) : \sum_(k < n) (u k - u k.+1) = u 0%N - u n.
Proof.
elim: n => [|n IH]; first by rewrite big_ord0 subrr.
by rewrite big_ord_recr IH /= addrA subrK.
Qed.

(** A sum of partial sums. *)
Lemma sum_triangle (R : realFieldType) (f : nat -> R) (n : nat) :
  \sum_(h < n) \sum_(k < h.+1) f k = \sum_(k < n) (n - k)%:R * f k.
Proof.
elim: n => [|n IH]; first by rewrite !big_ord0.
rewrite big_ord_recr IH /= big_ord_recr [RHS]big_ord_recr /= addrA subSn // subnn mul1r; congr (_ + _).
rewrite -big_split; apply: eq_bigr => k _ /=.
by rewrite subSn 1?ltnW // -addn1 natrD mulrDl mul1r.
Qed.

(** Measures of pairs. *)
Section Pairs.
Variables (R : realFieldType) (T U : finType).
Implicit Types (x y : T -> U -> R) (p q : T -> R) (k l : T -> U -> R).

Local Notation pairs p k := (joint (fun t u => p t * k t u)).

Lemma tv_joint x y : tv (joint x) (joint y) = 2%:R^-1 * \sum_t \sum_u `|x t u - y t u|.
Proof. by rewrite pair_big. Qed.

Let half_ge0 : 0 <= 2%:R^-1 :> R. Proof. by rewrite invr_ge0 ler0n. Qed.

Let split (a b c d : R) : 0 <= a -> 0 <= d -> `|a * b - c * d| <= `|a - c| * d + a * `|b - d|.
Proof.
move=> a0 d0; have -> : a * b - c * d = (a - c) * d + a * (b - d) by ring.
by apply: le_trans (ler_norm_add _ _) _; rewrite !normrM (ger0_norm a0) (ger0_norm d0).
Qed.

Let join (a b c d : R) : 0 <= a -> 0 <= d -> a * `|b - d| <= `|a * b - c * d| + `|a - c| * d.
Proof.
move=> a0 d0; rewrite -{1}(ger0_norm a0) -{3}(ger0_norm d0) -!normrM.
have -> : a * (b - d) = (a * b - c * d) - (a - c) * d by ring.
exact: ler_norm_sub.
Qed.

(** Draw the pair in two steps. *)
Lemma mean_pairs p k (f : T * U -> R) : mean (pairs p k) f = mean p (fun t => mean (k t) (fun u => f (t, u))).
Proof.
transitivity (\sum_t \sum_u p t * k t u * f (t, u)); first by rewrite pair_big; apply: eq_bigr => -[t u].
by apply: eq_bigr => t _; rewrite [RHS]mulr_sumr; apply: eq_bigr => u _; rewrite mulrA.
Qed.

(** A channel that keeps its input keeps the distance. *)
Lemma tv_append p q k : (forall t, law (k t)) -> tv (pairs p k) (pairs q k) = tv p q.
Proof.
move=> hk; rewrite tv_joint; congr (_ * _); apply: eq_bigr => t _.
under eq_bigr do rewrite -mulrBl normrM (ger0_norm ((hk t).1 _)).
by rewrite -mulr_sumr (hk t).2 mulr1.
Qed.

(** First change the conditional laws, then the first law. *)
Lemma tv_pairs_le p q k l : (forall t, 0 <= p t) -> (forall t, law (l t)) ->
  tv (pairs p k) (pairs q l) <= tv p q + mean p (fun t => tv (k t) (l t)).
Proof.
move=> p0 hl; rewrite tv_joint meanZ -mulrDr; apply: ler_wpmul2l => //.
rewrite -big_split; apply: ler_sum => t _ /=; rewrite -[X in X + _]mulr1 -(hl t).2 !mulr_sumr -big_split.
by apply: ler_sum => u _; apply: split => //; case: (hl t).
Qed.

(** The first component of a pair is a function of it. *)
Lemma tv_first_le p q k l : (forall t, law (k t)) -> (forall t, law (l t)) ->
  tv p q <= tv (pairs p k) (pairs q l).
Proof.
move=> hk hl; rewrite tv_joint; apply: ler_wpmul2l => //.
apply: ler_sum => t _; apply: le_trans (ler_norm_sum _ _ _).
by rewrite sumrB -!mulr_sumr (hk t).2 (hl t).2 !mulr1.
Qed.

(** Close pairs with close first components have close conditional laws. *)
Lemma mean_tv_le p q k l : (forall t, 0 <= p t) -> (forall t, law (l t)) ->
  mean p (fun t => tv (k t) (l t)) <= tv (pairs p k) (pairs q l) + tv p q.
Proof.
move=> p0 hl; rewrite tv_joint meanZ -mulrDr; apply: ler_wpmul2l => //.
rewrite -big_split; apply: ler_sum => t _ /=; rewrite -[X in _ + X]mulr1 -(hl t).2 !mulr_sumr -big_split.
by apply: ler_sum => u _; apply: join => //; case: (hl t).
Qed.

(** Channels bring laws closer together. *)
Lemma tv_mean_le p q k : (forall t, law (k t)) ->
  tv (fun u => mean p (fun t => k t u)) (fun u => mean q (fun t => k t u)) <= tv p q.
Proof.
move=> hk; apply: ler_wpmul2l => //.
by apply: le_trans (l1_mean hk (fun t => p t - q t)); apply: ler_sum => u _; rewrite meanBl.
Qed.

(** Mixtures of measures. *)
Lemma sum_mixture x y (g : T -> U -> R) (w : R) :
  \sum_t \sum_u (w * x t u + (1 - w) * y t u) * g t u =
  w * (\sum_t \sum_u x t u * g t u) + (1 - w) * (\sum_t \sum_u y t u * g t u).
Proof.
rewrite !mulr_sumr -big_split; apply: eq_bigr => t _; rewrite !mulr_sumr -big_split; apply: eq_bigr => u _ /=.
by rewrite mulrDl !mulrA.
Qed.

(** Conditional laws. *)
Lemma law_normalise x t : (0 < #|U|)%N -> (forall u, 0 <= x t u) -> law (normalise x t).
Proof.
move=> U0 x0; rewrite /normalise; case: eqP => [_ | /eqP sum0]; split=> [u|].
- by rewrite invr_ge0 ler0n.
- by rewrite sumr_const -[X in X *+ _]mul1r -mulrnAr -mulr_natr mul1r mulVf // pnatr_eq0 -lt0n.
- by rewrite divr_ge0 // sumr_ge0.
- by rewrite -mulr_suml divff.
Qed.

Lemma normaliseK x t u : (forall u, 0 <= x t u) -> (\sum_w x t w) * normalise x t u = x t u.
Proof.
move=> x0; rewrite /normalise; case: eqP => [sum0 | /eqP sum0]; last by rewrite mulrC divfK.
by rewrite sum0 mul0r; apply/esym/(psumr_eq0P _ sum0).
Qed.

End Pairs.
