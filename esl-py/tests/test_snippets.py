"""The README and every page of docs/: their Python runs, page by page, from top to bottom.

A block in an HTML comment (`<!-- python`, code, `-->`) runs too, unseen by the reader: it sets up what a snippet needs, or
looks at what it did. Output that is shown as a comment after `print(...)` on the same line (`print(x)  # 17`) is checked.
"""

import io
import re
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).resolve().parents[1]
PAGES = [HERE / "README.md", *sorted((HERE / "docs").glob("*.md"))]
BLOCK = re.compile(r"^(?:```python\n(?P<seen>.*?)^```|<!-- python\n(?P<unseen>.*?)^-->)$", re.MULTILINE | re.DOTALL)
SHOWN = re.compile(r"^\s*print\(.*\)  # (?P<output>.+)$", re.MULTILINE)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_page(page: Path) -> None:
    text = page.read_text()
    blocks = list(BLOCK.finditer(text))
    assert len(blocks) >= text.count("```python"), "a block is not closed"
    names: dict[str, Any] = {"__name__": "snippet"}
    for block in blocks:
        code = block["seen"] if block["seen"] is not None else block["unseen"]
        start = text.count("\n", 0, block.start()) + 1
        output = io.StringIO()
        with redirect_stdout(output):
            # With blank lines before it, so that a traceback tells the line of the page.
            exec(compile("\n" * start + code, str(page), "exec"), names)
        shown = [line["output"] for line in SHOWN.finditer(code)]
        if shown:
            assert output.getvalue().splitlines() == shown, f"{page}:{start}"
