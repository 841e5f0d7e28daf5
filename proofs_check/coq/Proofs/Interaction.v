(** Interaction: mistakes where the learner goes, priced by what the expert would still earn. *)
From mathcomp Require Import all_ssreflect all_algebra.
From ImitationLearning.Definitions Require Import Probability Extremes FiniteHorizon Imitation.
From ImitationLearning.Proofs Require Import Sums Extremes Difference Values Families Cloning.
From ImitationLearning.Statements Require Interaction.
Set Implicit Arguments.
Unset Strict Implicit.
Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

(** A mean of costs that are at most [u], and nothing for one outcome. *)
Lemma mean_but_one (R : realFieldType) (T : finType) (p f : T -> R) (x : T) (u : R) :
  law p -> f x = 0 -> (forall y, f y <= u) -> mean p f <= u * (1 - p x).
Proof.
move=> [p0 p1] fx fu; rewrite -p1 /mean (bigD1 x) //= fx mulr0 add0r.
rewrite [in leRHS](bigD1 x) //= addrC addKr mulr_sumr.
by apply: ler_sum => y _; rewrite mulrC; apply: ler_wpmul2r.
Qed.

Theorem mistakes : Statements.Interaction.mistakes.
Proof.
move=> R S A act learner h s hL; have [p0 p1] := hL h s.
have rest : \sum_(a | a != act h s) learner h s a = 1 - learner h s (act h s).
  by rewrite -p1 [in RHS](bigD1 (act h s)) //= addrC addKr.
have le1 : 0 <= 1 - learner h s (act h s) by rewrite -rest sumr_ge0.
rewrite /tv (bigD1 (act h s)) //= /playing eqxx distrC ger0_norm //.
rewrite (eq_bigr (learner h s)) ?rest => [|a /negbTE ->]; last by rewrite subr0 ger0_norm.
by rewrite -mulr2n -[X in _ * X]mulr_natl mulKf ?pnatr_eq0.
Qed.

(** The expected 0-1 loss is the mean error. *)
Lemma expected_mistakes (R : realFieldType) (S A : finType) (H : nat) (act : nat -> S -> A)
    (learner : policy R S A) (states : nat -> S -> R) : is_policy learner ->
  expected_loss H (fun h s a => 1 - playing R act h s a) learner states =
  H%:R^-1 * \sum_(h < H) step_error states learner (playing R act) h.
Proof.
move=> hL; congr (_ * _); apply: eq_bigr => h _; apply: eq_mean => s; rewrite mistakes // meanB mean_const //.
by congr (_ - _); rewrite -[RHS](mean_surely (act h s)); apply: eq_bigr => a _; rewrite mulrC.
Qed.

Section Interaction.
Variables (R : realFieldType) (S A : finType) (M : mdp R S A).
Implicit Types (expert learner : policy R S A) (H h : nat) (u : nat -> R).
Hypothesis hM : is_mdp M.

(** Where the learner never goes a bound is not needed. *)
Lemma ler_mean_visited learner h (f g : S -> R) : is_policy learner ->
  (forall s, 0 < state_law M learner h s -> f s <= g s) ->
  mean (state_law M learner h) f <= mean (state_law M learner h) g.
Proof.
move=> hL fg; apply: ler_sum => s _; have := state_law_ge0 hM h s hL.
by rewrite le0r => /orP[/eqP-> | d0]; rewrite ?mul0r // ler_pmul2l // fg.
Qed.

(** What the learner's actions lose before the expert takes over. *)
Lemma value_identity H expert learner : is_policy expert -> is_policy learner ->
  value M H expert - value M H learner =
  \sum_(h < H) mean (state_law M learner h) (fun s =>
    v M H expert h s - mean (learner h s) (q M H expert h s)).
Proof.
move=> hE hL; rewrite value_lost //; apply: eq_bigr => h _; apply: eq_mean => s.
by rewrite meanN meanB mean_const // opprB.
Qed.

End Interaction.

Theorem identity : Statements.Interaction.identity.
Proof. by move=> R S A M H expert learner hM hE hL; apply: value_identity. Qed.

Theorem forward_stepwise : Statements.Interaction.forward_stepwise.
Proof.
move=> R S A M H act learner u expert hM hL hu; have hE : is_policy expert by exact: is_policy_playing.
rewrite (value_lost hM) //; apply: ler_sum => h _; rewrite -meanZ.
apply: ler_mean_visited => // s d0; rewrite mistakes //; apply: mean_but_one => // [|a].
  by rewrite /advantage (vE M _ _ (ltn_ord h)) mean_playing subrr oppr0.
by rewrite opprB; apply: hu.
Qed.

Theorem on_policy_bound : Statements.Interaction.on_policy_bound.
Proof.
move=> R S A M H act learner u expert hM hL hu; rewrite -mulrA total_error mulr_sumr.
exact: (@forward_stepwise R S A M H act learner (fun=> u)).
Qed.

Theorem forward_training : Statements.Interaction.forward_training.
Proof. exact: on_policy_bound. Qed.

Theorem stochastic_expert : Statements.Interaction.stochastic_expert.
Proof.
move=> R S A M H expert learner u hM hE hL hu; rewrite -mulrA total_error mulr_sumr (value_identity hM) //.
apply: ler_sum => h _; rewrite -meanZ; apply: ler_mean_visited => // s d0.
rewrite (vE M _ _ (ltn_ord h)) tvC; apply: le_trans (ler_norm _) _.
apply: le_trans (holder_span _ _) _; first by rewrite (hE h s).2 (hL h s).2.
by apply: ler_wpmul2r; [apply: tv_ge0 | apply: hu].
Qed.
