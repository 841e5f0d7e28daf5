"""What an error says about a name that is not known."""

from __future__ import annotations

from collections.abc import Collection
from difflib import get_close_matches


def suggestion(name: str, known: Collection[str]) -> str:
    """Propose at most three near names, ``did you mean dagger?``, or where none is near list all of them."""
    near = get_close_matches(name, known, n=3, cutoff=0.5)
    return f"did you mean {', '.join(near)}?" if near else f"there are {', '.join(known)}."
