"""The pytest plugin of iltheory: ``@pytest.mark.iltheory``, fixtures, ``--iltheory-seed``.

pytest imports this in every session of every project that has iltheory installed, so that it is a package of its own
and imports nothing of ours before a marked test or a fixture needs it.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from iltheory.testing.registry import Invariant
    from iltheory.testing.report import InvariantReport, Outcome
    from sims import TabularMDP

MARKER = "iltheory"
ARGUMENTS = {"only", "seed"}


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add ``--iltheory-seed``."""
    group = parser.getgroup("iltheory")
    group.addoption("--iltheory-seed", type=int, default=0, metavar="N", help="seed of models that invariants draw")


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker."""
    line = (
        f"{MARKER}(only=None, seed=None): test an adapter, this class or what this function returns: one test for each "
        "invariant that applies, or of those named in only"
    )
    config.addinivalue_line("markers", line)


def pytest_pycollect_makeitem(collector: pytest.Collector, name: str, obj: object) -> Invariants | None:
    """Collect a marked class or function as the invariants of an adapter."""
    if not (inspect.isclass(obj) or inspect.isfunction(obj)):
        return None
    marks = getattr(obj, "pytestmark", [])
    if not any(mark.name == MARKER for mark in marks):
        return None
    if not isinstance(collector, pytest.Module):
        raise collector.CollectError(f"@pytest.mark.{MARKER} belongs on a class or a function of a module, not {name}.")
    return Invariants.from_parent(collector, name=name, target=obj, marks=marks)


class Invariants(pytest.Collector):
    """The invariants that apply to one adapter."""

    def __init__(self, *, target: Callable[[], Any], marks: list[pytest.Mark], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.target = target
        self.own_markers.extend(marks)
        self.line = inspect.getsourcelines(target)[1] - 1

    def collect(self) -> Iterator[Item]:
        """One test for each invariant that applies, or that is named: those that do not apply are skipped."""
        from iltheory.testing.adapter import Adapter
        from iltheory.testing.runner import chosen
        from sims.errors import IltheoryError

        options = self._options()
        seed, only = options.get("seed"), options.get("only")
        if parameters := [
            name for name, p in inspect.signature(self.target).parameters.items() if p.default is p.empty
        ]:
            raise self.CollectError(
                f"{self.name} asks for {', '.join(parameters)}; it is called without arguments, to be collected.\n"
                "  Build the adapter inside it; a test with fixtures may use the fixture iltheory_check."
            )
        try:
            adapter = Adapter.of(self.target())
            every = chosen(adapter, only)
            invariants = [found for found in every if only is not None or found.missing(adapter) is None]
        except IltheoryError as problem:
            raise self.CollectError(str(problem)) from problem
        for invariant in invariants:
            yield Item.from_parent(
                self,
                name=invariant.name,
                adapter=adapter,
                invariant=invariant,
                seed=self.config.getoption("iltheory_seed") if seed is None else seed,
            )

    def _options(self) -> dict[str, Any]:
        """Arguments of the marker."""
        mark = next(mark for mark in self.own_markers if mark.name == MARKER)
        if mark.args or set(mark.kwargs) - ARGUMENTS:
            raise self.CollectError(
                f"@pytest.mark.{MARKER} of {self.name} takes only=[...] and seed=..., not {mark.args or mark.kwargs}.\n"
                "  It is put on a class that is an adapter, or on a function that returns one."
            )
        return dict(mark.kwargs)


class Item(pytest.Item):
    """One invariant on one adapter."""

    def __init__(self, *, adapter: Any, invariant: Invariant, seed: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.adapter, self.invariant, self.seed = adapter, invariant, seed

    def runtest(self) -> None:
        """Check it."""
        from iltheory.testing.runner import outcome

        found = outcome(self.adapter, self.invariant, self.seed)
        if found.status == "does not apply":
            pytest.skip(found.message)
        if found.status != "holds":
            raise Broken(found)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """Numbers, usual cause and smallest model, without our stack."""
        if isinstance(excinfo.value, Broken):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int, str]:
        """Where the adapter is."""
        assert isinstance(self.parent, Invariants)
        return self.path, self.parent.line, f"{self.parent.name}: {self.name}"


class Broken(AssertionError):
    """An adapter breaks an invariant."""

    def __init__(self, *outcomes: Outcome) -> None:
        super().__init__("\n\n".join(map(str, outcomes)))


@pytest.fixture
def iltheory_check(request: pytest.FixtureRequest) -> Callable[..., InvariantReport]:
    """Test an adapter: ``iltheory_check(adapter, only=None)`` fails with all that is broken, or returns the report."""
    from iltheory.testing.runner import check

    def checked(adapter: Any, *, only: list[str] | None = None) -> InvariantReport:
        __tracebackhide__ = True
        report = check(adapter, seed=request.config.getoption("iltheory_seed"), only=only)
        if report.failures:
            raise Broken(*report.failures)
        return report

    return checked


@pytest.fixture(params=["finite", "time-varying", "discounted"])
def iltheory_mdp(request: pytest.FixtureRequest) -> TabularMDP:
    """A small model in exact rationals: finite horizon, the same with laws that vary, discounted."""
    from iltheory.testing import discounted_model, finite_model

    models = {"finite": lambda: finite_model(varying=False), "time-varying": lambda: finite_model(1)}
    return models.get(request.param, lambda: discounted_model(2))().to("rational")


@pytest.fixture
def iltheory_demos() -> Any:
    """``(mdp, policy, demos)`` of 2 states and 3 steps: each trajectory occurs as often as its probability says."""
    from iltheory.testing import proportional_data

    return proportional_data()
