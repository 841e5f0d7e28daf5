(** Largest values where a policy goes. *)
From mathcomp Require Import all_ssreflect all_algebra.
From ImitationLearning.Definitions Require Import FiniteHorizon Extremes Disadvantage.
From ImitationLearning.Proofs Require Import Extremes.
From ImitationLearning.Statements Require Disadvantage.
Set Implicit Arguments.
Unset Strict Implicit.
Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Section Visited.
Variables (R : realFieldType) (S A : finType) (M : mdp R S A) (learner : policy R S A).

Lemma largest_visited_le h (f : S -> R) (u : R) : 0 <= u ->
  (largest_visited M learner h f <= u <-> forall s, 0 < state_law M learner h s -> f s <= u).
Proof.
move=> u0; split=> [fu s visited | fu]; last by apply: largest_le => // s; case: ifP => // /fu.
have := le_trans (largest_ge (fun s => if 0 < state_law M learner h s then f s else 0) s) fu.
by rewrite visited.
Qed.

(** Largest over the steps, too. *)
Lemma steps_le H (f : nat -> R) (u : R) : 0 <= u ->
  (\big[Num.max/0]_(h < H) f h <= u <-> forall h, (h < H)%N -> f h <= u).
Proof.
move=> u0; split=> [fu h hH | fu]; last by apply: bigmax_ler => // h; apply: fu.
exact: le_trans (ler_bigmax 0 (fun h : 'I_H => f h) (Ordinal hH)) fu.
Qed.

Lemma largest_leE (f : A -> R) (u : R) : 0 <= u -> (largest f <= u <-> forall a, f a <= u).
Proof. by move=> u0; split=> [fu a | fu]; [apply: le_trans (largest_ge f a) fu | apply: largest_le]. Qed.

End Visited.

Theorem step_disadvantage_is_least : Statements.Disadvantage.step_disadvantage_is_least.
Proof.
move=> R S A M H h expert learner u u0; rewrite largest_visited_le //.
split=> [lost s a visited | lost s visited].
  by have /largest_leE := lost s visited; apply.
by apply/largest_leE => // a; apply: lost.
Qed.

Theorem disadvantage_is_least : Statements.Disadvantage.disadvantage_is_least.
Proof.
move=> R S A M H expert learner u u0.
apply: iff_trans (steps_le H (step_disadvantage M H expert learner) u0) _.
split=> [lost h s a hH | lost h hH].
  by have /step_disadvantage_is_least := lost h hH; apply.
by apply/step_disadvantage_is_least => // s a; apply: lost.
Qed.

Theorem visited_span_is_least : Statements.Disadvantage.visited_span_is_least.
Proof.
move=> R S A M H expert learner u u0.
apply: iff_trans (steps_le H (fun h => largest_visited M learner h (fun s => span (q M H expert h s))) u0) _.
split=> [lost h s hH | lost h hH].
  by have /largest_visited_le := lost h hH; apply.
by apply/largest_visited_le => // s; apply: lost.
Qed.
