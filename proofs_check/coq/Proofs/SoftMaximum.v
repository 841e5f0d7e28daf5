(** Soft maxima are Lipschitz, and soft Bellman equations have at most one solution. *)
From mathcomp Require Import all_ssreflect all_algebra ring zify.
From ImitationLearning.Definitions Require Import Probability Extremes Discounted SoftMaximum SoftDiscounted.
From ImitationLearning.Proofs Require Import Sums Extremes Solutions.
Set Implicit Arguments.
Unset Strict Implicit.
Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Section SoftMaximum.
Variables (R : realFieldType) (A : finType) (m : (A -> R) -> R).
Implicit Types (f g : A -> R) (c : R).
Hypothesis hm : is_soft_maximum m.

Lemma soft_le f g c : (forall a, f a <= g a + c) -> m f <= m g + c.
Proof. by have [mono translate] := hm; rewrite -translate; apply: mono. Qed.

Lemma eq_soft f g : f =1 g -> m f = m g.
Proof. by have [mono _] := hm => fg; apply/le_anti; rewrite !mono // => a; rewrite fg. Qed.

Lemma softD f g c : (forall a, f a = g a + c) -> m f = m g + c.
Proof. by have [_ translate] := hm => /eq_soft->; apply: translate. Qed.

Lemma soft_lipschitz f g c : (forall a, `|f a - g a| <= c) -> `|m f - m g| <= c.
Proof.
move=> fg; rewrite ler_norml ler_subl_addl soft_le => [|a]; last first.
  by rewrite -ler_subl_addl (le_trans (ler_norm _)).
rewrite andbT ler_oppl opprB ler_subl_addl soft_le // => a.
by rewrite -ler_subl_addl (le_trans (ler_norm _)) // distrC.
Qed.

End SoftMaximum.

Section SoftValues.
Variables (R : realFieldType) (S A : finType) (M : mdp R S A) (m : S -> (A -> R) -> R).
Implicit Types (v w : S -> R) (x y : S -> A -> R) (c : R).
Hypotheses (hM : is_mdp M) (hm : forall s, is_soft_maximum (m s)).

Lemma effective_horizonM c : c + discount M * (c / (1 - discount M)) = c / (1 - discount M).
Proof. by have h0 := lt0r_neq0 (effective_horizon_gt0 hM); field. Qed.

(** What grows by at most [c] in each discounted step. *)
Lemma discounted_le (u : S -> R) c :
  (forall b, (forall s, u s <= b) -> forall s, u s <= c + discount M * b) ->
  forall s, u s <= c / (1 - discount M).
Proof.
move=> hu s; have [t _ top] := @arg_maxP _ _ _ s xpredT u isT.
have largest_u r : u r <= u t by apply: top.
apply: le_trans (largest_u s) _; rewrite ler_pdivl_mulr ?(effective_horizon_gt0 hM) //.
by rewrite mulrC mulrBl mul1r ler_subl_addr; apply: hu.
Qed.

(** Higher rewards have higher soft values. *)
Lemma soft_value_le (r : S -> A -> R) v w c : is_soft_value M m v -> is_soft_value (with_reward M r) m w ->
  (forall s a, r s a <= reward M s a + c) -> forall s, w s <= v s + c / (1 - discount M).
Proof.
move=> hv hw rc s; rewrite -ler_subl_addl; apply: (@discounted_le (fun s => w s - v s)) => b wb {}s.
rewrite hw hv ler_subl_addl; apply: (soft_le (hm s)) => a.
rewrite /q /= addrACA ler_add // -mulrDr ler_wpmul2l //; first by have /andP[] := discount_bounds hM.
have [hT _ _] := hM; rewrite -[b](mean_const b (hT s a)) -meanD; apply: ler_mean => [s'|s'].
  by have [] := hT s a.
by rewrite -ler_subl_addl.
Qed.

(** What is above its own soft values is above the soft values. *)
Lemma soft_super v w : is_soft_value M m v -> (forall s, m s (q M w s) <= w s) -> forall s, v s <= w s.
Proof.
move=> hv hw s; rewrite -subr_le0 -(mul0r (1 - discount M)^-1).
apply: (@discounted_le (fun s => v s - w s)) => b vb {}s; rewrite add0r ler_subl_addl hv.
apply: le_trans (_ : m s (q M w s) + discount M * b <= _); last by rewrite ler_add2r.
apply: (soft_le (hm s)) => a; rewrite /q -addrA ler_add2l -mulrDr ler_wpmul2l //.
  by have /andP[] := discount_bounds hM.
have [hT _ _] := hM; rewrite -[b](mean_const b (hT s a)) -meanD; apply: ler_mean => [t|t].
  by have [] := hT s a.
by rewrite -ler_subl_addl.
Qed.

Lemma soft_value_unique v w : is_soft_value M m v -> is_soft_value M m w -> v =1 w.
Proof.
have le u u' : is_soft_value M m u -> is_soft_value M m u' -> forall s, u' s <= u s.
  move=> hu hu' s; rewrite -[leRHS]addr0 -[0](mul0r (1 - discount M)^-1).
  by apply: (soft_value_le hu hu') => t a; rewrite addr0.
by move=> hv hw s; apply/le_anti; rewrite !le.
Qed.

Lemma eq_q v w s a : v =1 w -> q M v s a = q M w s a.
Proof. by move=> vw; congr (_ + _ * _); apply: eq_mean. Qed.

(** Soft values solve the one equation, soft action values the other. *)
Lemma soft_value_q v : is_soft_value M m v -> is_soft_q M m (q M v).
Proof. by move=> hv s a; apply: eq_q => s'; apply: hv. Qed.

Lemma soft_q_value x : is_soft_q M m x -> is_soft_value M m (fun s => m s (x s)).
Proof. by move=> hx s; apply: (eq_soft (hm s)) => a; apply: hx. Qed.

Lemma soft_q_unique x y : is_soft_q M m x -> is_soft_q M m y -> forall s a, x s a = y s a.
Proof.
move=> hx hy s a; rewrite hx [RHS]hy; apply: eq_q.
exact: soft_value_unique (soft_q_value hx) (soft_q_value hy).
Qed.

Lemma implied_rewardP x : is_soft_q (with_reward M (implied_reward M m x)) m x.
Proof. by move=> s a; rewrite /= subrK. Qed.

End SoftValues.
