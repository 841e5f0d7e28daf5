(** Laws of states, bounds of values, and the performance difference as a difference of means of [q]. *)
From mathcomp Require Import all_ssreflect all_algebra zify.
From ImitationLearning.Definitions Require Import Probability FiniteHorizon.
From ImitationLearning.Proofs Require Import Sums Difference.
Set Implicit Arguments.
Unset Strict Implicit.
Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Section Values.
Variables (R : realFieldType) (S A : finType) (M : mdp R S A).
Implicit Types (pi other : policy R S A) (H h n : nat).

Lemma to_goS pi n h s :
  to_go M pi n.+1 h s =
  mean (pi h s) (fun a => reward M h s a + mean (transition M h s a) (to_go M pi n h.+1)).
Proof. by []. Qed.

Hypothesis hM : is_mdp M.

(** Where a policy is at a step has a law. *)
Lemma law_state_law pi h : is_policy pi -> law (state_law M pi h).
Proof.
move=> hpi; elim: h => [|h IH] /=; first exact: hM.2.
by apply: law_mean => // s; apply: law_mean => // a; apply: hM.1.
Qed.

Lemma state_law_ge0 pi h s : is_policy pi -> 0 <= state_law M pi h s.
Proof. by move=> hpi; have [] := law_state_law h hpi. Qed.

(** Rewards in [0, 1] add up to at most their number. *)
Lemma to_go_bounds pi n h s : is_policy pi -> unit_rewards M -> 0 <= to_go M pi n h s <= n%:R.
Proof.
move=> hpi hr; elim: n h s => [|n IH] h s /=; first by rewrite lexx.
apply: mean_bounds => // a; have /andP[r0 r1] := hr h s a.
have /andP[v0 vn] := mean_bounds (hM.1 h s a) (IH h.+1).
by rewrite addr_ge0 //= [leRHS]mulrS ler_add.
Qed.

(** No value exceeds the number of rewards that are left. *)
Lemma v_bounds H pi h s : is_policy pi -> unit_rewards M -> 0 <= v M H pi h s <= (H - h)%:R.
Proof. exact: to_go_bounds. Qed.

Lemma q_bounds H pi h s a : is_policy pi -> unit_rewards M -> (h < H)%N -> 0 <= q M H pi h s a <= (H - h)%:R.
Proof.
move=> hpi hr hH; have /andP[r0 r1] := hr h s a.
have /andP[v0 vn] := mean_bounds (hM.1 h s a) (fun s' => v_bounds H h.+1 s' hpi hr).
have -> : (H - h = (H - h.+1).+1)%N by lia.
by rewrite addr_ge0 //= [leRHS]mulrS ler_add.
Qed.

Lemma value_bounds H pi : is_policy pi -> unit_rewards M -> 0 <= value M H pi <= H%:R.
Proof. by move=> hpi hr; apply: mean_bounds hM.2 _ => s; have := v_bounds H 0 s hpi hr; rewrite subn0. Qed.

(** Performance difference: first choose as [pi], then as [other], before [other] goes on. *)
Lemma value_difference H pi other : is_policy pi -> is_policy other ->
  value M H pi - value M H other =
  \sum_(h < H) mean (state_law M pi h) (fun s =>
    mean (pi h s) (q M H other h s) - mean (other h s) (q M H other h s)).
Proof.
move=> hpi hother; rewrite performance_difference //; apply: eq_bigr => h _.
rewrite sum_occupancy; apply: eq_mean => s; rewrite meanB mean_const //; congr (_ - _).
exact: vE.
Qed.

(** The same, the other way round: the loss of each action of [pi] against the value of [other]. *)
Lemma value_lost H pi other : is_policy pi -> is_policy other ->
  value M H other - value M H pi =
  \sum_(h < H) mean (state_law M pi h) (fun s => mean (pi h s) (fun a => - advantage M H other h s a)).
Proof.
move=> hpi hother; rewrite -opprB performance_difference // -sumrN; apply: eq_bigr => h _.
rewrite sum_occupancy -meanN; apply: eq_mean => s; exact/esym/meanN.
Qed.

End Values.
