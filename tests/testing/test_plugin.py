"""The pytest plugin as its users meet it."""

from __future__ import annotations

import subprocess
import sys

import pytest

import iltheory.testing.runner  # noqa: F401  # or each inner session would load numpy anew, which cannot be

pytest_plugins = ["pytester"]

ADAPTERS = """
    import numpy as np
    import pytest

    @pytest.mark.iltheory
    class TestOccupancy:
        def occupancy(self, mdp, policy):
            return mdp.occupancy(policy) {fault}
"""


@pytest.fixture
def run(pytester):
    pytester.makeini("[pytest]\naddopts = -p no:randomly --strict-markers")

    def runs(source, *arguments):
        pytester.makepyfile(test_theirs=source)
        return pytester.runpytest_inprocess(*arguments)

    return runs


def test_the_plugin_is_light():
    code = (
        "import sys, pytest\nbefore = set(sys.modules)\nimport pytest_iltheory\nnew = set(sys.modules) - before\n"
        "print(sorted({m.split('.')[0] for m in new} & {'iltheory', 'sims', 'numpy', 'hypothesis', 'flint', 'torch'}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_session_without_marked_tests_imports_nothing_of_ours():
    arguments = ["--collect-only", "-q", "--rootdir=/", "/dev/null"]
    code = f"import sys, pytest; pytest.main({arguments}); print('iltheory' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "False"


def test_a_marked_class_becomes_one_test_for_each_invariant_that_applies(run):
    result = run(ADAPTERS.format(fault=""), "-v")
    result.assert_outcomes(passed=6)
    result.stdout.fnmatch_lines(
        [
            "test_theirs.py::TestOccupancy::occupancy_is_a_law PASSED*",
            "test_theirs.py::TestOccupancy::occupancy_flows PASSED*",
            "test_theirs.py::TestOccupancy::discount_is_used[[]occupancy] PASSED*",
            "test_theirs.py::TestOccupancy::same_call_same_bits[[]occupancy] PASSED*",
        ]
    )


def test_a_failure_shows_the_smallest_model_and_not_our_stack(run):
    result = run(ADAPTERS.format(fault="* 2"), "-k", "occupancy_is_a_law")
    result.assert_outcomes(failed=1, deselected=5)
    result.stdout.fnmatch_lines(
        [
            "*the mass of a step[[]0] is 2 (should be 1).*",
            "*S = 1, A = 1, horizon 1; start: state 0*",
            "*FAILED test_theirs.py::TestOccupancy::occupancy_is_a_law*",
        ]
    )
    assert "runner.py" not in result.stdout.str()


def test_a_marked_function_returns_an_adapter(run):
    source = """
        import pytest
        from types import SimpleNamespace

        @pytest.mark.iltheory(only=["value_is_exact", "occupancy_flows"], seed=3)
        def test_value():
            return SimpleNamespace(value=lambda mdp, policy: mdp.value(policy))

        @pytest.mark.xfail(reason="known")
        @pytest.mark.iltheory(only=["value_is_exact"])
        def test_known_to_be_wrong():
            return SimpleNamespace(value=lambda mdp, policy: mdp.value(policy) + 1)

        @pytest.mark.iltheory(only=["value_is_exact"])
        def test_refusing():
            def value(mdp, policy):
                raise NotImplementedError("not yet")
            return SimpleNamespace(value=value)
    """
    result = run(source, "-v", "-rs")
    result.assert_outcomes(passed=1, xfailed=1, skipped=2)
    result.stdout.fnmatch_lines(
        ["*test_value::value_is_exact PASSED*", "SKIPPED*needs occupancy*", "SKIPPED*value refuses: not yet*"]
    )


@pytest.mark.parametrize(
    ("marker", "body", "words"),
    [
        ("iltheory(only=['flows'])", "occupancy = lambda self, mdp: 0", "*there is no invariant 'flows'*"),
        ("iltheory", "occupancy = lambda self, model: 0", "*occupancy asks for `model`, which is not known*"),
        ("iltheory(3)", "occupancy = lambda self, mdp: 0", "*takes only=[[]...] and seed=..., not (3,)*"),
        ("iltheory(sed=3)", "occupancy = lambda self, mdp: 0", "*takes only=[[]...] and seed=..., not {'sed': 3}*"),
        ("iltheory", "nothing = 0", "*TestTheirs has none of the functions an adapter may have*"),
        ("iltheory", "__init__ = lambda self: 1 / 0", "*ZeroDivisionError*"),
    ],
)
def test_bad_input_is_an_error_of_collection(run, marker, body, words):
    result = run(f"import pytest\n\n@pytest.mark.{marker}\nclass TestTheirs:\n    {body}\n")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([words])


def test_a_marked_function_is_told_that_it_gets_no_fixtures(run):
    source = """
        import pytest

        @pytest.mark.iltheory
        def test_theirs(tmp_path, times=1):
            return tmp_path
    """
    result = run(source)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["test_theirs asks for tmp_path; it is called without arguments*"])


def test_a_marked_method_is_told_where_the_marker_belongs(run):
    source = """
        import pytest

        class TestTheirs:
            @pytest.mark.iltheory
            def test_method(self):
                return self
    """
    result = run(source)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*@pytest.mark.iltheory belongs on a class or a function of a module*"])


def test_fixtures_are_exact_models_demonstrations_and_the_check(run):
    source = """
        from types import SimpleNamespace
        import numpy as np
        import pytest

        SEEDS = set()

        def value(mdp, policy, seed):
            SEEDS.add(seed)
            return mdp.value(policy)

        def test_models(iltheory_mdp):
            assert iltheory_mdp.system.name == "rational" and iltheory_mdp.n_states == 4

        def test_demonstrations(iltheory_demos):
            mdp, policy, demos = iltheory_demos
            h, s, a = demos.steps()
            counts = np.zeros((3, 2, 2))
            np.add.at(counts, (h, s, a), 1)
            assert np.array_equal(counts / len(demos), mdp.occupancy(policy))

        def test_check(iltheory_check):
            report = iltheory_check(SimpleNamespace(value=value), only=["value_is_exact"])
            assert report["value_is_exact"].status == "holds"
            assert SEEDS == {11}

        def test_broken(iltheory_check):
            with pytest.raises(AssertionError, match="value_is_exact fails"):
                iltheory_check(SimpleNamespace(value=lambda mdp, policy: 1.0))
    """
    run(source, "--iltheory-seed=11").assert_outcomes(passed=6)
