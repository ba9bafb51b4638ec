"""The quarantine: rejected records with their place, and trying exactly those again after a fix."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from command_line import jobpipe
from project_folder import ProjectFolder, adds_up

from jobpipe.documents.store import Role
from jobpipe.errors import UsageError
from jobpipe.ledger.models import Import, Incident, Run
from jobpipe.runs import conducting
from jobpipe.runs.progress import Progress
from jobpipe.runs.quarantine import Rejected, rejected_records
from jobpipe.runs.report import RunReport
from jobpipe.runs.retrying import Wanted, retry_import
from jobpipe.runs.starting import StopRequest

STRICT = """\
import: offers
source: {feed: feed.xml, record: offer}
posting:
  reference: "@id"
  title: title
  positions: [count, lookup_number]
""".replace("lookup_number", "{python: 'hooks:number'}")
STRICT_HOOK = "def number(value):\n    return int(value)\n"
LENIENT_HOOK = "def number(value):\n    return int(value.replace('n', ''))\n"


def feed(number: int, broken: set[int], *, malformed: set[int] = frozenset()) -> bytes:  # type: ignore[assignment]
    """Four lines a record; the count of a broken one is no number."""
    records = []
    for place in range(number):
        end = "titel" if place in malformed else "title"
        count = f"n{place}" if place in broken else str(place)
        records.append(f'<offer id="k{place}">\n<title>T{place}</{end}>\n<count>{count}</count>\n</offer>\n')
    return ("<offers>\n" + "".join(records) + "</offers>\n").encode()


def project_with(root: Path, hooks: str = STRICT_HOOK) -> ProjectFolder:
    project = ProjectFolder(root, STRICT)
    (root / "hooks.py").write_text(hooks)
    return project


def retry(project: ProjectFolder, **wanted: object) -> RunReport:
    with project.open() as workspace:
        return retry_import(
            workspace,
            "offers",
            Wanted(**wanted),  # type: ignore[arg-type]
            progress=Progress(),
            stop=StopRequest(),
            workers=0,
        )


def quarantine(project: ProjectFolder) -> list[Rejected]:
    with project.open() as workspace:
        return list(rejected_records(workspace, Import.objects.get(name="offers")))


def test_two_hundred_of_twenty_thousand_are_kept_with_their_place_and_exactly_those_are_made_after_a_fix(
    tmp_path: Path,
) -> None:
    project = project_with(tmp_path)
    broken = set(range(7, 20_000, 100))
    report = project.run(feed(20_000, broken), workers=0)
    assert (report.account["new"], report.account["rejected"]) == (19_800, 200)
    kept = quarantine(project)
    assert len(kept) == 200
    lines = (tmp_path / "feed.xml").read_bytes().splitlines()
    for one in kept:
        assert lines[one.line - 1].decode() == f'<offer id="{one.key}">'
        assert one.part.endswith("feed.xml")
        assert one.offset == (tmp_path / "feed.xml").read_bytes().index(one.raw)
        assert (one.reason, one.field) == ("hook", "positions")
    (tmp_path / "hooks.py").write_text(LENIENT_HOOK)
    report = retry(project)
    assert (report.kind, report.state) == ("retry", "succeeded")
    assert report.account == {**dict.fromkeys(report.account, 0), "read": 200, "new": 200}
    assert quarantine(project) == []
    assert report.live == 20_000
    with project.open():
        assert Incident.objects.get().state == "resolved"


def test_what_still_fails_stays_with_the_place_that_it_has_in_the_source(tmp_path: Path) -> None:
    project = project_with(tmp_path)
    project.run(feed(20, {3, 5}, malformed={11}), workers=0)
    before = {one.key: (one.part, one.line, one.offset) for one in quarantine(project)}
    (tmp_path / "hooks.py").write_text(LENIENT_HOOK)
    report = retry(project)
    assert (report.account["read"], report.account["new"], report.account["rejected"]) == (3, 2, 1)
    (left,) = quarantine(project)
    assert left.key == "k11"
    assert (left.part, left.line, left.offset) == before["k11"]
    with project.open():
        states = dict(Incident.objects.values_list("kind", "state"))
    assert states == {"hook-failed": "resolved", "record-malformed": "open"}


def test_only_what_is_asked_for_is_tried_again(tmp_path: Path) -> None:
    project = project_with(tmp_path)
    project.run(feed(20, {3, 5, 9}, malformed={11}), workers=0)
    (tmp_path / "hooks.py").write_text(LENIENT_HOOK)
    assert retry(project, keys=("k5",)).account["new"] == 1
    with project.open():
        about = Incident.objects.get(kind="hook-failed")
        assert (about.state, about.count) == ("open", 2)
    assert retry(project, incident=about.pk).account == {**dict.fromkeys(report_words(), 0), "read": 2, "new": 2}
    assert [one.key for one in quarantine(project)] == ["k11"]
    with pytest.raises(UsageError, match="nothing of that is in quarantine"):
        retry(project, keys=("k5",))
    with pytest.raises(UsageError, match="no incident"):
        retry(project, incident=999)


def report_words() -> tuple[str, ...]:
    return ("read", "new", "updated", "unchanged", "duplicate", "filtered", "rejected", "closed")


def test_a_key_that_a_later_run_has_changed_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project = project_with(tmp_path)
    project.run(feed(20, {3, 5}), workers=0)
    with monkeypatch.context() as patched, pytest.raises(RuntimeError):
        # A run that has applied its records and does not come to its end: the quarantine is as it was.
        patched.setattr(conducting, "give_hints", fail)
        project.run(feed(20, {5}).replace(b"T3<", b"Later<"), workers=0)
    with project.open():
        Run.objects.filter(state="running").update(state="failed")
    (tmp_path / "hooks.py").write_text(LENIENT_HOOK)
    report = retry(project)
    assert (report.account["read"], report.account["new"]) == (1, 1)
    assert any("a later run has changed" in notice["message"] for notice in report.notices)
    assert project.postings()["k3"]["title"] == "Later"


def fail(*_: object, **__: object) -> None:
    raise RuntimeError("broken off")


def test_a_retry_expires_nothing_and_forgets_nothing(tmp_path: Path) -> None:
    project = project_with(tmp_path)
    project.run(feed(20, {3, 5}), workers=0)
    project.run(feed(18, {3, 5}), workers=0)
    live = project.keys()
    retry(project, keys=("k3",))
    assert project.keys() == live
    assert [row.key for row in project.rows(Role.REJECTED)] == ["k5", "k3"]
    assert adds_up(project.run(feed(18, {3, 5}), workers=0))


def test_the_command_shows_the_record_with_its_line_marked(tmp_path: Path) -> None:
    project = project_with(tmp_path)
    project.run(feed(8, {3}, malformed={5}), workers=0)
    shown = jobpipe("-C", tmp_path, "quarantine", "show", "offers", "--key", "k5", columns=80).stdout
    assert re.search(r"^>\s+23 <title>T5</titel>$", shown, re.MULTILINE)
    (first, second) = json.loads(jobpipe("-C", tmp_path, "quarantine", "offers", "--json").stdout)
    assert (first["key"], first["line"], second["key"], second["line"]) == ("k3", 14, "k5", 22)
    (tmp_path / "hooks.py").write_text(LENIENT_HOOK)
    done = jobpipe("-C", tmp_path, "quarantine", "retry", "offers", "--key", "k3", "--json", "--quiet")
    assert json.loads(done.stdout)["account"]["new"] == 1


def test_a_record_writes_no_control_sequence_to_a_terminal(tmp_path: Path) -> None:
    project = project_with(tmp_path)
    project.run(feed(3, {1}).replace(b"n1", "n\N{NEXT LINE}\x9b31m".encode()), workers=0)
    shown = jobpipe("-C", tmp_path, "quarantine", "show", "offers").stdout
    assert "\x9b" not in shown
