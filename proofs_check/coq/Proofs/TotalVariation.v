(** With a horizon: values are sums of mean rewards, and means move by Hoelder's inequality. *)
From mathcomp Require Import all_ssreflect all_algebra.
From ImitationLearning.Definitions Require Import Probability FiniteHorizon.
From ImitationLearning.Proofs Require Import Sums Difference Values.
From ImitationLearning.Statements Require TotalVariation.
Set Implicit Arguments.
Unset Strict Implicit.
Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Section TotalVariation.
Variables (R : realFieldType) (S A : finType) (M : mdp R S A).
Implicit Types (pi other : policy R S A) (H h : nat).

(** The occupancy is a law of pairs. *)
Lemma law_occupancy pi h : is_mdp M -> is_policy pi -> law (joint (occupancy M pi h)).
Proof. by move=> hM hpi; apply: law_pair (law_state_law hM h hpi) (hpi h). Qed.

(** J as a sum of mean rewards. *)
Lemma value_mean H pi : is_policy pi ->
  value M H pi = \sum_(h < H) mean (joint (occupancy M pi h)) (joint (reward M h)).
Proof. by move=> hpi; rewrite value_occupancy //; apply: eq_bigr => h _; rewrite pair_big. Qed.

(** Rewards do not move anybody. *)
Lemma state_law_with_reward pi h r s : state_law (with_reward M r) pi h s = state_law M pi h s.
Proof. by elim: h s => [|h IH] s //=; apply: eq_bigr => t _; rewrite IH. Qed.

End TotalVariation.

Theorem gap_from_occupancy : Statements.TotalVariation.gap_from_occupancy.
Proof.
move=> R S A M H pi other hM hpi hother hr; rewrite !value_mean // -sumrB.
apply: le_trans (ler_norm_sum _ _ _) _; apply: ler_sum => h _; rewrite -[leRHS]mul1r.
by apply: holder_tv (law_occupancy h hM hpi) (law_occupancy h hM hother) _ => z; apply: hr.
Qed.

Theorem gap_attained : Statements.TotalVariation.gap_attained.
Proof.
move=> R S A M H pi other hM hpi hother N; rewrite !value_mean // -sumrB; apply: eq_bigr => h _.
rewrite -(tv_attained (law_occupancy h hM hpi) (law_occupancy h hM hother)).
by congr (_ - _); apply: eq_bigr => z _; rewrite /joint /occupancy state_law_with_reward.
Qed.

Theorem states_tv : Statements.TotalVariation.states_tv.
Proof. by move=> R S A M H pi other hM hpi hother; apply: ler_sum => h _; apply: tv_first_le. Qed.
