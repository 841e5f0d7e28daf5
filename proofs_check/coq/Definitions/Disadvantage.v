(** What one action can lose against the expert's value, or move it, in states that a policy visits. *)
From mathcomp Require Import all_ssreflect all_algebra.
From ImitationLearning.Definitions Require Import FiniteHorizon Extremes.
Set Implicit Arguments.
Unset Strict Implicit.
Import GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Section Disadvantage.
Variables (R : realFieldType) (S A : finType).
Implicit Types (M : mdp R S A) (expert learner : policy R S A) (H h : nat).

(** The largest value where the learner goes at step [h]; 0 elsewhere. *)
Definition largest_visited M learner h (f : S -> R) : R :=
  largest (fun s => if 0 < state_law M learner h s then f s else 0).

Definition step_disadvantage M H expert learner h : R :=
  largest_visited M learner h (fun s => largest (fun a => v M H expert h s - q M H expert h s a)).

(** The u of DAgger. *)
Definition disadvantage M H expert learner : R :=
  \big[Num.max/0]_(h < H) step_disadvantage M H expert learner h.

(** The largest range of the expert's action values. *)
Definition visited_span M H expert learner : R :=
  \big[Num.max/0]_(h < H) largest_visited M learner h (fun s => span (q M H expert h s)).

End Disadvantage.
