(** Certificates: tables of rounded numbers that bound the values of one policy and the laws of its states, as
    Coq checks by one inequality for each step and state. [Statements.Certificates] says what follows. *)
From Coq Require Import ZArith QArith.
From mathcomp Require Import all_ssreflect.
From ImitationLearning.Definitions Require Import Tables Executable.
Set Implicit Arguments.
Unset Strict Implicit.
Local Open Scope nat_scope.

(** Each a table of steps and states; values also at step H, where nothing is left to earn. *)
Record bounds := Bounds {
  values_below : seq (seq Q);
  values_above : seq (seq Q);
  laws_below : seq (seq Q);
  laws_above : seq (seq Q)
}.

Definition at_state (table : seq (seq Q)) (h s : nat) : Q := entry (nth [::] table h) s.

Definition at_least (x y : Q) : bool := Qle_bool y x.

Section Certificates.
Variables (t : tables) (H : nat) (pi : seq (seq (seq Q))).
Implicit Types (le : Q -> Q -> bool) (w d : seq (seq Q)).

(** One step before what [w] says, against what [w] says: [le] of a super-solution is <=, of a sub-solution
    it is >=. *)
Definition solves le w : bool :=
  all (fun s => le (Qmake 0 1) (at_state w H s)) (iota 0 (states t)) &&
  all (fun h => all (fun s => le (backup t pi h (at_state w h.+1) s) (at_state w h s)) (iota 0 (states t)))
      (iota 0 H).

(** The same forwards. *)
Definition flows le d : bool :=
  all (fun s => le (entry (starting t) s) (at_state d 0 s)) (iota 0 (states t)) &&
  all (fun h => all (fun s => le (push t pi h (at_state d h) s) (at_state d h.+1 s)) (iota 0 (states t)))
      (iota 0 H.-1).

Definition certified (b : bounds) : bool :=
  [&& is_mdp t, is_policy t pi, solves at_least (values_below b), solves Qle_bool (values_above b),
      flows at_least (laws_below b) & flows Qle_bool (laws_above b)].

End Certificates.
