(** Deviations push advice forward; the rest is the theory of the model that one agent sees. *)
From mathcomp Require Import all_ssreflect all_algebra ring zify.
From ImitationLearning.Definitions Require Import Probability FiniteHorizon Imitation Families Extremes.
From ImitationLearning.Definitions Require MarkovGame.
From ImitationLearning.Proofs Require Import Sums Difference Values Families Extremes.
From ImitationLearning.Proofs Require Cloning.
From ImitationLearning.Statements Require MarkovGames.
Import MarkovGame.
Set Implicit Arguments.
Unset Strict Implicit.
Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Local Notation reward_sum := FiniteHorizon.value.

(** What is played at and after the last step does not matter, nor do rewards to where one goes. *)
Section Steps.
Variables (R : realFieldType) (S A : finType).
Implicit Types (M N : mdp R S A) (pi other : FiniteHorizon.policy R S A) (h k n : nat).

Lemma eq_to_go M pi other n h s : (forall k t, (h <= k < h + n)%N -> pi k t =1 other k t) ->
  to_go M pi n h s = to_go M other n h s.
Proof.
elim: n h s => // n IH h s same; rewrite !to_goS.
have now : (h <= h < h + n.+1)%N by lia.
rewrite {1}/mean; under eq_bigr do rewrite (same h s now).
apply: eq_mean => a; congr (_ + _); apply: eq_mean => t; apply: IH => k u hk; apply: same.
by lia.
Qed.

Lemma eq_value M H pi other : (forall h s, (h < H)%N -> pi h s =1 other h s) ->
  reward_sum M H pi = reward_sum M H other.
Proof. by move=> same; apply: eq_mean => s; apply: eq_to_go => k t; rewrite subn0; apply: same. Qed.

Lemma eq_state_law M N pi other h : FiniteHorizon.transition M = FiniteHorizon.transition N ->
  FiniteHorizon.start M = FiniteHorizon.start N -> (forall k s, pi k s =1 other k s) ->
  state_law M pi h =1 state_law N other h.
Proof.
move=> moves starts same; elim: h => [|h IH] s; first by rewrite /= starts.
rewrite /= /mean; apply: eq_bigr => t _; rewrite IH; congr (_ * _); apply: eq_bigr => a _.
by rewrite same moves.
Qed.

End Steps.

Section Deviations.
Variables (R : realFieldType) (I S A : finType).
Implicit Types (G : game R I S A) (i j : I) (sigma other : mediator R I S A) (phi : deviation S A).
Implicit Types (H h : nat).

Lemma is_mdp_model G i : is_game G -> is_mdp (model_of G i).
Proof. by []. Qed.

Lemma deviatingE i phi sigma h s b :
  deviating i phi sigma h s b = mean (sigma h s) (fun a => surely R (instead i a (phi h s (a i))) b).
Proof.
rewrite /deviating big_mkcond; apply: eq_bigr => a _; rewrite /surely eq_sym.
by case: eqP; rewrite ?mulr1 ?mulr0.
Qed.

Lemma is_policy_deviating i phi sigma : is_policy sigma -> is_policy (deviating i phi sigma).
Proof.
move=> hs h s; have hk (a : joint_action I A) := law_surely R (instead i a (phi h s (a i))).
have [p0 p1] := law_mean hk (hs h s).
by split=> [b|]; [rewrite deviatingE | under eq_bigr do rewrite deviatingE].
Qed.

(** Who does as advised follows the advice. *)
Lemma deviating_id i sigma h s : deviating i (fun _ _ b => b) sigma h s =1 sigma h s.
Proof.
move=> b; rewrite deviatingE -[RHS](mean_at (sigma h s) b); apply: eq_mean => a; congr _%:R; congr (_ == _).
by apply/ffunP => j; rewrite ffunE; case: eqP => // ->.
Qed.

(** A deviation from sure advice is sure. *)
Lemma deviating_playing i phi (act : nat -> S -> joint_action I A) h s :
  deviating i phi (playing R act) h s =1 playing R (fun h s => instead i (act h s) (phi h s (act h s i))) h s.
Proof. by move=> b; rewrite deviatingE mean_playing. Qed.

(** Deviating brings mediators closer together. *)
Lemma tv_deviating i phi sigma other h s :
  tv (deviating i phi sigma h s) (deviating i phi other h s) <= tv (sigma h s) (other h s).
Proof.
rewrite (eq_tv (deviatingE i phi sigma h s) (deviatingE i phi other h s)).
by apply: tv_mean_le => a; apply: law_surely.
Qed.

Lemma gain_as_told G H sigma i phi :
  gain G H sigma i (as_told [ffun z : 'I_H * S * A => phi z.1.1 z.1.2 z.2]) = gain G H sigma i phi.
Proof.
congr (_ - _); apply: eq_value => h s hH b; rewrite !deviatingE; apply: eq_mean => a.
by rewrite /as_told insubT ffunE.
Qed.

Lemma gain_id G H sigma i : gain G H sigma i (fun _ _ b => b) = 0.
Proof. by apply/eqP; rewrite subr_eq0; apply/eqP; apply: eq_value => h s _; apply: deviating_id. Qed.

Lemma gain_le_regret G H sigma i phi : gain G H sigma i phi <= regret G H sigma.
Proof.
rewrite -gain_as_told; pose gains j (phi : {ffun 'I_H * S * A -> A}) := gain G H sigma j (as_told phi).
exact: le_trans (largest_ge (gains i) _) (largest_ge (fun j => largest (gains j)) i).
Qed.

Lemma regret_le G H sigma u : 0 <= u -> (forall i phi, gain G H sigma i phi <= u) -> regret G H sigma <= u.
Proof. by move=> u0 le; apply: largest_le => // i; apply: largest_le. Qed.

End Deviations.

Theorem deviating_policy : Statements.MarkovGames.deviating_policy.
Proof. by move=> R I S A sigma i phi; apply: is_policy_deviating. Qed.

(** A largest value is that of some point, if it is not 0. *)
Lemma largest_attained (R : realFieldType) (T : finType) (f : T -> R) :
  largest f = 0 \/ exists x, f x = largest f.
Proof.
rewrite /largest; elim/big_rec: _ => [|x u _ IH]; first by left.
by case: (lerP (f x) u) => [_|_]; [| right; exists x].
Qed.

Theorem regret_is_largest_gain : Statements.MarkovGames.regret_is_largest_gain.
Proof.
move=> R I S A G H sigma i; split=> [j phi|]; first exact: gain_le_regret.
have nothing : regret G H sigma = 0 -> exists j phi, gain G H sigma j phi = regret G H sigma.
  by move=> ->; exists i, (fun _ _ b => b); apply: gain_id.
pose gains j (phi : {ffun 'I_H * S * A -> A}) := gain G H sigma j (as_told phi).
rewrite -/(regret G H sigma).
have [|[j ej]] := largest_attained (fun j => largest (gains j)); first exact: nothing.
have [e|[phi e]] := largest_attained (gains j); last by exists j, (as_told phi); rewrite /regret -ej.
by apply: nothing; rewrite /regret -ej.
Qed.

Theorem values_from_occupancies : Statements.MarkovGames.values_from_occupancies.
Proof.
move=> R I S A G H sigma other hG hs ho i same r j; rewrite /value !value_occupancy //.
apply: eq_bigr => h _; apply: eq_bigr => s _; apply: eq_bigr => a _; congr (_ * _).
have /= move_to pi : occupancy (model_of (with_rewards G r) j) pi h s a = occupancy (model_of G i) pi h s a.
  by congr (_ * _); apply: eq_state_law.
by rewrite !move_to same.
Qed.

Section Regrets.
Variables (R : realFieldType) (I S A : finType) (G : game R I S A) (H : nat).
Hypothesis hG : is_game G.
Variables (i : I) (h : nat) (s : S) (a : joint_action I A).
Hypothesis hH : (h < H)%N.

(** All agents earn 1 in each step, but nothing where this action is taken in this state at this step. *)
Let here k t b : R := [&& k == h, t == s & b == a]%:R.
Let sparing (j : I) k t b : R := 1 - here k t b.

Lemma sum_here (x : nat -> S -> joint_action I A -> R) :
  \sum_(k < H) \sum_t \sum_b x k t b * here k t b = x h s a.
Proof.
rewrite (bigD1 (Ordinal hH)) //= [X in _ + X]big1 ?addr0 => [|k kh]; last first.
  apply: big1 => t _; apply: big1 => b _; rewrite /here; case: eqP => [e|]; rewrite ?mulr0 //.
  by case/eqP: kh; apply: val_inj.
rewrite (bigD1 s) //= [X in _ + X]big1 ?addr0 => [|t /negbTE ts]; last first.
  by apply: big1 => b _; rewrite /here ts andbF mulr0.
rewrite (bigD1 a) //= [X in _ + X]big1 ?addr0 => [|b /negbTE ba]; last by rewrite /here ba !andbF mulr0.
by rewrite /here !eqxx mulr1.
Qed.

Lemma unit_sparing : unit_rewards (with_rewards G sparing).
Proof. by move=> j k t b /=; rewrite subr_ge0 lern1 leq_b1 ler_subl_addr ler_addl ler0n. Qed.

Lemma value_sparing j pi : is_policy pi ->
  value (with_rewards G sparing) H j pi = H%:R - occupancy (model_of G i) pi h s a.
Proof.
move=> hpi; rewrite /value value_occupancy //; set N := model_of (with_rewards G sparing) j.
rewrite -(sum_here (occupancy (model_of G i) pi)) -[H in H%:R]card_ord -sum1_card natr_sum -sumrB.
apply: eq_bigr => k _; have hN : is_mdp N by [].
rewrite -[X in X - _](law_state_law hN k hpi).2 -sumrB; apply: eq_bigr => t _.
have -> : state_law N pi k t = \sum_b occupancy N pi k t b by rewrite -mulr_sumr (hpi k t).2 mulr1.
rewrite -sumrB; apply: eq_bigr => b _; rewrite mulrBr mulr1; congr (_ - _ * _).
by congr (_ * _); apply: eq_state_law.
Qed.

(** Who never does what is watched gains what obedience loses. *)
Lemma regret_sparing (c : A) sigma : is_policy sigma -> c != a i ->
  regret (with_rewards G sparing) H sigma = occupancy (model_of G i) sigma h s a.
Proof.
move=> hs ca; have gainE j phi : gain (with_rewards G sparing) H sigma j phi =
    occupancy (model_of G i) sigma h s a - occupancy (model_of G i) (deviating j phi sigma) h s a.
  by rewrite /gain !value_sparing //; [ring | apply: is_policy_deviating].
have occupancy_ge0 pi : is_policy pi -> 0 <= occupancy (model_of G i) pi h s a.
  by move=> hpi; apply: mulr_ge0; [apply: state_law_ge0 | case: (hpi h s)].
apply/le_anti/andP; split.
  apply: regret_le => [|j phi]; first exact: occupancy_ge0.
  by rewrite gainE ler_subl_addr ler_addl occupancy_ge0 //; apply: is_policy_deviating.
apply: le_trans (gain_le_regret _ _ _ i (fun _ _ b => if b == a i then c else b)).
rewrite gainE [X in _ - X](_ : _ = 0) ?subr0 // /occupancy /deviating big1 ?mulr0 // => b /eqP e.
have /= := congr1 (fun f : joint_action I A => f i) e; rewrite ffunE eqxx.
by case: eqP => [_ ci|//]; rewrite ci eqxx in ca.
Qed.

End Regrets.

Theorem occupancies_from_regrets : Statements.MarkovGames.occupancies_from_regrets.
Proof.
move=> R I S A G H sigma other hG hs ho same.
have occupancies i h s a : (h < H)%N ->
    occupancy (model_of G i) sigma h s a = occupancy (model_of G i) other h s a.
  move=> hH; have [c ca | only] := pickP (fun c : A => c != a i).
    rewrite -(regret_sparing hG s hH hs ca) -(regret_sparing hG s hH ho ca).
    by apply: same; apply: unit_sparing.
  have one (pi : mediator R I S A) k t b : is_policy pi -> pi k t b = 1.
    move=> hpi; rewrite -(hpi k t).2 (big_pred1 b) // => d; apply/esym/eqP/ffunP => j.
    by have := only (d j); have := only (b j) => /negbFE/eqP-> /negbFE/eqP->.
  have all k t : sigma k t =1 other k t by move=> b; rewrite !one.
  by rewrite /occupancy all; congr (_ * _); apply: eq_state_law.
by split=> // r i; apply: values_from_occupancies (occupancies i) r i.
Qed.

Theorem value_gap_cloning : Statements.MarkovGames.value_gap_cloning.
Proof.
move=> R I S A G H expert learner hG hr hE hL i.
by apply: (Cloning.horizon_weighted H (M := model_of G i)) => // h s a; apply: hr.
Qed.

Theorem regret_cloning : Statements.MarkovGames.regret_cloning.
Proof.
move=> R I S A G H expert learner error hG hr hE hL near; set B := \sum_(h < H) _.
have B0 : 0 <= B.
  apply: sumr_ge0 => h _; apply: mulr_ge0; rewrite ?ler0n // -(mean_const (error h) hG.2).
  by apply: mean_ge0 => s; [case: hG.2 | apply: le_trans (tv_ge0 _ _) (near h s _)].
have values i (pi pi' : mediator R I S A) : is_policy pi -> is_policy pi' ->
    (forall h s, (h < H)%N -> tv (pi h s) (pi' h s) <= error h) -> `|value G H i pi - value G H i pi'| <= B.
  move=> hpi hpi' close; have hN : is_mdp (model_of G i) by [].
  have hr' : FiniteHorizon.unit_rewards (model_of G i) by move=> h s a; apply: hr.
  apply: le_trans (Cloning.horizon_weighted H hN hr' hpi hpi') _; apply: ler_sum => h _.
  by apply: ler_wpmul2l; rewrite ?ler0n //; apply: mean_le => [|s]; [apply: law_state_law | apply: close].
have half pi pi' : is_policy pi -> is_policy pi' ->
    (forall h s, (h < H)%N -> tv (pi h s) (pi' h s) <= error h) -> regret G H pi <= regret G H pi' + 2%:R * B.
  move=> hpi hpi' close; apply: regret_le => [|i phi].
    by rewrite addr_ge0 ?mulr_ge0 ?ler0n //; apply: largest_ge0.
  rewrite -ler_subl_addl; apply: le_trans (ler_sub (lexx _) (gain_le_regret G H pi' i phi)) _.
  have -> : gain G H pi i phi - gain G H pi' i phi =
      (value G H i (deviating i phi pi) - value G H i (deviating i phi pi')) +
      (value G H i pi' - value G H i pi) by rewrite /gain; ring.
  rewrite mulr2n mulrDl mul1r; apply: ler_add; apply: le_trans (ler_norm _) _.
    apply: values => [||h s hH]; try exact: is_policy_deviating.
    exact: le_trans (tv_deviating _ _ _ _ _ _) (close h s hH).
  by rewrite distrC; apply: values.
rewrite ler_norml ler_subl_addl half // andbT ler_oppl opprB ler_subl_addl half // => h s hH.
by rewrite tvC near.
Qed.

Section Recoverable.
Variables (R : realFieldType) (I S A : finType) (G : game R I S A) (H : nat).
Variables expert learner : mediator R I S A.
Hypotheses (hG : is_game G) (hE : is_policy expert) (hL : is_policy learner).
Local Notation error i states := (\sum_(h < H) step_error (state_law (model_of G i) states) expert learner h).

(** Performance difference, where the learner goes, with the action values of the expert. *)
Lemma value_near i phi u :
  (forall h s, (h < H)%N -> span (q (model_of G i) H (deviating i phi expert) h s) <= u) ->
  `|value G H i (deviating i phi learner) - value G H i (deviating i phi expert)| <=
  u * error i (deviating i phi learner).
Proof.
move=> hu; set pi := deviating i phi learner; set other := deviating i phi expert.
have hpi : is_policy pi by apply: is_policy_deviating.
have hother : is_policy other by apply: is_policy_deviating.
rewrite /value value_difference // mulr_sumr.
apply: le_trans (ler_norm_sum _ _ _) _; apply: ler_sum => h _; rewrite -meanZ.
have states0 s : 0 <= state_law (model_of G i) pi h s by apply: state_law_ge0.
apply: le_trans (ler_norm_mean _ states0) _; apply: ler_mean => // s.
apply: le_trans (holder_span _ _) _; first by rewrite (hpi h s).2 (hother h s).2.
by apply: ler_pmul; rewrite ?span_ge0 ?tv_ge0 ?hu // tvC tv_deviating.
Qed.

Lemma regret_near u total : 0 <= u -> 0 <= total ->
  (forall i phi h s, (h < H)%N -> span (q (model_of G i) H (deviating i phi expert) h s) <= u) ->
  (forall i phi, error i (deviating i phi learner) <= total) ->
  regret G H learner - regret G H expert <= 2%:R * u * total.
Proof.
move=> u0 total0 hu ht; rewrite ler_subl_addl; apply: regret_le => [|i phi].
  by rewrite addr_ge0 ?largest_ge0 // !mulr_ge0 ?ler0n.
rewrite -ler_subl_addl; apply: le_trans (ler_sub (lexx _) (gain_le_regret G H expert i phi)) _.
have near psi : `|value G H i (deviating i psi learner) - value G H i (deviating i psi expert)| <= u * total.
  by apply: le_trans (value_near (hu i psi)) _; apply: ler_wpmul2l.
have obeying (pi : mediator R I S A) : value G H i (deviating i (fun _ _ b => b) pi) = value G H i pi.
  by apply/eqP; rewrite -subr_eq0; apply/eqP; apply: gain_id.
have -> : gain G H learner i phi - gain G H expert i phi =
    (value G H i (deviating i phi learner) - value G H i (deviating i phi expert)) +
    (value G H i expert - value G H i learner) by rewrite /gain; ring.
rewrite -mulrA mulr2n mulrDl mul1r; apply: ler_add; apply: le_trans (ler_norm _) _; first exact: near.
by have := near (fun _ _ b => b); rewrite !obeying distrC.
Qed.

End Recoverable.

Theorem regret_recoverable : Statements.MarkovGames.regret_recoverable.
Proof. by move=> R I S A G H expert learner u total hG hE hL; apply: regret_near. Qed.

Theorem regret_covered : Statements.MarkovGames.regret_covered.
Proof.
move=> R I S A G H expert learner u beta hG hE hL u0 b0 hu covered i0; set total := \sum_(h < H) _.
have error0 (pi : mediator R I S A) i h : is_policy pi ->
    0 <= step_error (state_law (model_of G i) pi) expert learner h.
  by move=> hpi; apply: mean_ge0 => s; rewrite ?tv_ge0 //; apply: state_law_ge0.
have -> : 2%:R * u / beta * total = 2%:R * u * (beta^-1 * total) by rewrite !mulrA.
apply: regret_near => // [|i phi].
  by rewrite mulr_ge0 ?invr_ge0 ?(ltW b0) //; apply: sumr_ge0 => h _; apply: error0.
rewrite mulr_sumr; apply: ler_sum => h _; rewrite -meanZ; apply: ler_sum => s _.
have [d0 d1] : law (state_law (model_of G i) (deviating i phi learner) h).
  by apply: law_state_law => //; apply: is_policy_deviating.
have le1 : state_law (model_of G i) (deviating i phi learner) h s <= 1.
  by rewrite -d1 (bigD1 s) //= ler_addl sumr_ge0.
rewrite mulrA ler_wpmul2r ?tv_ge0 //; apply: le_trans le1 _; rewrite ler_pdivl_mulr // mul1r.
by apply: le_trans (covered i0 h s (ltn_ord h)) _; apply: eq_ler; apply: eq_state_law.
Qed.
