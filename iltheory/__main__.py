"""``python -m iltheory``: the command line."""

from __future__ import annotations

from iltheory.cli import main

if __name__ == "__main__":
    main()
