"""What an error says about a name that is not known."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from difflib import get_close_matches

from sims.errors import InvalidArgument


def require_known(names: Iterable[str], known: Collection[str], what: str) -> None:
    """Refuse a name that is not among the known ones.

    Parameters
    ----------
    what : what they name, for the error: ``figure``, ``column``

    Raises
    ------
    InvalidArgument
        If there is one; the message proposes at most three near names, or where none is near lists all of them.
    """
    for name in names:
        if name not in known:
            near = get_close_matches(name, known, n=3, cutoff=0.5)
            hint = f"did you mean {', '.join(near)}?" if near else f"there are {', '.join(known)}."
            raise InvalidArgument(f"no {what} is called {name!r}; {hint}")
