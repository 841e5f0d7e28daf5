# Each target first brings its environment up to date with pyproject.toml and constraints.txt.

PYTHON ?= python3
VENV := .venv
PEERS := .venv-peers
THIRD_PARTY := .venv-third-party
RUN := $(VENV)/bin/python
PIP := -m pip install --quiet

.DEFAULT_GOAL := help
.PHONY: help verify test nightly lint bench scale scale-smoke third-party figures notebooks prove docs clean

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' Makefile | expand -t 13

verify: $(VENV)/base.stamp ## verify the catalogue of theorems; writes report.json
	$(VENV)/bin/iltheory verify --json report.json

test: $(VENV)/test.stamp ## all tests but the slow ones
	$(RUN) -m pytest -q -n 2 -m "not slow"

nightly: $(VENV)/test.stamp ## the slow tests
	$(RUN) -m pytest -q -n 2 -m slow --timeout 1800

lint: $(VENV)/test.stamp ## format, lint and types
	$(RUN) -m ruff format --check
	$(RUN) -m ruff check
	$(RUN) -m mypy

bench: $(VENV)/test.stamp $(PEERS)/peers.stamp ## speed and memory beside the peers
	$(RUN) benchmarks/run.py

scale: $(VENV)/test.stamp ## theory at scale on 2 cores: under 3 hours, resumable
	$(VENV)/bin/iltheory scale --json scale.json --page docs/scale.md

scale-smoke: $(VENV)/test.stamp ## small versions of the same, in minutes
	$(VENV)/bin/iltheory scale --smoke --ledger scale-smoke.sqlite

gpu: $(VENV)/test.stamp ## the torch backend on every device here: its tests, then 1e4 instances of every claim, timed
	$(RUN) -m pytest -q -rs tests/torch_backend tests/arithmetic/test_torch.py
	$(RUN) benchmarks/torch_claims.py

third-party: $(VENV)/base.stamp $(THIRD_PARTY)/third-party.stamp ## the invariants on imitation and stable-baselines3
	$(RUN) -m benchmarks.third_party --json third-party.json

figures: $(VENV)/test.stamp ## the figures of the catalogue, with their data, in figures/
	$(VENV)/bin/iltheory figures

notebooks: $(VENV)/test.stamp ## every .ipynb from its .py, then all cells executed and their exercises tried
	$(RUN) -m jupytext --quiet --update --to ipynb notebooks/*.py
	$(RUN) -m pytest -q -n 2 tests/test_notebooks.py

prove: $(VENV)/base.stamp ## prove claims for shapes, and have Coq check the theorems
	$(VENV)/bin/iltheory prove

docs: $(VENV)/test.stamp ## build the documentation in site-docs/, run the code blocks of README.md and docs/
	NO_MKDOCS_2_WARNING=1 $(RUN) -m mkdocs build --strict --quiet
	$(RUN) -m pytest -q -m "not slow" tests/test_readme.py tests/test_docs.py

clean: ## remove environments, caches and reports (ledgers stay)
	rm -rf $(VENV) $(PEERS) $(THIRD_PARTY) report.json third-party.json dist site-docs .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find iltheory pytest_iltheory sims proofs_check tests benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +

# Two test workers share the cores already; threaded BLAS on top of them only slows both down.
test nightly scale scale-smoke figures notebooks docs: export OMP_NUM_THREADS := 1
test nightly scale scale-smoke figures notebooks docs: export OPENBLAS_NUM_THREADS := 1

$(RUN):
	$(PYTHON) -m venv $(VENV)

$(VENV)/base.stamp: pyproject.toml constraints.txt | $(RUN)
	$(RUN) $(PIP) -c constraints.txt -e .
	@touch $@

$(VENV)/test.stamp: $(VENV)/base.stamp
	$(RUN) $(PIP) -c constraints.txt -e '.[dev,docs,torch,envs,dask,datasets]'
	@touch $@

# The peers need versions that constraints.txt excludes (an older Gymnasium); only its torch pin holds here too.
$(PEERS)/peers.stamp: benchmarks/requirements-peers.txt constraints.txt
	$(PYTHON) -m venv $(PEERS)
	$(PEERS)/bin/python $(PIP) -r benchmarks/requirements-peers.txt $$(grep '^torch==' constraints.txt)
	@touch $@

$(THIRD_PARTY)/third-party.stamp: benchmarks/third_party/requirements.txt constraints.txt
	$(PYTHON) -m venv $(THIRD_PARTY)
	$(THIRD_PARTY)/bin/python $(PIP) -r benchmarks/third_party/requirements.txt $$(grep '^torch==' constraints.txt)
	@touch $@
