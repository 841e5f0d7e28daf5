(** The objectives of inverse soft-Q learning, with a discount (Garg, Chakraborty, Cundy, Song and Ermon,
    NeurIPS 2021).

    The utility [phi], the divergence and the entropy are abstract: what is used of them is in the
    statements. *)
From mathcomp Require Import all_ssreflect all_algebra.
From ImitationLearning.Definitions Require Import Probability Discounted SoftMaximum SoftDiscounted.
Set Implicit Arguments.
Unset Strict Implicit.
Import GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Section InverseSoft.
Variables (R : realFieldType) (S A : finType).
Implicit Types (M : mdp R S A) (pi : policy R S A) (entropy : (A -> R) -> R) (m : S -> (A -> R) -> R).
Implicit Types (phi : R -> R) (e r x : S -> A -> R) (d : S -> R).

(** The soft maximum is at least what any law of actions makes of the action values, with its entropy. *)
Definition is_above_laws entropy (m : (A -> R) -> R) : Prop :=
  forall p f, law p -> mean p f + entropy p <= m f.

Definition inner x r : R := \sum_s \sum_a x s a * r s a.

(** V^pi of action values. *)
Definition soft_evaluation entropy pi : S -> (A -> R) -> R := evaluation pi (fun s => entropy (pi s)).

(** L: what the adversary is paid for the reward [r] by who has the occupancy of [pi] and [d]; [e] is the
    expert's. *)
Definition irl_payoff entropy phi e pi d r : R :=
  inner e (fun s a => phi (r s a)) - inner (occupancy pi d) r - mean d (fun s => entropy (pi s)).

(** J, or J* if [m] is the soft maximum over all policies: the same in terms of action values. *)
Definition soft_objective M phi e m x : R :=
  inner e (fun s a => phi (implied_reward M m x s a))
  - (1 - discount M) * mean (start M) (fun s => m s (x s)).

(** The utility of chi-squared, made constant where it would decrease. *)
Definition chi2_envelope (y : R) : R := Num.min y 2%:R - Num.min y 2%:R ^+ 2 / 4%:R.

(** A bound of [e phi(r) - rho r] in each state and action, whatever the reward, such as [e f(rho / e)];
    its sum is the divergence. *)
Definition is_conjugate phi e rho (cost : S -> A -> R) : Prop :=
  forall s a y, e s a * phi y - rho s a * y <= cost s a.

Definition total (cost : S -> A -> R) : R := \sum_s \sum_a cost s a.

End InverseSoft.
