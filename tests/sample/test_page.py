"""docs/sample.md shows the sample as it is."""

from __future__ import annotations

import importlib.util
from pathlib import Path

DOCS = Path(__file__).resolve().parents[2] / "docs"


def test_the_page_is_what_its_script_writes() -> None:
    spec = importlib.util.spec_from_file_location("sample_page", DOCS / "sample_page.py")
    assert spec is not None
    assert spec.loader is not None
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    text = (DOCS / "sample.md").read_text(encoding="utf-8")
    assert text == script.page(), "run python docs/sample_page.py"
    assert text.count("\n### ") == 7 * 5
