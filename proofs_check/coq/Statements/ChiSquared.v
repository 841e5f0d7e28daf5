(** The chi-squared regulariser of inverse soft-Q learning (Garg, Chakraborty, Cundy, Song and Ermon,
    NeurIPS 2021). The divergence is [mean e (fun x => (d x / e x - 1) ^+ 2)]. *)
From mathcomp Require Import all_ssreflect all_algebra.
From ImitationLearning.Definitions Require Import Probability Extremes.
Import GRing.Theory Num.Theory.
Local Open Scope ring_scope.

(** claim: iq-chi2 *)
Definition chi2_penalty : Prop :=
  forall (R : realFieldType) (T : finType) (d e : T -> R) (alpha : R),
  law d -> law e -> (forall x, 0 < e x) -> 0 < alpha ->
  let payoff r := mean e r - mean d r - alpha * mean e (fun x => r x ^+ 2) in
  let chi2 := mean e (fun x => (d x / e x - 1) ^+ 2) in
  (forall r, payoff r <= chi2 / (4%:R * alpha)) /\
  payoff (fun x => (1 - d x / e x) / (2%:R * alpha)) = chi2 / (4%:R * alpha).

(** claim: iq-chi2.code *)
Definition chi2_code : Prop :=
  forall (R : realFieldType) (T : finType) (d e : T -> R) (alpha : R),
  law d -> law e -> (forall x, 0 < e x) -> 0 < alpha ->
  let payoff r := mean e (fun x => r x - r x ^+ 2 / (4%:R * alpha)) - mean d r in
  let chi2 := mean e (fun x => (d x / e x - 1) ^+ 2) in
  (forall r, payoff r <= alpha * chi2) /\ payoff (fun x => 2%:R * alpha * (1 - d x / e x)) = alpha * chi2.

(** claim: iq-chi2.unbounded *)
Definition chi2_rewards_blow_up : Prop :=
  forall (R : realFieldType) (T : finType) (d e : T -> R) (alpha : R),
  law d -> law e -> (forall x, 0 < e x) -> 0 < alpha ->
  mean e (fun x => (d x / e x - 1) ^+ 2) / (4%:R * alpha ^+ 2) <=
  largest (fun x => ((1 - d x / e x) / (2%:R * alpha)) ^+ 2).
