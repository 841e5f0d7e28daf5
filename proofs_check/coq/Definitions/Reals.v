(** Coq's real numbers, their exponential and their logarithm. [Statements.Reals] says that addition,
    multiplication and order of [reals] are those of Coq's library. Theorems about them may use the axioms
    that its real numbers rest on. *)
From Coq Require Reals.
From mathcomp Require Import all_ssreflect all_algebra.
From ImitationLearning.Definitions Require Import Probability Discounted.
From ImitationLearning.Definitions Require Logarithms.
From ImitationLearning.Proofs Require RealField.
Set Implicit Arguments.
Unset Strict Implicit.
Import GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Definition reals : realFieldType := RealField.real_realFieldType.

Definition exp : reals -> reals := Rtrigo_def.exp.
Definition ln : reals -> reals := Rpower.ln.

Section Logarithms.
Variable T : finType.
Implicit Types (p q f : T -> reals) (tau : reals).

Definition log_sum_exp tau f : reals := Logarithms.log_sum_exp exp ln tau f.
Definition softmax tau f : T -> reals := Logarithms.softmax exp tau f.
Definition entropy p : reals := Logarithms.entropy ln p.
Definition kl p q : reals := Logarithms.kl ln p q.
Definition shown_by q p : Prop := Logarithms.shown_by q p.

End Logarithms.

(** bar H(x) = - sum x log (x(s, a) / x(s)), of any measure [x] of states and actions. *)
Definition occupancy_entropy (S A : finType) (x : S -> A -> reals) : reals :=
  - \sum_s \sum_a x s a * ln (x s a / \sum_b x s b).

(** The utility of KL(rho || rho_E) in inverse soft-Q learning. *)
Definition kl_utility (y : reals) : reals := - exp (- y - 1).

(** The policy of soft values [v] at temperature tau. *)
Definition soft_policy (S A : finType) (M : mdp reals S A) tau (v : S -> reals) : policy reals S A :=
  fun s => softmax tau (q M v s).
