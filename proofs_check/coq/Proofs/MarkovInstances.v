(** Values and regrets of Markov games in which values show little of the regret. *)
From mathcomp Require Import all_ssreflect all_algebra ring zify.
From ImitationLearning.Definitions Require Import Probability FiniteHorizon Imitation Families Extremes.
From ImitationLearning.Definitions Require MarkovGame MarkovFamilies.
From ImitationLearning.Proofs Require Import Sums Difference Values Families Extremes MarkovGames.
From ImitationLearning.Proofs Require Interaction NoRegret.
From ImitationLearning.Statements Require MarkovInstances.
Import MarkovGame MarkovFamilies.
Set Implicit Arguments.
Unset Strict Implicit.
Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Section Tribute.
Variable R : realFieldType.
Local Notation G := (tribute R).
Local Notation two := [finType of bool].
Implicit Types (act : nat -> option bool -> joint_action two two) (agent : bool) (n h H : nat).

(** In peace nobody earns anything. *)
Lemma to_go_peace agent (pi : mediator R two _ two) n h : to_go (model_of G agent) pi n h (Some true) = 0.
Proof.
elim: n h => // n IH h; rewrite to_goS /mean big1 // => a _.
by rewrite -/(mean (surely R (Some true)) _) mean_surely IH addr0 mulr0.
Qed.

(** What is earned once the peace is broken. *)
Lemma to_go_broken agent act n h : to_go (model_of G agent) (playing R act) n h (Some false) =
  \sum_(k < n) (~~ act (h + k)%N (Some false) false)%:R * (if agent then 1 else - 1).
Proof.
elim: n h => [|n IH] h; first by rewrite big_ord0.
rewrite to_goS mean_playing mean_surely IH big_ord_recl addn0 /=; congr (_ + _).
  by case: (act _ _ _) => /=; rewrite ?mul0r ?mul1r.
by apply: eq_bigr => k _; rewrite /bump addSnnS.
Qed.

Lemma value_tribute agent act H : value G H agent (playing R act) =
  if act 0%N None true then 0
  else \sum_(k < H.-1) (~~ act k.+1 (Some false) false)%:R * (if agent then 1 else - 1).
Proof.
rewrite /value /FiniteHorizon.value mean_surely /v subn0; case: H => [|H]; first by rewrite big_ord0 if_same.
rewrite to_goS mean_playing mean_surely add0r.
by case: (act _ _ _); rewrite ?to_go_peace ?to_go_broken.
Qed.

(** What a deviation from advice gains that keeps the peace. *)
Lemma gain_tribute H agent act phi : act 0%N None true -> gain G H (playing R act) agent phi =
  value G H agent (playing R (fun h s => instead agent (act h s) (phi h s (act h s agent)))).
Proof.
move=> keep; rewrite /gain [X in _ - X]value_tribute keep subr0.
by apply: eq_value => h s _; apply: deviating_playing.
Qed.

(** Where advice leads that keeps the peace. *)
Lemma state_law_peace agent act h : (forall k s, s != Some false -> act k s = advice true true) ->
  state_law (model_of G agent) (playing R act) h =1 surely R (if h is 0%N then None else Some true).
Proof.
move=> keep s; rewrite -[LHS]mean_at; set f : _ -> R := fun t => _.
transitivity (f (if h is 0%N then None else Some true)) => //.
elim: h {s} f => [|h IH] f; first exact: mean_surely.
by rewrite mean_state_lawS IH mean_playing mean_surely keep; case: h {IH} => //; rewrite ffunE.
Qed.

End Tribute.

Theorem value_not_regret : Statements.MarkovInstances.value_not_regret.
Proof.
move=> R H G expert learner.
have hG : is_game G by split=> *; apply: law_surely.
have [hE hL] : is_policy expert /\ is_policy learner by split; apply: is_policy_playing.
have same agent h s a :
    occupancy (model_of G agent) expert h s a = occupancy (model_of G agent) learner h s a.
  rewrite /occupancy !state_law_peace //; last by move=> k t ->.
  by rewrite /surely; case: eqP => [-> | _]; rewrite ?mul0r // /playing; case: h.
have values r agent : value (with_rewards G r) H agent expert = value (with_rewards G r) H agent learner.
  by apply: (values_from_occupancies hG hE hL (i := agent)) => h s a _; apply: same.
split=> //; first split=> // h s a /=.
  by case: ifP => _; rewrite ?subrr ?addr0 ?lexx ?ler01 ?lerN10 ?(le_trans (lerN10 _) ler01).
split.
  apply/le_anti/andP; split; last exact: largest_ge0.
  apply: regret_le => // agent phi; rewrite gain_tribute ?ffunE // value_tribute; case: agent.
    by case: ifP => // _; rewrite big1 // => k _; rewrite !ffunE mul0r.
  by rewrite !ffunE.
apply/le_anti/andP; split.
  apply: regret_le => [|agent phi]; first exact: ler0n.
  rewrite gain_tribute ?ffunE // value_tribute; case: agent; last by rewrite !ffunE ler0n.
  case: ifP => _; first exact: ler0n.
  rewrite -[X in _ <= X%:R]card_ord -sum1_card natr_sum; apply: ler_sum => k _.
  by rewrite mulr1 lern1 leq_b1.
apply: le_trans (gain_le_regret _ _ _ true (fun _ _ _ => false)).
rewrite gain_tribute ?ffunE // value_tribute !ffunE /= -[X in X%:R <= _]card_ord -sum1_card natr_sum.
by apply: ler_sum => k _; rewrite mulr1.
Qed.

Section Slips.
Variables (R : realFieldType) (beta : R).
Local Notation G := (rarely_tested beta).
Local Notation two := [finType of bool].
Implicit Types (p : R) (n h H : nat) (pi : mediator R two [finType of option (option bool)] two).

Lemma is_policy_slipping p : 0 <= p <= 1 -> is_policy (slipping p).
Proof.
move=> hp h s; apply: NoRegret.law_mixture; try exact: law_surely.
by case: s => [[]|] //; rewrite lexx ler01.
Qed.

(** Only what the second agent does on trial matters there. *)
Definition slips_with p pi : Prop := forall h slipped (f : bool -> R),
  mean (pi h (Some (Some slipped))) (fun a => f (a false)) = (1 - p) * f true + p * f false.

Lemma slips_slipping p : slips_with p (slipping p).
Proof. by move=> h slipped f; rewrite NoRegret.mean_mixture !mean_surely !ffunE. Qed.

Lemma slips_deviating p phi : slips_with p (deviating true phi (slipping p)).
Proof.
move=> h slipped f; rewrite -(slips_slipping p h slipped).
transitivity (mean (fun b => mean (slipping p h (Some (Some slipped))) (fun a =>
    surely R (instead true a (phi h (Some (Some slipped)) (a true))) b)) (fun a => f (a false))).
  by apply: eq_bigr => a _; rewrite deviatingE.
by rewrite mean_mean; apply: eq_mean => a; rewrite mean_surely ffunE.
Qed.

Section OnTrial.
Variables (p : R) (pi : mediator R two [finType of option (option bool)] two).
Hypothesis (slips : slips_with p pi).

Let onwards n h slipped : R := to_go (model_of G true) pi n h (Some (Some slipped)).

Let onwardsS n h slipped : onwards n.+1 h slipped =
  (1 - p) * (slipped%:R + onwards n h.+1 slipped) + p * (1 + onwards n h.+1 true).
Proof.
have := slips h slipped (fun keep => (slipped || ~~ keep)%:R + onwards n h.+1 (slipped || ~~ keep)).
by rewrite orbT orbF => <-; rewrite /onwards to_goS; apply: eq_mean => a; rewrite mean_surely.
Qed.

(** A slip is never forgotten. *)
Let onwards_slipped n h : onwards n h true = n%:R.
Proof. by elim: n h => // n IH h; rewrite onwardsS IH mulrS /=; ring. Qed.

Lemma to_go_trial n h :
  to_go (model_of G true) pi n h (Some (Some false)) = \sum_(k < n) (1 - (1 - p) ^+ k.+1).
Proof.
rewrite -/(onwards n h false); elim: n h => [|n IH] h; first by rewrite big_ord0.
rewrite onwardsS onwards_slipped IH big_ord_recl /= expr1; set rest := \sum_(k < n) _.
have -> : \sum_(k < n) (1 - (1 - p) ^+ (bump 0 k).+1) = n%:R * p + (1 - p) * rest.
  rewrite mulr_sumr -[n in n%:R]card_ord -sum1_card natr_sum mulr_suml -big_split; apply: eq_bigr => k _ /=.
  by rewrite /bump add1n [(1 - p) ^+ k.+2]exprS; ring.
by ring.
Qed.

(** Where nobody is tested nobody is paid. *)
Lemma to_go_untested n h : is_policy pi -> to_go (model_of G true) pi n h (Some None) = 0.
Proof.
move=> hpi; elim: n h => // n IH h; rewrite to_goS -[RHS](mean_const 0 (hpi h (Some None))).
by apply: eq_mean => a; rewrite mean_surely IH addr0.
Qed.

End OnTrial.

(** The first action decides whether there is a trial. *)
Lemma value_tested p pi H : is_policy pi -> slips_with p pi ->
  value G H true pi =
  (1 - (1 - beta) * mean (pi 0%N None) (fun a => (a true)%:R)) * \sum_(h < H) (1 - (1 - p) ^+ h).
Proof.
move=> hpi slips; rewrite /value /FiniteHorizon.value mean_surely /v subn0.
case: H => [|H]; first by rewrite !big_ord0 mulr0.
rewrite big_ord_recl expr0 subrr add0r to_goS; under [in RHS]eq_bigr do rewrite lift0.
set missed := \sum_(h < H) _; rewrite mulrBl mul1r -[X in X - _](mean_const _ (hpi 0%N None)) mulrAC.
rewrite -meanZ -meanB; apply: eq_mean => a; rewrite add0r /=.
case: (a true); last by rewrite mean_surely (to_go_trial slips) mulr0 subr0.
by rewrite NoRegret.mean_mixture !mean_surely (to_go_trial slips) to_go_untested // -/missed /=; ring.
Qed.

(** The second agent is never paid. *)
Lemma value_unpaid pi H : value G H false pi = 0.
Proof.
have none n h s : to_go (model_of G false) pi n h s = 0.
  elim: n h s => // n IH h s; rewrite to_goS /mean big1 // => a _; rewrite [X in _ + X]big1 ?addr0 => [|t _].
    by case: s => [[slipped|]|] /=; rewrite mulr0.
  by rewrite IH mulr0.
by rewrite /value /FiniteHorizon.value /mean big1 // => s _; rewrite /v none mulr0.
Qed.

(** Who is advised to stand back, and whether it does. *)
Lemma mean_slipping0 p f : mean (slipping p 0%N None) f = f (advice true true).
Proof. by rewrite NoRegret.mean_mixture !mean_surely subr0 mul1r mul0r addr0. Qed.

Lemma mean_deviating0 phi p f : mean (deviating true phi (slipping p) 0%N None) f =
  f (instead true (advice true true) (phi 0%N None true)).
Proof.
transitivity (mean (fun b => mean (slipping p 0%N None) (fun a =>
    surely R (instead true a (phi 0%N None (a true))) b)) f).
  by apply: eq_bigr => a _; rewrite deviatingE.
by rewrite mean_mean mean_slipping0 mean_surely ffunE.
Qed.

Lemma value_slipping p H : 0 <= p <= 1 ->
  value G H true (slipping p) = beta * \sum_(h < H) (1 - (1 - p) ^+ h).
Proof.
move=> hp; rewrite (value_tested H (is_policy_slipping hp) (@slips_slipping p)) mean_slipping0 ffunE.
by rewrite mulr1 subKr.
Qed.

Lemma missed_ge0 p H : 0 <= p <= 1 -> 0 <= \sum_(h < H) (1 - (1 - p) ^+ h).
Proof.
move=> /andP[p0 p1]; apply: sumr_ge0 => h _; rewrite subr_ge0 exprn_ile1 ?subr_ge0 //.
by rewrite ler_subl_addr ler_addl.
Qed.

Hypothesis hbeta : 0 <= beta <= 1.

Lemma is_game_tested : is_game G.
Proof.
split=> [h s a|]; last exact: law_surely.
case: s => [[slipped|]|] /=; try exact: law_surely.
by case: (a true); [apply: NoRegret.law_mixture; rewrite // ; exact: law_surely | apply: law_surely].
Qed.

Lemma regret_slipping p H : 0 <= p <= 1 ->
  regret G H (slipping p) = (1 - beta) * \sum_(h < H) (1 - (1 - p) ^+ h).
Proof.
move=> hp; have m0 := missed_ge0 H hp; have /andP[b0 b1] := hbeta.
have c0 : 0 <= (1 - beta) * \sum_(h < H) (1 - (1 - p) ^+ h) by rewrite mulr_ge0 ?subr_ge0.
have gainE phi : gain G H (slipping p) true phi =
    (1 - (phi 0%N None true)%:R) * ((1 - beta) * \sum_(h < H) (1 - (1 - p) ^+ h)).
  have hd : is_policy (deviating true phi (slipping p)) by apply/is_policy_deviating/is_policy_slipping.
  rewrite /gain value_slipping // (value_tested H hd (@slips_deviating p phi)) mean_deviating0 ffunE eqxx.
  by ring.
apply/le_anti/andP; split.
  apply: regret_le => // -[] phi; last by rewrite /gain !value_unpaid subrr.
  by rewrite gainE ler_pimull // ler_subl_addr ler_addl ler0n.
by apply: le_trans (gain_le_regret _ _ _ true (fun _ _ _ => false)); rewrite gainE subr0 mul1r.
Qed.

(** Where it leads to follow advice. *)
Lemma mean_state_law_tested agent h f : mean (state_law (model_of G agent) (slipping 0) h.+1) f =
  (1 - beta) * f (Some None) + beta * f (Some (Some false)).
Proof.
elim: h f => [|h IH] f; rewrite mean_state_lawS.
  by rewrite mean_surely mean_slipping0 /= ffunE NoRegret.mean_mixture !mean_surely.
rewrite IH !NoRegret.mean_mixture !mean_surely !ffunE /=.
by rewrite !mul0r !addr0 !subr0 !mul1r.
Qed.

Lemma tv_slipping p h s : 0 <= p ->
  tv (slipping 0 h s) (slipping p h s) = if s is Some (Some _) then p else 0.
Proof.
move=> p0; pose w := if s is Some (Some _) then p else 0.
have w0 : 0 <= w by rewrite /w; case: (s) => [[]|].
have e a : slipping 0 h s a - slipping p h s a =
             w * (surely R (advice true true) a - surely R (advice true false) a).
  have none : (if s is Some (Some _) then 0 else 0) = 0 :> R by case: (s) => [[]|].
  by rewrite /slipping /mixture none -/w; ring.
have apart : tv (surely R (advice true true)) (surely R (advice true false)) = 1.
  have sure := is_policy_playing R (fun (_ : nat) (_ : option (option bool)) => advice true true).
  rewrite (Interaction.mistakes (fun _ _ => advice true false) h s sure) /playing.
  by case: eqP => [/(congr1 (fun f : joint_action two two => f false))|_]; rewrite ?ffunE // subr0.
rewrite -/w -[RHS]mulr1 -apart /tv [RHS]mulrCA [in RHS]mulr_sumr; congr (_ * _); apply: eq_bigr => a _.
by rewrite e normrM (ger0_norm w0).
Qed.

End Slips.

Theorem coverage_needed : Statements.MarkovInstances.coverage_needed.
Proof.
move=> R H beta p hbeta hp G expert learner missed; have none : 0 <= (0 : R) <= 1 by rewrite lexx ler01.
have nothing : \sum_(h < H) (1 - (1 - 0) ^+ h) = 0 :> R by rewrite big1 // => h _; rewrite subr0 expr1n subrr.
split.
- split; first exact: is_game_tested.
  by move=> agent h [[slipped|]|] a /=; rewrite ?lexx ?ler01 // ler0n lern1 leq_b1.
- by split; apply: is_policy_slipping.
- move=> i h; rewrite /step_error mean_state_law_tested // !tv_slipping; try by case/andP: hp.
  by rewrite mulr0 add0r.
- by rewrite !value_slipping // nothing mulr0.
- by rewrite !regret_slipping // nothing mulr0.
Qed.
