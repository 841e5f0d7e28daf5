(** What is missing after n steps is what the next ones will see, discounted. *)
From mathcomp Require Import all_ssreflect all_algebra ring zify.
From ImitationLearning.Definitions Require Import Probability Extremes Discounted Unrolled.
From ImitationLearning.Definitions Require FiniteHorizon.
From ImitationLearning.Proofs Require Import Sums Extremes Solutions DiscountedCloning.
From ImitationLearning.Statements Require DiscountedSums.
Set Implicit Arguments.
Unset Strict Implicit.
Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Section Remainders.
Variables (R : realFieldType) (S A : finType) (M : mdp R S A) (pi : policy R S A).
Hypotheses (hM : is_mdp M) (hpi : is_policy pi).
Implicit Types (n h : nat) (s t : S).

Local Notation gamma := (discount M).
Local Notation at_step := (FiniteHorizon.state_law (unrolled M) (fun=> pi)).

Let gamma0 : 0 <= gamma. Proof. by case/andP: (discount_bounds hM). Qed.

Lemma mean_state_sum n (f : S -> R) :
  mean (state_sum M pi n) f = (1 - gamma) * \sum_(t < n) gamma ^+ t * mean (at_step t) f.
Proof.
rewrite /mean /state_sum; under eq_bigr do rewrite -mulrA mulr_suml.
rewrite -mulr_sumr exchange_big; congr (_ * _); apply: eq_bigr => t _.
by rewrite mulr_sumr; apply: eq_bigr => s _; rewrite mulrA.
Qed.

(** The sums obey the flow equations, one step late. *)
Lemma state_sumS n s :
  state_sum M pi n.+1 s = (1 - gamma) * start M s + gamma * mean (state_sum M pi n) (fun t => next M pi t s).
Proof.
rewrite /state_sum big_ord_recl expr0 mul1r mulrDr; congr (_ + _).
rewrite -/(state_sum M pi n) mean_state_sum [RHS]mulrCA [in RHS]mulr_sumr; congr (_ * _).
by apply: eq_bigr => t _; rewrite lift0 exprS mulrA.
Qed.

Section States.
Variable d : S -> R.
Hypothesis hd : is_state_law M pi d.

Let unseen n s : R := d s - state_sum M pi n s.

Let unseenS n s : unseen n.+1 s = gamma * mean (unseen n) (fun t => next M pi t s).
Proof. by rewrite /unseen state_sumS hd meanBl mulrBr opprD addrACA subrr add0r. Qed.

Let unseen0 s : unseen 0 s = d s.
Proof. by rewrite /unseen /state_sum big_ord0 mulr0 subr0. Qed.

Lemma unseen_ge0 n s : 0 <= unseen n s.
Proof.
elim: n s => [|n IH] s; first by rewrite unseen0; case: (law_state_law hM hpi hd).
by rewrite unseenS mulr_ge0 // mean_ge0 // => t; case: (law_next hM hpi t).
Qed.

Lemma sum_unseen n : \sum_s unseen n s = gamma ^+ n.
Proof.
elim: n => [|n IH]; first by under eq_bigr do rewrite unseen0; case: (law_state_law hM hpi hd).
by under eq_bigr do rewrite unseenS; rewrite -mulr_sumr mass_mean ?IH ?exprS // => t; apply: law_next.
Qed.

End States.

Section Values.
Variables (v : S -> R) (size : R).
Hypotheses (hv : is_value M pi v) (hr : forall s a, `|reward M s a| <= size).

Lemma value_size s : `|v s| <= (1 - gamma)^-1 * size.
Proof.
have hr' t a : - size <= reward M t a <= size by rewrite -ler_norml.
rewrite ler_norml hv mulrC -mulNr; apply: mean_bounds => // a.
exact: (q_bounds hM hr' s a hpi hv).
Qed.

Lemma to_go_remainder n h s :
  `|gamma ^+ h * v s - FiniteHorizon.to_go (unrolled M) (fun=> pi) n h s| <=
  gamma ^+ (h + n) / (1 - gamma) * size.
Proof.
elim: n h s => [|n IH] h s /=.
  rewrite subr0 addn0 normrM ger0_norm ?exprn_ge0 // -mulrA.
  by apply: ler_wpmul2l; rewrite ?exprn_ge0 ?value_size.
rewrite hv -meanZ -meanB; apply: le_trans (ler_norm_mean _ (hpi s).1) _; apply: mean_le => // a.
have [hT _ _] := hM.
have -> : gamma ^+ h * q M v s a - (gamma ^+ h * reward M s a +
    mean (transition M s a) (FiniteHorizon.to_go (unrolled M) (fun=> pi) n h.+1)) =
  mean (transition M s a) (fun t =>
    gamma ^+ h.+1 * v t - FiniteHorizon.to_go (unrolled M) (fun=> pi) n h.+1 t).
  by rewrite meanB meanZ /q exprS; ring.
apply: le_trans (ler_norm_mean _ (hT s a).1) _; apply: mean_le => // t.
by rewrite addnS -addSn; apply: IH.
Qed.

Lemma v_remainder n s : `|v s - value_sum M pi n s| <= gamma ^+ n / (1 - gamma) * size.
Proof. by have := to_go_remainder n 0 s; rewrite expr0 mul1r add0n /value_sum /FiniteHorizon.v subn0. Qed.

End Values.
End Remainders.

Theorem state_law_remainder : Statements.DiscountedSums.state_law_remainder.
Proof.
move=> R S A M pi d n hM hpi hd; have le s := unseen_ge0 hM hpi hd n s.
split=> [s|]; first by rewrite -subr_ge0.
by rewrite -(sum_unseen hM hpi hd); apply: eq_bigr => s _; rewrite ger0_norm.
Qed.

Theorem value_remainder : Statements.DiscountedSums.value_remainder.
Proof.
move=> R S A M pi v n size hM hpi hv hr; have small := v_remainder hM hpi hv hr n; split=> //.
rewrite /value /FiniteHorizon.value -meanB; have [_ hstart _] := hM.
by apply: le_trans (ler_norm_mean _ hstart.1) _; apply: mean_le.
Qed.

(** Powers of the discount go to 0 in an Archimedean field. *)
Lemma small_power (R : archiFieldType) (gamma c error : R) : 0 <= gamma < 1 -> 0 < error ->
  exists m, forall n, (m <= n)%N -> gamma ^+ n * c <= error.
Proof.
move=> /andP[g0 g1] e0; set x := 1 - gamma; have x0 : 0 < x by rewrite subr_gt0.
have decay n : gamma ^+ n * (1 + n%:R * x) <= 1.
  elim: n => [|n IH]; first by rewrite mul0r addr0 mulr1.
  apply: le_trans IH; rewrite exprSr -mulrA; apply: ler_wpmul2l; first exact: exprn_ge0.
  rewrite -subr_ge0 [X in 0 <= X](_ : _ = n.+1%:R * x ^+ 2); first by rewrite mulr_ge0 ?ler0n ?sqr_ge0.
  by rewrite /x mulrS; ring.
have [c0|c0] := lerP c 0.
  exists 0%N => n _; apply: le_trans (ltW e0); exact: mulr_ge0_le0 (exprn_ge0 n g0) c0.
have r0 : 0 <= c / (x * error) by rewrite divr_ge0 ?mulr_ge0 // ltW.
exists (Num.bound (c / (x * error))) => n hn.
have many : c <= n%:R * x * error.
  rewrite -mulrA -ler_pdivr_mulr ?mulr_gt0 //; apply: le_trans (ltW (archi_boundP r0)) _.
  by rewrite ler_nat.
have p0 : 0 < 1 + n%:R * x by rewrite ltr_spaddl ?ltr01 ?mulr_ge0 ?ler0n ?ltW.
rewrite -(ler_pmul2l p0) mulrA [_ * gamma ^+ n]mulrC.
apply: (@le_trans _ _ c); last by apply: le_trans many _; rewrite mulrDl mul1r ler_addr ltW.
by rewrite ler_pimull // ltW.
Qed.

Theorem state_law_limit : Statements.DiscountedSums.state_law_limit.
Proof.
move=> R S A M pi d error hM hpi hd e0.
have [m small] := small_power 1 (discount_bounds hM) e0; exists m => n hn s.
apply: le_trans (small n hn); rewrite mulr1; have [_ <-] := state_law_remainder n hM hpi hd.
by rewrite [leRHS](bigD1 s) //= ler_addl sumr_ge0.
Qed.

Theorem value_limit : Statements.DiscountedSums.value_limit.
Proof.
move=> R S A M pi v error hM hpi hv e0; pose size := largest (fun s => largest (fun a => `|reward M s a|)).
have hr s a : `|reward M s a| <= size.
  exact: le_trans (largest_ge (fun a => `|reward M s a|) a) (largest_ge (fun s => largest _) s).
have [m small] := small_power ((1 - discount M)^-1 * size) (discount_bounds hM) e0; exists m => n hn s.
by apply: le_trans (small n hn); rewrite mulrA; apply: v_remainder.
Qed.
