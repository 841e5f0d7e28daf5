(** Which concave utility gives which divergence, where there are logarithms: rows of the table of Garg,
    Chakraborty, Cundy, Song and Ermon (NeurIPS 2021), over the real numbers. The left side is what the
    best reward is worth; every outcome is possible under both laws. *)
From mathcomp Require Import all_ssreflect all_algebra.
From ImitationLearning.Definitions Require Import Probability Reals.
Import GRing.Theory Num.Theory.
Local Open Scope ring_scope.

(** claim: iq-phi-table.forward-kl *)
Definition forward_kl : Prop :=
  forall (T : finType) (d e : T -> reals),
  law d -> law e -> (forall x, 0 < d x) -> (forall x, 0 < e x) ->
  let r x := e x / d x in
  mean e (fun x => 1 + ln (r x)) - mean d r = kl e d.

(** claim: iq-phi-table.reverse-kl *)
Definition reverse_kl : Prop :=
  forall (T : finType) (d e : T -> reals),
  law d -> law e -> (forall x, 0 < d x) -> (forall x, 0 < e x) ->
  let r x := - 1 - ln (d x / e x) in
  mean e (fun x => - exp (- (r x + 1))) - mean d r = kl d e.

(** claim: iq-phi-table.reverse-kl-centred *)
Definition reverse_kl_centred : Prop :=
  forall (T : finType) (d e : T -> reals),
  law d -> law e -> (forall x, 0 < d x) -> (forall x, 0 < e x) ->
  let r x := - ln (d x / e x) in
  mean e (fun x => 1 - exp (- r x)) - mean d r = kl d e.

(** claim: iq-phi-table.jensen-shannon
    The right side is twice the divergence of Jensen and Shannon. *)
Definition jensen_shannon : Prop :=
  forall (T : finType) (d e : T -> reals),
  law d -> law e -> (forall x, 0 < d x) -> (forall x, 0 < e x) ->
  let r x := - ln (2%:R * d x / (d x + e x)) in
  let middle x := (d x + e x) / 2%:R in
  mean e (fun x => ln (2%:R - exp (- r x))) - mean d r = kl d middle + kl e middle.
