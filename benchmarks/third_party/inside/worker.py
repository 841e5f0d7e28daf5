"""Runs in the libraries' environment: answers one line after the other.

Each is a call, ``{"call": "module.function", "with": {...}}``; the answer also says what became of the arrays that were
given, since those of the caller live elsewhere.

Usage: ``worker.py FOLDER``, where the modules are.
"""

import importlib
import os
import sys
import traceback
from pathlib import Path

import numpy as np
import wire


def main():
    """Answer until the input ends; what the libraries print goes to the error stream."""
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    sys.path.insert(0, sys.argv[1])
    for line in sys.stdin:
        print(answer(line), file=out, flush=True)


def answer(line):
    """Call what a line asks for; an exception is an answer, too."""
    request = wire.loads(line)
    module, _, function = request["call"].partition(".")
    arguments, before = request["with"], wire.loads(line)["with"]
    try:
        result = getattr(importlib.import_module(module), function)(**arguments)
        changed = {path: array for path, array in arrays(arguments) if not same(array, dict(arrays(before))[path])}
        return wire.dumps({"result": result, "changed": changed})
    except NotImplementedError as refusal:
        return wire.dumps({"refused": str(refusal)})
    except Exception as error:
        return wire.dumps({"raised": f"{type(error).__name__}: {error}\nin {place(error)}"})


def arrays(arguments):
    """All arrays of a call, by their path."""
    for name, value in arguments.items():
        if isinstance(value, np.ndarray):
            yield name, value
        elif isinstance(value, dict):
            yield from ((f"{name}.{path}", array) for path, array in arrays(value))


def same(one, other):
    """Whether two arrays hold the same bits."""
    return one.tobytes() == other.tobytes()


def place(error):
    """Where an exception was raised."""
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return f"{Path(frame.filename).name}, line {frame.lineno}: {frame.line}"


if __name__ == "__main__":
    main()
