(** Bounds without the horizon: on the expert's paths the learner's law is the expert's times a likelihood. *)
From mathcomp Require Import all_ssreflect all_algebra ring.
From ImitationLearning.Definitions Require Import Probability FiniteHorizon Trajectories Imitation Parting.
From ImitationLearning.Proofs Require Import Sums Difference Values Families Trajectories.
From ImitationLearning.Statements Require Parting.
Set Implicit Arguments.
Unset Strict Implicit.
Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Section Paths.
Variables (R : realFieldType) (S A : finType) (M : mdp R S A).
Implicit Types (pi : policy R S A) (f : nat -> S -> A -> R) (path : seq (S * A)) (h n : nat).

(** The last step of a path. *)
Lemma total_rcons f h path z : total f h (rcons path z) = total f h path + f (h + size path)%N z.1 z.2.
Proof.
by elim: path h => [|w path IH] h /=; rewrite ?addn0 ?addr0 ?add0r // IH addrA addSnnS.
Qed.

Lemma likelihood_rcons pi h path z :
  likelihood pi h (rcons path z) = likelihood pi h path * pi (h + size path)%N z.1 z.2.
Proof.
by elim: path h => [|w path IH] h /=; rewrite ?addn0 ?mulr1 ?mul1r // IH mulrA addSnnS.
Qed.

(** A trajectory is as likely as its moves and its actions are. *)
Lemma history_likelihood pi h (y : history S A h) :
  history_law M (forgetful pi) y =
  history_law M (fun _ _ _ => 1) y * likelihood pi 0 (past_steps y).
Proof.
elim: h y => [|h IH] y /=; first by rewrite mulr1.
by rewrite IH likelihood_rcons size_past_steps add0n /forgetful /=; ring.
Qed.

Lemma trajectory_likelihood pi n (t : trajectory S A n) :
  trajectory_law M (forgetful pi) t = trajectory_law M (fun _ _ _ => 1) t * likelihood pi 0 (steps t).
Proof.
case: n t => [|n] t /=; first by rewrite mulr1.
by rewrite history_likelihood likelihood_rcons size_past_steps add0n /forgetful /=; ring.
Qed.

Hypothesis hM : is_mdp M.

(** Trajectories have a law. *)
Lemma law_trajectory pi n : is_policy pi -> law (trajectory_law M (forgetful pi) (n := n)).
Proof.
move=> /is_history_policy_forgetful hpi.
case: n => [|n]; first by split=> [t|]; rewrite ?ler01 // (big_pred1 tt) // => -[].
exact: law_pair (law_history hM n hpi) (hpi n).
Qed.

(** The mean of a sum over the steps before the last state. *)
Lemma mean_past pi f n : is_policy pi ->
  mean (history_law M (forgetful pi) (h := n)) (fun y => total f 0 (past_steps y)) =
  \sum_(h < n) mean (state_law M pi h) (fun s => mean (pi h s) (f h s)).
Proof.
move=> hpi; elim: n => [|n IH]; first by rewrite big_ord0; apply: big1 => y _; rewrite mulr0.
rewrite mean_historyS big_ord_recr /= -IH -mean_last -meanD; apply: eq_mean => y /=.
rewrite -(mean_const (total f 0 (past_steps y)) (hpi n (last_state y))) -meanD; apply: eq_mean => a.
by rewrite /= mean_const ?total_rcons ?size_past_steps //; case: hM.
Qed.

(** The mean of a sum over all steps of a trajectory. *)
Lemma mean_total pi f H : is_policy pi ->
  mean (trajectory_law M (forgetful pi) (n := H)) (fun t => total f 0 (steps t)) =
  \sum_(h < H) mean (state_law M pi h) (fun s => mean (pi h s) (f h s)).
Proof.
move=> hpi; case: H => [|n]; first by rewrite big_ord0; apply: big1 => t _; rewrite mulr0.
rewrite mean_trajectoryS big_ord_recr /= -(mean_past f n hpi) -mean_last -meanD; apply: eq_mean => y.
rewrite -(mean_const (total f 0 (past_steps y)) (hpi n (last_state y))) -meanD; apply: eq_mean => a.
by rewrite /= total_rcons size_past_steps.
Qed.

End Paths.

Theorem value_trajectories : Statements.Parting.value_trajectories.
Proof.
move=> R S A M H pi hM hpi; rewrite value_occupancy // mean_total //.
by apply: eq_bigr => h _; rewrite sum_occupancy.
Qed.

Section Deterministic.
Variables (R : realFieldType) (S A : finType) (M : mdp R S A) (H : nat) (act : nat -> S -> A).
Variable learner : policy R S A.
Hypotheses (hM : is_mdp M) (hL : is_policy learner).
Local Notation expert := (playing R act).
Local Notation p := (trajectory_law M (forgetful expert) (n := H)).
Local Notation q := (trajectory_law M (forgetful learner) (n := H)).
Local Notation w t := (likelihood learner 0 (steps t)).

(** A deterministic policy takes a path surely or never. *)
Lemma likelihood_playing h (path : seq (S * A)) :
  likelihood expert h path = (likelihood expert h path == 1)%:R.
Proof.
elim: path h => [|z path IH] h /=; first by rewrite eqxx.
by rewrite /playing; case: eqP => _; rewrite ?mul1r ?mul0r ?(eq_sym 0) ?oner_eq0.
Qed.

(** On the expert's paths the learner's law is the expert's times the likelihood of its actions. *)
Lemma learner_on_path t : p t != 0 -> q t = p t * w t.
Proof.
rewrite !trajectory_likelihood likelihood_playing.
by case: (_ =P 1) => _ /=; rewrite ?mulr1 // mulr0 eqxx.
Qed.

(** Likelihoods are probabilities. *)
Lemma likelihood_bounds h (path : seq (S * A)) : 0 <= likelihood learner h path <= 1.
Proof.
elim: path h => [|z path IH] h /=; first by rewrite ler01 lexx.
have /andP[l0 l1] := IH h.+1; have [a0 a1] := hL h z.1.
rewrite mulr_ge0 ?mulr_ile1 //; rewrite -[leRHS]a1 (bigD1 z.2) //= ler_addl.
by apply: sumr_ge0 => a _; apply: a0.
Qed.

Lemma on_path_le t : p t != 0 -> q t <= p t.
Proof.
move=> pt; have [p0 _] := law_trajectory hM H (is_policy_playing R act).
by rewrite learner_on_path // ler_pimulr //; have /andP[] := likelihood_bounds 0 (steps t).
Qed.

(** What the learner does not do on the expert's paths. *)
Lemma parting_mean : parting M H expert learner = \sum_t p t * (1 - w t).
Proof.
rewrite /parting -[X in X - _](mean_const 1 (law_trajectory hM H (is_policy_playing R act))) -meanB.
by [].
Qed.

(** What the learner does off the expert's paths. *)
Lemma parting_off : parting M H expert learner = \sum_t (if p t == 0 then q t else 0).
Proof.
have [_ q1] := law_trajectory hM H hL; rewrite /parting -[X in X - _]q1 -sumrB; apply: eq_bigr => t _.
by case: eqP => [-> | /eqP pt]; rewrite ?mul0r ?subr0 // learner_on_path ?subrr.
Qed.

(** Both are half of the l1 distance. *)
Lemma tv_parting : tv p q = parting M H expert learner.
Proof.
have [p0 _] := law_trajectory hM H (is_policy_playing R act); have [q0 _] := law_trajectory hM H hL.
rewrite -[RHS](mulKf (_ : 2%:R != 0)) ?pnatr_eq0 //; congr (_ * _).
rewrite mulr_natl mulr2n {1}parting_mean parting_off -big_split; apply: eq_bigr => t _ /=.
case: eqP => [-> | /eqP pt]; first by rewrite mul0r !add0r normrN ger0_norm.
by rewrite addr0 learner_on_path // mulrBr mulr1 ger0_norm // subr_ge0 -learner_on_path // on_path_le.
Qed.

End Deterministic.

Section Support.
Variables (R : realFieldType) (T : finType).
Implicit Types (p q f : T -> R).

(** A law has mass somewhere. *)
Lemma law_support p : law p -> exists x, 0 < p x.
Proof.
move=> [p0 p1]; have [x px|none] := pickP (fun x => p x != 0).
  by exists x; rewrite lt_def px p0.
by have /eqP := p1; rewrite big1 ?(eq_sym 0) ?oner_eq0 // => x _; apply/eqP/negbFE/none.
Qed.

(** Hoelder's inequality needs bounds only where one of the two laws has mass. *)
Lemma span_tv_support p q f (l u : R) : law p -> law q -> (forall x, 0 < p x \/ 0 < q x -> l <= f x <= u) ->
  `|mean p f - mean q f| <= (u - l) * tv p q.
Proof.
move=> hp hq hf; pose g x := if (0 < p x) || (0 < q x) then f x else l.
have [x px] := law_support hp; have /andP[lf fu] := hf x (or_introl px).
have meanE r : (forall y, 0 <= r y) -> (forall y, 0 < r y -> (0 < p y) || (0 < q y)) -> mean r f = mean r g.
  move=> r0 hr; apply: eq_bigr => y _; rewrite /g; have := r0 y; rewrite le0r => /orP[/eqP-> | ry].
    by rewrite !mul0r.
  by rewrite hr.
rewrite !meanE; try by [case: hp | case: hq | move=> y -> | move=> y ->; rewrite orbT].
apply: span_tv => [|y]; first by rewrite hp.2 hq.2.
rewrite /g; case: ifP => [/orP hy | _]; first exact: hf.
by rewrite lexx (le_trans lf fu).
Qed.

End Support.

Theorem trajectories_part : Statements.Parting.trajectories_part.
Proof. by move=> R S A M H act learner /= hM hL; apply: tv_parting. Qed.

Theorem parting_bound : Statements.Parting.parting_bound.
Proof.
move=> R S A M H act learner low high expert possible hM hL returns.
have hE : is_policy expert by exact: is_policy_playing.
rewrite !value_trajectories // -(tv_parting H act hM hL).
by apply: span_tv_support; try exact: law_trajectory.
Qed.

Section Hellinger.
Variables (R : rcfType) (S A : finType) (M : mdp R S A) (H : nat) (act : nat -> S -> A).
Variable learner : policy R S A.
Hypotheses (hM : is_mdp M) (hL : is_policy learner).
Local Notation expert := (playing R act).
Local Notation p := (trajectory_law M (forgetful expert) (n := H)).
Local Notation q := (trajectory_law M (forgetful learner) (n := H)).
Local Notation w t := (likelihood learner 0 (steps t)).

(** What the learner does on the expert's paths and off them. *)
Lemma hellinger_parting :
  hellinger2 q p = \sum_t p t * (1 - Num.sqrt (w t)) ^+ 2 + parting M H expert learner.
Proof.
rewrite (parting_off H act hM hL) -big_split; apply: eq_bigr => t _ /=.
have [p0 _] := law_trajectory hM H (is_policy_playing R act); have [q0 _] := law_trajectory hM H hL.
case: eqP => [-> | /eqP pt]; first by rewrite mul0r add0r sqrtr0 subr0 sqr_sqrtr.
by rewrite addr0 (learner_on_path learner pt) // sqrtrM // -{3}(sqr_sqrtr (p0 t)); ring.
Qed.

(** What happens off the expert's paths is in the distance as it is. *)
Lemma parting_le_hellinger : parting M H expert learner <= hellinger2 q p.
Proof.
have [p0 _] := law_trajectory hM H (is_policy_playing R act); rewrite hellinger_parting ler_addr.
by apply: sumr_ge0 => t _; rewrite mulr_ge0 // sqr_ge0.
Qed.

(** On the paths, (1 - sqrt w)^2 is at most 1 - w. *)
Lemma hellinger_le_parting : hellinger2 q p <= 2%:R * parting M H expert learner.
Proof.
have [p0 _] := law_trajectory hM H (is_policy_playing R act).
rewrite hellinger_parting mulr_natl mulr2n ler_add2r (parting_mean H act learner hM).
apply: ler_sum => t _; apply: ler_wpmul2l => //.
have /andP[w0 w1] := likelihood_bounds hL 0 (steps t); have s0 := sqrtr_ge0 (w t).
have s1 : Num.sqrt (w t) <= 1 by rewrite -(sqrtr1 R) ler_wsqrtr.
have -> : 1 - w t = (1 - Num.sqrt (w t)) * (1 + Num.sqrt (w t)) by rewrite -{1}(sqr_sqrtr w0); ring.
by rewrite expr2; apply: ler_wpmul2l; rewrite ?subr_ge0 // ler_add2l (le_trans _ s0) // oppr_le0.
Qed.

End Hellinger.

Theorem parting_below : Statements.Parting.parting_below.
Proof. by move=> R S A M H act learner /= hM hL; apply: parting_le_hellinger. Qed.

Theorem parting_above : Statements.Parting.parting_above.
Proof. by move=> R S A M H act learner /= hM hL; apply: hellinger_le_parting. Qed.

Lemma total_ge0 (R : realFieldType) (S A : finType) (f : nat -> S -> A -> R) h (path : seq (S * A)) :
  (forall h s a, 0 <= f h s a) -> 0 <= total f h path.
Proof. by move=> f0; elim: path h => [|z path IH] h //=; rewrite addr_ge0. Qed.

Theorem horizon_free_sharp : Statements.Parting.horizon_free_sharp.
Proof.
move=> R S A M H act learner most expert possible hM hL hr returns.
have bounds t : possible expert t \/ possible learner t -> 0 <= total (reward M) 0 (steps t) <= most.
  by move=> ht; rewrite total_ge0 // returns.
have [t pt] := law_support (law_trajectory hM H (is_policy_playing R act)).
have /andP[f0 fm] := bounds t (or_introl pt).
apply: le_trans (ler_norm _) _; apply: le_trans (parting_bound hM hL bounds) _; rewrite subr0.
by apply: ler_wpmul2l; [apply: le_trans fm | apply: parting_le_hellinger].
Qed.

Theorem horizon_free : Statements.Parting.horizon_free.
Proof.
move=> R S A M H act learner most expert possible hM hL hr returns.
have sharp := horizon_free_sharp hM hL hr returns; apply: le_trans sharp _.
have [t pt] := law_support (law_trajectory hM H (is_policy_playing R act)).
have most0 : 0 <= most by apply: le_trans (returns t (or_introl pt)); apply: total_ge0.
rewrite -mulrA ler_pemull ?ler1n // mulr_ge0 //.
by apply: sumr_ge0 => x _; apply: sqr_ge0.
Qed.
