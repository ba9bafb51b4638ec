"""`jobpipe override` and `jobpipe posting`, as a person and a script use them."""

from __future__ import annotations

import contextlib
import io
import json
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from project_folder import ProjectFolder, xml_feed

from jobpipe.cli.main import main

DEFINITION = """\
import: offers
client: Acme
source: {feed: feed.xml, record: offer}
posting:
  reference: "@id"
  title: title
"""
OFFERS = {"k1": "Chef", "k2": "Chef (stage)", "k3": "Serveur"}


@pytest.fixture
def project(tmp_path: Path) -> ProjectFolder:
    project = ProjectFolder(tmp_path / "project", DEFINITION)
    (project.root / "imports" / "second.yaml").write_text(DEFINITION.replace("import: offers", "import: second"))
    project.run(xml_feed(OFFERS))
    return project


class Answer(NamedTuple):
    code: int
    stdout: str
    stderr: str


def run(project: ProjectFolder, *arguments: str) -> Answer:
    """In this process: each of these tests asks many times."""
    bytes_out, err = io.BytesIO(), io.StringIO()
    out = io.TextIOWrapper(bytes_out, encoding="utf-8", write_through=True)
    with (
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
        pytest.raises(SystemExit) as ended,
    ):
        main(["-C", str(project.root), *arguments])
    return Answer(int(ended.value.code or 0), bytes_out.getvalue().decode(), err.getvalue())


def answer(project: ProjectFolder, *arguments: str) -> Any:
    done = run(project, *arguments, "--json")
    assert done.code == 0, done.stderr
    return json.loads(done.stdout)


def test_a_rule_counts_at_once_and_is_taken_back_with_one_command(project: ProjectFolder) -> None:
    done = answer(project, "override", "add", "drop when 'stage' in posting.title", "--client", "Acme")
    assert [report["account"]["filtered"] for report in done["reports"]] == [1]
    assert project.keys() == {"k1", "k3"}
    answer(project, "override", "undo")
    assert project.keys() == set(OFFERS)
    assert [one["undoes"] for one in answer(project, "override", "history")] == [1, None]


def test_a_rule_may_wait_for_the_next_run_which_takes_it_up_of_an_unchanged_source(project: ProjectFolder) -> None:
    done = answer(project, "override", "add", "set title = 'X'", "--import", "offers", "--later")
    assert done["later"] == ["offers"]
    assert project.postings()["k1"]["title"] == "Chef"
    report = project.run()
    assert report.account["updated"] == 3
    assert {one["title"] for one in project.postings().values()} == {"X"}
    assert project.run().unchanged


def test_a_rule_for_one_import_touches_no_other(project: ProjectFolder) -> None:
    run(project, "run", "second", "--quiet")
    done = answer(project, "override", "add", "set title = 'X'", "--import", "second")
    assert [report["import"] for report in done["reports"]] == ["second"]
    assert project.postings()["k1"]["title"] == "Chef"


def test_a_disabled_rule_does_nothing_until_it_is_enabled(project: ProjectFolder) -> None:
    done = answer(project, "override", "add", "drop when posting.title == 'Chef'", "--disabled")
    assert done["reports"] == []
    answer(project, "override", "enable", "1")
    assert "k1" not in project.postings()
    answer(project, "override", "disable", "1")
    assert "k1" in project.postings()


def test_rules_are_rolled_back_to_any_change(project: ProjectFolder) -> None:
    answer(project, "override", "add", "set title = 'one'")
    answer(project, "override", "add", "set title = 'two'")
    answer(project, "override", "set", "1", "set title = 'three'", "--before", "0")
    assert project.postings()["k1"]["title"] == "three"
    answer(project, "override", "rollback", "2")
    assert project.postings()["k1"]["title"] == "two"
    assert [one["rule"] for one in answer(project, "override", "list")] == ["set title = 'one'", "set title = 'two'"]
    answer(project, "override", "rollback", "0")
    assert project.postings()["k1"]["title"] == "Chef"
    assert answer(project, "override", "list") == []


@pytest.mark.parametrize("ending", ["yaml", "csv"])
def test_what_is_exported_is_read_back_as_it_was(project: ProjectFolder, tmp_path: Path, ending: str) -> None:
    run(project, "override", "add", "set title = '=1+1'", "--client", "Acme", "--name", "=formula", "--quiet")
    run(project, "override", "add", "drop when posting.title\n  == 'é'", "--disabled", "--quiet")
    written = run(project, "override", "export", *(["--csv"] if ending == "csv" else [])).stdout
    file = tmp_path / f"rules.{ending}"
    file.write_text(written, newline="")
    assert answer(project, "override", "import", str(file))["changes"] == []
    before = answer(project, "override", "list")
    answer(project, "override", "rollback", "0")
    # Elsewhere they get numbers of their own.
    file.write_text(written.replace("number: ", "note: ").replace("1,client", ",client").replace("2,global", ",global"))
    answer(project, "override", "import", str(file))
    kept = ("scope", "owner", "rule", "name", "enabled")
    now = answer(project, "override", "list")
    assert [[one[name] for name in kept] for one in now] == [[one[name] for name in kept] for one in before]


def test_a_file_with_one_wrong_rule_changes_nothing_and_names_the_place(project: ProjectFolder, tmp_path: Path) -> None:
    file = tmp_path / "rules.yaml"
    file.write_text("- rule: set title = 'X'\n- rule: drop when posting.titel\n")
    done = run(project, "override", "import", str(file))
    assert done.code == 2
    assert "rules.yaml, rule 2" in done.stderr
    assert "did you mean `title`?" in done.stderr
    assert answer(project, "override", "list") == []


def test_replacing_removes_what_is_not_in_the_file(project: ProjectFolder, tmp_path: Path) -> None:
    answer(project, "override", "add", "set title = 'one'", "--client", "Acme")
    file = tmp_path / "rules.yaml"
    file.write_text("- rule: set title = 'two'\n")
    answer(project, "override", "import", str(file), "--client", "Acme", "--replace")
    assert [one["rule"] for one in answer(project, "override", "list")] == ["set title = 'two'"]
    answer(project, "override", "undo")
    assert project.postings()["k1"]["title"] == "one"


def test_a_mistake_is_shown_under_the_rule(project: ProjectFolder) -> None:
    done = run(project, "override", "add", "drop when posting.titel == 'x'")
    assert done.code == 2
    assert done.stderr.splitlines() == [
        "error: rule:1:19: a posting has no field 'titel' [JP1012]",
        "  drop when posting.titel == 'x'",
        "                    ^^^^^",
        "  hint: did you mean `title`?",
    ]


def test_an_unknown_client_is_refused(project: ProjectFolder) -> None:
    done = run(project, "override", "add", "set title = 'x'", "--client", "Acne")
    assert done.code == 2
    assert "did you mean Acme?" in done.stderr


def test_a_rule_is_tried_without_writing(project: ProjectFolder) -> None:
    before = project.contents()
    rule = "drop when 'stage' in posting.title"
    found = answer(project, "override", "check", rule, "--on", "offers")
    assert (found["records"], found["changed"], found["left_out"]) == (3, 1, 1)
    assert (found["samples"][0]["key"], found["samples"][0]["before"]) == ("k2", "live")
    found = answer(project, "override", "check", "set title = posting.title|upper", "--on", "offers")
    assert found["fields"] == {"title": 3}
    assert found["samples"][0] == {"key": "k1", "field": "title", "before": "Chef", "after": "CHEF"}
    assert project.contents() == before


def test_a_posting_is_excluded_listed_and_restored(project: ProjectFolder) -> None:
    done = answer(project, "posting", "exclude", "k1", "--until", "2999-01-01", "--reason", "closed")
    assert (done[0]["state"], done[0]["after"]["exclude"]["until"]) == ("excluded (person)", "2999-01-01")
    assert project.keys() == {"k2", "k3"}
    assert [one["key"] for one in answer(project, "posting", "list")] == ["k1"]
    exported = run(project, "export", "offers", "--to", "-").stdout
    assert "Serveur" in exported
    assert '"Chef"' not in exported
    answer(project, "posting", "restore", "k1")
    assert project.keys() == set(OFFERS)


def test_a_posting_shows_which_layer_its_values_came_from(project: ProjectFolder) -> None:
    run(project, "override", "add", "set contract = 'permanent'", "--client", "Acme", "--quiet")
    answer(project, "posting", "override", "k1", "title=Head chef", 'salary={"min": 1500, "currency": "EUR"}')
    shown = answer(project, "posting", "show", "k1")[0]
    assert shown["posting"]["title"] == "Head chef"
    assert shown["by"] == {
        "contract": "override #1 (client)",
        "title": "override #2 (posting)",
        "salary": "override #2 (posting)",
    }


def test_a_key_of_several_imports_asks_which(project: ProjectFolder) -> None:
    run(project, "run", "second", "--quiet")
    done = run(project, "posting", "exclude", "k1")
    assert done.code == 2
    assert "offers, second" in done.stderr
    assert [one["owner"] for one in answer(project, "posting", "exclude", "k1", "--all")] == ["offers", "second"]
    assert project.keys() == {"k2", "k3"}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("exclude", "nope"), "no import has a posting with the key 'nope'"),
        (("exclude", "k1", "--until", "2020-01-01"), "is over"),
        (("exclude", "K1"), "did you mean k1?"),
        (("override", "k1", "titel=x"), "did you mean `title`?"),
        (("override", "k1", "contract=permanant"), "did you mean permanent?"),
        (("override", "k1", "reference=x"), "identifies the posting"),
        (("override", "k1", "title="), "a posting without a title is none"),
        (("override", "k1", "title"), "is no field=value"),
        (("undo",), "there is nothing to undo"),
    ],
)
def test_what_makes_no_sense_is_refused(project: ProjectFolder, arguments: tuple[str, ...], said: str) -> None:
    done = run(project, "posting", *arguments)
    assert done.code == 2
    assert said in done.stderr


def test_preview_marks_what_overrides_made(project: ProjectFolder) -> None:
    run(project, "override", "add", "set title = 'X'", "--client", "Acme", "--quiet")
    fields = answer(project, "preview", "offers", "--records", "1")["records"][0]["fields"]
    assert {one["field"]: one["by"] for one in fields}["title"] == "override #1 (client)"
