"""Codes of errors: each error has one, each is explained, none ever means something else."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from command_line import jobpipe
from project_folder import ProjectFolder

from jobpipe.error_codes import CODES, CODES_OF_KINDS, in_sections
from jobpipe.errors import JobpipeError
from jobpipe.incidents.kinds import KINDS

PACKAGE = Path(__file__).parent.parent.parent / "src" / "jobpipe"
# What every code has meant since there is one: lines are added here, and none is changed or taken out.
LIST = Path(__file__).parent.parent / "data" / "error_codes.txt"


def classes() -> Iterator[tuple[str, list[str], str]]:
    """Of each class: its name, those of its bases, the code that it states."""
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef):
                stated = [
                    one.value.value
                    for one in node.body
                    if isinstance(one, ast.Assign)
                    and isinstance(one.targets[0], ast.Name)
                    and one.targets[0].id == "code"
                    and isinstance(one.value, ast.Constant)
                ]
                bases = [base.id for base in node.bases if isinstance(base, ast.Name)]
                yield node.name, bases, stated[0] if stated else ""


def test_every_error_that_is_no_special_case_of_another_has_a_code_of_its_own() -> None:
    without = [name for name, bases, code in classes() if "JobpipeError" in bases and not code]
    assert not without, f"{without}: an entry in jobpipe/error_codes.py, its line in {LIST.name}, `code` in the class"
    assert JobpipeError.code in CODES


def test_every_code_that_is_used_is_explained_and_every_one_that_is_explained_is_used() -> None:
    used: set[str] = set()
    for path in PACKAGE.rglob("*.py"):
        if path.name != "error_codes.py":
            used |= set(re.findall(r"\bJP\d{4}\b", path.read_text(encoding="utf-8")))
    assert used - {*CODES, *CODES_OF_KINDS.values()} == set()
    assert set(CODES) - used == set()


def test_every_kind_of_incident_has_a_code() -> None:
    assert set(CODES_OF_KINDS) == set(KINDS)
    assert len(set(CODES_OF_KINDS.values())) == len(CODES_OF_KINDS)
    assert not set(CODES_OF_KINDS.values()) & set(CODES)


def test_no_code_ever_means_something_else() -> None:
    now = {f"{code.number} {code.title}" for code in CODES.values()}
    now |= {f"{number} {kind}" for kind, number in CODES_OF_KINDS.items()}
    assert now == set(LIST.read_text(encoding="utf-8").splitlines())


def test_every_code_stands_in_a_section_of_the_reference() -> None:
    assert [code for _, codes in in_sections() for code in codes] == list(CODES.values())
    assert all(code.meaning and code.example and code.advice for code in CODES.values())


def test_each_code_and_each_kind_is_explained_in_a_terminal() -> None:
    everything = json.loads(jobpipe("explain", "--json").stdout)
    assert {one["code"] for one in everything} == {*CODES, *CODES_OF_KINDS.values()}
    assert "`source.allow`" in " ".join(jobpipe("explain", "jp2005", columns=80).stdout.split())
    held = jobpipe("explain", "source-held").stdout
    assert "JP7009" in held and "accept it" in held
    unknown = jobpipe("explain", "sourc-held")
    assert (unknown.returncode, "did you mean source-held?" in unknown.stderr) == (2, True)


@pytest.mark.parametrize(
    ("definition", "code"),
    [
        ("import: offers\nsource: {feed: x.xml\n", "JP1002"),
        ("import: offers\nposting: {title: t}\n", "JP1003"),
        ("import: offers\nsource: {feed: x.xml}\nposting: {titel: t}\n", "JP1004"),
        ("import: offers\nsource: {feed: x.xml, timeout: soon}\nposting: {title: t}\n", "JP1005"),
        ("import: offers\nsource: {feed: x.xml, format: xml}\nposting: {title: 'a['}\n", "JP1006"),
        ("import: offers\nsource: {feed: x.xml}\nposting: {title: [t, claen]}\n", "JP1007"),
        ("import: offers\nsource: {feed: x.xml}\nposting: {title: t, contract: {from: c, map: no such}}\n", "JP1008"),
        ("import: offers\nsource: {feed: x.xml}\nposting: {title: t}\nkeep: 'posting.title =='\n", "JP1009"),
    ],
)
def test_a_mistake_in_a_definition_is_told_with_its_code(tmp_path: Path, definition: str, code: str) -> None:
    project = ProjectFolder(tmp_path / "project", definition)
    done = jobpipe("-C", project.root, "check", "offers", "--json")
    assert code in {problem["code"] for problem in json.loads(done.stdout)["imports"][0]["problems"]}
    assert f"[{code}]" in jobpipe("-C", project.root, "check", "offers").stderr


def test_a_run_tells_the_code_of_what_it_met(tmp_path: Path) -> None:
    project = ProjectFolder(tmp_path / "project")
    met = jobpipe("-C", project.root, "run", "offers").stdout
    assert "JP7004" in met  # no such file
    assert "[JP4001]" in jobpipe("-C", project.root, "run", "ofers").stderr
