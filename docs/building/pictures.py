"""Draw the picture of the tutorial on figures from the code that the tutorial shows."""

from __future__ import annotations

import re
import sys
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from mkdocs.structure.files import File, Files

PAGE = "tutorials/figure.md"
MODULE = re.compile(r'^```python title="(\w+)\.py"\n(.*?)^```$', re.MULTILINE | re.DOTALL)


def on_files(files: Files, *, config: Any) -> Files:
    """Add the picture to the files of the site."""
    from iltheory.engine import executors
    from iltheory.figures import VENUES, computed_figures

    page = files.get_file_from_path(PAGE)
    assert page is not None
    ((name, source),) = MODULE.findall(page.content_string)
    with TemporaryDirectory() as folder:
        (Path(folder) / f"{name}.py").write_text(source, encoding="utf-8")
        sys.path.insert(0, folder)
        try:
            (drawn,) = computed_figures([import_module(name).FIGURE], executor=executors.serial())
        finally:
            sys.path.remove(folder)
            sys.modules.pop(name, None)
        drawn.save(Path(folder), VENUES["neurips2025"], ["svg"])
        picture = Path(folder) / f"{drawn.figure.id}.svg"
        files.append(File.generated(config, f"tutorials/{picture.name}", content=picture.read_bytes()))
    return files
