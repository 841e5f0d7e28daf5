(** Ranges of rational numbers that enclose quantities, found by a tactic that follows how a quantity is
    written: [enclose] bounds values and laws of states by the tables of a certificate where there is one, and
    else computes them. What it finds is a program: compare ranges with [vm_compute]. *)
From Coq Require Import ZArith QArith Qabs.
From mathcomp Require Import all_ssreflect all_algebra zify.
From ImitationLearning.Definitions Require Import Probability Extremes FiniteHorizon Imitation Moments.
From ImitationLearning.Definitions Require Import Tables Certificates DiscountedCertificates Disadvantage.
From ImitationLearning.Definitions Require Discounted Executable.
From ImitationLearning.Proofs Require Import Tables Executable Certificates.
From ImitationLearning.Proofs Require DiscountedCertificates.
Set Implicit Arguments.
Unset Strict Implicit.
Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Definition range := (Q * Q)%type.

Definition encloses (R : realFieldType) (x : R) (e : range) : Prop := real R e.1 <= x <= real R e.2.

Local Notation plus := Definitions.Executable.plus.

(** Comparisons, quick where denominators are the same. *)
Definition below (x y : Q) : bool :=
  if (Qden x =? Qden y)%positive then Z.leb (Qnum x) (Qnum y) else Qle_bool x y.
Definition least (x y : Q) : Q := if below x y then x else y.
Definition most (x y : Q) : Q := if below x y then y else x.

Definition exactly (x : Q) : range := (x, x).
Definition range_nat (n : nat) : range := exactly (Qmake (Z.of_nat n) 1).
Definition range_inv (n : nat) : range := exactly (if n is O then Qmake 0 1 else Qmake 1 (Pos.of_nat n)).
Definition range_add (e f : range) : range := (plus e.1 f.1, plus e.2 f.2).
Definition range_opp (e : range) : range := (Qopp e.2, Qopp e.1).
Definition range_max (e f : range) : range := (most e.1 f.1, most e.2 f.2).
Definition range_min (e f : range) : range := (least e.1 f.1, least e.2 f.2).
Definition range_norm (e : range) : range := range_max e (range_opp e).
Definition range_scale (x : Q) (e : range) : range :=
  if Qle_bool (Qmake 0 1) x then (Qmult x e.1, Qmult x e.2) else (Qmult x e.2, Qmult x e.1).
(** Both ends are the same number over the same denominator: what is exact is computed once. *)
Definition single (e : range) : bool := Z.eqb (Qnum e.1) (Qnum e.2) && (Qden e.1 =? Qden e.2)%positive.
Definition range_mul (e f : range) : range :=
  if single e && single f then exactly (Qmult e.1 f.1) else
  let low := range_scale e.1 f in let high := range_scale e.2 f in (least low.1 high.1, most low.2 high.2).
Definition range_exp (e : range) (n : nat) : range := iter n (range_mul e) (range_nat 1).
(** Of numbers that are not 0, see [separated]. *)
Definition range_inverse (e : range) : range := (Qinv e.2, Qinv e.1).
Definition separated (e : range) : bool := ~~ Qle_bool e.1 (Qmake 0 1) || ~~ Qle_bool (Qmake 0 1) e.2.
Definition range_where (e f : range) : range :=
  if Qle_bool e.2 (Qmake 0 1) then range_nat 0
  else if Qle_bool e.1 (Qmake 0 1) then (least f.1 (Qmake 0 1), most f.2 (Qmake 0 1)) else f.

(** Finite types as lists that compute. *)
Class listed (T : finType) := Listed { elements : seq T; elementsE : elements = enum T }.

Definition range_big (T : finType) (l : listed T) (op : range -> range -> range) (z : range)
  (F : T -> range) : range :=
  foldr (fun i => op (F i)) z elements.

Section Ordinals.
Variable n : nat.

Definition ordinal_at (i : nat) : seq 'I_n :=
  (if (i < n)%N as b return (i < n)%N = b -> seq 'I_n then fun lin => [:: Ordinal lin] else fun=> [::]) erefl.

Definition ordinals : seq 'I_n := flatten [seq ordinal_at i | i <- iota 0 n].

Lemma ordinal_atE (i : 'I_n) : ordinal_at i = [:: i].
Proof.
rewrite /ordinal_at; move: (erefl _); rewrite {2 3}ltn_ord => lin; congr [:: _]; exact: val_inj.
Qed.

Lemma ordinalsE : ordinals = enum 'I_n.
Proof.
rewrite /ordinals -val_enum_ord -map_comp; elim: (enum 'I_n) => //= i l ->.
by rewrite ordinal_atE.
Qed.

End Ordinals.

Lemma pairsE (T U : finType) : allpairs pair (enum T) (enum U) = enum [finType of T * U].
Proof. by rewrite [in RHS]enumT unlock. Qed.

#[export] Instance listed_pair (T U : finType) (l : listed T) (m : listed U) : listed [finType of T * U].
Proof. by exists (allpairs pair (@elements _ l) (@elements _ m)); rewrite !elementsE pairsE. Defined.

#[export] Instance listed_ordinal (n : nat) : listed [finType of 'I_n] := Listed (ordinalsE n).

Section Enclosures.
Variable R : realFieldType.
Implicit Types (x y : R) (e f : range).

Lemma belowE (x y : Q) : below x y = Qle_bool x y.
Proof.
rewrite /below /Qle_bool; case: Pos.eqb_spec => // ->.
have mono := Z.mul_le_mono_pos_r (Qnum x) (Qnum y) (Zpos (Qden y)) (Pos2Z.is_pos _).
by apply/idP/idP => /Z.leb_le xy; apply/Z.leb_le; apply/mono.
Qed.

Lemma singleE (e : range) : single e -> e = exactly e.1.
Proof. by case: e => [[m c] [n d]] /andP[/Z.eqb_eq /= -> /Pos.eqb_eq ->]. Qed.

Lemma real_least (x y : Q) : real R (least x y) = Num.min (real R x) (real R y).
Proof. by rewrite /least belowE (real_le R); case: lerP => [xy|/ltW yx]; rewrite ?min_l ?min_r. Qed.

Lemma real_most (x y : Q) : real R (most x y) = Num.max (real R x) (real R y).
Proof. by rewrite /most belowE (real_le R); case: lerP => [xy|/ltW yx]; rewrite ?max_l ?max_r. Qed.

Lemma encloses_real (x : Q) : encloses (real R x) (exactly x).
Proof. by rewrite /encloses lexx. Qed.

Lemma encloses_nat (n : nat) : encloses (n%:R : R) (range_nat n).
Proof. by rewrite /encloses real_nat lexx. Qed.

Lemma encloses_zero : encloses (0 : R) (range_nat 0).
Proof. exact: (encloses_nat 0%N). Qed.

Lemma encloses_one : encloses (1 : R) (range_nat 1).
Proof. exact: (encloses_nat 1%N). Qed.

Lemma encloses_inv (n : nat) : encloses (n%:R^-1 : R) (range_inv n).
Proof. by case: n => [|n]; rewrite /encloses /= ?real_zero ?invr0 ?real_inv_nat lexx. Qed.

Lemma encloses_add x y e f : encloses x e -> encloses y f -> encloses (x + y) (range_add e f).
Proof. by case/andP=> ex xe /andP[fy yf]; rewrite /encloses !real_plus !ler_add. Qed.

Lemma encloses_opp x e : encloses x e -> encloses (- x) (range_opp e).
Proof. by case/andP=> ex xe; rewrite /encloses !real_opp !ler_opp2 ex xe. Qed.

Lemma encloses_max x y e f : encloses x e -> encloses y f -> encloses (Num.max x y) (range_max e f).
Proof.
case/andP=> ex xe /andP[fy yf]; rewrite /encloses !real_most.
by rewrite !le_maxl !le_maxr ex fy xe yf ?orbT.
Qed.

Lemma encloses_min x y e f : encloses x e -> encloses y f -> encloses (Num.min x y) (range_min e f).
Proof.
case/andP=> ex xe /andP[fy yf]; rewrite /encloses !real_least.
by rewrite !le_minr !le_minl ex fy xe yf ?orbT.
Qed.

Lemma encloses_norm x e : encloses x e -> encloses `|x| (range_norm e).
Proof.
move=> xe; rewrite -maxrN; exact: encloses_max xe (encloses_opp xe).
Qed.

Lemma encloses_scale (x : Q) y f : encloses y f -> encloses (real R x * y) (range_scale x f).
Proof.
case/andP=> fy yf; rewrite /encloses /range_scale (real_le R) real_zero.
have [x0|/ltW x0] := lerP 0 (real R x); rewrite !real_mul; first by rewrite !ler_wpmul2l.
by rewrite !ler_wnmul2l.
Qed.

(** A product is affine in its first factor. *)
Lemma encloses_mul x y e f : encloses x e -> encloses y f -> encloses (x * y) (range_mul e f).
Proof.
rewrite /range_mul; case: ifP => [/andP[/singleE -> /singleE ->] | _].
  move=> /andP[ex xe] /andP[fy yf]; have -> : x = real R e.1 by apply: le_anti; rewrite xe ex.
  by have -> : y = real R f.1 by [apply: le_anti; rewrite yf fy]; rewrite -real_mul; apply: encloses_real.
move=> /andP[ex xe] yf.
have /andP[a1 a2] := encloses_scale e.1 yf; have /andP[b1 b2] := encloses_scale e.2 yf.
rewrite /encloses !real_least !real_most le_minl le_maxr.
have [y0|/ltW y0] := lerP 0 y.
  by rewrite (le_trans a1) ?ler_wpmul2r //= (le_trans _ b2) ?orbT // ler_wpmul2r.
by rewrite (le_trans b1) ?orbT ?ler_wnmul2r //= (le_trans _ a2) // ler_wnmul2r.
Qed.

Lemma encloses_step (n : nat) x e (f : nat -> R) (F : nat -> range) :
  encloses x e -> (forall k, n = k.+1 -> encloses (f k) (F k)) ->
  encloses (if n is k.+1 then f k else x) (if n is k.+1 then F k else e).
Proof. by case: n => [|k] xe fF //; apply: fF. Qed.

Lemma encloses_exp x e n : encloses x e -> encloses (x ^+ n) (range_exp e n).
Proof.
move=> xe; elim: n => [|n IH]; first by rewrite expr0; apply: encloses_one.
by rewrite exprS; apply: encloses_mul.
Qed.

Lemma encloses_inverse x e : encloses x e -> separated e -> encloses x^-1 (range_inverse e).
Proof.
case/andP=> ex xe; rewrite /encloses /separated !(real_le R) real_zero -!ltNge !real_inverse.
case/orP=> [e0|e0].
  by have x0 := lt_le_trans e0 ex; rewrite !lef_pinv ?posrE ?xe ?ex // (lt_le_trans x0).
by have x0 := le_lt_trans xe e0; rewrite !lef_ninv ?negrE ?xe ?ex // (le_lt_trans ex).
Qed.

Lemma encloses_where x y e f : encloses x e -> encloses y f ->
  encloses (if 0 < x then y else 0) (range_where e f).
Proof.
case/andP=> ex xe yf; rewrite /range_where !(real_le R) real_zero.
have [e0|_] := lerP (real R e.2) 0; first by rewrite ltNge (le_trans xe) //; apply: encloses_zero.
have [_|e0] := lerP (real R e.1) 0; last by rewrite (lt_le_trans e0 ex).
have /andP[fy fy'] := yf; rewrite /encloses real_least real_most real_zero.
by case: ifP => _; rewrite le_minl le_maxr ?fy ?fy' ?lexx ?orbT.
Qed.

Section Big.
Variables (T : finType) (l : listed T) (f : T -> R) (F : T -> range).
Hypothesis fF : forall i, encloses (f i) (F i).

Lemma encloses_big (op : R -> R -> R) (range_op : range -> range -> range) (z : R) (e : range) :
  (forall x y e1 e2, encloses x e1 -> encloses y e2 -> encloses (op x y) (range_op e1 e2)) ->
  encloses z e -> encloses (\big[op/z]_i f i) (range_big l range_op e F).
Proof.
move=> opE zE; rewrite /range_big elementsE enumT [index_enum _]unlock.
by elim: (Finite.enum T) => [|i indices IH]; rewrite ?big_nil ?big_cons //=; apply: opE.
Qed.

Lemma encloses_sum : encloses (\sum_i f i) (range_big l range_add (range_nat 0) F).
Proof. by apply: encloses_big; [apply: encloses_add | apply: encloses_zero]. Qed.

Lemma encloses_largest z e : encloses z e -> encloses (\big[Num.max/z]_i f i) (range_big l range_max e F).
Proof. by apply: encloses_big => *; apply: encloses_max. Qed.

End Big.

Section Quantities.
Variables (t : tables) (pi : seq (seq (seq Q))).
Local Notation M := (model R t).
Local Notation pi_ := (plays R (t := t) pi).
Implicit Types (H h n : nat) (s : 'I_(states t)).

Lemma encloses_to_go n h s : encloses (to_go M pi_ n h s) (exactly (Definitions.Executable.to_go t pi n h s)).
Proof. rewrite rewards_to_go; exact: encloses_real. Qed.

Lemma encloses_v H h s : encloses (v M H pi_ h s) (exactly (Definitions.Executable.v t H pi h s)).
Proof. rewrite values; exact: encloses_real. Qed.

Lemma encloses_state_law h s :
  encloses (state_law M pi_ h s) (exactly (Definitions.Executable.state_law t pi h s)).
Proof. rewrite state_laws; exact: encloses_real. Qed.

Variables (H : nat) (b : bounds).
Hypothesis hb : certified t H pi b.

Lemma encloses_v_certified h s : (h <= H)%N ->
  encloses (v M H pi_ h s) (at_state (values_below b) h s, at_state (values_above b) h s).
Proof. exact: (bounded R hb h s).1. Qed.

Lemma encloses_state_law_certified h s : (h < H)%N ->
  encloses (state_law M pi_ h s) (at_state (laws_below b) h s, at_state (laws_above b) h s).
Proof. exact: (bounded R hb h s).2. Qed.

End Quantities.

(** The same of a model with a discount, where values and laws are what solves their equations. *)
Section Discounted.
Variables (t : tables) (gamma : Q) (pi : seq (seq (seq Q))) (b : bounds).
Local Notation M := (discounted R t gamma).
Local Notation pi_ := (plays R (t := t) pi 0%N).
Hypothesis hb : certified_discounted t gamma pi b.

Lemma encloses_discounted_value v s : Discounted.is_value M pi_ v ->
  encloses (v s) (at_state (values_below b) 0 s, at_state (values_above b) 0 s).
Proof. by move=> hv; have [_ _ bound _] := DiscountedCertificates.bounded R hb; apply: bound. Qed.

Lemma encloses_discounted_law d s : Discounted.is_state_law M pi_ d ->
  encloses (d s) (at_state (laws_below b) 0 s, at_state (laws_above b) 0 s).
Proof. by move=> hd; have [_ _ _ bound] := DiscountedCertificates.bounded R hb; apply: bound. Qed.

Lemma certified_discounted_policy : Discounted.is_policy pi_.
Proof. by have [] := DiscountedCertificates.bounded R hb. Qed.

End Discounted.

(** What a certificate says of its policy. *)
Lemma certified_policy (t : tables) (H : nat) (pi : seq (seq (seq Q))) (b : bounds) :
  certified t H pi b -> is_policy (plays R (t := t) pi).
Proof.
by case/and5P=> _ table_pi _ _ _; have [_ policy _] := checks R t pi (Qmake 0 1) (Qmake 0 1); apply: policy.
Qed.

Lemma table_model (t : tables) : Definitions.Executable.is_mdp t -> is_mdp (model R t).
Proof. by have [] := checks R t [::] (Qmake 0 1) (Qmake 0 1). Qed.

Lemma table_discounted_model (t : tables) (gamma : Q) :
  Definitions.Executable.is_mdp t -> Qle_bool (Qmake 0 1) gamma && ~~ Qle_bool (Qmake 1 1) gamma ->
  Discounted.is_mdp (discounted R t gamma).
Proof. exact: DiscountedCertificates.table_discounted. Qed.

Lemma table_policies (t : tables) (pis : seq (seq (seq (seq Q)))) (i : nat) :
  all (Definitions.Executable.is_policy t) pis -> (i < size pis)%N ->
  is_policy (plays R (t := t) (nth [::] pis i)).
Proof.
move=> /all_nthP ok ipis; have [_ policy _] := checks R t (nth [::] pis i) (Qmake 0 1) (Qmake 0 1).
by apply: policy; apply: ok.
Qed.

Lemma table_unit_rewards (t : tables) :
  Definitions.Executable.rewards_between t (Qmake 0 1) (Qmake 1 1) -> unit_rewards (model R t).
Proof.
move=> table h s a; have [_ _ /(_ table h s a)] := checks R t [::] (Qmake 0 1) (Qmake 1 1).
by rewrite real_zero real_one.
Qed.

Lemma table_signed_rewards (t : tables) :
  Definitions.Executable.rewards_between t (Qmake (-1) 1) (Qmake 1 1) -> signed_rewards (model R t).
Proof.
have minus1 : real R (Qmake (-1) 1) = -1 by rewrite -real_one -real_opp.
move=> table h s a; have [_ _ /(_ table h s a)] := checks R t [::] (Qmake (-1) 1) (Qmake 1 1).
by rewrite minus1 real_one.
Qed.

Lemma table_discounted_unit_rewards (t : tables) (gamma : Q) :
  Definitions.Executable.rewards_between t (Qmake 0 1) (Qmake 1 1) ->
  Discounted.unit_rewards (discounted R t gamma).
Proof. by move=> /table_unit_rewards unit s a; apply: unit. Qed.

(** Comparisons of ranges decide comparisons of what they enclose. *)
Lemma holds x y e f : encloses x e -> encloses y f -> Qle_bool e.2 f.1 -> x <= y.
Proof. by case/andP=> _ xe /andP[fy _]; rewrite (real_le R) => ef; apply: le_trans xe (le_trans ef fy). Qed.

Lemma fails x y e f : encloses x e -> encloses y f -> ~~ Qle_bool e.1 f.2 -> y < x.
Proof.
by case/andP=> ex _ /andP[_ yf]; rewrite (real_le R) -ltNge => fe; apply: le_lt_trans yf (lt_le_trans fe ex).
Qed.

Lemma equals x y e f : encloses x e -> encloses y f -> Qle_bool e.2 f.1 && Qle_bool f.2 e.1 -> x = y.
Proof. by move=> xe yf /andP[ef fe]; apply: le_anti; rewrite (holds xe yf ef) (holds yf xe fe). Qed.

Lemma differs x y e f : encloses x e -> encloses y f -> ~~ Qle_bool e.1 f.2 || ~~ Qle_bool f.1 e.2 -> x != y.
Proof. by move=> xe yf /orP[/(fails xe yf)/gt_eqF -> // | /(fails yf xe)/lt_eqF ->]. Qed.

End Enclosures.

Lemma before (n k H : nat) : n = k.+1 -> (n < H)%N -> (k < H)%N.
Proof. by move=> -> /ltnW. Qed.

Ltac head_of x := lazymatch x with ?f _ => head_of f | _ => x end.

(** Steps are below the horizon. Not by [done], which would compute the certificates it finds among the
    hypotheses. *)
Ltac within :=
  first [exact (leq0n _) | exact (ltn_ord _) | exact (ltnW (ltn_ord _))
        | exact isT | eapply leq_trans; [exact (ltn_ord _) | exact isT]
        | match goal with e : _ = ?k.+1 |- is_true (?k < _)%N => exact (before e (ltn_ord _)) end].

(** Find the range of [?e] in [encloses x ?e]. *)
Ltac enclose :=
  lazymatch goal with
  | |- forall _, _ => intros ?; enclose
  | c : is_true (certified ?t ?H ?pi _) |- encloses (v (model _ ?t) ?H (plays _ ?pi) _ _) _ =>
      eapply (encloses_v_certified _ c); within
  | c : is_true (certified ?t _ ?pi _) |- encloses (state_law (model _ ?t) (plays _ ?pi) _ _) _ =>
      eapply (encloses_state_law_certified _ c); within
  | c : is_true (certified_discounted ?t ?g ?pi _),
    hv : Discounted.is_value (discounted _ ?t ?g) (plays _ ?pi 0%N) ?v |- encloses (?v _) _ =>
      eapply (encloses_discounted_value c _ hv)
  | c : is_true (certified_discounted ?t ?g ?pi _),
    hd : Discounted.is_state_law (discounted _ ?t ?g) (plays _ ?pi 0%N) ?d |- encloses (?d _) _ =>
      eapply (encloses_discounted_law c _ hd)
  | |- encloses (v (model _ _) _ (plays _ _) _ _) _ => eapply encloses_v
  | |- encloses (to_go (model _ _) (plays _ _) _ _ _) _ => eapply encloses_to_go
  | |- encloses (state_law (model _ _) (plays _ _) _ _) _ => eapply encloses_state_law
  | |- encloses (real _ _) _ => eapply encloses_real
  | |- encloses (plays _ _ _ _ _) _ => eapply encloses_real
  | |- encloses (transition (model _ _) _ _ _ _) _ => eapply encloses_real
  | |- encloses (reward (model _ _) _ _ _) _ => eapply encloses_real
  | |- encloses (start (model _ _) _) _ => eapply encloses_real
  | |- encloses (Discounted.transition (discounted _ _ _) _ _ _) _ => eapply encloses_real
  | |- encloses (Discounted.reward (discounted _ _ _) _ _) _ => eapply encloses_real
  | |- encloses (Discounted.start (discounted _ _ _) _) _ => eapply encloses_real
  | |- encloses (Discounted.discount (discounted _ _ _)) _ => eapply encloses_real
  | |- encloses (_ + _) _ => eapply encloses_add; enclose
  | |- encloses (- _) _ => eapply encloses_opp; enclose
  | |- encloses (_ * _) _ => eapply encloses_mul; enclose
  | |- encloses (_ ^+ _) _ => eapply encloses_exp; enclose
  | |- encloses `|_| _ => eapply encloses_norm; enclose
  | |- encloses (Num.max _ _) _ => eapply encloses_max; enclose
  | |- encloses (Num.min _ _) _ => eapply encloses_min; enclose
  | |- encloses (match _ with true => _ | false => _ end) _ => eapply encloses_where; enclose
  | |- encloses (match _ with O => _ | S _ => _ end) _ => eapply encloses_step; enclose
  | |- encloses _%:R^-1 _ => eapply encloses_inv
  | |- encloses _^-1 _ => eapply encloses_inverse; [enclose | vm_compute; reflexivity]
  | |- encloses _%:R _ => eapply encloses_nat
  | |- encloses 0 _ => eapply encloses_zero
  | |- encloses 1 _ => eapply encloses_one
  | |- encloses (bigop _ _ _) _ => first [eapply encloses_sum | eapply encloses_largest]; enclose
  | |- encloses ?x _ => let f := head_of x in unfold f; cbv beta; enclose
  end.

(** Decide [x <= y], [y < x], [x = y] or [x != y] by ranges, which are computed once, at [Qed]. *)
Ltac compare_ranges :=
  lazymatch goal with
  | |- is_true (_ <= _) => eapply holds
  | |- is_true (_ < _) => eapply fails
  | |- _ = _ :> _ => eapply equals
  | |- is_true (_ != _) => eapply differs
  end; [enclose | enclose | vm_cast_no_check (erefl true)].
