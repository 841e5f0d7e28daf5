(** Planning backwards, with the best of finitely many actions. *)
From mathcomp Require Import all_ssreflect all_algebra zify.
From ImitationLearning.Definitions Require Import Probability FiniteHorizon Imitation Adril.
From ImitationLearning.Proofs Require Import Sums Difference Values Families.
From ImitationLearning.Statements Require BestResponses.
Set Implicit Arguments.
Unset Strict Implicit.
Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Section Planning.
Variables (R : realFieldType) (S A : finType) (M : mdp R S A) (H : nat) (a : A).
Implicit Types (pi : policy R S A) (n h : nat) (s : S).

(** What an action earns if [f] values the states after it. *)
Let backup h (f : S -> R) s b : R := reward M h s b + mean (transition M h s b) f.

Let best h (f : S -> R) s : A := [arg max_(b > a) backup h f s b]%O.

Let backup_best h f s b : backup h f s b <= backup h f s (best h f s).
Proof. by rewrite /best; case: arg_maxP => // c _; apply. Qed.

(** The best sum of the next [n] rewards. *)
Fixpoint optimum n h s : R :=
  if n is m.+1 then backup h (optimum m h.+1) s (best h (optimum m h.+1) s) else 0.

Definition plan h s : A := best h (optimum (H - h.+1) h.+1) s.

Lemma to_go_plan n h s : (n + h = H)%N -> to_go M (playing R plan) n h s = optimum n h s.
Proof.
elim: n h s => // n IH h s nh; rewrite to_goS mean_playing /plan /= (_ : H - h.+1 = n)%N; last by lia.
by congr (_ + _); apply: eq_mean => t; apply: IH; lia.
Qed.

Hypothesis hM : is_mdp M.

Lemma to_go_optimum pi n h s : is_policy pi -> to_go M pi n h s <= optimum n h s.
Proof.
move=> hpi; elim: n h s => // n IH h s; apply: mean_le => // b; apply: le_trans (backup_best _ _ _ b).
by rewrite ler_add2l; apply: ler_mean => [t|t]; [case: (hM.1 h s b) | apply: IH].
Qed.

Lemma plan_best pi h s : is_policy pi -> v M H pi h s <= v M H (playing R plan) h s.
Proof.
move=> hpi; rewrite /v; case: (leqP h H) => hH; last by rewrite (_ : H - h = 0)%N; last by lia.
by rewrite to_go_plan ?to_go_optimum //; lia.
Qed.

Lemma plan_value pi : is_policy pi -> value M H pi <= value M H (playing R plan).
Proof. by move=> hpi; apply: ler_mean => [s|s]; [case: hM.2 | apply: plan_best]. Qed.

End Planning.

Theorem best_response : Statements.BestResponses.best_response.
Proof.
move=> R S A M H a hM; exists (plan M H a) => pi hpi.
by split=> [h s|]; [apply: plan_best | apply: plan_value].
Qed.

(** Who can answer every reward can do so over and over. *)
Section Runs.
Variables (R : realFieldType) (S A X : finType) (occ : policy R S A -> X -> R) (expert : policy R S A).
Variable answer : (X -> R) -> policy R S A.
Hypothesis answer_policy : forall r, is_policy (answer r).
Hypothesis answer_best : forall r pi, is_policy pi -> \sum_x r x * occ pi x <= \sum_x r x * occ (answer r) x.

(** The policies and the sums of their occupancies. *)
Fixpoint adril k : policy R S A * (X -> R) :=
  let following (pi : policy R S A) before := (pi, fun x => before x + occ pi x) in
  if k is i.+1 then following (answer (fun x => occ expert x - k%:R^-1 * (adril i).2 x)) (adril i).2
  else following (answer (fun=> 0)) (fun=> 0).

Let sum_adril k x : (adril k).2 x = \sum_(i < k.+1) occ (adril i).1 x.
Proof. by elim: k => [|k IH]; rewrite big_ord_recr /= ?big_ord0 // IH. Qed.

Lemma adril_run : exists learners, (forall i, is_policy (learners i)) /\ is_adril occ expert learners.
Proof.
exists (fun k => (adril k).1); split=> [[|i]|k pi hpi]; try exact: answer_policy.
rewrite /averaged; under eq_bigr do rewrite -sum_adril; under [leRHS]eq_bigr do rewrite -sum_adril.
exact: answer_best.
Qed.

(** The policies and their mixtures. *)
Fixpoint steps_between k : policy R S A * (X -> R) :=
  if k is i.+1 then
    let pi := answer (fun x => occ expert x - (steps_between i).2 x) in
    (pi, fun x => (1 - 2%:R / i.+3%:R) * (steps_between i).2 x + 2%:R / i.+3%:R * occ pi x)
  else (answer (fun=> 0), occ (answer (fun=> 0))).

Let mixture_between k x : (steps_between k).2 x = frank_wolfe occ (fun k => (steps_between k).1) k x.
Proof. by elim: k => //= k ->. Qed.

Lemma frank_wolfe_run :
  exists learners, (forall i, is_policy (learners i)) /\ is_frank_wolfe occ expert learners.
Proof.
exists (fun k => (steps_between k).1); split=> [[|i]|k pi hpi]; try exact: answer_policy.
rewrite /=; under eq_bigr do rewrite -mixture_between; under [leRHS]eq_bigr do rewrite -mixture_between.
exact: answer_best.
Qed.

End Runs.

Section Occupancies.
Variables (R : realFieldType) (S A : finType) (M : mdp R S A) (H : nat).
Implicit Types pi : policy R S A.

Let state_law_reward r pi h s : state_law (with_reward M r) pi h s = state_law M pi h s.
Proof. by elim: h s => //= h IH s; apply: eq_bigr => t _; rewrite IH. Qed.

(** Rewards of steps, states and actions, as values. *)
Let value_reward (r : nat -> S -> A -> R) pi : is_policy pi ->
  value (with_reward M r) H pi = \sum_(h < H) \sum_(z : S * A) r h z.1 z.2 * occupancy M pi h z.1 z.2.
Proof.
move=> hpi; rewrite value_occupancy //; apply: eq_bigr => h _.
rewrite -(pair_big xpredT xpredT (fun s a => r h s a * occupancy M pi h s a)) /=.
by apply: eq_bigr => s _; apply: eq_bigr => b _; rewrite /occupancy state_law_reward mulrC.
Qed.

Lemma sum_mean_occupancy (r : S * A -> R) pi : is_policy pi ->
  \sum_z r z * mean_occupancy M H pi z = H%:R^-1 * value (with_reward M (fun _ s b => r (s, b))) H pi.
Proof.
move=> hpi; rewrite value_reward // exchange_big mulr_sumr; apply: eq_bigr => -[s b] _ /=.
by rewrite -mulr_sumr mulrCA.
Qed.

Lemma sum_step_occupancy (r : 'I_H * (S * A) -> R) pi : is_policy pi ->
  let pays h s b := if insub h is Some k then r (k, (s, b)) else 0 in
  \sum_z r z * step_occupancy M pi z = H%:R^-1 * value (with_reward M pays) H pi.
Proof.
move=> hpi pays; rewrite value_reward // mulr_sumr.
transitivity (\sum_(k < H) \sum_(z : S * A) r (k, z) * step_occupancy M pi (k, z)).
  by rewrite pair_big; apply: eq_bigr => -[k z].
apply: eq_bigr => k _; rewrite mulr_sumr; apply: eq_bigr => -[s b] _ /=.
by rewrite /pays valK mulrCA.
Qed.

Variable a : A.
Hypothesis hM : is_mdp M.

(** The best policies for these rewards. *)
Definition answer_pairs (r : S * A -> R) : policy R S A :=
  playing R (plan (with_reward M (fun _ s b => r (s, b))) H a).

Definition answer_steps (r : 'I_H * (S * A) -> R) : policy R S A :=
  playing R (plan (with_reward M (fun h s b => if insub h is Some k then r (k, (s, b)) else 0)) H a).

Lemma answer_pairs_best r pi : is_policy pi ->
  \sum_z r z * mean_occupancy M H pi z <= \sum_z r z * mean_occupancy M H (answer_pairs r) z.
Proof.
move=> hpi; rewrite !sum_mean_occupancy //; last exact: is_policy_playing.
by rewrite ler_wpmul2l ?invr_ge0 ?ler0n //; apply: plan_value.
Qed.

Lemma answer_steps_best r pi : is_policy pi ->
  \sum_z r z * step_occupancy M pi z <= \sum_z r z * step_occupancy M (answer_steps r) z.
Proof.
move=> hpi; rewrite !sum_step_occupancy //; last exact: is_policy_playing.
by rewrite ler_wpmul2l ?invr_ge0 ?ler0n //; apply: plan_value.
Qed.

End Occupancies.

Theorem adril_runs : Statements.BestResponses.adril_runs.
Proof.
move=> R S A M H expert a hM plays; split.
  by apply: adril_run (answer_pairs_best H a hM) => r; apply: is_policy_playing.
have policies (r : 'I_H * (S * A) -> R) : is_policy (answer_steps M a r) by apply: is_policy_playing.
exact: (adril_run expert policies (answer_steps_best a hM)).
Qed.

Theorem frank_wolfe_runs : Statements.BestResponses.frank_wolfe_runs.
Proof.
move=> R S A M H expert a hM.
by apply: frank_wolfe_run (answer_pairs_best H a hM) => r; apply: is_policy_playing.
Qed.
