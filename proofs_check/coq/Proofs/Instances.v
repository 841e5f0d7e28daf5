(** Cliff, unicycle and loop: values by recursion over the steps that are left. *)
From mathcomp Require Import all_ssreflect all_algebra ring zify.
From ImitationLearning.Definitions Require Import Probability FiniteHorizon Moments Families.
From ImitationLearning.Proofs Require Import Sums Extremes Difference Families Moments.
From ImitationLearning.Statements Require Instances.
Set Implicit Arguments.
Unset Strict Implicit.
Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Section Instances.
Variable R : realFieldType.
Implicit Types (e : R) (n h H : nat).

(** The cliff: nobody climbs out, and who is up falls with probability e. *)
Lemma cliff_down e n h : to_go (cliff R) (erring e) n h false = 0.
Proof.
elim: n h => //= n IH h; rewrite /mean big_bool /= -!/(mean _ _) !mean_surely !IH.
by ring.
Qed.

Lemma cliff_up e n h :
  to_go (cliff R) (erring e) n.+1 h true = (1 - e) * (1 + to_go (cliff R) (erring e) n h.+1 true).
Proof. by rewrite /= /mean big_bool /= -!/(mean _ _) !mean_surely cliff_down; ring. Qed.

Lemma cliff_expert n h : to_go (cliff R) (erring 0) n h true = n%:R.
Proof. by elim: n h => // n IH h; rewrite cliff_up IH mulrS; ring. Qed.

(** The unicycle: who is on the track leaves it with probability e, who is beside it returns. *)
Lemma unicycle_on e n h :
  to_go (unicycle R) (erring e) n.+1 h true =
  1 + (1 - e) * to_go (unicycle R) (erring e) n h.+1 true + e * to_go (unicycle R) (erring e) n h.+1 false.
Proof. by rewrite /= /mean big_bool /= -!/(mean _ _) !mean_surely; ring. Qed.

Lemma unicycle_beside e n h :
  to_go (unicycle R) (erring e) n.+1 h false = to_go (unicycle R) (erring e) n h.+1 true.
Proof. by rewrite /= /mean big_bool /= -!/(mean _ _) !mean_surely; ring. Qed.

Lemma loop_to_go e n h : to_go (loop R) (erring e) n h tt = n%:R * (1 - e).
Proof.
elim: n h => [|n IH] h /=; first by rewrite mul0r.
by rewrite /mean big_bool /= -!/(mean _ _) !mean_surely IH mulrS; ring.
Qed.

(** What being on the track is worth. *)
Lemma unicycle_ahead e n h :
  to_go (unicycle R) (erring e) n h true - to_go (unicycle R) (erring e) n h false = \sum_(t < n) (- e) ^+ t.
Proof.
elim: n h => [|n IH] h; first by rewrite big_ord0 subrr.
rewrite unicycle_on unicycle_beside big_ord_recl expr0; under eq_bigr do rewrite exprS.
by rewrite -mulr_sumr -(IH h.+1); ring.
Qed.

Lemma unicycle_lost e n h :
  n%:R - to_go (unicycle R) (erring e) n h true = e * \sum_(k < n) \sum_(t < k) (- e) ^+ t.
Proof.
elim: n h => [|n IH] h; first by rewrite big_ord0 mulr0 subrr.
by rewrite big_ord_recr mulrDr -(IH h.+1) -(unicycle_ahead e n h.+1) unicycle_on mulrS; ring.
Qed.

Lemma unicycle_expert n h : to_go (unicycle R) (erring 0) n h true = n%:R.
Proof. by apply/esym/eqP; rewrite -subr_eq0 unicycle_lost mul0r eqxx. Qed.

Lemma geometric_sum e n : (1 + e) * (\sum_(t < n) (- e) ^+ t) = 1 - (- e) ^+ n.
Proof.
elim: n => [|n IH]; first by rewrite big_ord0 mulr0 subrr.
by rewrite big_ord_recr mulrDr IH exprS /=; ring.
Qed.

End Instances.

Theorem instances_are_models : Statements.Instances.instances_are_models.
Proof.
move=> R; split; split=> [|h s a] /=; try by rewrite ler0n lern1 leq_b1.
all: by split=> *; apply: law_surely.
Qed.

Theorem cliff_gap : Statements.Instances.cliff_gap.
Proof.
move=> R H e; rewrite /value !mean_surely /v subn0.
have err n h : e * to_go (cliff R) (erring e) n h true = (1 - e) * (1 - (1 - e) ^+ n).
  elim: n h => [|n IH] h; first by rewrite /= expr0; ring.
  by rewrite cliff_up mulrCA [e * (_ + _)]mulrDr IH exprS; ring.
by rewrite [LHS]mulrBr cliff_expert err.
Qed.

Theorem cliff_slope : Statements.Instances.cliff_slope.
Proof.
move=> R H e /andP[e0 e1]; rewrite /value !mean_surely /v subn0 cliff_expert.
suff lost n h : (n * n.+1)%:R / 2%:R * e - (n.-1 * n * n.+1)%:R / 6%:R * e ^+ 2 <=
  n%:R - to_go (cliff R) (erring e) n h true by [].
elim: n h => [|n IH] h; first by rewrite /= !muln0 !mul0r subrr.
have -> : n.+1%:R - to_go (cliff R) (erring e) n.+1 h true =
          n.+1%:R * e + (1 - e) * (n%:R - to_go (cliff R) (erring e) n h.+1 true).
  by rewrite cliff_up mulrS; ring.
have e1' : 0 <= 1 - e by rewrite subr_ge0.
apply: le_trans (ler_add (lexx _) (ler_wpmul2l e1' (IH h.+1))).
have -> : (n.+1.-1 * n.+1 * n.+2)%:R = 3%:R * (n * n.+1)%:R + (n.-1 * n * n.+1)%:R :> R.
  by rewrite -natrM -natrD; congr _%:R; case: n {IH} => //= n; lia.
have -> : (n.+1 * n.+2)%:R = (n * n.+1)%:R + 2%:R * n.+1%:R :> R by rewrite -natrM -natrD; congr _%:R; lia.
rewrite -subr_ge0 [X in 0 <= X](_ : _ = (n.-1 * n * n.+1)%:R / 6%:R * e ^+ 3); last by field.
by rewrite !mulr_ge0 ?exprn_ge0 ?invr_ge0 ?ler0n.
Qed.

Theorem unicycle_gap : Statements.Instances.unicycle_gap.
Proof.
move=> R H e; rewrite /value !mean_surely /v subn0.
rewrite unicycle_expert unicycle_lost mulrCA mulr_sumr; congr (_ * _); apply: eq_bigr => k _.
exact: geometric_sum.
Qed.

Theorem unicycle_slope : Statements.Instances.unicycle_slope.
Proof.
move=> R H e /andP[e0 e1]; have e1' : 0 < 1 + e by rewrite ltr_paddr ?ltr01.
rewrite /value !mean_surely /v subn0.
rewrite unicycle_expert unicycle_lost mulrC ler_wpmul2r //; case: H => [|n]; first by rewrite big_ord0.
rewrite big_ord_recl big_ord0 add0r /= -[X in _ <= X%:R]card_ord -sum1_card natr_sum; apply: ler_sum => k _.
rewrite -(ler_pmul2l e1') geometric_sum mulr1 ler_add2l; apply: le_trans (ler_norm _) _.
by rewrite normrN normrX normrN (ger0_norm e0) exprS ler_pimulr // exprn_ile1.
Qed.

Theorem loop_gap : Statements.Instances.loop_gap.
Proof. by move=> R H e; rewrite /value !mean_surely /v subn0 !loop_to_go; ring. Qed.

Theorem cliff_recoverability : Statements.Instances.cliff_recoverability.
Proof.
move=> R H.
have adv h s a : (h < H)%N -> advantage (cliff R) H (erring 0) h s a = - (s && ~~ a)%:R * (H - h)%:R.
  move=> hH; rewrite /advantage /q /v mean_surely (_ : H - h = (H - h.+1).+1)%N; last by lia.
  by case: s; case: a; rewrite ?cliff_down ?cliff_expert /= ?mulrS; ring.
apply/le_anti/andP; split.
  apply: recoverability_le => [|h s a hH]; rewrite ?ler0n // adv // mulNr normrN -natrM ger0_norm ?ler0n //.
  by rewrite ler_nat; case: (_ && _); lia.
case: (posnP H) => [->|H0]; first exact: bigmax_ge.
have := advantage_le (cliff R) (erring 0) true false H0.
by rewrite adv // subn0 mulNr normrN mul1r ger0_norm ?ler0n.
Qed.

Theorem unicycle_recoverability : Statements.Instances.unicycle_recoverability.
Proof.
move=> R H.
have adv h s a : (h < H)%N -> advantage (unicycle R) H (erring 0) h s a = - (s && ~~ a && (h.+1 < H)%N)%:R.
  move=> hH; rewrite /advantage /q /v mean_surely (_ : H - h = (H - h.+1).+1)%N; last by lia.
  have -> : (h.+1 < H)%N = (0 < H - h.+1)%N by rewrite subn_gt0.
  by case: s; case: a; case: (H - h.+1)%N => [|n]; rewrite ?unicycle_beside ?unicycle_expert /= ?mulrS; ring.
apply/le_anti/andP; split.
  apply: recoverability_le => [|h s a hH]; rewrite ?ler0n // adv // normrN ger0_norm ?ler0n // ler_nat.
  by case: (s && ~~ a) => //=; case: ltnP; lia.
case: (leqP H 1) => [H1|H1]; first by rewrite (_ : minn H.-1 1 = 0%N) ?bigmax_ge //; lia.
have := advantage_le (unicycle R) (erring 0) true false (ltnW H1).
by rewrite adv ?(ltnW H1) //= H1 normrN ger0_norm ?ler0n // (_ : minn H.-1 1 = 1%N) //; lia.
Qed.
