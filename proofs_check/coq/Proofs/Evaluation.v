(** Exact numbers of quantities, found by a tactic that follows how a quantity is written: [evaluate] turns
    [x = real R ?q] into a program over rational numbers, [judge] does so for equations, comparisons and laws
    over finite types. [vm_compute] runs what they find; what they leave is a proof that it is right. *)
From Coq Require Import ZArith QArith Qabs.
From mathcomp Require Import all_ssreflect all_algebra zify.
From mathcomp.zify Require Import ssrZ.
From ImitationLearning.Definitions Require Import Probability Extremes FiniteHorizon Tables Trajectories.
From ImitationLearning.Definitions Require Import Moments Parting SoftFiniteHorizon Adril Games.
From ImitationLearning.Definitions Require Import Demonstrations Identification.
From ImitationLearning.Definitions Require Discounted Executable.
From ImitationLearning.Proofs Require Import Tables Executable Enclosures.
Set Implicit Arguments.
Unset Strict Implicit.
Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Local Notation zero := (Qmake 0 1).
Local Notation one := (Qmake 1 1).

(** Reduced, so that numbers stay small. *)
Definition add (x y : Q) : Q := Qred (Qplus x y).
Definition times (x y : Q) : Q := Qred (Qmult x y).
Definition sign (x : Q) : Q := Qmake (Z.sgn (Qnum x)) 1.
Definition natural (n : nat) : Q := Qmake (Z.of_nat n) 1.
Definition when (b : bool) : Q := if b then one else zero.

(** More finite types as lists. *)
#[export] Instance listed_bool : listed [finType of bool].
Proof. by exists [:: true; false]; rewrite enumT; rewrite unlock. Defined.

#[export] Instance listed_unit : listed [finType of unit].
Proof. by exists [:: tt]; rewrite enumT; rewrite unlock. Defined.

#[export] Instance listed_option (T : finType) (l : listed T) : listed [finType of option T].
Proof. by exists (None :: map Some (@elements _ l)); rewrite elementsE !enumT [in RHS]unlock. Defined.

#[export] Instance listed_history (S A : finType) (l : listed S) (m : listed A) h : listed (history S A h).
Proof. by elim: h => [|h IH]; [exact: l | exact: listed_pair (listed_pair IH m) l]. Defined.

#[export] Instance listed_trajectory (S A : finType) (l : listed S) (m : listed A) n :
  listed (trajectory S A n).
Proof. by case: n => [|n]; [exact: listed_unit | exact: listed_pair (listed_history l m n) m]. Defined.

Section Lists.
Variables (T : finType) (l : listed T).

Definition big (op : Q -> Q -> Q) (z : Q) (P : pred T) (F : T -> Q) : Q :=
  foldr (fun i x => if P i then op (F i) x else x) z elements.

Definition average_over (p F : T -> Q) : Q := big add zero xpredT (fun i => times (p i) (F i)).

(** The same function, computed once for each argument. *)
Definition recall (F : T -> Q) : T -> Q :=
  let row := map F elements in fun i => nth zero row (index i elements).

Lemma in_elements i : i \in elements.
Proof. by rewrite elementsE mem_enum. Qed.

Lemma recallE F i : recall F i = F i.
Proof. by rewrite /recall (nth_map i) ?index_mem ?in_elements // nth_index ?in_elements. Qed.

(** Whether a path of at most [n] edges leads from [x] to [y]. *)
Fixpoint leads (e : rel T) n (x y : T) : bool :=
  (x == y) || (if n is m.+1 then has (fun z => e x z && leads e m z y) elements else false).

Lemma leads_connect e n x y : leads e n x y -> connect e x y.
Proof.
elim: n x => [|n IH] x /=; first by rewrite orbF => /eqP->.
case/orP=> [/eqP-> // | /hasP[z _ /andP[xz zy]]]; exact: connect_trans (connect1 xz) (IH _ zy).
Qed.

Lemma card_elements : #|T| = size elements.
Proof. by rewrite elementsE cardE. Qed.

End Lists.

(** Functions between finite types, as rows: sums over them compute, but [finfun] does not. *)
Section Functions.
Variables (I T : finType) (k : listed I) (l : listed T).

Definition rows (n : nat) : seq (seq T) := iter n (fun longer => allpairs cons elements longer) [:: [::]].

Definition functions : seq (I -> T) :=
  if @elements T l is t0 :: _ then
    [seq fun i => nth t0 row (index i (@elements I k)) | row <- rows (size (@elements I k))]
  else [::].

Lemma rows_uniq n : uniq (rows n).
Proof.
elim: n => //= n IH; apply: allpairs_uniq => //; first by rewrite elementsE enum_uniq.
by case=> [t r] [t' r'] _ _ /= [-> ->].
Qed.

Lemma mem_rows n (row : seq T) : (row \in rows n) = (size row == n).
Proof.
elim: n row => [|n IH] row /=; first by rewrite inE; case: row.
apply/allpairsP/idP => [[[t r] /= [_ r_n ->]]|]; first by rewrite eqSS -IH.
by case: row => // t r; rewrite /= eqSS -IH => r_n; exists (t, r); rewrite in_elements.
Qed.

Lemma functions_perm : (0 < size (@elements T l))%N ->
  perm_eq (index_enum [finType of {ffun I -> T}]) [seq [ffun i => g i] | g <- functions].
Proof.
rewrite /functions; case e: (@elements T l) => [//|t0 ts] _.
rewrite -map_comp; set n := size _; set f := _ \o _.
have f_inj : {in rows n &, injective f}.
  move=> r r'; rewrite !mem_rows => /eqP size_r /eqP size_r' /ffunP fE.
  apply: (@eq_from_nth _ t0) => [|j]; first by rewrite size_r.
  rewrite size_r -/n => jn; have [i ->] : exists i, j = index i (@elements I k).
    have i0 : I by case: (@elements I k) @n jn {f fE size_r size_r'} => [|i ?].
    exists (nth i0 (@elements I k) j); rewrite index_uniq // elementsE enum_uniq //.
  by have := fE i; rewrite !ffunE.
apply: uniq_perm; rewrite ?index_enum_uniq ?map_inj_in_uniq ?rows_uniq // => g.
rewrite mem_index_enum; apply/esym/mapP; exists [seq g i | i <- @elements I k].
  by rewrite mem_rows size_map.
by apply/ffunP => i; rewrite ffunE (nth_map i) ?index_mem ?in_elements // nth_index ?in_elements.
Qed.

End Functions.
Arguments functions {I T k l}.
Arguments big {T l}.
Arguments average_over {T l}.
Arguments recall {T l}.
Arguments leads {T l}.

Section Numbers.
Variable R : realFieldType.
Implicit Types (x y : R) (p q : Q).
Local Notation real := (real R).

Lemma exact_zero : 0 = real zero. Proof. by rewrite real_zero. Qed.
Lemma exact_one : 1 = real one. Proof. by rewrite real_one. Qed.
Lemma exact_nat n : n%:R = real (natural n). Proof. by rewrite real_nat. Qed.

Lemma exact_bool (b c : bool) : b = c -> b%:R = real (when c).
Proof. by move=> ->; case: c; rewrite ?real_one ?real_zero. Qed.

Lemma exact_card (T : finType) (l : listed T) : #|T|%:R = real (natural (size (@elements T l))).
Proof. by rewrite -card_elements exact_nat. Qed.

Lemma exact_add x y p q : x = real p -> y = real q -> x + y = real (add p q).
Proof. by move=> -> ->; rewrite (real_eq R (Qred_correct _)) real_add. Qed.

Lemma exact_opp x p : x = real p -> - x = real (Qopp p).
Proof. by move=> ->; rewrite real_opp. Qed.

Lemma exact_mul x y p q : x = real p -> y = real q -> x * y = real (times p q).
Proof. by move=> -> ->; rewrite (real_eq R (Qred_correct _)) real_mul. Qed.

Lemma exact_inv x p : x = real p -> x^-1 = real (Qinv p).
Proof. by move=> ->; rewrite real_inverse. Qed.

Lemma exact_exp x p n : x = real p -> x ^+ n = real (iter n (times p) one).
Proof. by move=> xp; elim: n => [|n IH]; rewrite ?expr0 ?exact_one // exprS; apply: exact_mul. Qed.

Lemma exact_norm x p : x = real p -> `|x| = real (Qabs p).
Proof. by move=> ->; rewrite real_abs. Qed.

Lemma exact_max x y p q : x = real p -> y = real q -> Num.max x y = real (most p q).
Proof. by move=> -> ->; rewrite real_most. Qed.

Lemma exact_min x y p q : x = real p -> y = real q -> Num.min x y = real (least p q).
Proof. by move=> -> ->; rewrite real_least. Qed.

Lemma exact_if (b c : bool) x y p q : b = c -> x = real p -> y = real q ->
  (if b then x else y) = real (if c then p else q).
Proof. by move=> -> -> ->; case: c. Qed.

Lemma exact_if_apply (T : Type) (b c : bool) (f g : T -> R) t p q :
  b = c -> f t = real p -> g t = real q -> (if b then f else g) t = real (if c then p else q).
Proof. by move=> -> ft gt; case: c. Qed.

Lemma exact_option (T : Type) (o : option T) (f : T -> R) (F : T -> Q) z e :
  (forall t, f t = real (F t)) -> z = real e ->
  (if o is Some t then f t else z) = real (if o is Some t then F t else e).
Proof. by case: o. Qed.

Lemma decide_le x y p q : x = real p -> y = real q -> (x <= y) = Qle_bool p q.
Proof. by move=> -> ->; rewrite (real_le R). Qed.

Lemma decide_lt x y p q : x = real p -> y = real q -> (x < y) = ~~ Qle_bool q p.
Proof. by move=> -> ->; rewrite (real_le R) ltNge. Qed.

Lemma decide_eq x y p q : x = real p -> y = real q -> (x == y) = Qle_bool p q && Qle_bool q p.
Proof. by move=> -> ->; rewrite !(real_le R) -eq_le. Qed.

Lemma exact_sg x p : x = real p -> Num.sg x = real (sign p).
Proof.
move=> ->; case: p => [n d]; rewrite /Tables.real /sign /= divr1 sgrM sgrV.
have -> : Num.sg ((Pos.to_nat d)%:R : R) = 1 by apply: gtr0_sg; rewrite ltr0n; lia.
rewrite mulr1 -intr_sg; congr (_%:~R); lia.
Qed.

Section Big.
Variables (T : finType) (l : listed T) (f : T -> R) (F : T -> Q) (P P' : pred T).
Hypotheses (PP' : forall i, P i = P' i) (fF : forall i, f i = real (F i)).

Lemma exact_big (op : R -> R -> R) (number_op : Q -> Q -> Q) z e :
  (forall x y p q, x = real p -> y = real q -> op x y = real (number_op p q)) -> z = real e ->
  \big[op/z]_(i | P i) f i = real (big number_op e P' F).
Proof.
move=> opE zE; rewrite /big elementsE enumT [index_enum _]unlock.
elim: (Finite.enum T) => [|i indices IH]; rewrite ?big_nil ?big_cons //= PP'.
by case: (P' i) => //; apply: opE.
Qed.

Lemma exact_sum : \sum_(i | P i) f i = real (big add zero P' F).
Proof. exact: exact_big exact_add exact_zero. Qed.

Lemma exact_prod : \prod_(i | P i) f i = real (big times one P' F).
Proof. exact: exact_big exact_mul exact_one. Qed.

Lemma exact_largest z e : z = real e -> \big[Num.max/z]_(i | P i) f i = real (big most e P' F).
Proof. exact: exact_big exact_max. Qed.

End Big.

Lemma exact_mean (T : finType) (l : listed T) (p f : T -> R) (P F : T -> Q) :
  (forall i, p i = real (P i)) -> (forall i, f i = real (F i)) -> mean p f = real (average_over P F).
Proof. by move=> pP fF; apply: exact_sum => // i; apply: exact_mul. Qed.

(** A function on a finite type is known by another one with the same values. *)
Lemma exact_mean_functions (I T : finType) (k : listed I) (l : listed T) (p f : {ffun I -> T} -> R)
    (P F : (I -> T) -> Q) :
  (forall g data, (forall i, fun_of_fin data i = g i) -> p data = real (P g)) ->
  (forall g data, (forall i, fun_of_fin data i = g i) -> f data = real (F g)) ->
  (0 < size (@elements T l))%N ->
  mean p f = real (foldr (fun g => add (times (P g) (F g))) zero functions).
Proof.
move=> pP fF nonempty; rewrite /mean (perm_big _ (functions_perm k nonempty)) big_map.
elim: functions => [|g gs IH]; rewrite ?big_nil ?big_cons ?exact_zero //=; apply: exact_add => //.
by apply: exact_mul; [apply: pP | apply: fF] => i; rewrite ffunE.
Qed.

Lemma exact_case n (f : nat -> R) (F : nat -> Q) z e : z = real e -> (forall i, f i = real (F i)) ->
  (if n is i.+1 then f i else z) = real (if n is i.+1 then F i else e).
Proof. by case: n. Qed.

(** Models and policies that are numbers. *)
Section Horizon.
Variables (S A : finType) (l : listed S) (m : listed A) (M : mdp R S A).
Variables (P : nat -> S -> A -> S -> Q) (W : nat -> S -> A -> Q) (mu : S -> Q).
Hypotheses (exact_P : forall h s a s', transition M h s a s' = real (P h s a s'))
           (exact_W : forall h s a, reward M h s a = real (W h s a))
           (exact_mu : forall s, start M s = real (mu s)).

Section Policy.
Variables (pi : policy R S A) (p : nat -> S -> A -> Q).
Hypothesis exact_pi : forall h s a, pi h s a = real (p h s a).

Fixpoint number_to_go n h : S -> Q :=
  if n is k.+1 then
    let next := recall (number_to_go k h.+1) in
    fun s => average_over (p h s) (fun a => add (W h s a) (average_over (P h s a) next))
  else fun=> zero.

Lemma exact_to_go n h s : to_go M pi n h s = real (number_to_go n h s).
Proof.
elim: n h s => [|n IH] h s /=; first exact: exact_zero.
apply: exact_mean => // a; apply: exact_add => //.
by apply: exact_mean => // s'; rewrite recallE.
Qed.

Fixpoint number_law h : S -> Q :=
  if h is k.+1 then
    let now := recall (number_law k) in
    fun s' => average_over now (fun s => average_over (p k s) (fun a => P k s a s'))
  else mu.

Lemma exact_state_law h s : state_law M pi h s = real (number_law h s).
Proof.
elim: h s => [//|h IH] s' /=; apply: exact_mean => s; first by rewrite recallE.
exact: exact_mean.
Qed.

End Policy.

Section Histories.
Variables (eta : history_policy R S A) (e : forall h, history S A h -> A -> Q).
Hypothesis exact_eta : forall h (past : history S A h) a, eta past a = real (e past a).

Fixpoint number_history h : history S A h -> Q :=
  match h return history S A h -> Q with
  | k.+1 => fun past =>
    times (times (number_history past.1.1) (e past.1.1 past.1.2)) (P k (last_state past.1.1) past.1.2 past.2)
  | 0%N => mu
  end.

Lemma exact_history h (past : history S A h) : history_law M eta past = real (number_history past).
Proof. by elim: h past => [//|h IH] past /=; do 2! apply: exact_mul => //. Qed.

Definition number_trajectory n : trajectory S A n -> Q :=
  match n return trajectory S A n -> Q with
  | k.+1 => fun t => times (number_history t.1) (e t.1 t.2)
  | 0%N => fun=> one
  end.

Lemma exact_trajectory n (t : trajectory S A n) : trajectory_law M eta t = real (number_trajectory t).
Proof. by case: n t => [|n] t; [exact: exact_one | apply: exact_mul; rewrite ?exact_history]. Qed.

End Histories.

Section Soft.
Variables (soft : nat -> S -> (A -> R) -> R) (number_soft : nat -> S -> (A -> Q) -> Q).
Hypothesis exact_soft : forall h s f F, (forall a, f a = real (F a)) -> soft h s f = real (number_soft h s F).

Fixpoint number_soft_to_go n h : S -> Q :=
  if n is k.+1 then
    let next := recall (number_soft_to_go k h.+1) in
    fun s => number_soft h s (fun a => add (W h s a) (average_over (P h s a) next))
  else fun=> zero.

Lemma exact_soft_to_go n h s : soft_to_go M soft n h s = real (number_soft_to_go n h s).
Proof.
elim: n h s => [|n IH] h s /=; first exact: exact_zero.
apply: exact_soft => a; apply: exact_add => //.
by apply: exact_mean => // s'; rewrite recallE.
Qed.

End Soft.
End Horizon.

Section Paths.
Variables (S A : finType) (f : nat -> S -> A -> R) (F : nat -> S * A -> Q).
Hypothesis fF : forall h z, f h z.1 z.2 = real (F h z).

Fixpoint number_along (op : Q -> Q -> Q) (e : Q) h (path : seq (S * A)) : Q :=
  if path is z :: rest then op (F h z) (number_along op e h.+1 rest) else e.

Lemma exact_total h path : total f h path = real (number_along add zero h path).
Proof. by elim: path h => [|z path IH] h; [exact: exact_zero | exact: exact_add]. Qed.

Lemma exact_likelihood h path : likelihood f h path = real (number_along times one h path).
Proof. by elim: path h => [|z path IH] h; [exact: exact_one | exact: exact_mul]. Qed.

End Paths.

Section Conditional.
Variables (S A X : finType) (occ : policy R S A -> X -> R) (learners : nat -> policy R S A).
Variables (F : nat -> X -> Q).
Hypothesis fF : forall k z, occ (learners k) z = real (F k z).

Fixpoint number_frank_wolfe k (z : X) : Q :=
  if k is i.+1 then
    add (times (add one (Qopp (times (natural 2) (Qinv (natural i.+3))))) (number_frank_wolfe i z))
        (times (times (natural 2) (Qinv (natural i.+3))) (F k z))
  else F 0%N z.

Lemma exact_frank_wolfe k z : frank_wolfe occ learners k z = real (number_frank_wolfe k z).
Proof.
have w i : 2%:R / i.+3%:R = real (times (natural 2) (Qinv (natural i.+3))).
  by apply: exact_mul; [|apply: exact_inv]; apply: exact_nat.
elim: k => [|k IH] /=; [exact: fF | apply: exact_add; apply: exact_mul => //].
by apply: exact_add; [exact: exact_one | exact: exact_opp (w k)].
Qed.

End Conditional.

(** Moves that are rows of numbers. *)
Lemma exact_mean_move n T (moves : nat -> 'rV[R]_n) (F : nat -> 'I_n -> Q) :
  (forall t j, moves t 0 j = real (F t j)) ->
  forall j, (mean_move T moves) 0 j =
            real (times (Qinv (natural T)) (big add zero xpredT (fun t : 'I_T => F t j))).
Proof.
move=> movesF j; rewrite mxE summxE; apply: exact_mul; first by apply: exact_inv; apply: exact_nat.
exact: exact_sum.
Qed.

(** Propositions. *)
Lemma decide_exists (T : finType) (l : listed T) (P P' : pred T) :
  (forall i, P i = P' i) -> [exists i, P i] = has P' elements.
Proof.
move=> PP'; rewrite -(eq_has PP') elementsE; apply/existsP/hasP => [[i Pi]|[i _ Pi]]; exists i => //.
by rewrite mem_enum.
Qed.

Definition implies (b : bool) (P : Prop) := b -> P.

Lemma implies_bool (b c : bool) : b = c -> implies c b.
Proof. by move->. Qed.

Lemma implies_eq x y p q : x = real p -> y = real q -> implies (Qle_bool p q && Qle_bool q p) (x = y).
Proof. by move=> xp yq; rewrite -(decide_eq xp yq) => /eqP. Qed.

Lemma implies_and b c P P' : implies b P -> implies c P' -> implies (b && c) (P /\ P').
Proof. by move=> bP cP /andP[/bP ? /cP ?]. Qed.

Lemma implies_and3 b c d (P P' P'' : Prop) :
  implies b P -> implies c P' -> implies d P'' -> implies [&& b, c & d] [/\ P, P' & P''].
Proof. by move=> bP cP dP /and3P[/bP ? /cP ? /dP ?]. Qed.

Lemma implies_forall (T : finType) (l : listed T) (b : pred T) (P : T -> Prop) :
  (forall i, implies (b i) (P i)) -> implies (all b elements) (forall i, P i).
Proof. by move=> bP /allP all_b i; apply/bP/all_b/in_elements. Qed.

Lemma implies_below H (b : pred nat) (P : nat -> Prop) :
  (forall h, implies (b h) (P h)) -> implies (all b (iota 0 H)) (forall h, (h < H)%N -> P h).
Proof. by move=> bP /allP all_b h hH; apply/bP/all_b; rewrite mem_iota. Qed.

Lemma implies_below_at (T : finType) (l : listed T) H (b : nat -> pred T) (P : nat -> T -> Prop) :
  (forall h i, implies (b h i) (P h i)) ->
  implies (all (fun h => all (b h) elements) (iota 0 H)) (forall h i, (h < H)%N -> P h i).
Proof.
move=> bP ok h i hH; apply: (implies_below (P := fun h => forall i, P h i) _ ok) hH i => k.
exact: implies_forall.
Qed.

Lemma implies_connect (T : finType) (l : listed T) (e e' : rel T) s t :
  (forall i j, e i j = e' i j) -> implies (leads e' (size elements) s t) (connect e s t).
Proof. by move=> ee' /leads_connect; rewrite (eq_connect ee'). Qed.

(** What holds at all steps is read off the tables. *)
Lemma implies_model (t : tables) : implies (Executable.is_mdp t) (is_mdp (model R t)).
Proof. exact: table_model. Qed.

Lemma implies_policy (t : tables) pi : implies (Executable.is_policy t pi) (is_policy (plays R (t := t) pi)).
Proof. by case: (checks R t pi zero zero). Qed.

Lemma implies_unit (t : tables) : implies (Executable.rewards_between t zero one) (unit_rewards (model R t)).
Proof. exact: table_unit_rewards. Qed.

Lemma implies_signed (t : tables) :
  implies (Executable.rewards_between t (Qmake (-1) 1) one) (signed_rewards (model R t)).
Proof. exact: table_signed_rewards. Qed.

End Numbers.

Lemma exact_root (R : rcfType) (x : R) p : x = real R p -> Num.sqrt (x ^+ 2) = real R (Qabs p).
Proof. by move=> xp; rewrite sqrtr_sqr; apply: exact_norm. Qed.

Ltac use_known_functions :=
  repeat match goal with
  | given : forall i, fun_of_fin ?f i = _ |- context [fun_of_fin ?f ?i] => rewrite (given i)
  end.

Ltac unfold_head x := let f := head_of x in unfold f.

(** Find the number [?q] in [x = real R ?q], and [?b] in [b = ?b]. *)
Ltac evaluate :=
  use_known_functions;
  lazymatch goal with
  | |- forall _, _ => intros ?; evaluate
  | |- real _ _ = _ => reflexivity
  | |- to_go _ _ _ _ _ = _ => eapply exact_to_go; evaluate
  | |- state_law _ _ _ _ = _ => eapply exact_state_law; evaluate
  | |- history_law _ _ _ = _ => eapply exact_history; evaluate
  | |- trajectory_law _ _ _ = _ => eapply exact_trajectory; evaluate
  | |- soft_to_go _ _ _ _ _ = _ => eapply exact_soft_to_go; evaluate
  | |- total _ _ _ = _ => eapply exact_total; evaluate
  | |- likelihood _ _ _ = _ => eapply exact_likelihood; evaluate
  | |- frank_wolfe _ _ _ _ = _ => eapply exact_frank_wolfe; evaluate
  | |- fun_of_matrix (mean_move _ _) _ _ = _ => eapply exact_mean_move; evaluate
  | |- fun_of_matrix (matrix_of_fun _ _) _ _ = _ => rewrite mxE ?enum_rankK; evaluate
  | |- fun_of_matrix ?m _ _ = _ => tryif progress cbv beta zeta then idtac else unfold_head m; evaluate
  | |- FiniteHorizon.transition (FiniteHorizon.Mdp ?p _ _) ?h ?s ?a ?t = ?q =>
      change (p h s a t = q); evaluate
  | |- FiniteHorizon.reward (FiniteHorizon.Mdp _ ?r _) ?h ?s ?a = ?q => change (r h s a = q); evaluate
  | |- FiniteHorizon.start (FiniteHorizon.Mdp _ _ ?mu) ?s = ?q => change (mu s = q); evaluate
  | |- Discounted.transition (Discounted.Mdp ?p _ _ _) ?s ?a ?t = ?q => change (p s a t = q); evaluate
  | |- Discounted.reward (Discounted.Mdp _ ?r _ _) ?s ?a = ?q => change (r s a = q); evaluate
  | |- Discounted.start (Discounted.Mdp _ _ ?mu _) ?s = ?q => change (mu s = q); evaluate
  | |- Discounted.discount (Discounted.Mdp _ _ _ ?g) = ?q => change (g = q); evaluate
  | |- FiniteHorizon.transition ?M _ _ _ _ = _ => unfold_head M; evaluate
  | |- FiniteHorizon.reward ?M _ _ _ = _ => unfold_head M; evaluate
  | |- FiniteHorizon.start ?M _ = _ => unfold_head M; evaluate
  | |- Discounted.transition ?M _ _ _ = _ => unfold_head M; evaluate
  | |- Discounted.reward ?M _ _ = _ => unfold_head M; evaluate
  | |- Discounted.start ?M _ = _ => unfold_head M; evaluate
  | |- Discounted.discount ?M = _ => unfold_head M; evaluate
  | |- _ + _ = _ => eapply exact_add; evaluate
  | |- - _ = _ => eapply exact_opp; evaluate
  | |- _ * _ = _ => eapply exact_mul; evaluate
  | |- _^-1 = _ => eapply exact_inv; evaluate
  | |- _ ^+ _ = _ => eapply exact_exp; evaluate
  | |- `|_| = _ => eapply exact_norm; evaluate
  | |- Num.max _ _ = _ => eapply exact_max; evaluate
  | |- Num.min _ _ = _ => eapply exact_min; evaluate
  | |- Num.sqrt (_ ^+ 2) = _ => eapply exact_root; evaluate
  | |- Num.sg _ = _ => eapply exact_sg; evaluate
  | |- match _ with true => _ | false => _ end = _ => eapply exact_if; [judge | evaluate | evaluate]
  | |- match _ with true => _ | false => _ end _ = _ => eapply exact_if_apply; [judge | evaluate | evaluate]
  | |- match _ with Some _ => _ | None => _ end = _ => eapply exact_option; evaluate
  | |- match _ with O => _ | S _ => _ end = _ => eapply exact_case; evaluate
  | |- (nat_of_bool _)%:R = _ => eapply exact_bool; judge
  | |- _%:R = _ => first [eapply exact_card | eapply exact_nat]
  | |- 0 = _ => eapply exact_zero
  | |- 1 = _ => eapply exact_one
  | |- @mean _ (finfun_finType _ _) _ _ = _ =>
      eapply exact_mean_functions; [evaluate | evaluate | vm_compute; reflexivity]
  | |- bigop _ _ (fun i => BigBody _ ?op _ _) = real ?F _ =>
      lazymatch op with
      | @GRing.add _ => eapply (@exact_sum F)
      | @GRing.mul _ => eapply (@exact_prod F)
      | _ => eapply (@exact_largest F)
      end; [intros ?; judge | evaluate ..]
  | given : forall _, ?f _ = real _ _ |- ?f _ = _ => eapply given
  | |- ?x = _ => tryif progress cbv beta zeta then idtac else unfold_head x; evaluate
  end
with judge :=
  use_known_functions;
  lazymatch goal with
  | |- (_ <= _) = _ => first [eapply decide_le; evaluate | reflexivity]
  | |- (_ < _) = _ => first [eapply decide_lt; evaluate | reflexivity]
  | |- (_ == _) = _ => first [eapply decide_eq; evaluate | reflexivity]
  | |- _ && _ = _ => eapply (f_equal2 andb); judge
  | |- seen _ _ _ = _ => unfold seen; judge
  | |- visits _ _ _ = _ => unfold visits; judge
  | |- linked _ _ _ = _ => unfold linked; cbv beta; judge
  | |- ~~ FiniteQuant.quant0b _ = _ => eapply decide_exists; intros ?; judge
  | |- _ => reflexivity
  end.

(** Find a program [?b] in [implies ?b P]. *)
Ltac program :=
  lazymatch goal with
  | |- implies _ (_ /\ _) => eapply implies_and; program
  | |- implies _ [/\ _, _ & _] => eapply implies_and3; program
  | |- implies _ (is_true (connect _ _ _)) => eapply implies_connect; intros ? ?; judge
  | |- implies _ (is_true _) => eapply implies_bool; judge
  | |- implies _ (_ = _) => eapply implies_eq; evaluate
  | |- implies _ (forall h i, is_true (h < _)%N -> _) => eapply implies_below_at; intros ? ?; program
  | |- implies _ (forall _, _) => eapply implies_forall; intros ?; program
  | |- implies _ (FiniteHorizon.is_mdp (model _ _)) => eapply implies_model
  | |- implies _ (FiniteHorizon.is_policy (plays _ _)) => eapply implies_policy
  | |- implies _ (FiniteHorizon.unit_rewards (model _ _)) => eapply implies_unit
  | |- implies _ (signed_rewards (model _ _)) => eapply implies_signed
  | |- implies _ ?P => unfold_head P; cbv beta zeta; program
  end.

(** Print the numbers of a function of a finite type, in its order and as fractions, and whether a proposition
    is proved. *)
Ltac show_numbers function :=
  lazymatch type of function with
  | forall x : ?T, ?R =>
      let F := fresh in let found := fresh in
      evar (F : T -> Q);
      assert (found : forall x, function x = real _ (F x)); [unfold F; clear F; cbv beta; evaluate |];
      let found := eval vm_compute in [seq (Qnum (F x), Qden (F x)) | x <- elements] in idtac found
  end.

Ltac show_decision proposition :=
  let b := fresh in let found := fresh in
  evar (b : bool);
  assert (found : implies b proposition); [unfold b; clear b; program |];
  let found := eval vm_compute in b in idtac found.
