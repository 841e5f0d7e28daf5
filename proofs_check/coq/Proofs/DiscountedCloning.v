(** Cloning with a discount: performance difference both ways, and the range of the other policy's [q]. *)
From mathcomp Require Import all_ssreflect all_algebra ring.
From ImitationLearning.Definitions Require Import Probability Discounted.
From ImitationLearning.Proofs Require Import Sums Solutions DiscountedDifference.
From ImitationLearning.Statements Require DiscountedCloning.
Set Implicit Arguments.
Unset Strict Implicit.
Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Section Cloning.
Variables (R : realFieldType) (S A : finType) (M : mdp R S A) (low high : R).
Hypotheses (hM : is_mdp M) (hr : forall s a, low <= reward M s a <= high).
Local Notation horizon := (1 - discount M)^-1.

(** A reward at every step, for ever. *)
Lemma forever (c : R) : c + discount M * (c * horizon) = c * horizon.
Proof. by field; rewrite lt0r_neq0 // effective_horizon_gt0. Qed.

(** Bounds of rewards are bounds of action values, times the horizon. *)
Lemma q_bounds pi v s a : is_policy pi -> is_value M pi v -> low * horizon <= q M v s a <= high * horizon.
Proof.
move=> hpi hv; have [g0 _] := andP (discount_bounds hM); have [hT _ _] := hM.
have hc (c : R) s' a' : q M (fun=> c * horizon) s' a' = reward M s' a' + discount M * (c * horizon).
  by rewrite /q mean_const.
have lowv s' : low * horizon <= v s'.
  apply: (sub_solution (w := fun=> low * horizon) hM hpi hv) => {}s'; rewrite -[leLHS](mean_const _ (hpi s')).
  apply: ler_mean => [a'|a']; first by case: (hpi s').
  by rewrite hc -{1}forever ler_add2r; case/andP: (hr s' a').
have highv s' : v s' <= high * horizon.
  apply: (super_solution (w := fun=> high * horizon) hM hpi hv) => {}s'; apply: mean_le => // a'.
  by rewrite hc -[leRHS]forever ler_add2r; case/andP: (hr s' a').
have /andP[lowm highm] : low * horizon <= mean (transition M s a) v <= high * horizon.
  by apply: mean_bounds => // s'; rewrite lowv highv.
have /andP[lowr highr] := hr s a.
by rewrite -[low * _]forever -[high * _]forever !ler_add // ler_wpmul2l.
Qed.

(** Errors counted where the first policy goes. *)
Lemma gap_by_errors pi other d v w : is_policy pi -> is_policy other ->
  is_state_law M pi d -> is_value M pi v -> is_value M other w ->
  (1 - discount M) ^+ 2 * `|value M v - value M w| <= (high - low) * mean d (fun s => tv (pi s) (other s)).
Proof.
move=> hpi hother hd hv hw; have h0 := effective_horizon_gt0 hM; have [d0 _] := law_state_law hM hpi hd.
rewrite (performance_difference hM hpi hother hd hv hw) normrM gtr0_norm ?invr_gt0 // expr2 -mulrA.
rewrite mulVKf ?lt0r_neq0 // -ler_pdivl_mull // mulrA -meanZ sum_occupancy.
apply: le_trans (ler_norm_mean _ d0) _; apply: ler_mean => // s.
rewrite meanB mean_const // hw mulrBr ![horizon * _]mulrC.
apply: span_tv => [|a]; [by rewrite (hpi s).2 (hother s).2 | exact: q_bounds hother hw].
Qed.

(** Either way round. *)
Lemma gap_by_fewer_errors pi other d e v w : is_policy pi -> is_policy other ->
  is_state_law M pi d -> is_state_law M other e -> is_value M pi v -> is_value M other w ->
  (1 - discount M) ^+ 2 * `|value M v - value M w| <=
  (high - low) * Num.min (mean d (fun s => tv (pi s) (other s))) (mean e (fun s => tv (pi s) (other s))).
Proof.
move=> hpi hother hd he hv hw.
have lh : low <= high.
  have hpr s : low <= mean (pi s) (reward M s) <= high by apply: mean_bounds.
  by have /andP[lm mh] := mean_bounds (law_state_law hM hpi hd) hpr; apply: le_trans lm mh.
rewrite minr_pmulr ?subr_ge0 // le_minr (gap_by_errors hpi hother hd hv hw) /=.
under eq_mean do rewrite tvC; rewrite distrC; exact: gap_by_errors.
Qed.

End Cloning.

Theorem either_policy : Statements.DiscountedCloning.either_policy.
Proof.
move=> R S A M expert learner d e v w size hM hE hL hr hd he hv hw.
by rewrite -{1}(subr0 size); apply: gap_by_fewer_errors.
Qed.

Theorem either_policy_signed : Statements.DiscountedCloning.either_policy_signed.
Proof.
move=> R S A M expert learner d e v w size hM hE hL hr hd he hv hw.
have -> : 2%:R * size = size - - size by ring.
by apply: gap_by_fewer_errors => // s a; rewrite -ler_norml.
Qed.
