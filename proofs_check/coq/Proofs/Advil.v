(** AdVIL: the l1 norm of the mismatch where the expert goes. *)
From mathcomp Require Import all_ssreflect all_algebra.
From ImitationLearning.Definitions Require Import Probability FiniteHorizon Moments.
From ImitationLearning.Proofs Require Import Sums Values Moments.
From ImitationLearning.Statements Require Advil.
Set Implicit Arguments.
Unset Strict Implicit.
Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

(** The largest payoff, state by state. *)
Lemma largest_off_policy (R : realFieldType) (S A : finType) (M : mdp R S A) H expert learner :
  is_mdp M -> is_policy expert ->
  largest_payoff H (off_policy_mismatch M expert learner) =
  H%:R^-1 * \sum_(h < H) mean (state_law M expert h) (fun s => \sum_a `|learner h s a - expert h s a|).
Proof.
move=> hM hE; congr (_ * _); apply: eq_bigr => h _.
by apply: norm_action_mismatch => s; apply: state_law_ge0.
Qed.

Theorem best_discriminator : Statements.Advil.best_discriminator.
Proof.
move=> R S A M H expert learner hM hE hL g; rewrite payoff_best; split=> [h s a|]; first exact: signed_sg.
by split=> [f f1|]; [apply: payoff_le | rewrite largest_off_policy].
Qed.

Theorem any_discriminator : Statements.Advil.any_discriminator.
Proof.
by move=> R S A M H expert learner f hM hE hL f1; rewrite -largest_off_policy //; apply: payoff_le.
Qed.

Theorem imitation_wins : Statements.Advil.imitation_wins.
Proof.
move=> R S A M H expert learner hM hE hL same; rewrite -payoff_best payoff0 // => h s a hH.
have := state_law_ge0 hM h s hE; rewrite /off_policy_mismatch le_eqVlt.
by case/orP=> [/eqP<-|visited]; rewrite ?mul0r // same // subrr mulr0.
Qed.

Theorem only_imitation_wins : Statements.Advil.only_imitation_wins.
Proof.
move=> R S A M H expert learner hM hE hL h s hH; rewrite largest_off_policy //.
have term0 k t : 0 <= state_law M expert k t * (\sum_a `|learner k t a - expert k t a|).
  by rewrite mulr_ge0 ?l1_ge0 ?state_law_ge0.
rewrite ler_wpmul2l ?invr_ge0 ?ler0n // (bigD1 (Ordinal hH)) //= /mean (bigD1 s) //= -addrA ler_addl.
by rewrite addr_ge0 ?sumr_ge0 // => i _; apply: sumr_ge0.
Qed.
