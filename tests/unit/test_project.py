"""The project folder: where it is, what is in it, and what is wrong with its files."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from jobpipe.definition.faults import InvalidFileError
from jobpipe.definition.project import Project, find_project
from jobpipe.errors import DefinitionError, UsageError

DEFINITION = "import: {name}\nsource:\n  feed: feed.xml\nposting:\n  title: t\n"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "acme"
    for name in ("imports", "mappings"):
        (folder / name).mkdir(parents=True)
    (folder / "jobpipe.yaml").write_text("{}\n")
    for name in ("board", "agency"):
        (folder / "imports" / f"{name}.yaml").write_text(DEFINITION.format(name=name))
    return folder


def opened(root: Path) -> Project:
    return find_project(root, {})


# Where it is -----------------------------------------------------------------------------------------


def test_a_project_is_the_folder_that_is_named(root: Path) -> None:
    assert find_project(root, {"JOBPIPE_PROJECT": "/nowhere"}).root == root


def test_a_project_is_the_folder_in_the_environment(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(root.parent)
    assert find_project(None, {"JOBPIPE_PROJECT": str(root)}).root == root


def test_a_project_is_the_nearest_folder_upwards(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (root / "feeds" / "old").mkdir(parents=True)
    monkeypatch.chdir(root / "feeds" / "old")
    assert find_project(None, {}).root == root


def test_a_relative_folder_is_a_project_wherever_the_process_goes_then(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(root.parent)
    project = find_project(Path("acme"), {})
    monkeypatch.chdir("/")
    assert project.imports() == ["agency", "board"]


def test_no_project_says_how_to_make_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match="jobpipe init DIR"):
        find_project(None, {})
    with pytest.raises(UsageError, match="jobpipe init nowhere"):
        find_project(Path("nowhere"), {})


# Its settings ----------------------------------------------------------------------------------------


def test_an_empty_file_of_settings_is_all_defaults(root: Path) -> None:
    (root / "jobpipe.yaml").write_text("# nothing yet\n")
    project = opened(root)
    assert project.state_dir == root / ".jobpipe"
    assert project.workers == min(8, len(os.sched_getaffinity(0)))


def test_settings_are_read(root: Path) -> None:
    (root / "jobpipe.yaml").write_text("workers: 3\nstate: ../state\n")
    assert opened(root).workers == 3
    assert opened(root).state_dir == root / ".." / "state"


def test_a_misspelt_setting_names_the_right_one(root: Path) -> None:
    (root / "jobpipe.yaml").write_text("# how many\nworker: 3\n")
    with pytest.raises(InvalidFileError) as caught:
        opened(root)
    (fault,) = caught.value.faults
    assert (caught.value.shown, fault.spot.line, fault.spot.column, fault.hint) == (
        *("jobpipe.yaml", 2, 1),
        "did you mean `workers`?",
    )


# Its imports -----------------------------------------------------------------------------------------


def test_imports_are_named_by_their_files(root: Path) -> None:
    (root / "imports" / "notes.txt").write_text("no import")
    assert opened(root).imports() == ["agency", "board"]
    assert opened(root).load("board").definition.import_ == "board"


def test_a_file_that_is_gone_in_this_moment_leaves_the_others_as_they_are(root: Path) -> None:
    # As editors leave their locks.
    (root / "imports" / ".#board.yaml").symlink_to("somebody@somewhere.4711")
    stamps = opened(root).import_stamps()
    assert list(stamps) == opened(root).imports() == [".#board", "agency", "board"]
    assert [name for name, stamp in stamps.items() if stamp is None] == [".#board"]


def test_an_import_is_named_as_its_file_is(root: Path) -> None:
    (root / "imports" / "shop.yaml").write_text(DEFINITION.format(name="shpo"))
    with pytest.raises(InvalidFileError) as caught:
        opened(root).load("shop")
    (fault,) = caught.value.faults
    assert (fault.spot.line, fault.spot.column) == (1, 9)
    assert "'shpo'" in fault.message
    assert "import: shop" in fault.hint


def test_an_import_that_is_not_there_names_the_nearest(root: Path) -> None:
    with pytest.raises(UsageError, match="did you mean board"):
        opened(root).load("bord")


@pytest.mark.parametrize("name", ["../jobpipe", "/etc/passwd", "", "a/b"])
def test_a_name_leads_to_no_other_folder(root: Path, name: str) -> None:
    with pytest.raises(UsageError, match="no import"):
        opened(root).load(name)


def test_a_definition_with_the_other_ending_is_told_to_change_it(root: Path) -> None:
    (root / "imports" / "shop.yml").write_text(DEFINITION.format(name="shop"))
    with pytest.raises(UsageError, match=r"end with \.yaml"):
        opened(root).load("shop")


def test_a_definition_that_is_no_utf8_names_the_line(root: Path) -> None:
    (root / "imports" / "board.yaml").write_bytes(b"import: board\nclient: Soci\xe9t\xe9\n")
    with pytest.raises(DefinitionError, match=r"imports/board\.yaml:2: the file is not UTF-8"):
        opened(root).load("board")


def test_a_definition_may_begin_with_a_byte_order_mark(root: Path) -> None:
    (root / "imports" / "board.yaml").write_text(DEFINITION.format(name="board"), encoding="utf-8-sig")
    assert opened(root).load("board").definition.import_ == "board"


# Its tables ------------------------------------------------------------------------------------------


def table(root: Path, text: str, encoding: str = "utf-8") -> dict[str, object]:
    (root / "mappings" / "t.csv").write_text(text, encoding=encoding)
    return dict(opened(root).tables()["t"])


@pytest.mark.parametrize(
    "text",
    [
        "label,code\nCDI,permanent\nCDD,fixed_term\n",
        "label;value\nCDI;permanent\n\nCDD;fixed_term\n;\n",
        'Label\tCode\n"CDI"\tpermanent\nCDD\t fixed_term\n',
        "\ncode,label\npermanent,CDI\nfixed_term,CDD\n",
    ],
)
def test_a_table_is_read_however_it_is_written(root: Path, text: str) -> None:
    assert table(root, text) == {"CDI": "permanent", "CDD": "fixed_term"}


def test_a_table_of_a_spreadsheet_may_begin_with_a_byte_order_mark(root: Path) -> None:
    assert table(root, "label,code\nIntérim,temporary\n", "utf-8-sig") == {"Intérim": "temporary"}


def test_a_table_may_name_the_taxonomy_of_its_codes(root: Path) -> None:
    text = "label,code,taxonomy\nInfirmier,2221,isco-08\nAutre,x,\n"
    assert table(root, text) == {"Infirmier": {"code": "2221", "taxonomy": "isco-08"}, "Autre": "x"}


def test_codes_stay_text(root: Path) -> None:
    assert table(root, "label,code\na,007\n") == {"a": "007"}


def test_two_equal_labels_are_an_error_with_both_lines(root: Path) -> None:
    with pytest.raises(InvalidFileError) as caught:
        table(root, "label,code\nCDI,permanent\nCDD,fixed_term\nCDI,other\nCDD,\n")
    assert [(fault.spot.line, fault.message) for fault in caught.value.faults] == [
        (4, "'CDI' is mapped twice: first in line 2"),
        (5, "the row has no code"),
    ]
    assert caught.value.shown == "mappings/t.csv"


@pytest.mark.parametrize(
    ("text", "line"), [("", 1), ("\nname,code\na,b\n", 2), ("label\na\n", 1), ('label,code\na,b\nc,"d\n', 3)]
)
def test_what_is_no_table_names_the_line(root: Path, text: str, line: int) -> None:
    with pytest.raises(InvalidFileError) as caught:
        table(root, text)
    assert [fault.spot.line for fault in caught.value.faults] == [line]
    assert all(fault.hint for fault in caught.value.faults)


# The rest --------------------------------------------------------------------------------------------


def test_hooks_are_the_text_of_their_file(root: Path) -> None:
    assert opened(root).hooks_source() is None
    (root / "hooks.py").write_text("def f(value):\n    return value\n")
    assert (opened(root).hooks_source() or "").startswith("def f")


def test_relative_paths_count_from_the_project(root: Path) -> None:
    project = opened(root)
    assert project.resolve("feeds/*.xml") == str(root / "feeds/*.xml")
    assert project.resolve("12:30.xml") == str(root / "12:30.xml")
    for location in ("/data/a.xml", "https://example.org/a.xml", "file:///data/a.xml", "ftp://example.org/a"):
        assert project.resolve(location) == location


# A process that lives long ---------------------------------------------------------------------------


def test_a_file_that_is_put_in_its_place_whole_counts_at_once(root: Path) -> None:
    project = opened(root)
    project.remember_definitions()
    before = project.import_stamps()
    (root / "imports" / "new.yaml").write_text("import: new\n")
    assert set(project.import_stamps()) == {"agency", "board", "new"}
    (root / "imports" / ".board").write_text("import: board\n")
    (root / "imports" / ".board").replace(root / "imports" / "board.yaml")
    assert project.import_stamps()["board"] != before["board"]
    (root / "imports" / "agency.yaml").unlink()
    assert set(project.import_stamps()) == {"board", "new"}


def test_a_file_that_is_written_in_its_place_counts_within_a_second(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = opened(root)
    project.remember_definitions()
    clock = [100.0]
    monkeypatch.setattr("jobpipe.definition.project.time.monotonic", lambda: clock[0])
    before = project.import_stamps()
    (root / "imports" / "board.yaml").write_text("import: board\n")
    clock[0] += 0.9
    assert project.import_stamps()["board"] != before["board"]


def test_files_are_not_looked_at_one_by_one_for_each_page(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project = opened(root)
    project.remember_definitions()
    project.import_stamps()
    monkeypatch.setattr("jobpipe.definition.project.stamps_in", lambda *_: pytest.fail("looked at them again"))
    assert set(project.import_stamps()) == {"agency", "board"}
