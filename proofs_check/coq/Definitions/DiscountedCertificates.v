(** Certificates of models with a discount: rows of rounded numbers that bound what solves Bellman's and the
    flow equations, as Coq checks by one inequality for each state. [Statements.DiscountedCertificates] says
    what follows. *)
From Coq Require Import ZArith QArith.
From mathcomp Require Import all_ssreflect.
From ImitationLearning.Definitions Require Import Tables Certificates.
From ImitationLearning.Definitions Require Executable.
Set Implicit Arguments.
Unset Strict Implicit.
Local Open Scope nat_scope.

Section Certificates.
Variables (t : tables) (gamma : Q) (pi : seq (seq (seq Q))).
Implicit Types (le : Q -> Q -> bool) (w d : nat -> Q) (s : nat).

(** One reward, then [w], discounted. *)
Definition discounted_backup w s : Q :=
  Executable.mean (actions t) (Executable.act pi 0 s) (fun a =>
    Executable.plus (Executable.reward t 0 s a)
      (Qmult gamma (Executable.mean (states t) (Executable.transition t 0 s a) w))).

(** What starts in a state, or moves there. *)
Definition discounted_inflow d s : Q :=
  Executable.plus (Qmult (Executable.plus (Qmake 1 1) (Qopp gamma)) (entry (starting t) s))
    (Qmult gamma (Executable.push t pi 0 d s)).

Definition discounted_solves le w : bool :=
  all (fun s => le (discounted_backup w s) (w s)) (iota 0 (states t)).

Definition discounted_flows le d : bool :=
  all (fun s => le (discounted_inflow d s) (d s)) (iota 0 (states t)).

(** Tables of one row. *)
Definition certified_discounted (b : bounds) : bool :=
  [&& Executable.is_mdp t, Executable.is_policy t pi,
      Qle_bool (Qmake 0 1) gamma && ~~ Qle_bool (Qmake 1 1) gamma,
      discounted_solves at_least (at_state (values_below b) 0) &&
      discounted_solves Qle_bool (at_state (values_above b) 0) &
      discounted_flows at_least (at_state (laws_below b) 0) &&
      discounted_flows Qle_bool (at_state (laws_above b) 0)].

End Certificates.
