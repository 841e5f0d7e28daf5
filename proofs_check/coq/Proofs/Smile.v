(** SMILe: performance difference from the policy before an update, along the one after it. *)
From mathcomp Require Import all_ssreflect all_algebra ring zify.
From ImitationLearning.Definitions Require Import Probability FiniteHorizon Imitation.
From ImitationLearning.Proofs Require Import Sums Values Families Trajectories Cloning Interaction NoRegret.
From ImitationLearning.Statements Require Smile.
Set Implicit Arguments.
Unset Strict Implicit.
Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

(** Each [f k] counts once for every later step. *)
Lemma sum_before (R : realFieldType) (f : nat -> R) (n : nat) :
  \sum_(h < n) \sum_(k < h) f k = \sum_(k < n) (n - k.+1)%:R * f k.
Proof.
apply: (addIr (\sum_(h < n) f h)); rewrite -!big_split /=.
rewrite (eq_bigr (fun h : 'I_n => \sum_(k < h.+1) f k)) => [|h _]; last by rewrite big_ord_recr.
rewrite sum_triangle; apply: eq_bigr => k _.
by rewrite (_ : n - k = n - k.+1 + 1)%N ?natrD ?mulrDl ?mul1r //; have := ltn_ord k; lia.
Qed.

(** The second-order term: moved states, times the rewards left. *)
Lemma sum_moved_left (R : realFieldType) (H : nat) :
  \sum_(h < H) 2%:R * (H - h)%:R * h%:R = (H%:R ^+ 3 - H%:R) / 3%:R :> R.
Proof.
suff partial (c : R) n : \sum_(h < n) 2%:R * (c - h%:R) * h%:R =
    n%:R * (n%:R - 1) * (3%:R * c - 2%:R * n%:R + 1) / 3%:R.
  transitivity (\sum_(h < H) 2%:R * (H%:R - h%:R) * h%:R : R).
    by apply: eq_bigr => h _; rewrite natrB // ltnW.
  by rewrite partial; field.
elim: n => [|n IH]; first by rewrite big_ord0 !mul0r.
by rewrite big_ord_recr IH /= -addn1 natrD; field.
Qed.

Section Update.
Variables (R : realFieldType) (S A : finType) (M : mdp R S A) (H : nat) (act : nat -> S -> A).
Variables (before after learner : policy R S A) (alpha u : R).
Local Notation expert := (playing R act).
Hypotheses (hM : is_mdp M) (hB : is_policy before) (hA : is_policy after) (hL : is_policy learner).
Hypothesis alpha0 : 0 <= alpha.
Hypothesis update : forall h s a, after h s a = before h s a + alpha * (learner h s a - expert h s a).
Hypothesis hu : forall h s a, (h < H)%N -> q M H before h s (act h s) - q M H before h s a <= u.
Local Notation error h := (step_error (state_law M before) expert learner h).

(** What the learner's action loses against the expert's. *)
Definition lost h s : R := mean (learner h s) (fun a => q M H before h s (act h s) - q M H before h s a).

(** Performance difference: the share that was handed over, times what it loses. *)
Lemma gap_update :
  value M H before - value M H after = alpha * \sum_(h < H) mean (state_law M after h) (lost h).
Proof.
rewrite -opprB (value_difference hM) // -sumrN mulr_sumr; apply: eq_bigr => h _.
rewrite -meanN -meanZ; apply: eq_mean => s; rewrite /lost meanB mean_const //.
rewrite -(mean_playing act h s (q M H before h s)).
rewrite /mean -!sumrB -sumrN mulr_sumr; apply: eq_bigr => a _; rewrite update; ring.
Qed.

(** Acting as the expert loses nothing, any other action at most [u]. *)
Lemma lost_le h s : (h < H)%N -> lost h s <= u * tv (expert h s) (learner h s).
Proof.
move=> hH; rewrite tvC mistakes //; apply: mean_but_one => // [|a]; first by rewrite subrr.
exact: hu.
Qed.

(** Acting as the expert is one of the actions that [u] bounds. *)
Lemma harm_ge0 h : (h < H)%N -> 0 <= u.
Proof.
move=> hH; rewrite -[leLHS](mean_const 0 hM.2); apply: mean_le => [|s]; first by case: hM.
by rewrite -(subrr (q M H before h s (act h s))) hu.
Qed.

(** The policies differ in the share that was handed over. *)
Lemma tv_update h s : tv (before h s) (after h s) = alpha * tv (expert h s) (learner h s).
Proof.
rewrite /tv mulrCA !mulr_sumr; apply: eq_bigr => a _; congr (_ * _).
by rewrite update opprD addNKr -mulrN opprB normrM ger0_norm.
Qed.

(** States move only where the learner errs. *)
Lemma tv_states h : tv (state_law M before h) (state_law M after h) <= alpha * \sum_(k < h) error k.
Proof.
apply: le_trans (state_marginals hM hB hA h) _; rewrite mulr_sumr; apply: ler_sum => k _.
by rewrite -meanZ; apply: ler_mean => s; rewrite ?state_law_ge0 // tv_update.
Qed.

(** The laws of the states differ by at most the errors before. *)
Lemma update_sharper : value M H before - value M H after <=
  alpha * u * (\sum_(h < H) error h + alpha * \sum_(h < H) (H - h.+1)%:R * error h).
Proof.
rewrite gap_update -mulrA; apply: ler_wpmul2l => //.
rewrite -sum_before mulr_sumr -big_split mulr_sumr; apply: ler_sum => h _ /=.
have hH := ltn_ord h; have u0 := harm_ge0 hH.
apply: (@le_trans _ _ (u * mean (state_law M after h) (fun s => tv (expert h s) (learner h s)))).
  by rewrite -meanZ; apply: ler_mean => s; [apply: state_law_ge0 | apply: lost_le].
apply: ler_wpmul2l => //; rewrite -ler_subl_addl; apply: le_trans (ler_norm _) _.
apply: le_trans (tv_states h); rewrite distrC -[leRHS]mul1r.
apply: holder_tv => [||s]; try exact: law_state_law.
by rewrite tv_ge0 tv_le1 //; apply: is_policy_playing.
Qed.

(** The laws of the states differ by at most the share times the steps before. *)
Lemma update_bound : unit_rewards M -> value M H before - value M H after <=
  alpha * (u * \sum_(h < H) error h) + alpha ^+ 2 * ((H%:R ^+ 3 - H%:R) / 3%:R).
Proof.
move=> hr; rewrite gap_update expr2 -mulrA -mulrDr; apply: ler_wpmul2l => //.
rewrite -sum_moved_left !mulr_sumr -big_split; apply: ler_sum => h _ /=; have hH := ltn_ord h.
have range s : - (H - h)%:R <= lost h s <= (H - h)%:R.
  apply: mean_bounds => // a; have /andP[q0 q1] := q_bounds hM s a hB hr hH.
  have /andP[q0' q1'] := q_bounds hM s (act h s) hB hr hH.
  by rewrite -[- _]add0r -{2}[(H - h)%:R]subr0 !ler_sub.
have moved : mean (state_law M after h) (lost h) - mean (state_law M before h) (lost h) <=
             alpha * (2%:R * (H - h)%:R * h%:R).
  apply: le_trans (ler_norm _) _; rewrite distrC; apply: le_trans (span_tv _ range) _.
    by rewrite (law_state_law hM h hB).2 (law_state_law hM h hA).2.
  rewrite opprK -mulr2n -[(H - h)%:R *+ 2]mulr_natl [leRHS]mulrCA.
  apply: ler_wpmul2l; first by rewrite mulr_ge0 ?ler0n.
  apply: le_trans (tv_states h) _; apply: ler_wpmul2l => //.
  rewrite -[leRHS]mulr1 mulr_natl -[in leRHS](card_ord h) -sumr_const; apply: ler_sum => k _.
  apply: mean_le => [|s]; first exact: law_state_law.
  by apply: tv_le1 => //; apply: is_policy_playing.
rewrite -[leLHS](subrK (mean (state_law M before h) (lost h))) addrC; apply: ler_add moved.
by rewrite -meanZ; apply: ler_mean => s; [apply: state_law_ge0 | apply: lost_le].
Qed.

End Update.

(** H times the expected number of mistakes. *)
Lemma total_mistakes (R : realFieldType) (S A : finType) (H : nat) (act : nat -> S -> A)
    (learner : policy R S A) (states : nat -> S -> R) : is_policy learner ->
  H%:R * expected_loss H (fun h s a => 1 - playing R act h s a) learner states =
  \sum_(h < H) step_error states (playing R act) learner h.
Proof.
move=> hL; rewrite expected_mistakes // (averageK (fun h : 'I_H => step_error _ _ _ h)).
by apply: eq_bigr => h _; apply: step_errorC.
Qed.

(** Two mixtures with the same other policy. *)
Lemma update_acting (R : realFieldType) (S A : finType) (expert others learner : policy R S A) (w : R) h s a :
  acting learner others w h s a = acting expert others w h s a + w * (learner h s a - expert h s a).
Proof. by rewrite /acting /mixture; ring. Qed.

Theorem step_sharper : Statements.Smile.step_sharper.
Proof.
move=> R S A M H act others learner alpha u expert before after hM hO hL ha hu /=.
have /andP[a0 _] := ha.
apply: update_sharper => //; [| exact: is_policy_acting | exact: update_acting].
by apply: is_policy_acting => //; apply: is_policy_playing.
Qed.

Theorem step : Statements.Smile.step.
Proof.
move=> R S A M H act others learner alpha u expert before after hM hr hO hL ha hu /=.
have /andP[a0 _] := ha; rewrite -mulrA total_mistakes //.
apply: (@update_bound _ _ _ _ _ act) => //; [| exact: is_policy_acting | exact: update_acting].
by apply: is_policy_acting => //; apply: is_policy_playing.
Qed.

Section Smile.
Variables (R : realFieldType) (S A : finType) (M : mdp R S A) (H : nat) (act : nat -> S -> A).
Variables (learners : nat -> policy R S A) (alpha : R).
Local Notation expert := (playing R act).
Local Notation policy := (smile expert learners alpha).
Hypotheses (hM : is_mdp M) (hr : unit_rewards M) (hL : forall n, is_policy (learners n)).
Hypothesis ha : 0 <= alpha <= 1.

(** An update. *)
Lemma smileS n h s a :
  policy n.+1 h s a = policy n h s a + alpha * (1 - alpha) ^+ n * (learners n h s a - expert h s a).
Proof. by rewrite /smile big_ord_recr exprS /=; ring. Qed.

Lemma is_policy_smile n : is_policy (policy n).
Proof.
have /andP[a0 a1] := ha; have b0 : 0 <= 1 - alpha by rewrite subr_ge0.
move=> h s; split=> [a|].
  rewrite addr_ge0 ?sumr_ge0 // => [|j _]; last by rewrite !mulr_ge0 ?exprn_ge0 //; case: (hL j h s).
  by rewrite mulr_ge0 ?exprn_ge0 ?ler0n.
elim: n => [|n IH].
  rewrite -[RHS](is_policy_playing R act h s).2; apply: eq_bigr => a _.
  by rewrite /smile expr0 mul1r big_ord0 addr0.
under eq_bigr do rewrite smileS.
by rewrite big_split /= IH -mulr_sumr sumrB (hL n h s).2 (is_policy_playing R act h s).2 subrr mulr0 addr0.
Qed.

(** Nothing is handed over before the first update. *)
Lemma value_smile0 : value M H (policy 0) = value M H expert.
Proof.
have h0 := is_policy_smile 0; have hE : is_policy expert by exact: is_policy_playing.
apply/eqP; rewrite -subr_eq0 (value_difference hM) //; apply/eqP.
rewrite big1 // => h _; apply: big1 => s _.
have -> : mean (policy 0 h s) (q M H expert h s) = mean (expert h s) (q M H expert h s).
  by apply: eq_bigr => a _; rewrite /smile expr0 mul1r big_ord0 addr0.
by rewrite subrr mulr0.
Qed.

(** A geometric series. *)
Lemma sum_squares n : \sum_(j < n) (alpha * (1 - alpha) ^+ j) ^+ 2 <= alpha / (2%:R - alpha).
Proof.
have /andP[a0 a1] := ha; have b0 : 0 <= 1 - alpha by rewrite subr_ge0.
have c0 : 0 < 2%:R - alpha by rewrite subr_gt0 (le_lt_trans a1) // ltr1n.
have -> : \sum_(j < n) (alpha * (1 - alpha) ^+ j) ^+ 2 =
          alpha / (2%:R - alpha) * (1 - ((1 - alpha) ^+ n) ^+ 2).
  elim: n => [|n IH]; first by rewrite big_ord0 expr0 expr1n subrr mulr0.
  by rewrite big_ord_recr IH /= [(1 - alpha) ^+ n.+1]exprS; field; rewrite lt0r_neq0.
by rewrite ler_pimulr ?divr_ge0 ?(ltW c0) // ler_subl_addr ler_addl exprn_ge0 // exprn_ge0.
Qed.

(** Add up the updates. *)
Lemma gap_smile N (u : nat -> R) :
  (forall n h s a, (n < N)%N -> (h < H)%N ->
    q M H (policy n) h s (act h s) - q M H (policy n) h s a <= u n) ->
  value M H expert - value M H (policy N) <=
  \sum_(n < N) alpha * (1 - alpha) ^+ n *
    (u n * \sum_(h < H) step_error (state_law M (policy n)) expert (learners n) h) +
  alpha / (2%:R - alpha) * ((H%:R ^+ 3 - H%:R) / 3%:R).
Proof.
move=> hu; have /andP[a0 a1] := ha; have b0 : 0 <= 1 - alpha by rewrite subr_ge0.
rewrite -value_smile0 -(telescope_sum (fun n => value M H (policy n))).
have cubic : 0 <= (H%:R ^+ 3 - H%:R) / 3%:R :> R.
  by rewrite -sum_moved_left sumr_ge0 // => h _; rewrite !mulr_ge0 ?ler0n.
apply: le_trans (ler_add (lexx _) (ler_wpmul2r cubic (sum_squares N))).
rewrite mulr_suml -big_split; apply: ler_sum => n _ /=.
apply: (@update_bound _ _ _ _ _ act) => //; try exact: is_policy_smile.
- by rewrite mulr_ge0 ?exprn_ge0.
- exact: smileS.
by move=> h s a; apply: hu.
Qed.

Section WithoutExpert.
Variable N : nat.
Hypothesis N0 : (0 < N)%N.
Local Notation rest := (smile_without_expert learners alpha N).

(** The weights of the learnt policies do not vanish. *)
Lemma weights_gt0 : 0 < \sum_(j < N) (1 - alpha) ^+ j.
Proof.
have /andP[_ a1] := ha; case: N N0 => // n _; rewrite big_ord_recl expr0.
by apply: ltr_paddr ltr01; rewrite sumr_ge0 // => j _; rewrite exprn_ge0 // subr_ge0.
Qed.

Lemma is_policy_without_expert : is_policy rest.
Proof.
have /andP[_ a1] := ha; have w0 := weights_gt0; have b0 : 0 <= 1 - alpha by rewrite subr_ge0.
move=> h s; split=> [a|].
  apply: mulr_ge0; first by rewrite invr_ge0 ltW.
  by apply: sumr_ge0 => j _; rewrite mulr_ge0 ?exprn_ge0 //; case: (hL j h s).
rewrite -mulr_sumr exchange_big -[RHS](mulVf (lt0r_neq0 w0)); congr (_ * _).
by apply: eq_bigr => j _; rewrite -mulr_sumr (hL j h s).2 mulr1.
Qed.

(** The expert's share is what the others lack. *)
Lemma smile_rest h s a : policy N h s a = rest h s a + (1 - alpha) ^+ N * (expert h s a - rest h s a).
Proof.
have share : alpha * (\sum_(j < N) (1 - alpha) ^+ j) = 1 - (1 - alpha) ^+ N.
  elim: N => [|n IH]; first by rewrite big_ord0 expr0 mulr0 subrr.
  by rewrite big_ord_recr mulrDr IH exprS /=; ring.
have -> : policy N h s a = (1 - alpha) ^+ N * expert h s a + (1 - (1 - alpha) ^+ N) * rest h s a.
  rewrite -share /smile /smile_without_expert; congr (_ + _).
  rewrite -mulrA mulVKf ?lt0r_neq0 ?weights_gt0 // mulr_sumr.
  by apply: eq_bigr => j _; rewrite mulrA.
by ring.
Qed.

(** No action loses more than the rewards that are left. *)
Lemma gap_without_expert :
  value M H (policy N) - value M H rest <= (1 - alpha) ^+ N * ((H * H.+1)%:R / 2%:R).
Proof.
have /andP[_ a1] := ha; have hN := is_policy_smile N; have hR := is_policy_without_expert.
have p0 : 0 <= (1 - alpha) ^+ N by rewrite exprn_ge0 // subr_ge0.
rewrite -opprB (value_difference hM) // -sumrN -sum_steps_left mulr_sumr; apply: ler_sum => h _.
rewrite -meanN; apply: mean_le => [|s]; first exact: law_state_law.
set f := q M H (policy N) h s; have hE : is_policy expert by exact: is_policy_playing.
have -> : - (mean (rest h s) f - mean (policy N h s) f) =
          (1 - alpha) ^+ N * (mean (expert h s) f - mean (rest h s) f).
  rewrite /mean -!sumrB -sumrN mulr_sumr; apply: eq_bigr => a _; rewrite smile_rest; ring.
apply: ler_wpmul2l => //; apply: le_trans (ler_norm _) _.
apply: le_trans (@holder_tv _ _ _ _ _ (H - h)%:R _ _ _) _ => // [a|]; first exact: q_bounds.
by rewrite ler_pimulr ?ler0n // tv_le1.
Qed.

End WithoutExpert.

End Smile.

Theorem smile_bound : Statements.Smile.smile_bound.
Proof.
move=> R S A M H N act learners alpha u expert policy hM hr hL ha hu /=.
under eq_bigr do rewrite -[u _ * _ * _]mulrA total_mistakes //.
exact: gap_smile.
Qed.

Theorem smile_renormalised : Statements.Smile.smile_renormalised.
Proof.
move=> R S A M H N act learners alpha u expert policy hM hr N0 hL ha hu /=.
under eq_bigr do rewrite -[u _ * _ * _]mulrA total_mistakes //.
rewrite -(subrK (value M H (policy N)) (value M H expert)) -addrA; apply: ler_add; first exact: gap_smile.
exact: gap_without_expert.
Qed.
