(** What Coq computes of models written as tables is what the definitions say, whatever the field. *)
From Coq Require Import QArith.
From mathcomp Require Import all_ssreflect all_algebra.
From ImitationLearning.Definitions Require Import Probability FiniteHorizon Imitation Tables.
From ImitationLearning.Definitions Require Executable.
Import GRing.Theory Num.Theory.
Local Open Scope ring_scope.

(** foundation: the executable total variation is the total variation *)
Definition total_variation : Prop :=
  forall (R : realFieldType) (n : nat) (p q : nat -> Q),
  tv (fun i : 'I_n => real R (p i)) (fun i => real R (q i)) = real R (Executable.tv n p q).

(** foundation: the executable sums of the rewards to come are these sums *)
Definition rewards_to_go : Prop :=
  forall (R : realFieldType) (t : tables) (pi : seq (seq (seq Q))) (n h : nat) (s : 'I_(states t)),
  to_go (model R t) (plays R pi) n h s = real R (Executable.to_go t pi n h s).

(** foundation: the executable values are the values *)
Definition values : Prop :=
  forall (R : realFieldType) (t : tables) (pi : seq (seq (seq Q))) (H h : nat) (s : 'I_(states t)),
  v (model R t) H (plays R pi) h s = real R (Executable.v t H pi h s).

(** foundation: the executable values of actions are these values *)
Definition action_values : Prop :=
  forall (R : realFieldType) (t : tables) (pi : seq (seq (seq Q))) (H h : nat),
  forall (s : 'I_(states t)) (a : 'I_(actions t)),
  q (model R t) H (plays R pi) h s a = real R (Executable.q t H pi h s a).

(** foundation: the executable J is J *)
Definition expected_return : Prop :=
  forall (R : realFieldType) (t : tables) (pi : seq (seq (seq Q))) (H : nat),
  value (model R t) H (plays R pi) = real R (Executable.value t H pi).

(** foundation: the executable law of the state is this law *)
Definition state_laws : Prop :=
  forall (R : realFieldType) (t : tables) (pi : seq (seq (seq Q))) (h : nat) (s : 'I_(states t)),
  state_law (model R t) (plays R pi) h s = real R (Executable.state_law t pi h s).

(** foundation: the executable occupancy is the occupancy *)
Definition occupancies : Prop :=
  forall (R : realFieldType) (t : tables) (pi : seq (seq (seq Q))) (h : nat),
  forall (s : 'I_(states t)) (a : 'I_(actions t)),
  occupancy (model R t) (plays R pi) h s a = real R (Executable.occupancy t pi h s a).

(** foundation: the executable error rate is the error rate *)
Definition error_rates : Prop :=
  forall (R : realFieldType) (t : tables) (expert learner : seq (seq (seq Q))) (H : nat),
  error_rate (model R t) H (plays R expert) (plays R learner) =
  real R (Executable.error_rate t H expert learner).

(** foundation: what the checks of tables accept are models, policies and bounded rewards *)
Definition checks : Prop :=
  forall (R : realFieldType) (t : tables) (pi : seq (seq (seq Q))) (low high : Q),
  [/\ Executable.is_mdp t -> is_mdp (model R t),
      Executable.is_policy t pi -> is_policy (plays R (t := t) pi) &
      Executable.rewards_between t low high ->
      forall h s a, real R low <= reward (model R t) h s a <= real R high].
