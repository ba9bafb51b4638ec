"""The documentation is true: reference pages are those of the code, links lead somewhere, definitions are valid."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from jobpipe.definition.loading import parse_definition
from jobpipe.transform.compile import check_definition

ROOT = Path(__file__).parent.parent.parent
_DEFINITION = re.compile(r"```yaml\n(import: .*?)```", re.DOTALL)
_LINK = re.compile(r"\]\(([^)#\s]+)")


def test_the_reference_is_that_of_the_code(tmp_path: Path) -> None:
    # In a process of its own: a command that was run before in this one remembers the words for help it had there.
    subprocess.run([sys.executable, ROOT / "docs" / "generate.py", tmp_path], check=True)
    for page in sorted(tmp_path.iterdir()):
        written = (ROOT / "docs" / "reference" / page.name).read_text(encoding="utf-8")
        assert written == page.read_text(encoding="utf-8"), f"{page.name} is stale: python docs/generate.py"


def test_every_link_of_every_page_leads_somewhere_also_to_its_heading(tmp_path: Path) -> None:
    built = subprocess.run([sys.executable, ROOT / "docs" / "build_site.py", tmp_path], capture_output=True, text=True)
    assert built.returncode == 0, built.stderr
    assert "<h1" in (tmp_path / "docs" / "tutorial.html").read_text(encoding="utf-8")


def test_every_guide_and_every_reference_page_is_found_from_the_index() -> None:
    index = ROOT / "docs" / "README.md"
    linked = {(index.parent / target).resolve() for target in _LINK.findall(index.read_text(encoding="utf-8"))}
    pages = [*(ROOT / "docs" / "how-to").glob("*.md"), *(ROOT / "docs" / "reference").glob("*.md")]
    assert not [page.name for page in pages if page.resolve() not in linked]


def test_every_whole_definition_in_a_guide_is_valid() -> None:
    checked = 0
    for page in [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]:
        for text in _DEFINITION.findall(page.read_text(encoding="utf-8")):
            if "posting:" in text and "…" not in text:
                definition = parse_definition(text, page.name).definition
                problems = [one for one in check_definition(definition, None, {}) if "hook" not in one.message]
                assert not problems, f"{page.name}: {problems}"
                checked += 1
    assert checked >= 7
