(** Rewards and soft action values determine each other: soft Bellman operators contract. *)
From mathcomp Require Import all_ssreflect all_algebra ring zify.
From ImitationLearning.Definitions Require Import Probability Extremes Discounted SoftMaximum SoftDiscounted.
From ImitationLearning.Proofs Require Import Sums Extremes Solutions SoftMaximum.
From ImitationLearning.Statements Require SoftBellman.
Set Implicit Arguments.
Unset Strict Implicit.
Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Theorem maximum_is_soft : Statements.SoftBellman.maximum_is_soft.
Proof.
move=> R A a; split=> [f g fg | f c].
  by apply: maximum_le => b; apply: le_trans (fg b) (maximum_ge _ _ _).
apply/le_anti/andP; split.
  by apply: maximum_le => b; rewrite ler_add2r maximum_ge.
rewrite -ler_subr_addr; apply: maximum_le => b.
by rewrite ler_subr_addr (maximum_ge a (fun b => f b + c)).
Qed.

Theorem evaluation_is_soft : Statements.SoftBellman.evaluation_is_soft.
Proof.
move=> R S A pi bonus s hpi; split=> [f g fg | f c]; rewrite /evaluation.
  by rewrite ler_add2r ler_mean // => a; case: (hpi s).
by rewrite meanD mean_const // addrAC.
Qed.

Theorem optimality_bijection : Statements.SoftBellman.optimality_bijection.
Proof.
move=> R S A M m x hM hm y; split=> [hy | yx s a].
  exact: (soft_q_unique (M := with_reward M (implied_reward M m x)) hM hm hy (implied_rewardP M m x)).
rewrite yx [LHS](implied_rewardP M m x); congr (_ + _ * _); apply: eq_mean => t.
by apply: (eq_soft (hm t)) => b; rewrite yx.
Qed.

Theorem bijection : Statements.SoftBellman.bijection.
Proof.
move=> R S A M pi bonus x hM hpi V; apply: optimality_bijection => // s.
exact: evaluation_is_soft.
Qed.

Theorem onto : Statements.SoftBellman.onto.
Proof.
move=> R S A M pi bonus hM hpi V.
have hV s : is_soft_maximum (V s) by apply: evaluation_is_soft.
pose paying := with_reward M (fun s a => reward M s a + bonus s).
have [v /(_ v)[_ /(_ (frefl v)) hv]] := one_value (M := paying) hM hpi.
have soft_v : is_soft_value M V v.
  move=> s; rewrite {1}hv /V /evaluation -[bonus s](mean_const _ (hpi s)) -meanD; apply: eq_mean => a.
  by rewrite /q /= addrAC.
have soft_x := soft_value_q soft_v; exists (q M v) => y; split=> [hy | yx s a].
  apply: (soft_q_unique hM hV) soft_x => s a.
  by rewrite -hy /implied_reward subrK.
have Vy t : V t (y t) = V t (q M v t) by apply: (eq_soft (hV t)) => b; rewrite yx.
by rewrite /implied_reward /next_value yx (eq_mean _ Vy) soft_x addrK.
Qed.

Theorem contraction : Statements.SoftBellman.contraction.
Proof.
move=> R S A M m x y hM hm; have /andP[g0 _] := discount_bounds hM.
have bound : 0 <= discount M * distance x y by rewrite mulr_ge0 ?largest_ge0.
apply: largest_le => // s; apply: largest_le => // a.
rewrite -mulrBr -meanB normrM ger0_norm // ler_wpmul2l //; have [hT _ _] := hM.
apply: le_trans (ler_norm_mean _ _) _ => [t|]; first by case: (hT s a).
apply: mean_le => // t; apply: (soft_lipschitz (hm t)) => b.
exact: le_trans (largest_ge _ b) (largest_ge (fun t => largest (fun b => `|x t b - y t b|)) t).
Qed.
