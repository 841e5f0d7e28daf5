(** Instances that show what mistakes cost when they compound. *)
From mathcomp Require Import all_ssreflect all_algebra.
From ImitationLearning.Definitions Require Import FiniteHorizon Imitation Families Compounding.
Import GRing.Theory Num.Theory.
Local Open Scope ring_scope.

(** claim: ross-bagnell-2010-tight
    In costs, H less the rewards. *)
Definition exact_compounding : Prop :=
  forall (R : realFieldType) (H : nat) (error cost : R), 0 <= error <= 1 -> 0 <= cost <= 1 ->
  let M := first_step cost in
  let expert := playing R (fun _ _ => true) in
  let learner := first_step_learner error in
  let epsilon := error_rate M H expert learner in
  [/\ is_mdp M, unit_rewards M, is_policy expert, is_policy learner &
      H%:R - value M H learner = (1 - epsilon * H%:R) * (H%:R - value M H expert) + H%:R ^+ 2 * epsilon].

(** foundation: the bound of Ross and Bagnell is attained, at every horizon, by every mean error up to 1 / H
    (claim ross-bagnell-2010-thm-2-1). *)
Definition supervised_attained : Prop :=
  forall (R : realFieldType) (H : nat) (epsilon : R), (0 < H)%N -> 0 <= epsilon <= H%:R^-1 ->
  exists (S A : finType) (M : mdp R S A) (expert learner : policy R S A),
  [/\ is_mdp M, unit_rewards M, is_policy expert & is_policy learner] /\
  (error_rate M H expert learner = epsilon /\
   value M H expert - value M H learner = H%:R ^+ 2 * error_rate M H expert learner).

(** claim: kaariainen-2006-flip *)
Definition flip_cost : Prop :=
  forall (R : realFieldType) (H : nat) (error : R), 0 <= error <= 1 ->
  let M := flip R in
  let expert := playing R (fun _ _ => true) in
  let learner := erring error in
  [/\ is_mdp M, unit_rewards M, is_policy expert, is_policy learner &
      4%:R * error * (value M H expert - value M H learner) =
      2%:R * error * H.+1%:R - 1 + (1 - 2%:R * error) ^+ H.+1].

(** claim: kaariainen-2006-flip.quadratic *)
Definition flip_quadratic : Prop :=
  forall (R : realFieldType) (H : nat) (error : R), 0 <= error <= 1 ->
  let M := flip R in
  let expert := playing R (fun _ _ => true) in
  let learner := erring error in
  (H * H.+1)%:R / 2%:R * error - (H%:R ^+ 3 - H%:R) / 3%:R * error ^+ 2
  <= value M H expert - value M H learner.
