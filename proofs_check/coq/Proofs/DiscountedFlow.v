(** The Bellman flow equations with a discount: their one solution. *)
From mathcomp Require Import all_ssreflect all_algebra ring zify.
From ImitationLearning.Definitions Require Import Probability Discounted.
From ImitationLearning.Proofs Require Import Sums Solutions.
From ImitationLearning.Statements Require DiscountedFlow.
Set Implicit Arguments.
Unset Strict Implicit.
Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Section Flow.
Variables (R : realFieldType) (S A : finType) (M : mdp R S A).
Implicit Types (pi : policy R S A) (d : S -> R) (x : S -> A -> R).
Hypothesis hM : is_mdp M.

Lemma inflow_occupancy pi d s' :
  inflow M (occupancy pi d) s' =
  (1 - discount M) * start M s' + discount M * mean d (fun s => next M pi s s').
Proof.
congr (_ + _ * _); apply: eq_bigr => s _.
by rewrite /next /mean mulr_sumr; apply: eq_bigr => a _; rewrite /occupancy mulrA.
Qed.

(** The flow equations of a policy, by its occupancy. *)
Lemma state_lawE pi d : is_state_law M pi d <-> forall s, d s = inflow M (occupancy pi d) s.
Proof. by split=> hd s; rewrite hd // inflow_occupancy. Qed.

Lemma sum_actions pi s (w : R) : is_policy pi -> \sum_a w * pi s a = w.
Proof. by move=> hpi; rewrite -mulr_sumr (hpi s).2 mulr1. Qed.

(** What flows in, as the image of pairs under the transitions. *)
Lemma inflow_joint x s' :
  inflow M x s' = (1 - discount M) * start M s' +
                  discount M * mean (joint x) (fun z => transition M z.1 z.2 s').
Proof. by rewrite /inflow pair_big. Qed.

Lemma law_transition (z : S * A) : law (transition M z.1 z.2).
Proof. by have [] := hM. Qed.

(** Who starts somewhere has something to do: there are actions. *)
Lemma actions_exist x : is_flow M x -> (0 < #|A|)%N.
Proof.
move=> hx; rewrite lt0n; apply/eqP => /card0_eq A0; have [_ [_ start1] _] := hM.
have start0 s : start M s = 0.
  have := hx s; rewrite /inflow big_pred0 // [X in _ + _ * X]big1 => [|t _]; last by rewrite big_pred0.
  rewrite mulr0 addr0 => /esym/eqP; rewrite mulf_eq0 => /orP[|/eqP //].
  by rewrite gt_eqF // effective_horizon_gt0.
by move: start1; rewrite big1 // => /esym/eqP; rewrite oner_eq0.
Qed.

(** The states differ by what flows in. *)
Lemma tv_states pi other d e : is_state_law M pi d -> is_state_law M other e ->
  tv d e <= discount M * tv (joint (occupancy pi d)) (joint (occupancy other e)).
Proof.
move=> /state_lawE hd /state_lawE he; have [g0 _] := andP (discount_bounds hM).
apply: le_trans (ler_wpmul2l g0 (tv_mean_le _ _ law_transition)).
rewrite /tv mulrCA; apply: ler_wpmul2l; first by rewrite invr_ge0 ler0n.
rewrite mulr_sumr; apply: ler_sum => s _; rewrite hd he !inflow_joint.
by rewrite opprD addrACA subrr add0r -mulrBr normrM (ger0_norm g0).
Qed.

End Flow.

Theorem flow : Statements.DiscountedFlow.flow.
Proof. by move=> R S A M pi d hM hpi /state_lawE hd s; rewrite sum_actions. Qed.

Theorem flow_converse : Statements.DiscountedFlow.flow_converse.
Proof.
move=> R S A M pi d x hM hpi /state_lawE hd; have h0 := effective_horizon_gt0 hM.
rewrite -(ler_pmul2l h0) mulVKf ?lt0r_neq0 //.
apply: le_trans (l1_contraction (discount_bounds hM) (law_next hM hpi) _) _; apply: ler_sum => s _.
by rewrite meanBl [d s]hd !inflow_occupancy; apply: eq_ler; congr `|_|; ring.
Qed.

Theorem mass : Statements.DiscountedFlow.mass.
Proof.
move=> R S A M x hM; have [_ [_ start1] _] := hM.
have total : \sum_s mean (joint x) (fun z => transition M z.1 z.2 s) = \sum_s \sum_a x s a.
  by rewrite (mass_mean (law_transition hM)) pair_big.
under eq_bigr do rewrite inflow_joint.
by rewrite sumrB big_split -!mulr_sumr start1 total /=; ring.
Qed.

Theorem flow_policy : Statements.DiscountedFlow.flow_policy.
Proof.
move=> R S A M x hM x0 hx.
have hpi : is_policy (normalise x) by move=> s; apply: law_normalise (actions_exist hM hx) _ => a.
have e s a : occupancy (normalise x) (fun s => \sum_b x s b) s a = x s a by apply: normaliseK.
have law_x : is_state_law M (normalise x) (fun s => \sum_b x s b).
  apply/state_lawE => s; rewrite hx.
  by congr (_ + _ * _); apply: eq_bigr => t _; apply: eq_bigr => b _; rewrite e.
by split=> // d hd s a; rewrite -e; congr (_ * _); apply: (state_law_unique hM hpi hd law_x).
Qed.

Theorem round_trip : Statements.DiscountedFlow.round_trip.
Proof.
move=> R S A M pi d e hM hpi hd he; have [d0 _] := law_state_law hM hpi hd.
have x0 s a : 0 <= occupancy pi d s a by apply: mulr_ge0 => //; case: (hpi s).
by have [_ same] := flow_policy hM x0 (flow hM hpi hd); apply: same.
Qed.

Theorem one_to_one_sharper : Statements.DiscountedFlow.one_to_one_sharper.
Proof.
move=> R S A M pi other d e hM hpi hother hd he; have [d0 _] := law_state_law hM hpi hd.
apply: le_trans (mean_tv_le e pi d0 hother) _.
by rewrite mulrDl mul1r; apply: ler_add => //; apply: tv_states.
Qed.

Theorem one_to_one : Statements.DiscountedFlow.one_to_one.
Proof.
move=> R S A M pi other d e hM hpi hother hd he; apply: le_trans (one_to_one_sharper hM hpi hother hd he) _.
have [_ g1] := andP (discount_bounds hM).
by apply: ler_wpmul2r; [exact: tv_ge0 | rewrite ler_add2l ltW].
Qed.

Theorem same_occupancy : Statements.DiscountedFlow.same_occupancy.
Proof.
move=> R S A M pi other d e hM hpi hother hd he same s visited a.
have de : d s = e s.
  rewrite -(sum_actions s (d s) hpi) -[RHS](sum_actions s _ hother).
  by apply: eq_bigr => b _; apply: same.
by apply: (mulfI visited); rewrite {2}de; apply: same.
Qed.
