(** The instances of Swamy, Choudhury, Bagnell and Wu (ICML 2021), as in [sims/families/compounding.py]:
    the right state and the right action are [true], and rewards are one less the costs. *)
From mathcomp Require Import all_ssreflect all_algebra.
From ImitationLearning.Definitions Require Import FiniteHorizon.
Set Implicit Arguments.
Unset Strict Implicit.
Import GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Section Families.
Variable R : realFieldType.

Definition surely (T : finType) (x : T) : T -> R := fun y => (y == x)%:R.

(** Errs with probability [e], in every state. *)
Definition erring (S : finType) (e : R) : policy R S [finType of bool] := fun _ _ a => if a then 1 - e else e.

(** On the path, or fallen once and for all. *)
Definition cliff : mdp R [finType of bool] [finType of bool] := {|
  transition := fun _ (s a : bool) => surely (s && a);
  reward := fun _ (s a : bool) => (s && a)%:R;
  start := surely true
|}.

(** On the track, or beside it, whence every action returns; a step that starts beside it costs 1. *)
Definition unicycle : mdp R [finType of bool] [finType of bool] := {|
  transition := fun _ (s a : bool) => surely (s ==> a);
  reward := fun _ (s : bool) _ => s%:R;
  start := surely true
|}.

(** One state. *)
Definition loop : mdp R [finType of unit] [finType of bool] := {|
  transition := fun _ _ _ => surely tt;
  reward := fun _ _ (a : bool) => a%:R;
  start := surely tt
|}.

End Families.
