"""General theorems in Coq: all finite sets of states and actions, all horizons, all ordered fields.

Read ``Definitions/`` and ``Statements/`` to know what is proved. ``Proofs/`` need not be read: `check` has Coq decide
that each theorem there proves the statement of its name, and lists the axioms it uses.
"""

from proofs_check.coq.development import Proof, ask, check, digest, prepare, recheck, versions
from proofs_check.coq.programs import Unavailable
from proofs_check.coq.reading import Statement, statements
from proofs_check.coq.sentences import Broken

__all__ = [
    "Broken",
    "Proof",
    "Statement",
    "Unavailable",
    "ask",
    "check",
    "digest",
    "prepare",
    "recheck",
    "statements",
    "versions",
]
