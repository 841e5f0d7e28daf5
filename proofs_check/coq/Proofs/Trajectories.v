(** Laws of trajectories, step by step. *)
From mathcomp Require Import all_ssreflect all_algebra ring zify.
From ImitationLearning.Definitions Require Import Probability FiniteHorizon Trajectories Families.
From ImitationLearning.Proofs Require Import Sums Difference Values Families Flow.
From ImitationLearning.Statements Require Trajectories.
Set Implicit Arguments.
Unset Strict Implicit.
Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Section Laws.
Variables (R : realFieldType) (S A : finType) (M : mdp R S A).
Implicit Types (pi other : policy R S A) (eta : history_policy R S A) (n h : nat) (s : S) (a : A).
Hypothesis hM : is_mdp M.

Lemma is_history_policy_forgetful pi : is_policy pi -> is_history_policy (forgetful pi).
Proof. by move=> hpi h y; apply: hpi. Qed.

Lemma law_history eta h : is_history_policy eta -> law (history_law M eta (h := h)).
Proof.
move=> heta; elim: h => [|h IH]; first by case: hM.
have hk (z : history S A h * A) : law (transition M h (last_state z.1) z.2) by case: hM.
exact: law_pair (law_pair IH (heta h)) hk.
Qed.

Lemma mean_historyS eta h (g : history S A h.+1 -> R) :
  mean (history_law M eta (h := h.+1)) g =
  mean (history_law M eta (h := h)) (fun y => mean (eta h y) (fun a =>
    mean (transition M h (last_state y) a) (fun s => g (y, a, s)))).
Proof.
rewrite (mean_pairs (fun z => history_law M eta z.1 * eta h z.1 z.2)
                    (fun z => transition M h (last_state z.1) z.2)).
exact: mean_pairs.
Qed.

Lemma mean_trajectoryS eta n (g : trajectory S A n.+1 -> R) :
  mean (trajectory_law M eta (n := n.+1)) g =
  mean (history_law M eta (h := n)) (fun y => mean (eta n y) (fun a => g (y, a))).
Proof. exact: mean_pairs. Qed.

(** The last state of a history has the law of the state. *)
Lemma mean_last pi h (f : S -> R) :
  mean (history_law M (forgetful pi) (h := h)) (fun y => f (last_state y)) = mean (state_law M pi h) f.
Proof.
elim: h f => [//|h IH] f; rewrite mean_historyS mean_state_lawS.
by rewrite -(IH (fun s => mean (pi h s) (fun a => mean (transition M h s a) f))).
Qed.

(** Law of the state and the action at a step, read off the history up to it. *)
Definition visit eta h s a : R :=
  mean (history_law M eta (h := h)) (fun y => surely R (last_state y) s * eta h y a).

Lemma size_past_steps h (y : history S A h) : size (past_steps y) = h.
Proof. by elim: h y => [|h IH] y //=; rewrite size_rcons IH. Qed.

Lemma size_steps n (t : trajectory S A n) : size (steps t) = n.
Proof. by case: n t => [|n] t //=; rewrite size_rcons size_past_steps. Qed.

Lemma nth_last_step n (y : history S A n) z : nth None (map Some (rcons (past_steps y) z)) n = Some z.
Proof. by rewrite map_rcons nth_rcons size_map size_past_steps ltnn eqxx. Qed.

Lemma nth_past_step n (y : history S A n) z h : (h < n)%N ->
  nth None (map Some (rcons (past_steps y) z)) h = nth None (map Some (past_steps y)) h.
Proof. by move=> hn; rewrite map_rcons nth_rcons size_map size_past_steps hn. Qed.

Lemma step_law_mean n (p : trajectory S A n -> R) h s a :
  step_law p h s a = mean p (fun t => (nth None (map Some (steps t)) h == Some (s, a))%:R).
Proof.
rewrite /step_law big_mkcond; apply: eq_bigr => t _.
by case: ifP => _; rewrite ?mulr1 ?mulr0.
Qed.

Lemma visit_last eta n s a :
  mean (history_law M eta (h := n)) (fun y => mean (eta n y) (fun b =>
    (nth None (map Some (rcons (past_steps y) (last_state y, b))) n == Some (s, a))%:R)) = visit eta n s a.
Proof.
apply: eq_mean => y; under eq_mean do rewrite nth_last_step eq_sym (inj_eq Some_inj) xpair_eqE.
rewrite /surely; case: (s == last_state y); last by rewrite mul0r /mean big1 // => b _; rewrite mulr0.
by rewrite mul1r; apply: mean_at.
Qed.

(** Later steps do not change the law of a step. *)
Lemma step_lawE eta n h s a : is_history_policy eta -> (h < n)%N ->
  step_law (trajectory_law M eta (n := n)) h s a = visit eta h s a.
Proof.
move=> heta; case: n => [//|n]; rewrite ltnS step_law_mean mean_trajectoryS.
elim: n => [|n IH]; rewrite leq_eqVlt => /orP[/eqP->|hn] //; try exact: visit_last.
rewrite -IH // mean_historyS; apply: eq_mean => y; apply: eq_mean => b.
rewrite -[RHS](mean_const _ (hM.1 n (last_state y) b)); apply: eq_mean => t.
rewrite -[RHS](mean_const _ (heta n.+1 (y, b, t))); apply: eq_mean => c.
by rewrite nth_past_step.
Qed.

(** Sums over the visits are means over the histories. *)
Lemma sum_visits eta h (g : S -> A -> R) :
  \sum_s \sum_a visit eta h s a * g s a =
  mean (history_law M eta (h := h)) (fun y => mean (eta h y) (g (last_state y))).
Proof.
transitivity (mean (fun z => mean (history_law M eta (h := h))
                                  (fun y => surely R (last_state y) z.1 * eta h y z.2)) (joint g)).
  by rewrite pair_big.
by rewrite mean_mean; apply: eq_mean => y; rewrite (mean_pairs _ (fun=> eta h y)) mean_surely.
Qed.

Lemma visit_forgetful pi h s a : visit (forgetful pi) h s a = occupancy M pi h s a.
Proof.
rewrite /visit (mean_last pi h (fun t => surely R t s * pi h t a)) /occupancy /mean (bigD1 s) //= /surely.
rewrite eqxx mul1r big1 ?addr0 // => t; rewrite eq_sym => /negbTE->.
by rewrite mul0r mulr0.
Qed.

(** Visits obey the flow equations. *)
Lemma visit_flow eta h s' : is_history_policy eta -> \sum_a visit eta h s' a = inflow M (visit eta) h s'.
Proof.
move=> heta; transitivity (mean (history_law M eta (h := h)) (fun y => surely R (last_state y) s')).
  rewrite exchange_big; apply: eq_bigr => y _ /=.
  by rewrite -mulr_sumr -mulr_sumr (heta h y).2 mulr1.
case: h => [|h] /=; first exact: mean_at.
rewrite sum_visits mean_historyS; apply: eq_mean => y; apply: eq_mean => a; exact: mean_at.
Qed.

(** How far apart the policies are at a step. *)
Definition step_tv pi other h : R := mean (state_law M pi h) (fun s => tv (pi h s) (other h s)).

Lemma tv_trajectoryS pi other n : is_policy pi -> is_policy other ->
  tv (trajectory_law M (forgetful pi) (n := n.+1)) (trajectory_law M (forgetful other) (n := n.+1)) <=
  tv (history_law M (forgetful pi) (h := n)) (history_law M (forgetful other) (h := n)) + step_tv pi other n.
Proof.
move=> hpi hother; have [p0 _] := law_history n (is_history_policy_forgetful hpi).
have hl := is_history_policy_forgetful hother (h := n).
apply: le_trans (tv_pairs_le _ (forgetful pi (h := n)) p0 hl) _.
by rewrite ler_add2l /step_tv -(mean_last pi n (fun s => tv (pi n s) (other n s))).
Qed.

Lemma tv_history pi other h : is_policy pi -> is_policy other ->
  tv (history_law M (forgetful pi) (h := h)) (history_law M (forgetful other) (h := h)) <=
  \sum_(k < h) step_tv pi other k.
Proof.
move=> hpi hother; elim: h => [|h IH]; first by rewrite big_ord0 tvxx.
rewrite big_ord_recr; apply: le_trans (ler_add IH (lexx _)); apply: le_trans (tv_trajectoryS h hpi hother).
have hk (z : history S A h * A) : law (transition M h (last_state z.1) z.2) by case: hM.
apply: eq_ler.
exact: (tv_append (trajectory_law M (forgetful pi) (n := h.+1)) (trajectory_law M _ (n := h.+1)) hk).
Qed.

End Laws.

Theorem step_law_occupancy : Statements.Trajectories.step_law_occupancy.
Proof.
move=> R S A M H pi hM hpi h s a hH; rewrite step_lawE //; first exact: visit_forgetful.
exact: is_history_policy_forgetful.
Qed.

Theorem trajectory_subadditive : Statements.Trajectories.trajectory_subadditive.
Proof.
move=> R S A M [|H] pi other hM hpi hother; first by rewrite big_ord0 tvxx.
rewrite big_ord_recr; apply: le_trans (tv_trajectoryS hM H hpi hother) (ler_add _ (lexx _)).
exact: tv_history.
Qed.

(** Reading one step off a trajectory is a channel. *)
Section AtStep.
Variables (R : realFieldType) (S A : finType) (H h : nat).
Hypothesis hH : (h < H)%N.

Definition at_step (t : trajectory S A H) : S * A -> R :=
  fun z => (nth None (map Some (steps t)) h == Some z)%:R.

Lemma law_at_step t : law (at_step t).
Proof.
have : (h < size (steps t))%N by rewrite size_steps.
case E : (steps t) => [//|z0 l] hl; rewrite /at_step E (nth_map z0) //; set w := nth _ _ _.
split=> [z|]; first exact: ler0n.
by rewrite -[RHS](law_surely R w).2; apply: eq_bigr => z _; rewrite /surely eq_sym.
Qed.

Lemma mean_at_step (M : mdp R S A) (pi : policy R S A) z : is_mdp M -> is_policy pi ->
  mean (trajectory_law M (forgetful pi) (n := H)) (fun t => at_step t z) = joint (occupancy M pi h) z.
Proof. by case: z => s a hM hpi; rewrite /joint -(step_law_occupancy (H := H)) // step_law_mean. Qed.

End AtStep.

Theorem step_processing : Statements.Trajectories.step_processing.
Proof.
move=> R S A M H pi other hM hpi hother h hH.
apply: le_trans (tv_mean_le _ _ (law_at_step R hH)); apply: eq_ler.
by apply: eq_tv => z; rewrite mean_at_step.
Qed.

Theorem state_marginals : Statements.Trajectories.state_marginals.
Proof.
move=> R S A M pi other hM hpi hother h; apply: le_trans (tv_history hM h hpi hother).
apply: le_trans (tv_mean_le _ _ (fun y => law_surely R (last_state y))).
apply: eq_ler; apply: eq_tv => s.
  by rewrite (mean_last M pi h (fun t => surely R t s)) [RHS]mean_at.
by rewrite (mean_last M other h (fun t => surely R t s)) [RHS]mean_at.
Qed.

Theorem pair_marginals : Statements.Trajectories.pair_marginals.
Proof.
move=> R S A M pi other hM hpi hother h; rewrite big_ord_recr.
apply: le_trans (ler_add (state_marginals hM hpi hother h) (lexx _)).
by apply: tv_pairs_le => // s; apply: state_law_ge0.
Qed.

(** Non-negative step laws that obey the flow equations are those of a Markov policy. *)
Lemma markov_policy (R : realFieldType) (S A : finType) (M : mdp R S A) (H : nat) :
  forall p : trajectory S A H -> R, is_mdp M -> (forall t, 0 <= p t) -> is_flow M H (step_law p) ->
  forall h s a, (h < H)%N -> occupancy M (fun h => normalise (step_law p h)) h s a = step_law p h s a.
Proof.
move=> p hM p0 hx h s a hH; have H0 : (0 < H)%N by apply: leq_ltn_trans hH.
have [|_ same] := flow_policy hM H0 _ hx; last exact: same.
by move=> k t b; apply: sumr_ge0.
Qed.

Section Remembering.
Variables (R : realFieldType) (S A : finType) (M : mdp R S A) (H : nat) (eta : history_policy R S A).
Hypotheses (hM : is_mdp M) (heta : is_history_policy eta).

(** The steps of trajectories obey the flow equations, whatever the policy remembers. *)
Lemma step_law_flow : is_flow M H (step_law (trajectory_law M eta (n := H))).
Proof.
move=> h s hH; under eq_bigr do rewrite step_lawE //.
rewrite visit_flow //; case: h hH => [//|h] hH /=.
by apply: eq_bigr => u _; apply: eq_bigr => b _; rewrite step_lawE // ltnW.
Qed.

Lemma trajectory_law_ge0 t : 0 <= trajectory_law M eta (n := H) t.
Proof.
case: H t => [|n] t; first exact: ler01.
by apply: mulr_ge0; [have [] := law_history hM n heta | have [] := @heta n t.1].
Qed.

End Remembering.

Theorem remembering : Statements.Trajectories.remembering.
Proof.
move=> R S A M H eta hM heta x h s a hH; apply: markov_policy => //.
  exact: trajectory_law_ge0.
exact: step_law_flow.
Qed.

Theorem mixture_finite : Statements.Trajectories.mixture_finite.
Proof.
move=> R S A M H first second w hM h1 h2 /andP[w0 w1] p q x h s a hH.
have hp := is_history_policy_forgetful h1; have hq := is_history_policy_forgetful h2.
have xE k t b : x k t b = w * step_law p k t b + (1 - w) * step_law q k t b.
  by rewrite /x /step_law big_split -!mulr_sumr.
apply: markov_policy => // [t|k t hk].
  by rewrite addr_ge0 // mulr_ge0 ?subr_ge0 //; apply: trajectory_law_ge0.
under eq_bigr do rewrite -/x xE.
rewrite big_split -!mulr_sumr !step_law_flow //; case: k hk => [//|k] hk.
  by rewrite /=; ring.
rewrite /inflow /= -sum_mixture.
by apply: eq_bigr => u _; apply: eq_bigr => b _; rewrite -/x xE.
Qed.

Theorem trajectories_tv : Statements.Trajectories.trajectories_tv.
Proof.
move=> R S A M H pi other hM hpi hother; set distance := tv (trajectory_law _ _ (n := H)) _.
apply: (@le_trans _ _ (H%:R^-1 * (\sum_(h < H) distance))).
  by rewrite ler_wpmul2l ?invr_ge0 ?ler0n //; apply: ler_sum => h _; apply: step_processing.
rewrite sumr_const card_ord -(mulr_natl distance) mulrA; have d0 : 0 <= distance by apply: tv_ge0.
case: (posnP H) => [-> | H0]; first by rewrite mulr0 mul0r.
by rewrite mulVf ?mul1r // pnatr_eq0 -lt0n.
Qed.
