"""The refutation bundle: a folder with what others need to check a counterexample, and to show it."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

from iltheory.attack.counterexample import Counterexample
from iltheory.attack.falsification import SCHEMA, Falsification
from iltheory.attack.references import SEPARATOR, conjectures, reference
from iltheory.claims.claim import Claim
from iltheory.reporting.certificates import STATEMENTS, refutation
from iltheory.reporting.latex_pages import description
from iltheory.reporting.recorded_formulas import NotRecordable
from sims.errors import IltheoryError, InvalidArgument

MARK = "Written by `iltheory falsify`."
"""In every file of a bundle: only files with it are replaced."""
PICTURES = (".svg", ".png")

REGRESSION = '''\
"""{id} stays refuted: run this file with pytest. {mark}"""

import json
from pathlib import Path

import pytest

from iltheory.attack.counterexample import certify
from iltheory.attack.references import resolve
from iltheory.claims.instances import decode

FOLDER = Path(__file__).resolve().parent
CLAIM = {claim}
SIDES = {{
    "simplest": {simplest},
    "worst": {worst},
}}


@pytest.mark.parametrize("which", SIDES)
def test_the_counterexample_still_refutes(which):
    kept = json.loads((FOLDER / "counterexample.json").read_text(encoding="utf-8"))[which]
    claim = resolve(CLAIM)
    found = certify(claim, decode(claim, kept["instance"]))
    assert found is not None, f"{{CLAIM}} is no longer refuted by its {{which}} counterexample"
    assert (str(found.lhs), found.op, str(found.rhs)) == SIDES[which]
'''


class ForeignFile(IltheoryError, FileExistsError):
    """A file that no bundle wrote is in the way of one."""


def write_bundle(found: Falsification, folder: Path) -> list[Path]:
    r"""Write the counterexamples of a falsification into a folder.

    ``counterexample.json`` (the outcome), ``simplest`` and ``worst`` as ``.svg`` and ``.png``, ``check_simplest.py``
    and ``check_worst.py`` (they need nothing but Python), ``certificate_simplest.json`` and ``certificate_worst.json``
    for ``python -m proofs_check.kernel``, where it knows what the claim asks for, ``counterexample.tex`` (to
    ``\input``) and ``test_regression.py``, which finds the claim again in the catalogue or in its file; a claim that is
    in neither, as in a notebook, gets no regression test. Files of an earlier bundle are replaced, each at once.

    Parameters
    ----------
    found : with a counterexample
    folder : made if there is none

    Returns
    -------
    list of Path
        The files, in the order above.

    Raises
    ------
    InvalidArgument
        If nothing was found, or a model is too large to be written out.
    ForeignFile
        If a file is in the way that no bundle wrote; nothing is written then.
    """
    from iltheory.reporting.drawing import draw_counterexample, save
    from iltheory.reporting.standalone import checker_script

    if found.simplest is None or found.worst is None:
        raise InvalidArgument(f"no counterexample to {found.claim.id} was found; there is nothing to bundle.")
    document = found.to_json()
    named = {"simplest": found.simplest, "worst": found.worst}
    for name, counterexample in named.items():
        if document[name]["instance"] is None:
            raise InvalidArgument(f"the {name} counterexample, {counterexample.size}, is too large to be written out.")
    texts = {"counterexample.json": json.dumps(document, indent=1, allow_nan=False, ensure_ascii=False) + "\n"}
    checks = {f"check_{name}.py": checker_script(one).rstrip() + f"\n\n# {MARK}\n" for name, one in named.items()}
    texts |= checks | _certificates(named) | {"counterexample.tex": _latex(found.simplest, found.worst)}
    regression = _regression(found.claim, named, folder)
    if regression is not None:
        texts["test_regression.py"] = regression
    pictures = [f"{name}{suffix}" for name in named for suffix in PICTURES]
    names = [next(iter(texts)), *pictures, *list(texts)[1:]]
    _check_ours([folder / name for name in names])
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except FileExistsError:
        raise ForeignFile(f"{folder} is a file, and a bundle is a folder.\n  Name another one.") from None
    with tempfile.TemporaryDirectory(dir=folder, prefix=".bundle-") as part:
        for name, text in texts.items():
            (Path(part) / name).write_text(text, encoding="utf-8")
        for name, counterexample in named.items():
            figure = draw_counterexample(counterexample)
            for suffix in PICTURES:
                save(figure, Path(part) / f"{name}{suffix}", creator=MARK)
        for name in names:
            (Path(part) / name).replace(folder / name)
    return [folder / name for name in names]


def _check_ours(paths: list[Path]) -> None:
    for path in paths:
        if path.exists() and not (path.is_file() and _ours(path.read_bytes())):
            raise ForeignFile(
                f"{path} is in the way: no earlier `iltheory falsify` wrote it.\n  Move it, or name another folder."
            )


def _ours(content: bytes) -> bool:
    return MARK.encode() in content or any(
        f'"schema": "{schema}"'.encode() in content for schema in (SCHEMA, STATEMENTS)
    )


def _certificates(named: dict[str, Counterexample]) -> dict[str, str]:
    """Certificates by the names of their files, of the counterexamples that have one."""
    texts = {}
    for name, counterexample in named.items():
        with suppress(NotRecordable):  # the stand-alone script checks it
            texts[f"certificate_{name}.json"] = json.dumps(refutation(counterexample), indent=1) + "\n"
    return texts


def _latex(simplest: Counterexample, worst: Counterexample) -> str:
    if simplest.to_json() == worst.to_json():
        return description([("The simplest counterexample found, which is also the worst.", simplest)], mark=MARK)
    pairs = [("The simplest counterexample found.", simplest), ("The worst counterexample found.", worst)]
    return description(pairs, mark=MARK)


def _regression(claim: Claim, named: dict[str, Counterexample], folder: Path) -> str | None:
    """The regression test, or None if no other process can find the claim."""
    where = reference(claim) or _in_module(claim)
    if where is None:
        return None
    file, separator, name = where.rpartition(SEPARATOR)
    if separator:
        relative = Path(os.path.relpath(Path(file).resolve(), folder.resolve())).as_posix()
        where_text = f"str((FOLDER / {json.dumps(relative)}).resolve()) + {json.dumps(SEPARATOR + name)}"
    else:
        where_text = json.dumps(where)
    sides = {which: repr((str(one.lhs), one.op, str(one.rhs))).replace("'", '"') for which, one in named.items()}
    return REGRESSION.format(id=claim.id, mark=MARK, claim=where_text, **sides)


def _in_module(claim: Claim) -> str | None:
    """Where a claim of an imported file is, whoever imported it."""
    module = sys.modules.get(claim.function.__module__)
    path = getattr(module, "__file__", None)
    if module is None or path is None or claim not in conjectures(module).values():
        return None
    return f"{path}{SEPARATOR}{claim.id}"
