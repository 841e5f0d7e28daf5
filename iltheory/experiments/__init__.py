"""What theory says beside what happens at scale: experiments cut into cells that a ledger keeps.

`iltheory scale` (``make scale``) runs all of them, `iltheory scale --smoke` a small version of each.
"""

from __future__ import annotations

from iltheory.experiments.experiment import Cell, Experiment, Finding, Outcome, Section, experiments
from iltheory.experiments.run import ScaleReport, run_experiments

__all__ = ["Cell", "Experiment", "Finding", "Outcome", "ScaleReport", "Section", "experiments", "run_experiments"]
