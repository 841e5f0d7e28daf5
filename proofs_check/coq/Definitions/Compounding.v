(** Instances in which mistakes compound, as in [sims/families/compounding.py]: the right action is [true]. *)
From mathcomp Require Import all_ssreflect all_algebra.
From ImitationLearning.Definitions Require Import FiniteHorizon Families.
Set Implicit Arguments.
Unset Strict Implicit.
Import GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Section Compounding.
Variable R : realFieldType.

(** Whether a step ends well: from the start ([None]) if the action is right; the good and the bad state are
    never left. *)
Definition ends_well (s : option bool) (a : bool) : bool := if s is Some good then good else a.

(** A step costs [cost] if it ends well, else 1; rewards are one less the costs. *)
Definition first_step (cost : R) : mdp R [finType of option bool] [finType of bool] := {|
  transition := fun _ s a => surely R (Some (ends_well s a));
  reward := fun _ s a => (1 - cost) * (ends_well s a)%:R;
  start := surely R None
|}.

(** Errs at the start only, with probability [e]. *)
Definition first_step_learner (e : R) : policy R [finType of option bool] [finType of bool] :=
  fun h s => erring (if s is None then e else 0) h s.

(** Right ([true]) or wrong; the right action keeps the state, the other one changes sides. A step earns 1 if
    it ends in the right state. *)
Definition flip : mdp R [finType of bool] [finType of bool] := {|
  transition := fun _ (s a : bool) => surely R (s == a);
  reward := fun _ (s a : bool) => (s == a)%:R;
  start := surely R true
|}.

End Compounding.
