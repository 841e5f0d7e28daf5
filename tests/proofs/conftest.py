"""The compiled parts of the Coq development that tests ask about, kept between runs."""

from pathlib import Path

import pytest

from proofs_check import coq


@pytest.fixture(scope="session")
def ask(request):
    folder = Path(request.config.cache.mkdir("coq"))
    return lambda text: coq.ask(folder, text)
