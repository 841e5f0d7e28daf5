(** Inverse soft-Q learning with a horizon: backward recursion, and telescoping over steps. *)
From mathcomp Require Import all_ssreflect all_algebra ring zify.
From ImitationLearning.Definitions Require Import Probability FiniteHorizon Moments.
From ImitationLearning.Definitions Require Import SoftMaximum SoftFiniteHorizon.
From ImitationLearning.Proofs Require Import Sums Difference Values SoftMaximum.
From ImitationLearning.Statements Require InverseSoftFinite.
Set Implicit Arguments.
Unset Strict Implicit.
Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Section Finite.
Variables (R : realFieldType) (S A : finType) (M : mdp R S A) (m : nat -> S -> (A -> R) -> R) (H : nat).

Lemma soft_vE h s : soft_v M m H h s = if (h < H)%N then m h s (soft_q M m H h s) else 0.
Proof.
case: ltnP => hH; last by rewrite /soft_v (_ : H - h = 0)%N //; lia.
by rewrite /soft_v (_ : H - h = (H - h.+1).+1)%N //; lia.
Qed.

Variables (pi : policy R S A) (x : nat -> S -> A -> R).
Hypotheses (hM : is_mdp M) (hpi : is_policy pi).

(** What the occupancies earn of an implied reward: the start value, less what the actions are not worth. *)
Lemma sum_implied :
  \sum_(h < H) \sum_s \sum_a occupancy M pi h s a * implied_reward M m H x h s a =
  mean (start M) (v_of m H x 0) -
  \sum_(h < H) mean (state_law M pi h) (fun s => m h s (x h s) - mean (pi h s) (x h s)).
Proof.
rewrite (telescoping (H := H) (f := v_of m H x) hM hpi) => [|s]; last by rewrite /v_of ltnn.
rewrite -sumrB; apply: eq_bigr => h _; rewrite !sum_occupancy -meanB; apply: eq_mean => s.
by rewrite !meanB mean_const // /v_of ltn_ord; ring.
Qed.

End Finite.

Theorem bijection : Statements.InverseSoftFinite.bijection.
Proof.
move=> R S A M m H x hm h s a hH; split.
  pose N := with_rewards M (implied_reward M m H x).
  suff values n k t : (H - k = n)%N -> soft_v N m H k t = v_of m H x k t.
    rewrite /soft_q (eq_mean _ (fun t => values _ h.+1 t erefl)) /= /implied_reward; exact: subrK.
  elim: n k t => [|n IH] k t hk; rewrite soft_vE /v_of; first by rewrite ltnNge -subn_eq0 hk.
  have -> : (k < H)%N by lia.
  have {}IH t' : soft_v N m H k.+1 t' = v_of m H x k.+1 t' by apply: IH; lia.
  by apply: (eq_soft (hm k t)) => b; rewrite /soft_q /= /implied_reward (eq_mean _ IH) subrK.
have same t : v_of m H (soft_q M m H) h.+1 t = soft_v M m H h.+1 t by rewrite soft_vE.
by rewrite /implied_reward /soft_q (eq_mean _ same) addrK.
Qed.

Theorem value_term : Statements.InverseSoftFinite.value_term.
Proof.
move=> R S A M H expert pi f w hM hE hpi end0 nu; congr (_ * _).
have -> : mean (start M) (f 0%N) = w * mean (start M) (f 0%N) + (1 - w) * mean (start M) (f 0%N) by ring.
rewrite {1}(telescoping hM hE end0) (telescoping hM hpi end0) !mulr_sumr -big_split; apply: eq_bigr => h _.
rewrite !mulr_sumr -big_split; apply: eq_bigr => s _; rewrite !mulr_sumr -big_split; apply: eq_bigr => a _.
by rewrite /nu /=; ring.
Qed.

Theorem uniform_in_time : Statements.InverseSoftFinite.uniform_in_time.
Proof.
move=> R S A M L pi f discount _ _ v; congr (_ * _); rewrite sumrB -mulr_sumr.
have -> : \sum_(t < L.+1) v t = v 0%N + \sum_(t < L) v t.+1 by rewrite big_ord_recl.
have -> : \sum_(t < L.+1) v t.+1 = \sum_(t < L) v t.+1 + v L.+1 by rewrite big_ord_recr.
by ring.
Qed.

Theorem change_of_variables : Statements.InverseSoftFinite.change_of_variables.
Proof.
move=> R S A M H entropy phi e pi x hM hpi V r; rewrite -mulrBr; congr (_ * _).
have -> : \sum_(h < H) (\sum_s \sum_a (e h s a * phi (r h s a) - occupancy M pi h s a * r h s a)
                        - mean (state_law M pi h) (fun s => entropy (pi h s))) =
    \sum_(h < H) \sum_s \sum_a e h s a * phi (r h s a)
    - \sum_(h < H) \sum_s \sum_a occupancy M pi h s a * r h s a
    - \sum_(h < H) mean (state_law M pi h) (fun s => entropy (pi h s)).
  rewrite -!sumrB; apply: eq_bigr => h _; congr (_ - _); rewrite -sumrB; apply: eq_bigr => s _; exact: sumrB.
rewrite sum_implied // -addrA; congr (_ + _); apply/eqP; rewrite -opprD eqr_opp; apply/eqP.
have -> : \sum_(h < H) mean (state_law M pi h) (fun s => V h s (x h s) - mean (pi h s) (x h s)) =
          \sum_(h < H) mean (state_law M pi h) (fun s => entropy (pi h s)).
  by apply: eq_bigr => h _; apply: eq_mean => s; rewrite /V addrAC subrr add0r.
exact: subrK.
Qed.

Theorem weak_duality : Statements.InverseSoftFinite.weak_duality.
Proof.
move=> R S A M m H entropy phi e cost pi x hM hpi r above conjugate.
rewrite -mulrBr ler_wpmul2l ?invr_ge0 ?ler0n //.
apply: (@le_trans _ _ (\sum_(h < H) (\sum_s \sum_a cost h s a) +
  (\sum_(h < H) \sum_s \sum_a occupancy M pi h s a * r h s a - mean (start M) (v_of m H x 0)))).
  rewrite addrA ler_add2r -big_split; apply: ler_sum => h _; rewrite -big_split; apply: ler_sum => s _.
  by rewrite -big_split; apply: ler_sum => a _; rewrite -ler_subl_addr conjugate ?ltn_ord.
rewrite sum_implied // addrAC subrr add0r sumrB ler_add2l ler_opp2; apply: ler_sum => h _.
apply: ler_mean => s; first exact: state_law_ge0.
by rewrite ler_subr_addl; apply: above.
Qed.
