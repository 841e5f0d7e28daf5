"""Quantities to compute in Coq, each beside its value in Python, and which definitions they and statements use."""

import re
from collections.abc import Iterator
from fractions import Fraction
from functools import cache

import numpy as np

from iltheory.proofs.certificates import Model, table
from proofs_check.coq.reading import SOURCES
from proofs_check.coq.sentences import LIBRARY, code, requirements
from sims import TabularMDP
from sims import arithmetic as ar

NUMBERS = {0: "Q", 1: "seq Q", 2: "seq (seq Q)", 3: "seq (seq (seq Q))", 4: "seq (seq (seq (seq Q)))"}

HEAD = """From Coq Require Import ZArith QArith.
From mathcomp Require Import all_ssreflect all_algebra.
From {library}.Definitions Require Probability {qualified}.
From {library}.Definitions Require Import {imported}.
From {library}.Proofs Require Import Enclosures Evaluation.
Import GRing.Theory Num.Theory.
Set Printing Depth 100000.
Local Open Scope ring_scope.
Section Fields.
Variable R : {field}.
Definition choice (m n : nat) (first : 'I_n) (rows : seq (seq nat)) : nat -> [finType of 'I_m] -> [finType of 'I_n] :=
  fun h s => nth first (ordinals n) (nth 0%N (nth [::] rows h) s).
"""
"""``choice`` is a deterministic rule: the numbers of the actions, by step and state."""


class Questions:
    """A file of questions, and what Python says."""

    def __init__(self, *imported, field="realFieldType"):
        self.imported, self.field = imported, field
        self.lines, self.expected, self.models = [], [], 0

    def define(self, name, kind, text):
        self.lines.append(
            f"Local Open Scope Z_scope.\nDefinition {name} : {kind} := {text}.\nLocal Close Scope Z_scope."
        )

    def model(self, mdp):
        """Write ``M`` for the model, or ``D`` if it has a discount, and ``S`` and ``A`` for its states and actions.

        What was written for other models is forgotten.
        """
        self.lines += [f"End Model{self.models}."] * (self.models > 0)
        self.models += 1
        self.lines.append(f"Section Model{self.models}.")
        self.define(f"tables{self.models}", "tables", Model.of(mdp.with_end(horizon=mdp.horizon or 1)).coq)
        self.write(tables_of_model=f"tables{self.models}", S="'I_(states tables_of_model)")
        self.write(A="'I_(actions tables_of_model)")
        if mdp.horizon is None:
            self.write(D=f"discounted R tables_of_model {fraction(mdp.discount)}")
        else:
            self.write(M="model R tables_of_model", H=f"{mdp.horizon}%N")

    def policies(self, **tables):
        """Write names for functions of step, state and action that are tables, such as policies."""
        for name, values in tables.items():
            self.define(f"table{self.models}_of_{name}", NUMBERS[3], table(values, 3).coq)
            self.write(**{f"table_of_{name}": f"table{self.models}_of_{name}"})
            self.write(**{name: f"plays R (t := tables_of_model) table_of_{name}"})

    def rules(self, **choices):
        """Write names for deterministic rules: lists of actions, for each state, for each step."""
        for name, rows in choices.items():
            listed = str(rows).replace("[", "[:: ").replace(",", ";")
            first = "(@Ordinal (actions tables_of_model) 0 isT)"
            self.write(**{name: f"choice (states tables_of_model) (actions tables_of_model) {first} {listed}%N"})

    def numbers(self, **tables):
        """Define tables of rational numbers."""
        for name, values in tables.items():
            values = np.asarray(exact(values))
            self.define(name, NUMBERS[values.ndim], table(ar.asarray(values), values.ndim).coq)

    def write(self, **meanings):
        """Write one thing for another in the questions that follow."""
        self.lines += [f"Local Notation {name} := ({text})." for name, text in meanings.items()]

    def ask(self, quantity, values, *types):
        """Compute a function of finite types, written with ``{0}``, ``{1}``, ... for its arguments."""
        arguments = [f"z{'.1' * (len(types) - 1 - i)}{'.2' * (i > 0)}" for i in range(len(types))]
        domain = " * ".join(types) if types else "unit"
        self.lines.append(
            f"Goal True. show_numbers (fun z : {domain} => (({quantity.format(*arguments)})%R : R)). exact I. Qed."
        )
        self.expected.append((quantity, [Fraction(x) for x in np.asarray(exact(values)).ravel().tolist()]))

    def decide(self, proposition, holds=True):
        """Compute whether a proposition is proved; ``holds`` is what Python says of it."""
        self.lines.append(f"Goal True. show_decision ({proposition}). exact I. Qed.")
        self.expected.append((proposition, bool(holds)))

    @property
    def text(self):
        body = "\n".join(self.lines)
        qualified = " ".join(file for file in definitions() if re.search(rf"\b{file}\.", body))
        head = HEAD.format(library=LIBRARY, qualified=qualified, imported=" ".join(self.imported), field=self.field)
        end = f"End Model{self.models}.\n" if self.models else ""
        return f"{head}{body}\n{end}End Fields.\n"

    @property
    def count(self):
        """Numbers and truth values that are compared."""
        return sum(len(value) if isinstance(value, list) else 1 for _, value in self.expected)

    def differences(self, ask):
        """Questions to which Coq and Python answer differently, with both answers."""
        said = " ".join(ask(self.text).split())
        answers = [_read(x) for x in re.findall(r"\[::.*?\]|\btrue\b|\bfalse\b", said)]
        assert len(answers) == len(self.expected), said
        pairs = zip(self.expected, answers, strict=True)
        return [(question, value, answer) for (question, value), answer in pairs if value != answer]


def _read(answer):
    if answer in ("true", "false"):
        return answer == "true"
    return [Fraction(int(n), int(d)) for n, d in re.findall(r"(-?\d+)\D+?(\d+)", answer)]


def rational(value):
    """A number, as Coq reads it."""
    return f"(real R {fraction(value)})"


def fraction(value):
    value = Fraction(str(value))
    numerator = f"{'Zneg' if value < 0 else 'Zpos'} {abs(value.numerator)}" if value else "Z0"
    return f"(Qmake ({numerator}) {value.denominator})"


def exact(values):
    """Fractions, of whatever is exact."""
    if isinstance(values, (int, Fraction)):
        return Fraction(values)
    if isinstance(values, np.ndarray | list):
        return np.vectorize(Fraction, otypes=[object])(values)
    return ar.convert(values, "rational").fractions()


def off_by_little(x):
    """The same numbers, but for the first one."""
    x = exact(x).copy()
    x.flat[0] += Fraction(1, 97)
    return x


def laws(rng, *shape):
    """Random laws with small numbers, some of them 0, over denominators that differ."""
    weights = rng.integers(0, 5, shape)
    weights[..., 0] += weights.sum(-1) == 0
    return ar.asarray(np.vectorize(Fraction, otypes=[object])(weights, weights.sum(-1, keepdims=True)))


def numbers(rng, low, high, *shape):
    return ar.asarray(np.vectorize(lambda n: Fraction(int(n), 6), otypes=[object])(rng.integers(low, high, shape)))


def choices(rows, actions):
    """The policy of a deterministic rule."""
    return ar.asarray(np.eye(actions, dtype=int)[np.asarray(rows)].tolist())


def random_model(rng, states, actions, *steps, **end):
    """A model whose tables vary in time if a number of steps is given."""
    return TabularMDP(
        laws(rng, *steps, states, actions, states),
        numbers(rng, 0, 7, *steps, states, actions),
        laws(rng, states),
        **end,
    )


NAME = re.compile(r"[A-Za-z_][\w']*(?:\.[A-Za-z_][\w']*)*")
DEFINED = re.compile(r"^(?:Definition|Fixpoint)\s+(\w+)(.*?)\.(?=\s)", re.MULTILINE | re.DOTALL)
RECORD = re.compile(r"^Record\s+(\w+).*?:=\s*(\w+)\s*\{(.*?)\}\.", re.MULTILINE | re.DOTALL)


def _code(path):
    return code(path.read_text(encoding="utf-8"))


def _imports(text):
    defining = (one for one in requirements(text) if one.origin == f"{LIBRARY}.Definitions" and one.imports)
    return [name for one in defining for name in one.names]


@cache
def definitions():
    """What each file of ``Definitions/`` defines, with its text; of records, the type, what makes it and its parts."""
    return {path.stem: dict(_defined(_code(path))) for path in sorted((SOURCES / "Definitions").glob("*.v"))}


def _defined(text) -> Iterator[tuple[str, str]]:
    for name, body in DEFINED.findall(text):
        yield name, body
    for name, make, parts in RECORD.findall(text):
        yield from dict.fromkeys([name, make, *re.findall(r"(\w+)\s*:", parts)], "").items()


def named(text, imported):
    """The definitions that a text names, as ``(file, name)``; the file that is imported last hides the others."""
    known, found = definitions(), set()
    for word in NAME.findall(text):
        *before, name = word.split(".")
        files = [before[-1]] if before and before[-1] in known else list(imported)
        if not (before and before[-1] in known):
            name = word.split(".")[0]
        found |= {(file, name) for file in [f for f in files if name in known.get(f, {})][-1:]}
    return found


def stated():
    """The definitions that statements name."""
    found = set()
    for path in sorted((SOURCES / "Statements").glob("*.v")):
        text = _code(path)
        found |= named(re.sub(r"^From .*?\.(?=\s)", "", text, flags=re.MULTILINE | re.DOTALL), _imports(text))
    return found


def computed(questions):
    """The definitions that questions compute: those they name, and those that these are made of."""
    found, todo = set(), set()
    for asked in questions:
        todo |= named("\n".join(asked.lines), asked.imported)
    while todo:
        file, name = todo.pop()
        found.add((file, name))
        text = _code(SOURCES / "Definitions" / f"{file}.v")
        todo |= named(definitions()[file][name], [*_imports(text), file]) - found
    return found
