(** Instances that show what mistakes cost when they compound: their values and error rates in closed form. *)
From mathcomp Require Import all_ssreflect all_algebra ring.
From ImitationLearning.Definitions Require Import Probability FiniteHorizon Imitation Families Compounding.
From ImitationLearning.Proofs Require Import Sums Powers Difference Values Families.
From ImitationLearning.Statements Require Compounding.
Set Implicit Arguments.
Unset Strict Implicit.
Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Section FirstStep.
Variables (R : realFieldType) (cost : R).
Local Notation M := (first_step cost).
Implicit Types (pi : policy R [finType of option bool] [finType of bool]) (H h n : nat) (e : R).

(** The whole error at the first step. *)
Lemma is_mdp_first_step : is_mdp M.
Proof. by split=> [h s a|]; apply: law_surely. Qed.

Lemma is_policy_first_step e : 0 <= e <= 1 -> is_policy (first_step_learner e).
Proof. by move=> he h [b|]; apply: is_policy_erring; rewrite // lexx ler01. Qed.

(** In a state that is never left, every policy earns the same. *)
Lemma to_go_forever pi n h b : is_policy pi -> to_go M pi n h (Some b) = n%:R * ((1 - cost) * b%:R).
Proof.
move=> hpi; elim: n h => [|n IH] h; first by rewrite mul0r.
rewrite -[RHS](mean_const _ (hpi h (Some b))) to_goS; apply: eq_mean => a.
by rewrite mean_surely IH mulrS [RHS]mulrDl mul1r.
Qed.

(** The first action decides about all rewards. *)
Lemma value_first_step H pi : is_policy pi -> value M H pi = pi 0%N None true * (H%:R * (1 - cost)).
Proof.
move=> hpi; rewrite /value mean_surely /v subn0; case: H => [|H]; first by rewrite mul0r mulr0.
rewrite to_goS; under eq_mean do rewrite mean_surely to_go_forever //.
by rewrite /mean big_bool /= mulrS; ring.
Qed.

(** Where the expert goes. *)
Lemma mean_state_law_right h f :
  mean (state_law M (playing R (fun _ _ => true)) h) f = f (if h is 0%N then None else Some true).
Proof.
elim: h f => [|h IH] f; first exact: mean_surely.
by rewrite mean_state_lawS IH mean_playing mean_surely; case: h {IH}.
Qed.

(** The expert meets the learner's error at the first step only. *)
Lemma error_rate_first_step H e : 0 <= e -> (0 < H)%N ->
  error_rate M H (playing R (fun _ _ => true)) (first_step_learner e) = H%:R^-1 * e.
Proof.
move=> e0; case: H => [//|H _]; congr (_ * _).
under eq_bigr do rewrite mean_state_law_right.
have tvE h s : tv (playing R (fun _ _ => true) h s) (first_step_learner e h s) = if s is None then e else 0.
  transitivity (tv (erring 0 h s) (first_step_learner e h s)); last first.
    by rewrite tv_erring sub0r normrN ger0_norm; case: s.
  by congr (_ * _); apply: eq_bigr => a _; rewrite playing_right.
by rewrite big_ord_recl tvE big1 ?addr0 // => h _; rewrite tvE.
Qed.

End FirstStep.

Theorem exact_compounding : Statements.Compounding.exact_compounding.
Proof.
move=> R H e cost he /andP[c0 c1] M E L epsilon; have hE : is_policy E by exact: is_policy_playing.
have hL : is_policy L := is_policy_first_step he; have /andP[e0 e1] := he.
split=> //; first exact: is_mdp_first_step.
  move=> h s a; rewrite /M /=; case: (ends_well s a); rewrite ?mulr1 ?mulr0 ?lexx ?ler01 //.
  by rewrite subr_ge0 c1 /= ler_subl_addr ler_addl.
rewrite !value_first_step //= mul1r; case: (posnP H) => [-> | H0]; first by ring.
rewrite /epsilon error_rate_first_step //; have := H0; rewrite lt0n -(pnatr_eq0 R) => Hn0.
by field.
Qed.

Theorem supervised_attained : Statements.Compounding.supervised_attained.
Proof.
move=> R H epsilon H0 /andP[e0 e1]; have Hn0 : H%:R != 0 :> R by rewrite pnatr_eq0 -lt0n.
have he : 0 <= H%:R * epsilon <= 1.
  by rewrite mulr_ge0 ?ler0n // -ler_pdivl_mull ?ltr0n // mulr1.
have free : 0 <= (0 : R) <= 1 by rewrite lexx ler01.
have [hM hr hE hL _] := exact_compounding H he free.
exists _, _, (first_step 0), (playing R (fun _ _ => true)), (first_step_learner (H%:R * epsilon)).
split; first by split.
rewrite error_rate_first_step //; last by case/andP: he.
rewrite !value_first_step //= mul1r; split; first by field.
by field.
Qed.

Section Flip.
Variables (R : realFieldType) (e : R).
Local Notation M := (flip R).

(** Expected number of the steps 1 to n after which the side is not the one at the start. *)
Definition changes n : R := \sum_(t < n) (1 - (1 - 2%:R * e) ^+ t.+1) / 2%:R.

(** A geometric series. *)
Lemma total_changes n : 2%:R * e * changes n = e * n.+1%:R - (1 - (1 - 2%:R * e) ^+ n.+1) / 2%:R.
Proof.
elim: n => [|n IH]; first by rewrite /changes big_ord0 expr1; field.
by rewrite /changes big_ord_recr /= -/(changes n) mulrDr IH [(1 - 2%:R * e) ^+ n.+2]exprS; field.
Qed.

(** Both sides are as likely to change. *)
Lemma to_go_flip n h (s : bool) : to_go M (erring e) n h s = if s then n%:R - changes n else changes n.
Proof.
elim: n h s => [|n IH] h s; first by rewrite /changes big_ord0 subr0; case: s.
have next : changes n.+1 = changes n + e * n.+1%:R - 2%:R * e * changes n.
  by rewrite total_changes /changes big_ord_recr /=; field.
rewrite to_goS mean_erring !mean_surely !IH next.
by case: s => /=; ring.
Qed.

Lemma value_always_right H : value M H (playing R (fun _ _ => true)) = H%:R.
Proof.
rewrite /value mean_surely /v subn0; move: 0%N; elim: H => [//|H IH] h.
by rewrite to_goS mean_playing mean_surely [RHS]mulrS -(IH h.+1).
Qed.

(** Each change from the right side costs a reward. *)
Lemma gap_flip H : value M H (playing R (fun _ _ => true)) - value M H (erring e) = changes H.
Proof. by rewrite value_always_right /value mean_surely /v subn0 to_go_flip opprB addrCA subrr addr0. Qed.

End Flip.

Theorem flip_cost : Statements.Compounding.flip_cost.
Proof.
move=> R H e he M E L; split.
- by split=> [h s a|]; apply: law_surely.
- by move=> h s a; rewrite ler0n lern1 leq_b1.
- exact: is_policy_playing.
- exact: is_policy_erring.
have -> : 4%:R * e = 2%:R * (2%:R * e) by ring.
by rewrite gap_flip -mulrA total_changes; field.
Qed.

Theorem flip_quadratic : Statements.Compounding.flip_quadratic.
Proof.
move=> R H e /andP[e0 e1] /=; rewrite gap_flip.
have x02 : 0 <= 2%:R * e <= 2%:R by rewrite mulr_ge0 ?ler0n // -[leRHS]mulr1 ler_wpmul2l ?ler0n.
suff -> : (H * H.+1)%:R / 2%:R * e - (H%:R ^+ 3 - H%:R) / 3%:R * e ^+ 2 =
  \sum_(t < H) (t.+1%:R * (2%:R * e) - t.+1%:R * (t.+1%:R - 1) / 2%:R * (2%:R * e) ^+ 2) / 2%:R.
  by apply: ler_sum => t _; apply: ler_wpmul2r; rewrite ?invr_ge0 ?ler0n // bonferroni.
elim: H => [|H IH]; first by rewrite big_ord0; field.
by rewrite big_ord_recr /= -IH; field.
Qed.
