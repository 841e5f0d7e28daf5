"""Names by which a worker process finds a claim again: of the catalogue, a false variant, or one in a file."""

from __future__ import annotations

import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

from iltheory.claims.claim import Claim
from iltheory.claims.registry import catalogue, find
from sims.errors import IltheoryError

SEPARATOR = "::"


class UnknownConjecture(IltheoryError, KeyError):
    """A reference names no claim."""

    def __str__(self) -> str:
        return str(self.args[0])


def resolve(reference: str) -> Claim:
    """Find one claim.

    Parameters
    ----------
    reference : ``ID`` of the catalogue, ``ID/false-variant``, ``ID~mutant``, ``FILE.py`` if it defines one claim, or
        ``FILE.py::name`` with the claim's id or the name of its function

    Raises
    ------
    UnknownConjecture
        If there is no such claim, or more than one.
    """
    file, separator, name = reference.rpartition(SEPARATOR)
    if not separator and reference.endswith(".py"):
        file, name = reference, ""
    if file:
        return _in_file(file, name)
    if "~" in reference:
        from iltheory.attack.mutants import find_mutant

        return find_mutant(reference).claim
    base, slash, _ = reference.partition("/")
    candidates = find(base)
    if slash:
        variants = {variant.id: variant for claim in candidates for variant in claim.false_variants}
        if reference not in variants:
            raise UnknownConjecture(
                f"no false variant has the id {reference!r}; {base} has {', '.join(variants) or 'none'}."
            )
        return variants[reference]
    exact = {claim.id: claim for claim in candidates}
    if reference not in exact:
        raise UnknownConjecture(f"no claim has the id {reference!r}; there are {', '.join(exact)}.")
    return exact[reference]


def reference(claim: Claim) -> str | None:
    """A reference that resolves to this very claim in another process, or None if there is none."""
    base, slash, _ = claim.id.partition("/")
    owner = catalogue().get(base)
    if owner is claim or (slash and owner is not None and claim in owner.false_variants):
        return claim.id
    if "~" in claim.id and claim.id.partition("~")[0] in catalogue():
        return claim.id
    path = claim.function.__code__.co_filename
    if Path(path).is_file():
        module = _modules.get(str(Path(path).resolve()))
        if module is not None:
            name = next((name for name, found in conjectures(module).items() if found is claim), None)
            return None if name is None else f"{path}{SEPARATOR}{name}"
    return None


def conjectures(module: ModuleType) -> dict[str, Claim]:
    """The claims a module defines and their false variants, by id."""
    own = [
        value
        for value in vars(module).values()
        if isinstance(value, Claim) and value.function.__module__ == module.__name__
    ]
    return {claim.id: claim for base in own for claim in (base, *base.false_variants)}


_modules: dict[str, ModuleType] = {}


def load(path: str | Path) -> ModuleType:
    """Run a Python file as a module, once; what it imports is looked for beside it first.

    Raises
    ------
    UnknownConjecture
        If there is no such file, or running it fails.
    """
    file = Path(path).resolve()
    if str(file) in _modules:
        return _modules[str(file)]
    if not file.is_file():
        raise UnknownConjecture(f"there is no file {path}; give a Python file that defines claims with @il.claim(...).")
    spec = spec_from_file_location(file.stem, file)
    if spec is None or spec.loader is None:
        raise UnknownConjecture(f"{path} is no Python file: its name should end in .py.")
    module = module_from_spec(spec)
    folder = str(file.parent)
    if folder not in sys.path:
        sys.path.insert(0, folder)
    known = sys.modules.get(spec.name)
    sys.modules[spec.name] = module
    try:
        spec.loader.exec_module(module)
    except Exception as problem:  # somebody else's code may raise anything
        raise UnknownConjecture(f"{path} cannot be run: {type(problem).__name__}: {problem}") from problem
    finally:
        if known is not None:
            sys.modules[spec.name] = known
    _modules[str(file)] = module
    return module


def _in_file(file: str, name: str) -> Claim:
    module = load(file)
    found = conjectures(module)
    if not found:
        raise UnknownConjecture(f"{file} defines no claim; decorate a function with @il.claim(statement=...).")
    if not name:
        own = [claim for claim in found.values() if claim.counterexample is None]
        if len(own) > 1:
            raise UnknownConjecture(
                f"{file} defines {len(own)} claims; name one: {', '.join(f'{file}{SEPARATOR}{id}' for id in found)}."
            )
        return own[0]
    value = vars(module).get(name)
    claim = value if isinstance(value, Claim) else found.get(name)
    if claim is None:
        raise UnknownConjecture(f"{file} defines no claim {name!r}; it defines {', '.join(found)}.")
    return claim
