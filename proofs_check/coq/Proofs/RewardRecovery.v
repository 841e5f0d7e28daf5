(** Which rewards a soft-optimal policy leaves possible: soft advantages show differences of values between
    actions. *)
From mathcomp Require Import all_ssreflect all_algebra ring zify.
From ImitationLearning.Definitions Require Import Probability Extremes Families Discounted.
From ImitationLearning.Definitions Require Import SoftMaximum SoftDiscounted Identification.
From ImitationLearning.Proofs Require Import Sums Extremes Families Solutions SoftMaximum Shaping.
From ImitationLearning.Statements Require RewardRecovery.
Set Implicit Arguments.
Unset Strict Implicit.
Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Section Recovery.
Variables (R : realFieldType) (S A : finType) (M : mdp R S A).
Implicit Types (m : S -> (A -> R) -> R) (v w u t : S -> R) (r : S -> A -> R).

(** A change of rewards, by the change of soft advantages and of values. *)
Lemma advantage_change r v w s a :
  r s a = reward M s a + (soft_advantage (with_reward M r) w s a - soft_advantage M v s a)
          + unshaped M (fun x => w x - v x) s a.
Proof. by rewrite /soft_advantage /unshaped /q /= meanB; ring. Qed.

Lemma eq_unshaped u t s a : u =1 t -> unshaped M u s a = unshaped M t s a.
Proof. by move=> ut; rewrite /unshaped ut (eq_mean _ ut). Qed.

Hypothesis hM : is_mdp M.

Lemma unshaped_const c s a : unshaped M (fun=> c) s a = (1 - discount M) * c.
Proof. by have [hT _ _] := hM; rewrite /unshaped mean_const //; ring. Qed.

(** One action shows a function of the state. *)
Lemma unshaped_inj u t a : (forall s, unshaped M u s a = unshaped M t s a) -> u =1 t.
Proof.
have le u1 u2 : (forall s, unshaped M u1 s a = unshaped M u2 s a) -> forall s, u1 s <= u2 s.
  move=> same s; rewrite -subr_le0 -(mul0r (1 - discount M)^-1).
  apply: (discounted_le hM (u := fun x => u1 x - u2 x)) => b ub {}s; rewrite add0r.
  have -> : u1 s - u2 s = discount M * mean (transition M s a) (fun x => u1 x - u2 x).
    rewrite meanB -[u1 s in LHS](subrK (discount M * mean (transition M s a) u1)).
    by rewrite -/(unshaped M u1 s a) same /unshaped; ring.
  have [hT _ /andP[g0 _]] := hM; apply: ler_wpmul2l => //; exact: mean_le.
by move=> same s; apply/le_anti; rewrite !le.
Qed.

(** Unshaping moves soft values by the function itself. *)
Lemma soft_value_unshaped m r u v w : (forall s, is_soft_maximum (m s)) ->
  (forall s a, r s a = reward M s a + unshaped M u s a) ->
  is_soft_value M m v -> is_soft_value (with_reward M r) m w -> forall s, w s = v s + u s.
Proof.
move=> hm ru hv hw; apply: (soft_value_unique (M := with_reward M r) hM hm hw) => s.
rewrite hv; apply/esym/(softD (hm s)) => a.
by rewrite /q /= ru /unshaped meanD; ring.
Qed.

Lemma soft_advantage_unshaped m r u v w : (forall s, is_soft_maximum (m s)) ->
  (forall s a, r s a = reward M s a + unshaped M u s a) ->
  is_soft_value M m v -> is_soft_value (with_reward M r) m w ->
  forall s a, soft_advantage (with_reward M r) w s a = soft_advantage M v s a.
Proof.
move=> hm ru hv hw s a; have wv := soft_value_unshaped hm ru hv hw.
by rewrite /soft_advantage /q /= ru wv (eq_mean _ wv) meanD /unshaped; ring.
Qed.

(** What is added to the rewards moves soft advantages by at most its span, over the horizon. *)
Lemma soft_advantage_span m r v w (sp : R) : (forall s, is_soft_maximum (m s)) ->
  is_soft_value M m v -> is_soft_value (with_reward M r) m w ->
  (forall s a s' a', (r s a - reward M s a) - (r s' a' - reward M s' a') <= sp) ->
  forall s a b,
  (soft_advantage (with_reward M r) w s a - soft_advantage M v s a) -
  (soft_advantage (with_reward M r) w s b - soft_advantage M v s b) <= sp / (1 - discount M).
Proof.
move=> hm hv hw le_sp s a b; pose x s a := r s a - reward M s a.
have [l lx] := span_bounds (fun z : S * A => x z.1 z.2).
have sp0 : 0 <= sp by have := le_sp s a s a; rewrite subrr.
have x_sp : span (fun z : S * A => x z.1 z.2) <= sp by apply: span_le => // z z'; apply: le_sp.
have [hT _ /andP[g0 g1]] := hM; have h0 := effective_horizon_gt0 hM.
have up y : w y - v y <= (l + sp) / (1 - discount M).
  rewrite ler_subl_addl; apply: (soft_value_le hM hm hv hw) => y' c.
  by rewrite -ler_subl_addl; have /andP[_] := lx (y', c); move=> /le_trans; apply; rewrite ler_add2l.
have down y : l / (1 - discount M) <= w y - v y.
  rewrite -ler_opp2 opprB -mulNr ler_subl_addl.
  apply: (soft_value_le (M := with_reward M r) hM hm hw hv) => y' c.
  by rewrite ler_subr_addl -ler_subr_addr; have /andP[] := lx (y', c).
have -> : (soft_advantage (with_reward M r) w s a - soft_advantage M v s a) -
          (soft_advantage (with_reward M r) w s b - soft_advantage M v s b) =
          (x s a - x s b) + discount M * (mean (transition M s a) (fun y => w y - v y) -
                                          mean (transition M s b) (fun y => w y - v y)).
  by rewrite /soft_advantage /q /x /= !meanB; ring.
rewrite -[leRHS](effective_horizonM hM); apply: ler_add; first exact: le_sp.
rewrite ler_wpmul2l // [leRHS](_ : _ = (l + sp) / (1 - discount M) - l / (1 - discount M)); last by ring.
apply: ler_sub; first exact: mean_le.
by rewrite -[leLHS](mean_const _ (hT s b)); apply: ler_mean => // y; case: (hT s b).
Qed.

(** Soft advantages have the soft maximum 0. *)
Lemma soft_advantage0 m v s : is_soft_maximum (m s) -> is_soft_value M m v -> m s (soft_advantage M v s) = 0.
Proof. by move=> [_ translate] hv; rewrite /soft_advantage translate -hv subrr. Qed.

End Recovery.

(** Of two functions with one soft maximum neither is larger everywhere. *)
Lemma soft_crossing (R : realFieldType) (A : finType) (a0 : A) (m : (A -> R) -> R) f g :
  is_soft_maximum m -> m f = m g -> exists a, f a <= g a.
Proof.
move=> hm fg; have [a _ least] := @arg_minP _ _ _ a0 xpredT (fun a => f a - g a) isT.
have le : m g <= m f + (g a - f a).
  apply: (soft_le hm) => b; rewrite -ler_subl_addl -ler_opp2 !opprB; exact: least.
by exists a; move: le; rewrite fg ler_addl subr_ge0.
Qed.

(** Links connect both ways. *)
Lemma linked_sym (S A : finType) (move : S -> A -> S) : connect_sym (linked move).
Proof.
apply: sym_connect_sym => t t'; apply/existsP/existsP => -[s /existsP[a /existsP[b /andP[ha hb]]]].
  by exists s; apply/existsP; exists b; apply/existsP; exists a; rewrite ha hb.
by exists s; apply/existsP; exists b; apply/existsP; exists a; rewrite ha hb.
Qed.

Section Deterministic.
Variables (R : realFieldType) (S A : finType) (M : mdp R S A) (move : S -> A -> S) (a0 : A).
Variables r r' v v' : S -> R.
Let here := with_reward M (of_states r).
Let there := with_reward M (of_states r').
Let u s := v' s - v s.
Let odds s a := soft_advantage there v' s a - soft_advantage here v s a.
Hypotheses (hmove : is_deterministic M move) (g0 : 0 < discount M).

Lemma mean_transition s a (f : S -> R) : mean (transition M s a) f = f (move s a).
Proof. by rewrite -[RHS](mean_surely (move s a)); apply: eq_bigr => t _; rewrite hmove. Qed.

Lemma reward_change s a : r' s - r s = odds s a + u s - discount M * u (move s a).
Proof. by rewrite /odds /soft_advantage /q /= !mean_transition /of_states /u; ring. Qed.

(** Successors of one state are told apart by the odds of the actions that lead to them. *)
Lemma linked_odds s a b : discount M * (u (move s b) - u (move s a)) = odds s b - odds s a.
Proof.
apply/esym/eqP; rewrite -subr_eq0; apply/eqP; rewrite -[RHS](subrr (r' s - r s)).
by rewrite {1}(reward_change s b) (reward_change s a); ring.
Qed.

(** So the odds of all actions tell states apart that links connect, one step at a time. *)
Lemma path_odds (e : R) t p : (forall s a b, odds s a - odds s b <= e) -> path (linked move) t p ->
  discount M * (u (last t p) - u t) <= (size p)%:R * e.
Proof.
move=> le_e; elim: p t => [|t' p IH] t /=; first by rewrite subrr mulr0 mul0r.
case/andP=> /existsP[s /existsP[a /existsP[b /andP[/eqP<- /eqP<-]]]] hp.
rewrite mulrS mulrDl mul1r; have := ler_add (le_e s b a) (IH _ hp).
by rewrite -linked_odds -mulrDr addrC addrA subrK.
Qed.

Lemma connect_odds (e : R) t1 t2 : (forall s a b, odds s a - odds s b <= e) -> connect (linked move) t1 t2 ->
  discount M * (u t2 - u t1) <= #|S|.-1%:R * e.
Proof.
move=> le_e /connectP[p0 /shortenP[p hp uniq_p _] ->]; apply: le_trans (path_odds le_e hp) _.
have e0 : 0 <= e by have := le_e t1 a0 a0; rewrite subrr.
rewrite ler_wpmul2r // ler_nat; have := max_card [pred x in t1 :: p].
by rewrite (card_uniqP uniq_p) /=; lia.
Qed.

(** The same policy shows the same values, up to links. *)
Lemma connect_same t1 t2 : (forall s a, odds s a = 0) -> connect (linked move) t1 t2 -> u t1 = u t2.
Proof.
move=> same; have le t t' : connect (linked move) t t' -> u t' <= u t.
  move=> link; rewrite -subr_le0 -(pmulr_rle0 _ g0) -[leRHS](mulr0 #|S|.-1%:R).
  by apply: connect_odds link => s a b; rewrite !same subrr.
by move=> link; apply/le_anti; rewrite !le // linked_sym.
Qed.

End Deterministic.

Theorem ambiguity_counts_classes : Statements.RewardRecovery.ambiguity_counts_classes.
Proof.
move=> R S A M m move a0 r r' v v' hM hm hmove g0 here there hv hv' change; split; last first.
  move=> u1 u2 [_ h1] [_ h2]; apply: (unshaped_inj hM (a := a0)) => s.
  by apply: (addrI (r s)); rewrite -h1 h2.
split=> [same | [u [const hu]] s a].
  exists (fun s => v' s - v s); split=> [t1 t2|s].
    by apply: (connect_same a0 (r := r) (r' := r') hmove g0) => s a; rewrite same subrr.
  rewrite /unshaped (mean_transition hmove) -[LHS](subrK (r s)) (reward_change r r' v v' hmove s a0).
  by rewrite -/there -/here same; ring.
apply: (@soft_advantage_unshaped _ _ _ here hM m (of_states r') u v v' hm _ hv hv' s a) => {}s b.
rewrite /of_states hu /unshaped /= !(mean_transition hmove) (const (move s b) (move s a0)) //.
apply: connect1; apply/existsP; exists s; apply/existsP; exists b; apply/existsP; exists a0.
by rewrite !eqxx.
Qed.

Theorem state_rewards_are_identified : Statements.RewardRecovery.state_rewards_are_identified.
Proof.
move=> R S A M m move a0 r r' v v' hM hm hmove connected g0 here there hv hv'.
have [classes _] := ambiguity_counts_classes a0 hM hm hmove g0 hv hv'; rewrite classes; split.
  move=> [u [const hu]]; case: (pickP (@predT S)) => [s0 _|none]; last by exists 0 => s; have := none s.
  exists ((1 - discount M) * u s0) => s; rewrite hu; congr (_ + _).
  by rewrite -(unshaped_const hM _ s a0); apply: eq_unshaped => t; apply: const.
move=> [c hc]; exists (fun=> c / (1 - discount M)); split=> // s.
by rewrite hc unshaped_const // mulrCA mulfV ?mulr1 // lt0r_neq0 // effective_horizon_gt0.
Qed.

Theorem policies_show_value_differences : Statements.RewardRecovery.policies_show_value_differences.
Proof.
move=> R S A M r r' v v' s a a0 change seen.
by rewrite /change /seen /soft_advantage /q /= /of_states !meanB; ring.
Qed.

Theorem nearly_the_same_policy : Statements.RewardRecovery.nearly_the_same_policy.
Proof.
move=> R S A M m move a0 r r' v v' hM hm hmove connected g0 here there log_odds hv hv'.
pose odds s a := soft_advantage there v' s a - soft_advantage here v s a; pose u s := v' s - v s.
have le_e s a b : odds s a - odds s b <= largest log_odds.
  exact: le_trans (span_ge (odds s) a b) (largest_ge log_odds s).
have e0 : 0 <= largest log_odds by apply: largest_ge0.
have apart t1 t2 : discount M * (u t2 - u t1) <= #|S|.-1%:R * largest log_odds.
  by apply: (connect_odds a0 (r := r) (r' := r') hmove g0) => //; apply: connected.
have adv0 s : m s (soft_advantage there v' s) = m s (soft_advantage here v s).
  by rewrite (soft_advantage0 (hm s) hv') (soft_advantage0 (hm s) hv).
have bound : 0 <= (1 + discount M) * #|S|.-1%:R * largest log_odds.
  by rewrite !mulr_ge0 ?ler0n ?addr_ge0 ?ler01 ?(ltW g0).
rewrite mulrC -ler_pdivl_mulr //; apply: span_le => [|s t]; first by rewrite divr_ge0 // ltW.
have [a ha] := soft_crossing a0 (hm s) (adv0 s); have [b hb] := soft_crossing a0 (hm t) (esym (adv0 t)).
rewrite ler_pdivl_mulr // (reward_change r r' v v' hmove s a) (reward_change r r' v v' hmove t b).
rewrite -/here -/there -!/(odds _ _) -!/(u _).
have oa : odds s a <= 0 by rewrite subr_le0.
have ob : 0 <= odds t b by rewrite subr_ge0.
apply: (@le_trans _ _ ((u s - u t + discount M * (u (move t b) - u (move s a))) * discount M)).
  by rewrite ler_pmul2r // -subr_ge0 [leRHS](_ : _ = odds t b - odds s a) ?subr_ge0 ?(le_trans oa) //; ring.
rewrite mulrC mulrDr -mulrA mulrDl mul1r ler_add ?apart //.
by rewrite ler_wpmul2l ?apart // ltW.
Qed.

Theorem only_state_rewards_are_robust : Statements.RewardRecovery.only_state_rewards_are_robust.
Proof.
move=> R S A M v s stays; have same a b :
    soft_advantage M v s a - soft_advantage M v s b = reward M s a - reward M s b.
  by rewrite /soft_advantage /q !(mean_transition stays); ring.
by apply: eq_bigr => a _; apply: eq_bigr => b _.
Qed.

Theorem every_value_explains : Statements.RewardRecovery.every_value_explains.
Proof.
move=> R S A M m log_pi v hM hm norm explaining.
have adv s a : soft_advantage explaining v s a = log_pi s a by rewrite /soft_advantage /q /= /unshaped; ring.
have solves : is_soft_value explaining m v.
  move=> s; rewrite -[LHS]add0r -(norm s); apply/esym/(softD (hm s)) => a.
  by rewrite -adv /soft_advantage subrK.
split=> // w; split=> [hw | wv s]; first exact: (soft_value_unique (M := explaining) hM hm hw solves).
by rewrite wv solves; apply: (eq_soft (hm s)) => a; apply: eq_q => t.
Qed.

Theorem every_reward_is_explained : Statements.RewardRecovery.every_reward_is_explained.
Proof.
move=> R S A M m v hM hm hv; split=> [s a | s]; last exact: soft_advantage0 (hm s) hv.
by rewrite /soft_advantage /unshaped /q; ring.
Qed.

Theorem ambiguity_of_one_environment : Statements.RewardRecovery.ambiguity_of_one_environment.
Proof.
move=> R S A M m a0 r v v' hM hm hv hv' change; split; last first.
  move=> u1 u2 h1 h2; apply: (unshaped_inj hM (a := a0)) => s.
  by apply: (addrI (reward M s a0)); rewrite -h1 h2.
split=> [same | [u hu]]; last exact: (soft_advantage_unshaped hM hm hu hv hv').
by exists (fun s => v' s - v s) => s a; rewrite (advantage_change M r v v') same subrr addr0.
Qed.

Theorem two_environments : Statements.RewardRecovery.two_environments.
Proof.
by move=> R S A M N r r' v v' w w' s a; rewrite /unshaped /soft_advantage /q /= !meanB; ring.
Qed.

Theorem nearly_null_vectors : Statements.RewardRecovery.nearly_null_vectors.
Proof.
move=> R S A M N m r u t w w' hM hN hm before after residual hw hw'.
pose bracket := with_reward N (fun s a => r s a + unshaped N t s a).
have hx : is_soft_value bracket m (fun s => w s + t s).
  move=> s; rewrite hw; apply/esym/(softD (hm s)) => a.
  by rewrite /q /= /unshaped meanD; ring.
have same s a : soft_advantage before w s a = soft_advantage bracket (fun s => w s + t s) s a.
  by rewrite /soft_advantage /q /= /unshaped meanD; ring.
have h0 := effective_horizon_gt0 hN; have bound : 0 <= (1 - discount N)^-1 * span residual.
  by rewrite mulr_ge0 ?span_ge0 // invr_ge0 ltW.
apply: largest_le => // s; apply: span_le => // a b; rewrite !same mulrC.
apply: (soft_advantage_span (M := bracket) hN hm hx hw') => y c y' c'.
apply: le_trans (span_ge residual (y, c) (y', c')).
by rewrite /residual /= le_eqVlt; apply/orP; left; apply/eqP; ring.
Qed.

(** The case where the vector for the other environment is the potential, too. *)
Theorem shaped_rewards_mislead_elsewhere : Statements.RewardRecovery.shaped_rewards_mislead_elsewhere.
Proof.
move=> R S A M N m r potential v v' hM hN gg hm true_one learnt misplaced hv hv'.
pose bracket := with_reward N (fun s a => r s a + shaping N potential s a).
have hx : is_soft_value bracket m (fun s => v s - potential s).
  by move=> s; rewrite hv; apply/esym/(softD (hm s)) => a; rewrite -(q_shaped true_one).
have same s a : soft_advantage true_one v s a = soft_advantage bracket (fun s => v s - potential s) s a.
  by rewrite /soft_advantage (q_shaped true_one); ring.
have /andP[g0 _] := discount_bounds hM; have h0 := effective_horizon_gt0 hN.
have bound : 0 <= discount M / (1 - discount M) * span misplaced.
  by rewrite mulr_ge0 ?span_ge0 // divr_ge0 // -gg ltW.
apply: largest_le => // s; apply: span_le => // a b; rewrite !same mulrAC -gg.
apply: (soft_advantage_span (M := bracket) hN hm hx hv') => y c y' c'.
rewrite gg; apply: le_trans (ler_wpmul2l g0 (span_ge misplaced (y, c) (y', c'))).
by rewrite /bracket /misplaced /shaping /= gg le_eqVlt; apply/orP; left; apply/eqP; ring.
Qed.

Theorem two_discounts : Statements.RewardRecovery.two_discounts.
Proof.
move=> R S A M N a0 hM hN same_P gg alike agree.
have gap0 : discount M - discount N != 0 by rewrite subr_eq0.
have next u t s a : mean (transition M s a) (fun s => discount M * u s - discount N * t s) =
    u s - t s - (unshaped M u s a - unshaped N t s a).
  by rewrite meanB !meanZ /unshaped same_P; ring.
split=> [u t ut s a b | y hy | u1 t1 u2 t2 h1 h2 e | u1 u2]; last exact: unshaped_inj.
- by rewrite !next !ut !subrr.
- pose z s := mean (transition M s a0) y; pose u s := (y s - discount N * z s) / (discount M - discount N).
  pose t s := (y s - discount M * z s) / (discount M - discount N).
  have uy s : discount M * u s - discount N * t s = y s by rewrite /u /t; field.
  exists u, t; split=> // s a; apply/eqP; rewrite -subr_eq0; apply/eqP.
  have := next u t s a; rewrite (eq_mean _ uy) (hy s a a0) -/(z s).
  have -> : u s - t s = z s by rewrite /u /t; field.
  by move=> e; rewrite -[RHS](subrr (z s)) {2}e; ring.
have d s : u1 s - t1 s = u2 s - t2 s.
  have := next u1 t1 s a0; rewrite (eq_mean _ e) next h1 h2 !subrr !subr0; exact: esym.
split=> s; apply: (mulfI gap0).
  rewrite [LHS](_ : _ = (discount M * u1 s - discount N * t1 s) - discount N * (u1 s - t1 s)); last by ring.
  by rewrite e d; ring.
rewrite [LHS](_ : _ = (discount M * u1 s - discount N * t1 s) - discount M * (u1 s - t1 s)); last by ring.
by rewrite e d; ring.
Qed.
