(** Planning as a linear programme: telescoping is weak duality, a best policy closes the gap. *)
From mathcomp Require Import all_ssreflect all_algebra ring zify.
From ImitationLearning.Definitions Require Import Probability Families Discounted.
From ImitationLearning.Proofs Require Import Sums Families Solutions DiscountedDifference.
From ImitationLearning.Proofs Require Import Shaping.
From ImitationLearning.Statements Require LinearProgramme.
Set Implicit Arguments.
Unset Strict Implicit.
Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Theorem duality_gap : Statements.LinearProgramme.duality_gap.
Proof.
move=> R S A M pi d v f hM hpi hd hv; have h0 := lt0r_neq0 (effective_horizon_gt0 hM).
rewrite (value_occupancy hM hpi hd hv); apply: (mulfI h0).
rewrite mulrBr !mulVKf // (telescoping f hM hpi hd) -sumrB; apply: eq_bigr => s _.
by rewrite -sumrB; apply: eq_bigr => a _; ring.
Qed.

Theorem weak_duality : Statements.LinearProgramme.weak_duality.
Proof.
move=> R S A M pi v f c hM hpi hv fc; set u := (1 - discount M)^-1; have [hT hs _] := hM.
have h0 := lt0r_neq0 (effective_horizon_gt0 hM); have [s0 _] := hs.
apply: ler_mean => // s; apply: (super_solution hM hpi hv (w := fun t => f t + u * c)) => {}s.
apply: mean_le => // a; have -> : q M (fun t => f t + u * c) s a = q M f s a + discount M * (u * c).
  by rewrite /q meanD mean_const // mulrDr addrA.
have e : u * c = c + discount M * (u * c) by rewrite /u; field.
by rewrite [in leRHS]e addrA ler_add2r -ler_subl_addl.
Qed.

Theorem strong_duality : Statements.LinearProgramme.strong_duality.
Proof.
move=> R S A M a hM; have [act [v [hv greedy]]] := best_policy hM a; exists act, v.
have [_ [s0 _] _] := hM.
have above pi (hpi : is_policy pi) w f :
    is_value M pi w -> (forall s b, q M f s b <= f s) -> value M w <= value M f.
  move=> hw feasible; apply: ler_mean => // s; apply: (super_solution hM hpi hw) => {}s.
  by apply: mean_le => // b; apply: feasible.
split=> // [pi w hpi hw | f]; first exact: above hpi _ _ hw greedy.
by apply: above hv => s; apply: law_surely.
Qed.

Theorem slackness : Statements.LinearProgramme.slackness.
Proof.
move=> R S A M pi act d v best hM hpi hd hv _ _; rewrite [LHS](duality_gap best hM hpi hd hv); congr (_ * _).
by apply: eq_bigr => s _; apply: eq_bigr => a _; rewrite /q opprD addrA.
Qed.
