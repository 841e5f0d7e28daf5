(** Matching moments: every payoff is a difference of means, and Hoelder's inequality bounds it. *)
From mathcomp Require Import all_ssreflect all_algebra ring zify.
From ImitationLearning.Definitions Require Import Probability FiniteHorizon Extremes Imitation Moments.
From ImitationLearning.Proofs Require Import Sums Extremes Difference Values Families.
From ImitationLearning.Statements Require Moments.
Set Implicit Arguments.
Unset Strict Implicit.
Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Section Payoffs.
Variables (R : realFieldType) (S A : finType).
Implicit Types (f g : nat -> S -> A -> R) (H h : nat).

(** Sums over no steps are 0. *)
Lemma mul_steps H (x : nat -> R) : H%:R * (H%:R^-1 * \sum_(h < H) x h) = \sum_(h < H) x h.
Proof. by case: H => [|H]; rewrite ?big_ord0 ?mul0r // mulVKf // pnatr_eq0. Qed.

Lemma payoff_sum H g f : H%:R * payoff H g f = \sum_(h < H) \sum_s \sum_a g h s a * f h s a.
Proof. exact: (mul_steps H (fun h => \sum_s \sum_a g h s a * f h s a)). Qed.

Lemma largest_payoff_sum H g : H%:R * largest_payoff H g = \sum_(h < H) \sum_s \sum_a `|g h s a|.
Proof. exact: (mul_steps H (fun h => \sum_s \sum_a `|g h s a|)). Qed.

Lemma signed_sg (x : R) : -1 <= Num.sg x <= 1.
Proof. by rewrite -ler_norml normr_sg; case: (x != 0); rewrite ?ler01. Qed.

Lemma mul_le_norm (x y : R) : -1 <= y <= 1 -> x * y <= `|x|.
Proof. by rewrite -ler_norml => y1; rewrite (le_trans (ler_norm _)) // normrM ler_pimulr. Qed.

Lemma mul_sg_norm (x : R) : x * Num.sg x = `|x|.
Proof. by rewrite mulrC -normrEsg. Qed.

(** The sum over steps may be taken first. *)
Lemma payoff_stationary H g f (f0 : S -> A -> R) : (forall h, f h = f0) ->
  payoff H g f = H%:R^-1 * \sum_s \sum_a (\sum_(h < H) g h s a) * f0 s a.
Proof.
move=> ff; congr (_ * _); rewrite exchange_big; apply: eq_bigr => s _.
by rewrite exchange_big; apply: eq_bigr => a _; rewrite mulr_suml; apply: eq_bigr => h _; rewrite ff.
Qed.

Lemma payoff_le H g f : signed f -> payoff H g f <= largest_payoff H g.
Proof.
move=> f1; rewrite ler_wpmul2l ?invr_ge0 ?ler0n //.
by do 3![apply: ler_sum => ? _]; apply: mul_le_norm.
Qed.

Lemma payoff_best H g : payoff H g (best_moment g) = largest_payoff H g.
Proof. by congr (_ * _); do 3![apply: eq_bigr => ? _]; apply: mul_sg_norm. Qed.

(** Nobody can tell who agrees. *)
Lemma payoff0 H g f : (forall h s a, (h < H)%N -> g h s a = 0) -> payoff H g f = 0.
Proof.
by move=> g0; rewrite /payoff big1 ?mulr0 // => h _; do 2![rewrite big1 // => ? _]; rewrite g0 ?mul0r.
Qed.

(** A strategy that is nearly best against a mismatch that another policy has not at all. *)
Lemma near_equilibrium H (g g0 : nat -> S -> A -> R) f (delta : R) : (forall h s a, g0 h s a = 0) ->
  largest_payoff H g - delta / 2%:R <= payoff H g f ->
  payoff H g f <= payoff H g0 f + delta / 2%:R -> largest_payoff H g <= delta.
Proof.
move=> g00; rewrite (payoff0 f (fun h s a _ => g00 h s a)) add0r ler_subl_addr => best near.
by rewrite (splitr delta) (le_trans best) // ler_add2r.
Qed.

End Payoffs.

Section Moments.
Variables (R : realFieldType) (S A : finType) (M : mdp R S A).
Implicit Types (expert learner pi : policy R S A) (H h : nat).

Lemma value_reward_payoff H expert learner : is_policy expert -> is_policy learner ->
  value M H expert - value M H learner =
  H%:R * payoff H (reward_mismatch M expert learner) (fun h s a => - reward M h s a).
Proof.
move=> hE hL; rewrite !value_occupancy // payoff_sum -sumrB; apply: eq_bigr => h _.
rewrite -sumrB; apply: eq_bigr => s _; rewrite -sumrB; apply: eq_bigr => a _.
by rewrite /reward_mismatch; ring.
Qed.

Lemma signedN (f : nat -> S -> A -> R) : signed f -> signed (fun h s a => - f h s a).
Proof. by move=> f1 h s a; rewrite -ler_norml normrN ler_norml. Qed.

(** Rewards do not move anybody. *)
Lemma state_law_with_rewards (f : nat -> S -> A -> R) pi h :
  state_law (with_rewards M f) pi h =1 state_law M pi h.
Proof. by elim: h => [|h IH] s //=; apply: eq_bigr => s' _; rewrite IH. Qed.

(** Payoffs of action values are differences of means. *)
Lemma sum_action_mismatch (d : S -> R) (p r : S -> A -> R) (f : S -> A -> R) :
  \sum_s \sum_a d s * (p s a - r s a) * f s a = mean d (fun s => mean (p s) (f s) - mean (r s) (f s)).
Proof.
apply: eq_bigr => s _; rewrite -sumrB mulr_sumr; apply: eq_bigr => a _.
by rewrite -mulrBl mulrA.
Qed.

Lemma norm_action_mismatch (d : S -> R) (p r : S -> A -> R) : (forall s, 0 <= d s) ->
  \sum_s \sum_a `|d s * (p s a - r s a)| = mean d (fun s => \sum_a `|p s a - r s a|).
Proof.
move=> d0; apply: eq_bigr => s _; rewrite mulr_sumr; apply: eq_bigr => a _.
by rewrite normrM ger0_norm.
Qed.

Lemma tv_l1 (p r : A -> R) : tv p r = 2%:R^-1 * \sum_a `|r a - p a|.
Proof. by rewrite tvC. Qed.

Lemma l1_ge0 (p r : A -> R) : 0 <= \sum_a `|p a - r a|.
Proof. by apply: sumr_ge0 => a _; apply: normr_ge0. Qed.

Hypothesis hM : is_mdp M.

Lemma off_policy_error H expert learner : is_policy expert ->
  H%:R * largest_payoff H (off_policy_mismatch M expert learner) =
  \sum_(h < H) mean (state_law M expert h) (fun s => \sum_a `|learner h s a - expert h s a|).
Proof.
move=> hE; rewrite largest_payoff_sum; apply: eq_bigr => h _.
by apply: norm_action_mismatch => s; apply: state_law_ge0.
Qed.

Lemma on_policy_error H expert learner : is_policy learner ->
  H%:R * largest_payoff H (on_policy_mismatch M expert learner) =
  \sum_(h < H) mean (state_law M learner h) (fun s => \sum_a `|learner h s a - expert h s a|).
Proof.
move=> hL; rewrite largest_payoff_sum; apply: eq_bigr => h _.
by apply: norm_action_mismatch => s; apply: state_law_ge0.
Qed.

(** Rewards in an interval keep the values in as many copies of it as there are rewards left. *)
Lemma to_go_range pi (low high : R) n h s : is_policy pi -> (forall h s a, low <= reward M h s a <= high) ->
  n%:R * low <= to_go M pi n h s <= n%:R * high.
Proof.
move=> hpi hr; elim: n h s => [|n IH] h s /=; first by rewrite !mul0r lexx.
apply: mean_bounds => // a; have /andP[rl rh] := hr h s a.
have /andP[vl vh] := mean_bounds (hM.1 h s a) (IH h.+1).
by rewrite mulrS !mulrDl !mul1r !ler_add.
Qed.

Lemma v_range H pi (low high : R) h s : is_policy pi -> (forall h s a, low <= reward M h s a <= high) ->
  (H - h)%:R * low <= v M H pi h s <= (H - h)%:R * high.
Proof. exact: to_go_range. Qed.

Lemma q_range H pi (low high : R) h s a : is_policy pi -> (forall h s a, low <= reward M h s a <= high) ->
  (h < H)%N -> (H - h)%:R * low <= q M H pi h s a <= (H - h)%:R * high.
Proof.
move=> hpi hr hH; have /andP[rl rh] := hr h s a.
have /andP[vl vh] := mean_bounds (hM.1 h s a) (fun s' => v_range H h.+1 s' hpi hr).
have -> : (H - h = (H - h.+1).+1)%N by lia.
by rewrite mulrS !mulrDl !mul1r !ler_add.
Qed.

(** Values in an interval, errors where the expert goes. *)
Lemma off_policy_range H expert learner (low high : R) : is_policy expert -> is_policy learner ->
  (forall h s a, low <= reward M h s a <= high) ->
  `|value M H expert - value M H learner| <=
  \sum_(h < H) (H - h)%:R * ((high - low) / 2%:R) *
               mean (state_law M expert h) (fun s => \sum_a `|learner h s a - expert h s a|).
Proof.
move=> hE hL hr; rewrite value_difference //; apply: le_trans (ler_norm_sum _ _ _) _.
apply: ler_sum => h _; apply: le_trans (ler_norm_mean _ _) _ => [s|]; first exact: state_law_ge0.
rewrite -meanZ; apply: ler_mean => s; first exact: state_law_ge0.
have qr a : (H - h)%:R * low <= q M H learner h s a <= (H - h)%:R * high by apply: q_range.
apply: le_trans (span_tv _ qr) _; first by rewrite (hE h s).2 (hL h s).2.
by rewrite tv_l1 -mulrBr !mulrA.
Qed.

(** Early steps weigh most. *)
Lemma off_policy_weights H expert learner (c : R) : is_policy expert -> 0 <= c ->
  \sum_(h < H) (H - h)%:R * c *
               mean (state_law M expert h) (fun s => \sum_a `|learner h s a - expert h s a|) <=
  H%:R ^+ 2 * largest_payoff H (off_policy_mismatch M expert learner) * c.
Proof.
move=> hE c0; rewrite expr2 -[H%:R * H%:R * _]mulrA off_policy_error // mulrAC mulr_sumr.
apply: ler_sum => h _; rewrite ler_wpmul2r //; last by rewrite ler_wpmul2r // ler_nat leq_subr.
by apply: mean_ge0 => s; [apply: state_law_ge0 | apply: l1_ge0].
Qed.

Lemma advantage_le H expert h s a : (h < H)%N -> `|advantage M H expert h s a| <= recoverability M H expert.
Proof.
move=> hH; pose worst (i : 'I_H) := largest (fun s => largest (fun a => `|advantage M H expert i s a|)).
apply: le_trans (ler_bigmax 0 worst (Ordinal hH)).
by apply: le_trans (largest_ge _ s); apply: largest_ge.
Qed.

Lemma recoverability_le H expert u : 0 <= u ->
  (forall h s a, (h < H)%N -> `|advantage M H expert h s a| <= u) -> recoverability M H expert <= u.
Proof. by move=> u0 adv; apply: bigmax_ler => // h; do 2![apply: largest_le => // ?]; apply: adv. Qed.

(** The expert is somewhere in the range of its own action values. *)
Lemma half_span_le H expert h s : (h < H)%N -> half_span M H expert h s <= recoverability M H expert.
Proof.
move=> hH; rewrite /half_span mulrC ler_pdivr_mulr ?ltr0n //.
apply: span_le => [|a b]; first by rewrite mulr_ge0 ?ler0n //; apply: bigmax_ge.
have -> : q M H expert h s a - q M H expert h s b = advantage M H expert h s a - advantage M H expert h s b.
  by rewrite /advantage; ring.
rewrite mulr_natr mulr2n; apply: le_trans (ler_norm _) _; apply: le_trans (ler_norm_sub _ _) _.
by apply: ler_add; apply: advantage_le.
Qed.

(** Half of the l1 distance to a sure action is the mass of the other actions. *)
Lemma l1_sure (p : A -> R) b : law p -> \sum_a `|p a - (a == b)%:R| = 2%:R * \sum_(a | a != b) p a.
Proof.
move=> [p0 p1]; rewrite (bigD1 b) //= eqxx; have -> : p b - 1 = - \sum_(a | a != b) p a.
  by rewrite -p1 (bigD1 b) //=; ring.
rewrite normrN ger0_norm ?sumr_ge0 // mulr_natl mulr2n; congr (_ + _).
by apply: eq_bigr => a /negPf->; rewrite subr0 ger0_norm.
Qed.

(** What costs nothing if one is sure to act right costs at most the mass of the wrong actions. *)
Lemma mean_wrong (p f : A -> R) b u : law p -> f b = 0 -> (forall a, `|f a| <= u) ->
  `|mean p f| <= u * (2%:R^-1 * \sum_a `|p a - (a == b)%:R|).
Proof.
move=> hp fb fu; rewrite l1_sure // mulKf ?pnatr_eq0 // mulr_sumr /mean (bigD1 b) //= fb mulr0 add0r.
apply: le_trans (ler_norm_sum _ _ _) _; apply: ler_sum => a _.
by case: hp => p0 _; rewrite normrM mulrC (ger0_norm (p0 a)) ler_wpmul2r.
Qed.

End Moments.

Theorem largest_payoff_is_supremum : Statements.Moments.largest_payoff_is_supremum.
Proof.
move=> R S A H g; split=> [f f1|h s a|]; [exact: payoff_le | exact: signed_sg | exact: payoff_best].
Qed.

Theorem largest_stationary_payoff_is_supremum : Statements.Moments.largest_stationary_payoff_is_supremum.
Proof.
move=> R S A H g best; split=> [f f1 ff|h s a||] //; first last.
- rewrite (@payoff_stationary _ _ _ H g best (best 0%N)) //; congr (_ * _); do 2![apply: eq_bigr => ? _].
  exact: mul_sg_norm.
- exact: signed_sg.
rewrite (@payoff_stationary _ _ _ H g f (f 0%N)) => [|h]; last exact: ff.
rewrite ler_wpmul2l ?invr_ge0 ?ler0n //; do 2![apply: ler_sum => ? _]; exact: mul_le_norm.
Qed.

Theorem reward_bound : Statements.Moments.reward_bound.
Proof.
move=> R S A M H expert learner _ hr hs hE hL; rewrite value_reward_payoff // ler_wpmul2l ?ler0n //.
have [sup _ _ _] := largest_stationary_payoff_is_supremum H (reward_mismatch M expert learner).
by apply: sup; [apply: signedN | move=> h k; rewrite (hs h k)].
Qed.

Theorem reward_time_dependent : Statements.Moments.reward_time_dependent.
Proof.
move=> R S A M H expert learner _ hr hE hL; rewrite value_reward_payoff // ler_wpmul2l ?ler0n //.
by apply: payoff_le; apply: signedN.
Qed.

Theorem reward_attained : Statements.Moments.reward_attained.
Proof.
move=> R S A M H expert learner _ hE hL g paying; split=> [h s a|].
  by rewrite /= -ler_norml normrN ler_norml signed_sg.
rewrite value_reward_payoff // -payoff_best; congr (_ * (_ * _)); do 3![apply: eq_bigr => ? _].
by rewrite opprK /g /reward_mismatch /occupancy !state_law_with_rewards.
Qed.

Theorem reward_equilibrium : Statements.Moments.reward_equilibrium.
Proof.
move=> R S A M H expert learner f delta hM hr hE hL u1 best near.
apply: le_trans (reward_time_dependent H hM hr hE hL) _; rewrite ler_wpmul2l ?ler0n //.
apply: near_equilibrium best (near _ hE) => h s a; exact: subrr.
Qed.

Theorem off_policy_identity : Statements.Moments.off_policy_identity.
Proof.
move=> R S A M H expert learner hM hE hL; rewrite value_difference // payoff_sum -sumrN.
apply: eq_bigr => h _; rewrite /off_policy_mismatch sum_action_mismatch -[LHS]opprK -meanN.
by congr (- _); apply: eq_mean => s; rewrite opprB.
Qed.

Theorem off_policy_weighted : Statements.Moments.off_policy_weighted.
Proof.
move=> R S A M H expert learner hM hr hE hL; apply: le_trans (off_policy_range hM H hE hL hr) _.
have half : (1 - -1) / 2%:R = 1 :> R by field.
by apply: ler_sum => h _; rewrite half mulr1.
Qed.

Theorem off_policy_bound : Statements.Moments.off_policy_bound.
Proof.
move=> R S A M H expert learner hM hr hE hL; apply: le_trans (off_policy_range hM H hE hL hr) _.
have half : (1 - -1) / 2%:R = 1 :> R by field.
by rewrite half -[leRHS]mulr1; apply: off_policy_weights => //; apply: ler01.
Qed.

Theorem off_policy_unit : Statements.Moments.off_policy_unit.
Proof.
move=> R S A M H expert learner hM hr hE hL; apply: le_trans (off_policy_range hM H hE hL hr) _.
by rewrite subr0 mul1r; apply: off_policy_weights => //; rewrite invr_ge0 ler0n.
Qed.

Theorem off_policy_equilibrium : Statements.Moments.off_policy_equilibrium.
Proof.
move=> R S A M H expert learner f delta hM hr hE hL u2 best near.
apply: le_trans (off_policy_bound H hM hr hE hL) _; rewrite ler_wpmul2l ?exprn_ge0 ?ler0n //.
by apply: near_equilibrium best (near _ hE) => h s a; rewrite /off_policy_mismatch subrr mulr0.
Qed.

Theorem on_policy_statewise : Statements.Moments.on_policy_statewise.
Proof.
move=> R S A M H expert learner hM hE hL; rewrite distrC value_difference //.
apply: le_trans (ler_norm_sum _ _ _) _; apply: ler_sum => h _.
apply: le_trans (ler_norm_mean _ _) _ => [s|]; first exact: state_law_ge0.
apply: ler_mean => s; first exact: state_law_ge0.
apply: le_trans (holder_span _ _) _; first by rewrite (hE h s).2 (hL h s).2.
by rewrite tvC tv_l1 /half_span mulrCA mulrA.
Qed.

Theorem on_policy_span : Statements.Moments.on_policy_span.
Proof.
move=> R S A M H expert learner hM hE hL; apply: le_trans (on_policy_statewise H hM hE hL) _.
rewrite -mulrA on_policy_error // mulr_sumr; apply: ler_sum => h _; rewrite -meanZ.
apply: ler_mean => s; first exact: state_law_ge0.
rewrite ler_wpmul2r ?l1_ge0 //; apply: le_trans (largest_ge _ s) _.
exact: (ler_bigmax 0 (fun h : 'I_H => largest (half_span M H expert h)) h).
Qed.

Theorem on_policy_bound : Statements.Moments.on_policy_bound.
Proof.
move=> R S A M H expert learner hM hE hL; apply: le_trans (on_policy_span H hM hE hL) _.
rewrite -!mulrA ler_wpmul2r //; last first.
  apply: bigmax_ler => [|h]; first exact: bigmax_ge.
  by apply: largest_le => [|s]; [apply: bigmax_ge | apply: half_span_le].
rewrite on_policy_error //; apply: sumr_ge0 => h _.
by apply: mean_ge0 => s; [apply: state_law_ge0 | apply: l1_ge0].
Qed.

Theorem on_policy_equilibrium : Statements.Moments.on_policy_equilibrium.
Proof.
move=> R S A M H expert learner f delta hM hE hL u3 best near.
apply: le_trans (on_policy_bound H hM hE hL) _; rewrite ler_wpmul2l ?mulr_ge0 ?ler0n ?bigmax_ge //.
by apply: near_equilibrium best (near _ hE) => h s a; rewrite /on_policy_mismatch subrr mulr0.
Qed.

Theorem on_policy_deterministic : Statements.Moments.on_policy_deterministic.
Proof.
move=> R S A M H act learner expert hM hL.
have hE : is_policy expert by apply: is_policy_playing.
have -> : forall x y z : R, x * y * z / 2%:R = x * (2%:R^-1 * (y * z)) by move=> x y z; field.
rewrite value_lost // on_policy_error // !mulr_sumr.
apply: le_trans (ler_norm_sum _ _ _) _; apply: ler_sum => h _.
apply: le_trans (ler_norm_mean _ _) _ => [s|]; first exact: state_law_ge0.
rewrite -!meanZ; apply: ler_mean => s; first exact: state_law_ge0.
apply: mean_wrong => // [|a]; last by rewrite normrN; apply: advantage_le.
by rewrite /advantage vE // mean_playing subrr oppr0.
Qed.

Theorem recoverability_range : Statements.Moments.recoverability_range.
Proof.
move=> R S A M H expert low high hM hE lh hr.
have width0 : 0 <= high - low by rewrite subr_ge0.
apply: recoverability_le => [|h s a hH]; first by rewrite mulr_ge0 ?ler0n.
have /andP[ql qh] := q_range hM s a hE hr hH; have /andP[vl vh] := v_range hM H h s hE hr.
apply: (@le_trans _ _ ((H - h)%:R * (high - low))); last by rewrite ler_wpmul2r // ler_nat leq_subr.
by rewrite ler_norml mulrBr opprB !ler_sub.
Qed.

Theorem recoverability_at_worst : Statements.Moments.recoverability_at_worst.
Proof.
move=> R S A M H expert hM hr hE; have lh : -1 <= 1 :> R by rewrite (le_trans (lerN10 R)) ?ler01.
by apply: le_trans (recoverability_range H hM hE lh hr) _; rewrite opprK mulrC.
Qed.
