(** Averages of play without regret: Jensen's inequality for each player, and telescoping of the payoffs
    played. *)
From mathcomp Require Import all_ssreflect all_algebra ring zify.
From ImitationLearning.Definitions Require Import Probability FiniteHorizon Moments Games.
From ImitationLearning.Proofs Require Import Sums Moments.
From ImitationLearning.Statements Require Games.
Set Implicit Arguments.
Unset Strict Implicit.
Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Section Convexity.
Variables (R : realFieldType) (X : lmodType R).
Implicit Types (f : X -> R) (x : nat -> X) (T : nat).

(** The mean of one more move lies between that move and the mean before. *)
Lemma mean_moveS T x : mean_move T.+2 x = between T.+2%:R^-1 (mean_move T.+1 x) (x T.+1).
Proof.
rewrite /mean_move /between big_ord_recr scalerDr scalerA; congr (_ *: _ + _).
have t1 : T.+1%:R != 0 :> R by rewrite pnatr_eq0.
have t2 : T.+2%:R != 0 :> R by rewrite pnatr_eq0.
apply: (mulfI t2); rewrite mulfV // mulrA mulrBr mulr1 mulfV //.
by rewrite [T.+2%:R]mulrSr addrK mulfV.
Qed.

Lemma jensen among f T x : is_convex among f -> (forall t, among (x t)) ->
  among (mean_move T.+1 x) /\ T.+1%:R * f (mean_move T.+1 x) <= \sum_(t < T.+1) f (x t).
Proof.
move=> hf allowed; elim: T => [|T [allowed_mean IH]].
  by rewrite /mean_move !big_ord_recl !big_ord0 !addr0 invr1 scale1r mul1r.
have t2 : 0 < T.+2%:R :> R by rewrite ltr0n.
have w : 0 <= (T.+2%:R^-1 : R) <= 1 by rewrite invr_ge0 ler0n invf_le1 // ler1n.
have [allowed_next le] := hf _ _ _ w allowed_mean (allowed T.+1); rewrite mean_moveS; split=> //.
apply: le_trans (ler_wpmul2l (ltW t2) le) _; rewrite [leRHS]big_ord_recr /=.
rewrite mulrDr mulrA mulrBr mulr1 mulrA mulfV ?lt0r_neq0 // mul1r [T.+2%:R]mulrSr addrK.
by rewrite ler_add2r.
Qed.

Lemma linear_mean f T x : is_linear f -> f (mean_move T x) = T%:R^-1 * \sum_(t < T) f (x t).
Proof.
move=> lin; have f0 : f 0 = 0.
  by have := lin (-1) 0 0; rewrite scaler0 addr0 mulN1r addNr.
rewrite /mean_move -[_ *: _]addr0 lin f0 addr0; congr (_ * _).
by elim/big_rec2: _ => // t u v _ <-; rewrite -{1}[x t]scale1r lin mul1r.
Qed.

End Convexity.

(** The payoffs that were played cancel. *)
Lemma sum_regrets (R : realFieldType) (X Y : Type) (payoff : X -> Y -> R) T x y a b :
  regret_of_min payoff T x y a + regret_of_max payoff T x y b =
  \sum_(t < T) payoff (x t) b - \sum_(t < T) payoff a (y t).
Proof. by rewrite -big_split -sumrB; apply: eq_bigr => t _ /=; ring. Qed.

Theorem no_regret_saddle : Statements.Games.no_regret_saddle.
Proof.
move=> R X Y allowed_x allowed_y payoff [//|T] x y _ hx hy convex concave a b ha hb.
have T0 : 0 < T.+1%:R :> R by rewrite ltr0n.
rewrite ler_pdivl_mull // sum_regrets mulrBr; apply: ler_add.
  by have [] := jensen T (convex b hb) hx.
by rewrite -mulrN -sumrN; have [] := jensen T (concave a ha) hy.
Qed.

Theorem no_regret_bilinear : Statements.Games.no_regret_bilinear.
Proof.
move=> R X Y payoff T x y linear_x linear_y a b.
by rewrite sum_regrets mulrBr (linear_mean T x (linear_x b)) (linear_mean T y (linear_y a)).
Qed.

Theorem best_responses : Statements.Games.best_responses.
Proof.
move=> R X Y payoff T x y linear_x linear_y b best a; rewrite no_regret_bilinear //.
rewrite ler_wpmul2l ?invr_ge0 ?ler0n // ger_addl -oppr_ge0 -sumrN.
by apply: sumr_ge0 => t _; rewrite oppr_ge0 subr_le0.
Qed.

Theorem imitation_by_play : Statements.Games.imitation_by_play.
Proof.
move=> R S A M H T expert learners f hM hE hL u1 against; rewrite [RHS]mulrCA; congr (_ * _).
rewrite sum_regrets [X in _ - X]big1 ?subr0 => [|t _]; last by apply: payoff0 => h s a _; apply: subrr.
by rewrite mulr_sumr; apply: eq_bigr => t _; rewrite value_reward_payoff.
Qed.

Theorem weak_duality : Statements.Games.weak_duality.
Proof.
move=> R X Y allowed_x allowed_y payoff low high a b ha hb lo hi.
exact: le_trans (lo a ha) (hi b hb).
Qed.

Theorem moment_games : Statements.Games.moment_games.
Proof.
move=> R S A M H expert hE games i hi g.
have self h s a : g expert expert h s a = 0.
  move: hi; rewrite /g; case: (i) => [|[|[|//]]] _ /=; first exact: subrr.
    by rewrite /off_policy_mismatch subrr mulr0.
  by rewrite /on_policy_mismatch subrr mulr0.
split=> [f low /(_ expert hE)|]; first by rewrite payoff0.
split=> [pi|]; last by rewrite -payoff_best payoff0.
rewrite mulr_ge0 ?invr_ge0 ?ler0n //; do 3![apply: sumr_ge0 => ? _]; exact: normr_ge0.
Qed.
