"""`jobpipe init` and `jobpipe check`: a new project, and what is wrong with one."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from command_line import jobpipe

BROKEN = "import: broken\nsource:\n  feed: a.xml\n  recod: offre\nposting:\n  title: [t, claen]\n"


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made") / "acme"
    assert jobpipe("init", folder).returncode == 0
    return folder


@pytest.fixture
def project(template: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(template, tmp_path / "acme"))


# init ------------------------------------------------------------------------------------------------


def test_a_new_project_is_valid_and_says_what_to_do_next(tmp_path: Path) -> None:
    made = jobpipe("init", "acme jobs", cwd=tmp_path)
    assert made.returncode == 0
    assert "cd 'acme jobs'" in made.stdout
    assert "jobpipe preview example" in made.stdout
    checked = jobpipe("-C", tmp_path / "acme jobs", "check")
    assert (checked.returncode, checked.stderr) == (0, "")
    assert checked.stdout.startswith("ok  imports/example.yaml")


def test_a_new_project_keeps_its_state_out_of_the_repository(project: Path) -> None:
    assert ".jobpipe/" in (project / ".gitignore").read_text().splitlines()


def test_editors_find_the_schema_that_a_new_project_names(project: Path) -> None:
    first = (project / "imports" / "example.yaml").read_text().splitlines()[0]
    named = first.removeprefix("# yaml-language-server: $schema=")
    assert json.loads((project / "imports" / named).read_text())["title"] == "job-pipe definition"


def test_a_folder_with_files_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    made = jobpipe("init", tmp_path)
    assert made.returncode == 2
    assert "--force" in made.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


def test_force_adds_what_is_missing_and_writes_nothing_over(tmp_path: Path) -> None:
    (tmp_path / "jobpipe.yaml").write_text("workers: 1\n")
    made = jobpipe("init", tmp_path, "--force")
    assert made.returncode == 0
    assert "kept as it was" in made.stdout
    assert (tmp_path / "jobpipe.yaml").read_text() == "workers: 1\n"
    assert (tmp_path / "imports" / "example.yaml").is_file()


def test_a_file_is_no_folder_for_a_project(tmp_path: Path) -> None:
    (tmp_path / "acme").write_text("mine")
    assert jobpipe("init", tmp_path / "acme", "--force").returncode == 2
    assert (tmp_path / "acme").read_text() == "mine"


# check -----------------------------------------------------------------------------------------------


def test_check_tells_what_is_right_and_what_is_wrong_at_its_place(project: Path) -> None:
    (project / "imports" / "broken.yaml").write_text(BROKEN)
    checked = jobpipe("-C", project, "check")
    assert checked.returncode == 2
    assert checked.stdout.splitlines() == ["ok  imports/example.yaml  (10 fields)"]
    assert checked.stderr.splitlines() == [
        "error: imports/broken.yaml:4:3: unknown word `recod` [JP1004]",
        "   4 |   recod: offre",
        "     |   ^^^^^",
        "  hint: did you mean `record`?",
        "error: imports/broken.yaml:6:14: there is no step 'claen' [JP1007]",
        "   6 |   title: [t, claen]",
        "     |              ^^^^^",
        "  hint: did you mean `clean`?",
    ]


def test_check_looks_only_at_the_imports_that_are_named(project: Path) -> None:
    (project / "imports" / "broken.yaml").write_text(BROKEN)
    assert jobpipe("-C", project, "check", "example").returncode == 0
    assert jobpipe("-C", project, "check", "broken").returncode == 2


def test_check_gives_scripts_one_document(project: Path) -> None:
    (project / "imports" / "broken.yaml").write_text(BROKEN)
    checked = jobpipe("check", "--json", "-C", project)
    document = json.loads(checked.stdout)
    broken, example = document["imports"]
    assert (checked.returncode, checked.stderr, document["ok"]) == (2, "", False)
    assert (broken["ok"], example["ok"], example["problems"]) == (False, True, [])
    assert broken["problems"][0] == {
        "file": "imports/broken.yaml",
        "line": 4,
        "column": 3,
        "message": "unknown word `recod`",
        "hint": "did you mean `record`?",
        "code": "JP1004",
    }


def test_check_warns_of_a_variable_that_is_not_set_and_of_a_login_in_the_file(project: Path) -> None:
    source = "  feed: https://example.org/${FEED_ID}\n  auth: {basic: 'a:geheim'}\n"
    (project / "imports" / "env.yaml").write_text(f"import: env\nsource:\n{source}posting: {{title: t}}\n")
    checked = jobpipe("-C", project, "check", "env")
    assert checked.returncode == 0
    assert "warning: imports/env.yaml:3:9: the environment variable FEED_ID is not set" in checked.stderr
    assert "warning: imports/env.yaml:4:17: a login stands in the file itself" in checked.stderr
    assert "geheim" not in checked.stderr
    assert "FEED_ID" not in jobpipe("-C", project, "check", "env", FEED_ID="a1b2c3").stderr


def test_check_looks_into_tables_and_hooks(project: Path) -> None:
    (project / "mappings" / "contract.csv").write_text("label,code\nCDI,permanent\nCDI,other\n")
    (project / "hooks.py").write_text("def fix(value)\n    return value\n")
    checked = jobpipe("-C", project, "check")
    assert checked.returncode == 2
    assert "error: mappings/contract.csv:3:1: 'CDI' is mapped twice: first in line 2" in checked.stderr
    assert "error: hooks.py:1:" in checked.stderr


def test_an_import_that_is_not_there_is_wrong_use(project: Path) -> None:
    checked = jobpipe("-C", project, "check", "exampel")
    assert checked.returncode == 2
    assert "did you mean example?" in checked.stderr


def test_outside_of_a_project_the_command_says_how_to_make_one(tmp_path: Path) -> None:
    checked = jobpipe("check", cwd=tmp_path)
    assert checked.returncode == 2
    assert "jobpipe init DIR" in checked.stderr


def test_the_project_may_be_named_by_the_environment(project: Path, tmp_path: Path) -> None:
    assert jobpipe("check", cwd=tmp_path, JOBPIPE_PROJECT=str(project)).returncode == 0
