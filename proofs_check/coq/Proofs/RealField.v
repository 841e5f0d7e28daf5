(** Coq's real numbers are an ordered field as MathComp has it. Beside the axioms of the real numbers this
    takes Hilbert's epsilon: MathComp wants a choice from every set that a function decides. *)
From Coq Require Import Reals Epsilon Lra.
From mathcomp Require Import all_ssreflect all_algebra.
Set Implicit Arguments.
Unset Strict Implicit.

Local Open Scope R_scope.

Definition eq_real (x y : R) : bool := if Req_EM_T x y then true else false.

Lemma eq_realP : Equality.axiom eq_real.
Proof. by move=> x y; rewrite /eq_real; case: Req_EM_T => h; constructor. Qed.

Canonical real_eqType := EqType R (EqMixin eq_realP).

Definition pick_real (P : pred R) (n : nat) : option R :=
  let x := epsilon (inhabits 0) (fun x => P x) in if P x then Some x else None.

Lemma pick_realP P n x : pick_real P n = Some x -> P x.
Proof. by rewrite /pick_real; case: ifP => // h [<-]. Qed.

Lemma pick_real_some (P : pred R) : (exists x, P x) -> exists n, pick_real P n.
Proof. by move=> h; exists 0%N; rewrite /pick_real (epsilon_spec (inhabits 0) (fun x => P x) h). Qed.

Lemma eq_pick_real (P Q : pred R) : P =1 Q -> pick_real P =1 pick_real Q.
Proof.
move=> PQ n; suff -> : P = Q by [].
exact: FunctionalExtensionality.functional_extensionality.
Qed.

Canonical real_choiceType := ChoiceType R (Choice.Mixin pick_realP pick_real_some eq_pick_real).

Lemma addrA_real : associative Rplus. Proof. by move=> x y z; rewrite Rplus_assoc. Qed.
Lemma mulrA_real : associative Rmult. Proof. by move=> x y z; rewrite Rmult_assoc. Qed.
Lemma oner_neq0_real : is_true (R1 != R0). Proof. by apply/eqP; exact: R1_neq_R0. Qed.

Canonical real_zmodType := ZmodType R (ZmodMixin addrA_real Rplus_comm Rplus_0_l Rplus_opp_l).
Canonical real_ringType :=
  RingType R (ComRingMixin mulrA_real Rmult_comm Rmult_1_l Rmult_plus_distr_r oner_neq0_real).
Canonical real_comRingType := ComRingType R Rmult_comm.

Lemma mulVr_real (x : R) : x != R0 -> (Rinv x) * x = 1.
Proof. by move/eqP; exact: Rinv_l. Qed.

Lemma invr0_real : Rinv R0 = R0. Proof. exact: Rinv_0. Qed.

Definition real_unitMixin := FieldUnitMixin mulVr_real invr0_real.
Canonical real_unitRingType := UnitRingType R real_unitMixin.
Canonical real_comUnitRingType := [comUnitRingType of R].
Lemma real_fieldMixin : GRing.Field.mixin_of [unitRingType of R]. Proof. by []. Qed.
Canonical real_idomainType := IdomainType R (FieldIdomainMixin real_fieldMixin).
Canonical real_fieldType := FieldType R real_fieldMixin.

Definition le_real (x y : R) : bool := if Rle_dec x y then true else false.
Definition lt_real (x y : R) : bool := (y != x) && le_real x y.

Lemma le_realP x y : reflect (x <= y) (le_real x y).
Proof. by rewrite /le_real; case: Rle_dec => h; constructor. Qed.

Lemma le_real0D x y : le_real 0 x -> le_real 0 y -> le_real 0 (x + y).
Proof. by move=> /le_realP hx /le_realP hy; apply/le_realP; lra. Qed.

Lemma le_real0M x y : le_real 0 x -> le_real 0 y -> le_real 0 (x * y).
Proof. by move=> /le_realP hx /le_realP hy; apply/le_realP; exact: Rmult_le_pos. Qed.

Lemma le_real0_anti x : le_real 0 x -> le_real x 0 -> x = 0.
Proof. by move=> /le_realP hx /le_realP hy; lra. Qed.

Lemma sub_real_ge0 x y : le_real 0 (y - x) = le_real x y.
Proof. by apply/le_realP/le_realP; lra. Qed.

Lemma le_real_total x y : le_real x y || le_real y x.
Proof.
by case: (le_realP x y) => //= h; apply/le_realP; lra.
Qed.

Lemma norm_realN x : Rabs (- x) = Rabs x. Proof. exact: Rabs_Ropp. Qed.

Lemma ge_real0_norm x : le_real 0 x -> Rabs x = x.
Proof. by move=> /le_realP hx; apply: Rabs_pos_eq. Qed.

Definition real_leMixin : realLeMixin real_idomainType :=
  RealLeMixin le_real0D le_real0M le_real0_anti sub_real_ge0 (@le_real_total 0) norm_realN ge_real0_norm
              (fun x y => erefl (lt_real x y)).

Canonical real_porderType := POrderType ring_display R real_leMixin.
Canonical real_latticeType := LatticeType R real_leMixin.
Canonical real_distrLatticeType := DistrLatticeType R real_leMixin.
Canonical real_orderType := OrderType R le_real_total.
Canonical real_numDomainType := NumDomainType R real_leMixin.
Canonical real_normedZmodType := NormedZmodType R R real_leMixin.
Canonical real_numFieldType := [numFieldType of R].
Canonical real_realDomainType := [realDomainType of R].
Canonical real_realFieldType := [realFieldType of R].
