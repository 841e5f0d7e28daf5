"""The root of every error this project raises on purpose."""

from __future__ import annotations

from reprlib import repr as short
from typing import Any


class IltheoryError(Exception):
    """Something the caller can mend; the message names it and says how."""


class InvalidArgument(IltheoryError, ValueError):
    """An argument is out of its range; the message names the argument and the range."""


def require(name: str, x: Any, kind: type, example: str) -> None:
    """Raise ``InvalidArgument`` unless an argument is of a kind.

    Parameters
    ----------
    example : what to write instead
    """
    if not isinstance(x, kind):
        raise InvalidArgument(f"{name}={short(x)} must be of the class {kind.__name__}, such as {example}.")
