(** Dimensions by bases: of kernels, of functions that are constant on classes, and of linear images; then
    of the changes of rewards that keep a soft-optimal policy. *)
From mathcomp Require Import all_ssreflect all_algebra ring.
From ImitationLearning.Definitions Require Import Probability Discounted SoftMaximum SoftDiscounted.
From ImitationLearning.Definitions Require Import Identification Ambiguity Reals.
From ImitationLearning.Proofs Require Import Sums Solutions SoftMaximum RewardRecovery.
From ImitationLearning.Proofs Require SoftRewards Reals.
From ImitationLearning.Statements Require Ambiguity.
Set Implicit Arguments.
Unset Strict Implicit.
Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Section Dimension.
Variables (R : realFieldType) (T : finType).
Implicit Types (among : (T -> R) -> Prop) (f g : T -> R).

Lemma combination_at n (basis : 'I_n -> T -> R) i : combination basis (fun j => (j == i)%:R) =1 basis i.
Proof.
move=> x; rewrite /combination (bigD1 i) //= eqxx mul1r big1 ?addr0 // => j /negbTE ->.
by rewrite mul0r.
Qed.

Lemma eq_combination n (basis : 'I_n -> T -> R) c1 c2 :
  c1 =1 c2 -> combination basis c1 =1 combination basis c2.
Proof. by move=> c12 x; apply: eq_bigr => i _; rewrite c12. Qed.

(** Of two bases each is made of the other one: neither is longer. *)
Lemma dimension_le among m n : has_dimension among m -> has_dimension among n -> (m <= n)%N.
Proof.
move=> [b [hb unique]] [b' [hb' _]].
have to_b' i : exists c, b i =1 combination b' c.
  by apply/hb'/hb; exists (fun j => (j == i)%:R) => x; rewrite combination_at.
have to_b i : exists c, b' i =1 combination b c.
  by apply/hb/hb'; exists (fun j => (j == i)%:R) => x; rewrite combination_at.
have [C hC] := fin_all_exists to_b'; have [C' hC'] := fin_all_exists to_b.
apply: (@mulmx1_min _ _ _ (\matrix_(i, j) C i j) (\matrix_(i, j) C' i j)); apply/matrixP=> i k.
rewrite !mxE; have -> : \sum_j (\matrix_(i, j) C i j) i j * (\matrix_(i, j) C' i j) j k =
    \sum_j C i j * C' j k by apply: eq_bigr => j _; rewrite !mxE.
apply: (unique (fun k => \sum_j C i j * C' j k) (fun k => (i == k)%:R)) => x.
rewrite [RHS](_ : _ = b i x); last first.
  by rewrite -(combination_at b i); apply: eq_combination => k'; rewrite eq_sym.
rewrite hC /combination.
transitivity (\sum_j C i j * combination b (C' j) x); last by apply: eq_bigr => j _; rewrite hC'.
rewrite /combination (eq_bigr (fun k => \sum_j C i j * C' j k * b k x)) => [|k' _]; last first.
  by rewrite mulr_suml.
rewrite exchange_big; apply: eq_bigr => j _ /=; rewrite mulr_sumr.
by apply: eq_bigr => k' _; rewrite mulrA.
Qed.

(** All functions. *)
Lemma dimension_all : has_dimension (fun _ : T -> R => True) #|T|.
Proof.
have at_rank (c : 'I_#|T| -> R) x :
    combination (fun i x => (i == enum_rank x)%:R) c x = c (enum_rank x).
  rewrite /combination (bigD1 (enum_rank x)) //= eqxx mulr1 big1 ?addr0 // => i /negbTE ->.
  by rewrite mulr0.
exists (fun i x => (i == enum_rank x)%:R); split=> [f | c1 c2 same i].
  by split=> // _; exists (fun i => f (enum_val i)) => x; rewrite at_rank enum_rankK.
by have := same (enum_val i); rewrite !at_rank enum_valK.
Qed.

(** Solutions of linear equations. *)
Lemma dimension_kernel m (D : 'M[R]_(m, #|T|)) :
  has_dimension (fun f => forall i, \sum_x D i (enum_rank x) * f x = 0) (#|T| - \rank D)%N.
Proof.
rewrite -mxrank_tr -mxrank_ker; set K := kermx D^T.
pose row f : 'rV[R]_#|T| := \row_j f (enum_val j).
have in_kernel f : (row f <= K)%MS <-> forall i, \sum_x D i (enum_rank x) * f x = 0.
  have entry i : (row f *m D^T) 0 i = \sum_x D i (enum_rank x) * f x.
    rewrite mxE (reindex (@enum_rank T)) /=; last exact: onW_bij (@enum_rank_bij T).
    by apply: eq_bigr => x _; rewrite !mxE enum_rankK mulrC.
  split=> [/sub_kermxP zero i | zero]; first by rewrite -entry zero mxE.
  by apply/sub_kermxP/rowP => i; rewrite entry zero [RHS]mxE.
have as_row c : combination (fun i x => row_base K i (enum_rank x)) c =1
    fun x => ((\row_i c i) *m row_base K) 0 (enum_rank x).
  by move=> x; rewrite [RHS]mxE; apply: eq_bigr => i _; rewrite [in RHS]mxE.
exists (fun i x => row_base K i (enum_rank x)); split=> [f | c1 c2 same].
  rewrite -in_kernel; have -> : (row f <= K)%MS = (row f <= row_base K)%MS by rewrite eq_row_base.
  split=> [/submxP[c hc] | [c hc]].
    exists (c 0) => x; have e : \row_i c 0 i = c by apply/rowP => i; rewrite mxE.
    by rewrite as_row e -hc mxE enum_rankK.
  apply/submxP; exists (\row_i c i); apply/rowP => j.
  by rewrite mxE hc as_row enum_valK.
have /(row_free_inj (row_base_free K))/rowP e :
    (\row_i c1 i) *m row_base K = (\row_i c2 i) *m row_base K.
  by apply/rowP => j; have := same (enum_val j); rewrite !as_row enum_valK.
by move=> i; have := e i; rewrite !mxE.
Qed.

(** Functions that are constant on classes. *)
Lemma dimension_classes (e : rel T) : connect_sym e ->
  has_dimension (fun f => forall x y, connect e x y -> f x = f y) (n_comp e predT).
Proof.
move=> sym; pose B := [predI roots e & predT].
have root_in x : fingraph.root e x \in B by rewrite inE /= andbT; apply: roots_root.
have at_class (c : 'I_#|B| -> R) x i : enum_val i = fingraph.root e x ->
    combination (fun i x => (enum_val i == fingraph.root e x)%:R) c x = c i.
  move=> hi; rewrite /combination (bigD1 i) //= hi eqxx mulr1 big1 ?addr0 // => j /negbTE ji.
  by rewrite -hi (inj_eq enum_val_inj) ji mulr0.
exists (fun i x => (enum_val i == fingraph.root e x)%:R); split=> [f | c1 c2 same i].
  split=> [const | [c hc] x y link].
    exists (fun i => f (enum_val i)) => x; have ix := enum_rankK_in (root_in x) (root_in x).
    by rewrite (at_class _ _ _ ix) ix; apply: const; apply: connect_root.
  by rewrite !hc /combination (fingraph.rootP sym link).
have ri : enum_val i = fingraph.root e (enum_val i).
  by have := enum_valP i; rewrite inE /= andbT => /eqP ->.
by have := same (enum_val i); rewrite !(at_class _ _ _ ri).
Qed.

End Dimension.

(** Linear maps that are injective keep dimensions. *)
Lemma dimension_image (R : realFieldType) (T U : finType) (among : (T -> R) -> Prop)
    (image : (U -> R) -> Prop) (L : (T -> R) -> U -> R) n :
  (forall f g, f =1 g -> L f =1 L g) ->
  (forall c f g, L (fun x => c * f x + g x) =1 fun y => c * L f y + L g y) ->
  (forall f g, among f -> among g -> L f =1 L g -> f =1 g) ->
  (forall h, image h <-> exists2 f, among f & h =1 L f) ->
  has_dimension among n -> has_dimension image n.
Proof.
move=> ext linear inj himage [b [hb unique]].
have L0 : L (fun=> 0) =1 fun=> 0.
  move=> y; transitivity (L (fun=> - 1 * 0 + 0) y); last by rewrite linear mulN1r addNr.
  by apply: ext => x; rewrite mulr0 addr0.
have onto c : L (combination b c) =1 combination (fun i => L (b i)) c.
  rewrite /combination => y; elim: (index_enum _) => [|i r IH].
    by rewrite big_nil -(L0 y); apply: ext => x; rewrite big_nil.
  by rewrite big_cons -IH -linear; apply: ext => x; rewrite big_cons.
exists (fun i => L (b i)); split=> [h | c1 c2 same].
  rewrite himage; split=> [[f /hb[c hc] hf] | [c hc]].
    by exists c => y; rewrite hf (ext _ _ hc) onto.
  by exists (combination b c); [apply/hb; exists c | move=> y; rewrite hc onto].
have made c : among (combination b c) by apply/hb; exists c.
by apply/unique/(inj _ _ (made c1) (made c2)) => y; rewrite !onto.
Qed.

Theorem one_dimension : Statements.Ambiguity.one_dimension.
Proof. by move=> R T among m n hm hn; apply/eqP; rewrite eqn_leq !(@dimension_le _ _ among). Qed.

Lemma unshaped_linear (R : realFieldType) (S A : finType) (M : mdp R S A) c (u t : S -> R) s a :
  unshaped M (fun x => c * u x + t x) s a = c * unshaped M u s a + unshaped M t s a.
Proof. by rewrite /unshaped meanD meanZ; ring. Qed.

Section Ambiguity.
Variables (S A : finType) (M : mdp reals S A) (a0 : A) (tau : reals).
Hypotheses (hM : is_mdp M) (t0 : 0 < tau).

(** Policies are the same if soft advantages are, of the soft values that there are. *)
Lemma same_policyP r r' : exists v v', [/\ is_soft_value (with_reward M r) (fun=> log_sum_exp tau) v,
    is_soft_value (with_reward M r') (fun=> log_sum_exp tau) v' &
    same_policy M tau r r' <->
    forall s a, soft_advantage (with_reward M r') v' s a = soft_advantage (with_reward M r) v s a].
Proof.
have hm (s : S) := SoftRewards.log_sum_exp_soft a0 t0.
have [v hv] := @Reals.soft_values_exist _ _ (with_reward M r) _ hM hm.
have [v' hv'] := @Reals.soft_values_exist _ _ (with_reward M r') _ hM hm.
have sv : is_soft_value (with_reward M r) (fun=> log_sum_exp tau) v by apply/hv.
have sv' : is_soft_value (with_reward M r') (fun=> log_sum_exp tau) v' by apply/hv'.
exists v, v'; split=> //; split=> [same | same w w' sw sw'].
  by apply/(SoftRewards.same_policy a0 t0 sv sv'); apply: same.
apply/(SoftRewards.same_policy a0 t0 sw sw') => s a; have := same s a.
have /hv vw := sw; have /hv' vw' := sw'.
by rewrite /soft_advantage /q vw vw' !(eq_mean _ vw) !(eq_mean _ vw').
Qed.

(** A change of rewards keeps the policy if and only if it is that of a function of the state. *)
Lemma same_policy_unshaped r x :
  same_policy M tau r (fun s a => r s a + x (s, a)) <-> exists u, forall s a, x (s, a) = unshaped M u s a.
Proof.
have hm (s : S) := SoftRewards.log_sum_exp_soft a0 t0.
have [v [v' [hv hv' ->]]] := same_policyP r (fun s a => r s a + x (s, a)).
have [-> _] := RewardRecovery.ambiguity_of_one_environment (M := with_reward M r) a0 hM hm hv hv'.
by split=> -[u hu]; exists u => s a; [apply: (addrI (r s a)); rewrite hu | rewrite hu].
Qed.

End Ambiguity.

Theorem ambiguity_counts_classes : Statements.Ambiguity.ambiguity_counts_classes.
Proof.
move=> S A M move a0 tau r hM hmove g0 t0.
apply: (dimension_image (L := fun u s => unshaped M u s a0) _ _ _ _ (dimension_classes _ (linked_sym move))).
- by move=> f g fg s; apply: eq_unshaped.
- by move=> c f g s; apply: unshaped_linear.
- by move=> f g _ _ same; apply: (unshaped_inj hM same).
move=> x; have hm (s : S) := SoftRewards.log_sum_exp_soft a0 t0.
have [v [v' [hv hv' ->]]] := same_policyP a0 hM t0 (of_states r) (of_states (fun s => r s + x s)).
have [-> _] := RewardRecovery.ambiguity_counts_classes a0 hM hm hmove g0 hv hv'.
split=> [[u [const hu]] | [u const hu]]; first by exists u => // s; apply: (addrI (r s)).
by exists u; split=> // s; rewrite hu.
Qed.

Theorem state_rewards_are_identified : Statements.Ambiguity.state_rewards_are_identified.
Proof.
move=> S A M move a0 tau r hM hmove connected g0 t0.
have [_ [_ one] _] := hM; have [s0 _ | none] := pickP (@predT S); last first.
  by move: one; rewrite big1 => [/eqP|s _]; [rewrite eq_sym oner_eq0 | have := none s].
rewrite -(n_comp_connect (linked_sym move) s0).
rewrite (eq_n_comp_r (a' := predT)) => [|s]; last by rewrite !inE connected.
exact: ambiguity_counts_classes.
Qed.

(** Functions whose expectation after a state depends on no action. *)
Lemma differencesP (R : realFieldType) (S A : finType) (M : mdp R S A) (a0 : A) (y : S -> R) :
  (forall i, \sum_s transition_differences M a0 i (enum_rank s) * y s = 0) <->
  forall s a, mean (transition M s a) y = mean (transition M s a0) y.
Proof.
have row i : \sum_s transition_differences M a0 i (enum_rank s) * y s =
    mean (transition M (enum_val i).1 (enum_val i).2) y - mean (transition M (enum_val i).1 a0) y.
  by rewrite -meanBl; apply: eq_bigr => s _; rewrite mxE enum_rankK.
split=> [zero s a | same i]; last by rewrite row same subrr.
by apply/eqP; rewrite -subr_eq0 -[X in _ == X](zero (enum_rank (s, a))) row enum_rankK.
Qed.

Theorem ambiguity_of_state_rewards : Statements.Ambiguity.ambiguity_of_state_rewards.
Proof.
move=> S A M a0 tau r hM g0 t0.
pose L u s := unshaped M u s a0.
apply: (dimension_image (L := L) _ _ _ _ (dimension_kernel (transition_differences M a0))).
- by move=> f g fg s; apply: eq_unshaped.
- by move=> c f g s; apply: unshaped_linear.
- by move=> f g _ _ same; apply: (unshaped_inj hM same).
move=> x; have hm (s : S) := SoftRewards.log_sum_exp_soft a0 t0.
have [v [v' [hv hv' ->]]] := same_policyP a0 hM t0 (of_states r) (of_states (fun s => r s + x s)).
have [-> _] := RewardRecovery.ambiguity_of_one_environment (M := with_reward M (of_states r)) a0 hM hm hv hv'.
split=> [[u hu] | [u /differencesP agree hu]]; last first.
  by exists u => s a; rewrite /of_states /= hu /unshaped agree.
have hx s a : x s = unshaped M u s a by apply: (addrI (r s)); rewrite -(hu s a).
exists u => [|s]; last exact: hx.
apply/differencesP => s a; apply/(mulfI (lt0r_neq0 g0))/oppr_inj/(addrI (u s)).
by rewrite -!/(unshaped M u s _) -!hx.
Qed.

Theorem ambiguity_of_one_environment : Statements.Ambiguity.ambiguity_of_one_environment.
Proof.
move=> S A M a0 tau r hM t0.
apply: (dimension_image (L := fun u z => unshaped M u z.1 z.2) _ _ _ _ (dimension_all _ _)).
- by move=> f g fg z; apply: eq_unshaped.
- by move=> c f g z; apply: unshaped_linear.
- by move=> f g _ _ same; apply: (unshaped_inj hM (a := a0)) => s; apply: (same (s, a0)).
move=> x; rewrite (same_policy_unshaped a0 hM t0).
by split=> [[u hu] | [u _ hu]]; exists u => //; [case | move=> s a; rewrite hu].
Qed.

(** What all actions see alike is made of two functions, one for each discount; [part] is the first one. *)
Theorem two_discounts : Statements.Ambiguity.two_discounts.
Proof.
move=> S A M N a0 tau r hM hN same_P gg t0.
have gap0 : discount M - discount N != 0 by rewrite subr_eq0.
pose part (y : S -> reals) s :=
  (y s - discount N * mean (transition M s a0) y) / (discount M - discount N).
pose L y (z : S * A) := unshaped M (part y) z.1 z.2.
pose D := transition_differences M a0.
pose in_kernel (f : S -> reals) := forall i, \sum_s D i (enum_rank s) * f s = 0.
have [to_y of_y _ _] := RewardRecovery.two_discounts a0 hM hN same_P gg.
have solves u t y : (forall s a, unshaped M u s a = unshaped N t s a) ->
    (forall s, discount M * u s - discount N * t s = y s) -> forall s a, L y (s, a) = unshaped M u s a.
  move=> ut uy s a; apply: eq_unshaped => {a}s; rewrite /part -(eq_mean _ uy) -uy meanB !meanZ.
  by have := ut s a0; rewrite /unshaped same_P => /eqP; rewrite subr_eq => /eqP ->; field.
have pair y : in_kernel y -> exists u t, [/\ forall s, discount M * u s - discount N * t s = y s,
    forall s a, L y (s, a) = unshaped M u s a & forall s a, L y (s, a) = unshaped N t s a].
  move=> /differencesP agree; have [|u [t [ut uy]]] := of_y y; first by move=> s a b; rewrite !(agree s).
  by exists u, t; split=> // s a; rewrite (solves u t).
apply: (dimension_image (L := L) _ _ _ _ (dimension_kernel D)).
- by move=> f g fg z; apply: eq_unshaped => s; rewrite /part fg (eq_mean _ fg).
- move=> c f g z; rewrite -unshaped_linear; apply: eq_unshaped => s.
  by rewrite /part meanD meanZ; field.
- move=> f g /pair[u [t [uf Mf Nf]]] /pair[u' [t' [ug Mg Ng]]] same s; rewrite -uf -ug.
  have -> : u s = u' s by apply: (unshaped_inj hM (a := a0)) => {}s; rewrite -Mf -Mg same.
  by have -> : t s = t' s by apply: (unshaped_inj hN (a := a0)) => {}s; rewrite -Nf -Ng same.
move=> x; rewrite (same_policy_unshaped a0 hM t0) (same_policy_unshaped a0 hN t0).
split=> [[[u hu] [t ht]] | [y /pair[u [t [_ hu ht]]] hx]]; last first.
  by split; [exists u => s a; rewrite hx hu | exists t => s a; rewrite hx ht].
have ut s a : unshaped M u s a = unshaped N t s a by rewrite -hu ht.
exists (fun s => discount M * u s - discount N * t s) => [|[s a]]; last by rewrite (solves u t) // hu.
by apply/differencesP => s a; apply: to_y.
Qed.
