(** Log sum exp is the largest mean with its entropy, which the softmax attains: all else follows. *)
From mathcomp Require Import all_ssreflect all_algebra ring.
From ImitationLearning.Definitions Require Import Probability Logarithms SoftMaximum InverseSoft.
From ImitationLearning.Proofs Require Import Sums.
From ImitationLearning.Statements Require Logarithms.
Set Implicit Arguments.
Unset Strict Implicit.
Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Section ExpLog.
Variables (R : realFieldType) (exp log : R -> R).
Hypothesis laws : is_exp_log exp log.

Lemma expD (x y : R) : exp (x + y) = exp x * exp y. Proof. by case: laws. Qed.
Lemma exp_ge (x : R) : 1 + x <= exp x. Proof. by case: laws. Qed.
Lemma logK (x : R) : 0 < x -> exp (log x) = x. Proof. by case: laws => _ _; apply. Qed.

Lemma exp0 : exp 0 = 1.
Proof.
have := exp_ge 0; rewrite addr0 => e1; have e0 : exp 0 != 0 by rewrite gt_eqF // (lt_le_trans ltr01).
by apply: (mulfI e0); rewrite -expD addr0 mulr1.
Qed.

Lemma exp_gt0 (x : R) : 0 < exp x.
Proof.
rewrite lt_def (_ : exp x = exp (x / 2%:R) ^+ 2) ?sqr_ge0 ?andbT; last by rewrite expr2 -expD -splitr.
rewrite expf_neq0 //; apply/eqP => h; move/eqP: exp0.
by rewrite -[X in exp X](subrr (x / 2%:R)) expD h mul0r eq_sym oner_eq0.
Qed.

Lemma expN (x : R) : exp (- x) = (exp x)^-1.
Proof. by apply: (mulfI (lt0r_neq0 (exp_gt0 x))); rewrite -expD subrr exp0 mulfV // lt0r_neq0 // exp_gt0. Qed.

Lemma exp_lt (x y : R) : x < y -> exp x < exp y.
Proof.
move=> xy; rewrite -(subrK x y) expD -[ltLHS]mul1r ltr_pmul2r ?exp_gt0 //.
by apply: lt_le_trans (exp_ge _); rewrite ltr_addl subr_gt0.
Qed.

Lemma exp_le (x y : R) : (exp x <= exp y) = (x <= y).
Proof.
case: (ltgtP x y) => [/exp_lt/ltW // | /exp_lt | ->]; last by rewrite lexx.
by move=> lt; apply/negbTE; rewrite -ltNge.
Qed.

Lemma exp_inj : injective exp.
Proof. by move=> x y e; apply/le_anti; rewrite -(exp_le x) -(exp_le y) e lexx. Qed.

Lemma expK (x : R) : log (exp x) = x. Proof. by apply: exp_inj; rewrite logK ?exp_gt0. Qed.

Lemma logM (x y : R) : 0 < x -> 0 < y -> log (x * y) = log x + log y.
Proof. by move=> x0 y0; apply: exp_inj; rewrite expD !logK ?mulr_gt0. Qed.

Lemma logV (x : R) : 0 < x -> log x^-1 = - log x.
Proof. by move=> x0; apply: exp_inj; rewrite expN !logK ?invr_gt0. Qed.

Lemma log_div (x y : R) : 0 < x -> 0 < y -> log (x / y) = log x - log y.
Proof. by move=> x0 y0; rewrite logM ?invr_gt0 // logV. Qed.

Lemma log_le (x : R) : 0 < x -> log x <= x - 1.
Proof. by move=> x0; rewrite ler_subr_addl -[leRHS]logK // exp_ge. Qed.

(** The mean of exponentials, by that of squares. *)
Lemma exp_convex (x y : R) : exp ((x + y) / 2%:R) <= (exp x + exp y) / 2%:R.
Proof.
have square z : exp z = exp (z / 2%:R) ^+ 2 by rewrite expr2 -expD -splitr.
rewrite mulrDl expD (square x) (square y) -subr_ge0.
rewrite [leRHS](_ : _ = (exp (x / 2%:R) - exp (y / 2%:R)) ^+ 2 / 2%:R) ?divr_ge0 ?sqr_ge0 ?ler0n //.
by field.
Qed.

(** Fenchel's inequality of the divergence, for one outcome. *)
Lemma kl_fenchel (e d y : R) : 0 <= e -> 0 <= d -> (0 < d -> 0 < e) ->
  e * - exp (- y - 1) - d * y <= d * log (d / e).
Proof.
move=> e0; rewrite le_eqVlt => /orP[/eqP<- _ | d0 /(_ d0) {}e0].
  by rewrite !mul0r subr0 mulrN oppr_le0 mulr_ge0 // ltW // exp_gt0.
pose u := log (d / e) + y; have de : 0 < d / e by rewrite divr_gt0.
have -> : e * - exp (- y - 1) = - (d * exp (- u - 1)).
  rewrite mulrN (_ : - u - 1 = - log (d / e) + (- y - 1)); last by rewrite /u; ring.
  by rewrite [in RHS]expD expN logK // invf_div mulrA [d * _]mulrC divfK ?lt0r_neq0.
rewrite -subr_ge0 [leRHS](_ : _ = d * (exp (- u - 1) - (1 + (- u - 1)))); last by rewrite /u; ring.
by rewrite mulr_ge0 ?(ltW d0) // subr_ge0 exp_ge.
Qed.

Section Laws.
Variables (T : finType) (t0 : T).
Implicit Types (p q f g : T -> R) (tau : R).

Lemma partition_gt0 tau f : 0 < \sum_x exp (f x / tau).
Proof.
rewrite (bigD1 t0) //=; apply: ltr_spaddl (exp_gt0 _) _.
by apply: sumr_ge0 => x _; apply/ltW/exp_gt0.
Qed.

Lemma softmax_gt0 tau f (x : T) : 0 < softmax exp tau f x.
Proof. by rewrite divr_gt0 ?exp_gt0 ?partition_gt0. Qed.

Lemma law_softmax tau f : law (softmax exp tau f).
Proof.
split=> [x|]; first exact/ltW/softmax_gt0.
by rewrite -mulr_suml mulfV // lt0r_neq0 // partition_gt0.
Qed.

(** tau log softmax: what an action is worth less than its state. *)
Lemma log_softmax tau f (x : T) : 0 < tau ->
  tau * log (softmax exp tau f x) = f x - log_sum_exp exp log tau f.
Proof.
move=> t; rewrite log_div ?exp_gt0 ?partition_gt0 // expK mulrBr.
by rewrite mulrC divfK // lt0r_neq0.
Qed.

(** A law of full support, from its logarithms. *)
Lemma softmax_log tau p : 0 < tau -> law p -> (forall x : T, 0 < p x) ->
  log_sum_exp exp log tau (fun x : T => tau * log (p x)) = 0.
Proof.
move=> t [_ p1] p0; rewrite /log_sum_exp.
under eq_bigr do rewrite mulrAC mulfV ?lt0r_neq0 // mul1r logK //.
by rewrite p1 -exp0 expK mulr0.
Qed.

(** Gibbs' inequality. *)
Lemma kl_ge0 p q : law p -> law q -> shown_by q p -> 0 <= kl log p q.
Proof.
move=> [p0 p1] [q0 q1] sh; apply: le_trans (_ : \sum_x (p x - q x) <= _).
  by rewrite sumrB p1 q1 subrr.
apply: ler_sum => x _; have [px|px] := ltrP 0 (p x); last first.
  by have -> : p x = 0 by [apply/le_anti; rewrite px p0]; rewrite mul0r sub0r oppr_le0.
have qx := sh _ px; rewrite -[p x / q x]invf_div logV ?divr_gt0 // mulrN.
rewrite -opprB ler_opp2 (_ : q x - p x = p x * (q x / p x - 1)).
  by rewrite ler_pmul2l // log_le // divr_gt0.
by field; rewrite lt0r_neq0.
Qed.

(** What a law makes of values with its entropy is short of the soft maximum by its divergence. *)
Lemma soft_gap tau p f : 0 < tau -> law p ->
  log_sum_exp exp log tau f - (mean p f + tau * entropy log p) = tau * kl log p (softmax exp tau f).
Proof.
move=> t hp; transitivity (mean p (fun x => log_sum_exp exp log tau f + (tau * log (p x) - f x))).
  by rewrite meanD mean_const // meanB meanZ /entropy mulrN opprB.
rewrite /kl -meanZ; apply: eq_bigr => x _; have [->|px] := eqVneq (p x) 0; first by rewrite !mul0r.
have {}px : 0 < p x by rewrite lt_def px /=; case: hp.
by rewrite log_div ?softmax_gt0 // mulrBr log_softmax // opprB addrCA.
Qed.

Lemma above_laws tau p f : 0 < tau -> law p -> mean p f + tau * entropy log p <= log_sum_exp exp log tau f.
Proof.
move=> t hp; rewrite -subr_ge0 soft_gap //; apply: mulr_ge0; first exact: ltW.
by apply: kl_ge0 => // [|x _]; [apply: law_softmax | apply: softmax_gt0].
Qed.

Lemma soft_attained tau f : 0 < tau ->
  log_sum_exp exp log tau f = mean (softmax exp tau f) f + tau * entropy log (softmax exp tau f).
Proof.
move=> t; have hp := law_softmax tau f; apply/eqP; rewrite -subr_eq0 soft_gap //.
rewrite /kl (@eq_mean _ _ _ _ (fun=> 0)) ?mean_const ?mulr0 // => x.
by rewrite mulfV ?lt0r_neq0 ?softmax_gt0 // -exp0 expK.
Qed.

Lemma log_sum_exp_soft tau : 0 < tau -> is_soft_maximum (log_sum_exp exp log tau (T := T)).
Proof.
move=> t; split=> [f g fg|f c].
  rewrite soft_attained //; apply: le_trans (above_laws g t (law_softmax tau f)).
  by rewrite ler_add2r; apply: ler_mean => // x; apply/ltW/softmax_gt0.
rewrite /log_sum_exp -[c in RHS](divfK (lt0r_neq0 t)) [c / tau * tau]mulrC -mulrDr; congr (tau * _).
apply: exp_inj; rewrite expD !logK ?partition_gt0 // mulr_suml; apply: eq_bigr => x _.
by rewrite mulrDl expD.
Qed.

Lemma log_sum_exp_midpoint tau f g : 0 < tau ->
  log_sum_exp exp log tau (fun x => (f x + g x) / 2%:R) <=
  (log_sum_exp exp log tau f + log_sum_exp exp log tau g) / 2%:R.
Proof.
move=> t; rewrite soft_attained //; set p := softmax _ _ _; have hp : law p by apply: law_softmax.
rewrite ler_pdivl_mulr ?ltr0n //.
rewrite (_ : _ * 2%:R = (mean p f + tau * entropy log p) + (mean p g + tau * entropy log p)).
  by apply: ler_add; apply: above_laws.
have -> : mean p (fun x => (f x + g x) / 2%:R) = 2%:R^-1 * (mean p f + mean p g).
  by rewrite -meanD -meanZ; apply: eq_mean => x; rewrite mulrC.
by field.
Qed.

End Laws.
End ExpLog.

Theorem log_sum_exp_is_soft : Statements.Logarithms.log_sum_exp_is_soft.
Proof. by move=> R exp log A a0 tau laws t; apply: log_sum_exp_soft. Qed.

Theorem log_sum_exp_above_laws : Statements.Logarithms.log_sum_exp_above_laws.
Proof.
move=> R exp log A a0 tau p f laws t hp; split; first exact: soft_gap.
by apply: (kl_ge0 laws hp (law_softmax laws a0 tau f)) => x _; exact: (softmax_gt0 laws a0).
Qed.

Theorem gibbs : Statements.Logarithms.gibbs.
Proof. by move=> R exp log A p q laws; exact: (kl_ge0 laws). Qed.

Theorem log_sum_exp_convex : Statements.Logarithms.log_sum_exp_convex.
Proof. by move=> R exp log A a0 tau f g laws t; apply: log_sum_exp_midpoint. Qed.
