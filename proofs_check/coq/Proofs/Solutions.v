(** Discounted kernels contract: forwards in the l1 norm, backwards at the extremes. *)
From mathcomp Require Import all_ssreflect all_algebra ring zify.
From ImitationLearning.Definitions Require Import Probability Discounted.
From ImitationLearning.Proofs Require Import Sums.
From ImitationLearning.Statements Require Solutions.
Set Implicit Arguments.
Unset Strict Implicit.
Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

(** A square system with at most one solution has one, and so has its transpose: matrices. *)
Section Linear.
Variables (R : realFieldType) (T : finType) (k : T -> T -> R).
Hypothesis only_zero : forall u : T -> R, (forall y, u y = mean u (fun x => k x y)) -> forall y, u y = 0.

Let N : 'M[R]_#|T| := 1%:M - \matrix_(i, j) k (enum_val i) (enum_val j).
Let row (u : T -> R) : 'rV[R]_#|T| := \row_i u (enum_val i).
Let column (u : T -> R) : 'cV[R]_#|T| := \col_i u (enum_val i).

Let sum_enum (f : T -> R) : \sum_x f x = \sum_(i < #|T|) f (enum_val i).
Proof. by rewrite -(big_enum_val f); apply: eq_bigl. Qed.

Let row_mul u : row u *m N = row (fun y => u y - mean u (fun x => k x y)).
Proof.
apply/rowP => j; rewrite mulmxBr mulmx1 !mxE; congr (_ - _); rewrite /mean sum_enum.
by apply: eq_bigr => i _; rewrite !mxE.
Qed.

Let mul_column u : N *m column u = column (fun x => u x - mean (k x) u).
Proof.
apply/colP => i; rewrite mulmxBl mul1mx !mxE; congr (_ - _); rewrite /mean sum_enum.
by apply: eq_bigr => j _; rewrite !mxE.
Qed.

Let row_inj u w : row u = row w <-> u =1 w.
Proof.
split=> [e x | e]; last by apply/rowP => i; rewrite !mxE.
by have /rowP/(_ (enum_rank x)) := e; rewrite !mxE enum_rankK.
Qed.

Let column_inj u w : column u = column w <-> u =1 w.
Proof.
split=> [e x | e]; last by apply/colP => i; rewrite !mxE.
by have /colP/(_ (enum_rank x)) := e; rewrite !mxE enum_rankK.
Qed.

Let N_unit : N \in unitmx.
Proof.
rewrite -row_free_unit; apply: inj_row_free => v; set u := fun x => v 0 (enum_rank x).
have -> : v = row u by apply/rowP => i; rewrite mxE /u enum_valK.
rewrite row_mul => e; apply/rowP => i; rewrite !mxE; apply: only_zero => y.
by have /rowP/(_ (enum_rank y)) := e; rewrite !mxE enum_rankK => /subr0_eq.
Qed.

Lemma forward_solution (b : T -> R) :
  exists d, forall w : T -> R, (forall y, w y = b y + mean w (fun x => k x y)) <-> d =1 w.
Proof.
exists (fun y => (row b *m invmx N) 0 (enum_rank y)) => w; rewrite -row_inj.
have -> : row (fun y => (row b *m invmx N) 0 (enum_rank y)) = row b *m invmx N.
  by apply/rowP => i; rewrite mxE enum_valK.
split=> [e | e y].
  have -> : row b = row w *m N by rewrite row_mul; apply/row_inj => y; rewrite {1}e addrK.
  by rewrite mulmxK.
have : row b = row w *m N by rewrite -e mulmxKV.
by rewrite row_mul => /row_inj/(_ y) ->; rewrite subrK.
Qed.

Lemma backward_solution (b : T -> R) :
  exists v, forall w : T -> R, (forall x, w x = b x + mean (k x) w) <-> v =1 w.
Proof.
exists (fun x => (invmx N *m column b) (enum_rank x) 0) => w; rewrite -column_inj.
have -> : column (fun x => (invmx N *m column b) (enum_rank x) 0) = invmx N *m column b.
  by apply/colP => i; rewrite mxE enum_valK.
split=> [e | e x].
  have -> : column b = N *m column w by rewrite mul_column; apply/column_inj => x; rewrite {1}e addrK.
  by rewrite mulKmx.
have : column b = N *m column w by rewrite -e mulKVmx.
by rewrite mul_column => /column_inj/(_ x) ->; rewrite subrK.
Qed.

End Linear.

(** A discounted kernel of laws. *)
Section Contraction.
Variables (R : realFieldType) (T : finType) (gamma : R) (k : T -> T -> R).
Hypotheses (hgamma : 0 <= gamma < 1) (hk : forall x, law (k x)).

(** The inverse of [1 - gamma k] has the norm [1 / (1 - gamma)]. *)
Lemma l1_contraction (u : T -> R) :
  (1 - gamma) * (\sum_x `|u x|) <= \sum_y `|u y - gamma * mean u (fun x => k x y)|.
Proof.
rewrite mulrBl mul1r ler_subl_addr; have /andP[g0 _] := hgamma.
apply: le_trans _ (ler_add (lexx _) (ler_wpmul2l g0 (l1_mean hk u))); rewrite mulr_sumr -big_split.
apply: ler_sum => y _ /=; rewrite -[X in _ + X * _](ger0_norm g0) -normrM.
by apply: le_trans (ler_norm_add _ _); rewrite subrK.
Qed.

(** Compare at the smallest value. *)
Lemma backward_ge0 (u : T -> R) : (forall x, gamma * mean (k x) u <= u x) -> forall x, 0 <= u x.
Proof.
move=> hu x; have /andP[g0 g1] := hgamma; have [m _ least] := @arg_minP _ _ _ x xpredT u isT.
apply: le_trans (least x isT); have low : u m <= mean (k m) u.
  by rewrite -{1}(mean_const (u m) (hk m)); apply: ler_mean => [|y]; [case: (hk m) | exact: least].
have := le_trans (ler_wpmul2l g0 low) (hu m).
by rewrite -subr_ge0 -{1}(mul1r (u m)) -mulrBl pmulr_rge0 // subr_gt0.
Qed.

(** Sum the negative parts. *)
Lemma forward_ge0 (u : T -> R) : (forall y, gamma * mean u (fun x => k x y) <= u y) -> forall y, 0 <= u y.
Proof.
move=> hu y; have /andP[g0 g1] := hgamma; pose n x := Num.max 0 (- u x).
have n0 x : 0 <= n x by rewrite le_maxr lexx.
have step z : n z <= gamma * mean n (fun x => k x z).
  rewrite le_maxl mulr_ge0 ?mean_ge0 //=; last by move=> x; case: (hk x).
  rewrite ler_oppl; apply: le_trans (hu z); rewrite -mulrN; apply: ler_wpmul2l => //.
  rewrite -sumrN; apply: ler_sum => x _; rewrite -mulNr; apply: ler_wpmul2r; first by case: (hk x).
  by rewrite ler_oppl le_maxr lexx orbT.
have total : \sum_x n x <= 0.
  rewrite -(@pmulr_rle0 _ (1 - gamma)) ?subr_gt0 // mulrBl mul1r subr_le0.
  apply: le_trans (ler_sum _ (fun z _ => step z)) _; rewrite -mulr_sumr; apply: ler_wpmul2l => //.
  by rewrite mass_mean.
have : n y <= 0 by apply: le_trans total; rewrite (bigD1 y) //= ler_addl sumr_ge0.
by rewrite le_maxl oppr_le0 lexx.
Qed.

Let only_zero (u : T -> R) : (forall y, u y = mean u (fun x => gamma * k x y)) -> forall y, u y = 0.
Proof.
move=> hu y; have := l1_contraction u.
rewrite [leRHS]big1 => [|z _]; last by rewrite -meanZ -hu subrr normr0.
rewrite pmulr_rle0 ?subr_gt0; last by case/andP: hgamma.
move=> small; apply/eqP; rewrite -normr_le0; apply: le_trans small.
by rewrite (bigD1 y) //= ler_addl sumr_ge0.
Qed.

Lemma forward_discounted (b : T -> R) :
  exists d, forall w : T -> R, (forall y, w y = b y + gamma * mean w (fun x => k x y)) <-> d =1 w.
Proof.
have [d hd] := forward_solution only_zero b; exists d => w; rewrite -hd.
by split=> e y; rewrite e meanZ.
Qed.

Lemma backward_discounted (b : T -> R) :
  exists v, forall w : T -> R, (forall x, w x = b x + gamma * mean (k x) w) <-> v =1 w.
Proof.
have scale x w : mean (fun y => gamma * k x y) w = gamma * mean (k x) w.
  by rewrite /mean mulr_sumr; apply: eq_bigr => y _; rewrite mulrA.
have [v hv] := backward_solution only_zero b; exists v => w; rewrite -hv.
by split=> e x; rewrite e scale.
Qed.

End Contraction.

Section Policies.
Variables (R : realFieldType) (S A : finType) (M : mdp R S A) (pi : policy R S A).
Hypotheses (hM : is_mdp M) (hpi : is_policy pi).

(** Law of the next state. *)
Definition next (s s' : S) : R := mean (pi s) (fun a => transition M s a s').

Lemma law_next s : law (next s).
Proof. by apply: law_mean => // a; have [] := hM. Qed.

Lemma discount_bounds : 0 <= discount M < 1.
Proof. by have [] := hM. Qed.

Lemma effective_horizon_gt0 : 0 < 1 - discount M.
Proof. by rewrite subr_gt0; have /andP[] := discount_bounds. Qed.

Lemma mean_next s (f : S -> R) : mean (next s) f = mean (pi s) (fun a => mean (transition M s a) f).
Proof. exact: mean_mean. Qed.

(** Bellman's equation with one kernel. *)
Lemma mean_q s (f : S -> R) : mean (pi s) (q M f s) = mean (pi s) (reward M s) + discount M * mean (next s) f.
Proof. by rewrite meanD meanZ mean_next. Qed.

End Policies.

Theorem one_value : Statements.Solutions.one_value.
Proof.
move=> R S A M pi hM hpi.
have [v hv] := backward_discounted (discount_bounds hM) (law_next hM hpi) (fun s => mean (pi s) (reward M s)).
by exists v => w; rewrite -hv; split=> e s; rewrite {1}e mean_q.
Qed.

Theorem one_state_law : Statements.Solutions.one_state_law.
Proof.
move=> R S A M pi hM hpi; have hk := law_next hM hpi; have hg := discount_bounds hM.
have [d hd] := forward_discounted hg hk (fun s => (1 - discount M) * start M s).
exists d; split; last exact: hd; have flow := (hd d).2 (frefl d).
have [_ [start0 start1] _] := hM; have h0 := effective_horizon_gt0 hM.
split; first by apply: (forward_ge0 hg hk) => s; rewrite [leRHS]flow ler_addr mulr_ge0 // ltW.
have : \sum_s d s = (1 - discount M) + discount M * \sum_s d s.
  by rewrite {1}(eq_bigr _ (fun s _ => flow s)) big_split -!mulr_sumr start1 mulr1 (mass_mean hk).
by move=> e; apply: (mulfI (lt0r_neq0 h0)); rewrite mulr1 mulrBl mul1r {1}e addrK.
Qed.

Theorem super_solution : Statements.Solutions.super_solution.
Proof.
move=> R S A M pi v w hM hpi hv hw s; rewrite -subr_ge0; move: s.
apply: (backward_ge0 (discount_bounds hM) (law_next hM hpi)) => s.
by rewrite meanB mulrBr hv mean_q opprD addrA ler_add2r ler_subr_addl -mean_q.
Qed.

Theorem sub_solution : Statements.Solutions.sub_solution.
Proof.
move=> R S A M pi v w hM hpi hv hw s; rewrite -subr_ge0; move: s.
apply: (backward_ge0 (discount_bounds hM) (law_next hM hpi)) => s.
rewrite meanB mulrBr hv mean_q [leLHS]addrC [leRHS]addrAC ler_add2r.
by rewrite ler_oppl opprB ler_subl_addr addrC -mean_q.
Qed.

Theorem value_bounds : Statements.Solutions.value_bounds.
Proof.
move=> R S A M pi v hM hpi hr hv s; have [g0 _] := andP (discount_bounds hM).
apply/andP; split.
  apply: (@sub_solution _ _ _ _ _ _ (fun=> 0) hM hpi hv) => {}s.
  apply: mean_ge0 => [a|a]; first by have [] := hpi s.
  by rewrite /q mean_const ?mulr0 ?addr0; [case/andP: (hr s a) | case: hM].
apply: (@super_solution _ _ _ _ _ _ (fun=> (1 - discount M)^-1) hM hpi hv) => {}s.
apply: mean_le => // a; have [hT _ _] := hM; rewrite /q mean_const //.
have : (1 - discount M)^-1 = 1 + discount M * (1 - discount M)^-1.
  by rewrite -{1}[1 in RHS](mulfV (lt0r_neq0 (effective_horizon_gt0 hM))) -mulrDl subrK mul1r.
by move=> {2}->; rewrite ler_add2r; case/andP: (hr s a).
Qed.

(** What solves the flow equations of a policy is a law. *)
Lemma law_state_law (R : realFieldType) (S A : finType) (M : mdp R S A) (pi : policy R S A) (d : S -> R) :
  is_mdp M -> is_policy pi -> is_state_law M pi d -> law d.
Proof.
move=> hM hpi hd; have [e [[e0 e1] /(_ d)[/(_ hd) ed _]]] := one_state_law hM hpi.
by split=> [s|]; [rewrite -ed | under eq_bigr do rewrite -ed].
Qed.

Lemma state_law_unique (R : realFieldType) (S A : finType) (M : mdp R S A) (pi : policy R S A) (d e : S -> R) :
  is_mdp M -> is_policy pi -> is_state_law M pi d -> is_state_law M pi e -> d =1 e.
Proof.
by move=> hM hpi hd he; have [c [_ hc]] := one_state_law hM hpi; apply: ftrans (fsym _) _; apply/hc.
Qed.
