(** What the definitions of [FiniteHorizon] say of tables, as programs that Coq runs: sums over finite types
    do not compute, sums over lists do. [Statements.Executable] says that they are the same. *)
From Coq Require Import ZArith QArith Qabs.
From mathcomp Require Import all_ssreflect.
From ImitationLearning.Definitions Require Import Tables.
Set Implicit Arguments.
Unset Strict Implicit.
Local Open Scope nat_scope.

(** Numbers over a common denominator keep it: nothing is ever reduced. *)
Definition plus (x y : Q) : Q :=
  if (Qden x =? Qden y)%positive then Qmake (Qnum x + Qnum y) (Qden x) else Qplus x y.

Definition sum (n : nat) (f : nat -> Q) : Q := foldr (fun i => plus (f i)) (Qmake 0 1) (iota 0 n).

Definition mean (n : nat) (p f : nat -> Q) : Q := sum n (fun i => Qmult (p i) (f i)).

Definition tv (n : nat) (p q : nat -> Q) : Q :=
  Qmult (Qmake 1 2) (sum n (fun i => Qabs (plus (p i) (Qopp (q i))))).

(** The same function, computed once for each argument below [n]. *)
Definition memo (n : nat) (f : nat -> Q) : nat -> Q := let row := map f (iota 0 n) in entry row.

Section Tables.
Variable t : tables.
Implicit Types (pi : seq (seq (seq Q))) (w d : nat -> Q) (H h n s a : nat).

Definition transition h s a (s' : nat) : Q := entry (nth [::] (nth [::] (at_step (transitions t) h) s) a) s'.

Definition reward h s a : Q := entry (nth [::] (at_step (rewards t) h) s) a.

Definition act pi h s a : Q := entry (nth [::] (at_step pi h) s) a.

(** One reward, then [w]. *)
Definition look_ahead h w s a : Q := plus (reward h s a) (mean (states t) (transition h s a) w).

Definition backup pi h w s : Q := mean (actions t) (act pi h s) (look_ahead h w s).

(** The law of the next state. *)
Definition push pi h d (s' : nat) : Q :=
  mean (states t) d (fun s => mean (actions t) (act pi h s) (fun a => transition h s a s')).

Fixpoint to_go pi n h : nat -> Q :=
  if n is m.+1 then memo (states t) (backup pi h (to_go pi m h.+1)) else fun=> Qmake 0 1.

Definition v H pi h : nat -> Q := to_go pi (H - h) h.

Definition q H pi h s a : Q := look_ahead h (v H pi h.+1) s a.

Definition value H pi : Q := mean (states t) (entry (starting t)) (v H pi 0).

Fixpoint state_law pi h : nat -> Q :=
  if h is k.+1 then memo (states t) (push pi k (state_law pi k)) else entry (starting t).

Definition occupancy pi h s a : Q := Qmult (state_law pi h s) (act pi h s a).

Definition error_rate H (expert learner : seq (seq (seq Q))) : Q :=
  Qmult (if H is O then Qmake 0 1 else Qmake 1 (Pos.of_nat H))
    (sum H (fun h => mean (states t) (state_law expert h) (fun s =>
      tv (actions t) (act expert h s) (act learner h s)))).

(** Whether the tables have their shapes and describe a model, or a policy. *)
Definition is_law (n : nat) (row : seq Q) : bool :=
  [&& size row == n, all (Qle_bool (Qmake 0 1)) row & Qeq_bool (sum n (entry row)) (Qmake 1 1)].

Definition is_table (T : Type) (n : nat) (row : seq T -> bool) (steps : seq (seq (seq T))) : bool :=
  (0 < size steps) && all (fun table => (size table == n) && all row table) steps.

Definition is_mdp : bool :=
  is_table (states t) (fun rows => (size rows == actions t) && all (is_law (states t)) rows) (transitions t)
  && is_law (states t) (starting t).

Definition rewards_between (low high : Q) : bool :=
  is_table (states t)
    (fun row => (size row == actions t) && all (fun r => Qle_bool low r && Qle_bool r high) row) (rewards t).

Definition is_policy pi : bool := is_table (states t) (is_law (actions t)) pi.

End Tables.
