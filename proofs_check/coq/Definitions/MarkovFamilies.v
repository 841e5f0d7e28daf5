(** Markov games of two agents with two actions, [true] and [false]; the first agent is [true]. *)
From mathcomp Require Import all_ssreflect all_algebra.
From ImitationLearning.Definitions Require Import Probability FiniteHorizon Imitation Families MarkovGame.
Set Implicit Arguments.
Unset Strict Implicit.
Import GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Section MarkovFamilies.
Variable R : realFieldType.

Definition advice (first second : bool) : joint_action [finType of bool] [finType of bool] :=
  [ffun agent : bool => if agent then first else second].

(** At the start ([None]) the first agent keeps the peace ([Some true]) or breaks it ([Some false]), once and
    for all. When it is broken the second agent punishes, or pays 1 to the first one, step by step. *)
Definition tribute : game R [finType of bool] [finType of option bool] [finType of bool] := {|
  transition := fun _ s a => surely R (Some (if s is Some peace then peace else a true));
  reward := fun agent _ s a =>
    if (s == Some false) && ~~ a false then (if agent then 1 else - 1) else 0;
  start := surely R None
|}.

(** Both advise the first agent to keep the peace; one has the second agent punish ([true]), and the other one
    has it pay where the peace is broken. *)
Definition punishing : mediator R [finType of bool] [finType of option bool] [finType of bool] :=
  playing R (fun _ _ => advice true true).
Definition paying : mediator R [finType of bool] [finType of option bool] [finType of bool] :=
  playing R (fun _ s => advice true (s != Some false)).

(** At the start the first agent stands back ([true]), and a trial begins with probability [beta]; or it
    makes sure that one does. A trial ([Some (Some slipped)]) goes on for ever, or nothing does ([Some None]);
    in each of its steps the second agent keeps still ([true]) or slips. From its first slip on every step
    pays 1 to the first agent. *)
Definition rarely_tested (beta : R) :
    game R [finType of bool] [finType of option (option bool)] [finType of bool] := {|
  transition := fun _ s a =>
    match s with
    | None => if a true then mixture beta (surely R (Some None)) (surely R (Some (Some false)))
              else surely R (Some (Some false))
    | Some None => surely R (Some None)
    | Some (Some slipped) => surely R (Some (Some (slipped || ~~ a false)))
    end;
  reward := fun agent _ s a => if s is Some (Some slipped) then (agent && (slipped || ~~ a false))%:R else 0;
  start := surely R None
|}.

(** Advises the first agent to stand back, and the second one to slip with probability [p] on trial. *)
Definition slipping (p : R) :
    mediator R [finType of bool] [finType of option (option bool)] [finType of bool] :=
  fun _ s => mixture (if s is Some (Some _) then p else 0)
                     (surely R (advice true true)) (surely R (advice true false)).

End MarkovFamilies.
