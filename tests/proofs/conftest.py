"""The compiled parts of the Coq development that tests ask about, kept between runs."""

from pathlib import Path

import pytest

from proofs_check import coq


@pytest.fixture(scope="session")
def compiled(request):
    return Path(request.config.cache.mkdir("coq"))


@pytest.fixture(scope="session")
def ask(compiled):
    return lambda text: coq.ask(compiled, text)
