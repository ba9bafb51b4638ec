"""The pages of runs: what each shows, what a person decides there, and who may."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from command_line import jobpipe
from django.db import connection
from django.test.utils import CaptureQueriesContext
from project_folder import CLIENT_DEFINITION, ProjectFolder, xml_feed
from web_client import account, logged_in, shown

from jobpipe.ledger.models import AccountRole, AuditLine, Import, Run, RunState
from jobpipe.runs.lease import hold
from jobpipe.runs.progress import Progress
from jobpipe.runs.reprocessing import reprocess_import
from jobpipe.runs.retrying import Wanted, retry_import
from jobpipe.runs.run_log import log_file
from jobpipe.runs.starting import StopRequest

TITLES = {str(number): f"Mason {number}" for number in range(10)}


@pytest.fixture
def project(tmp_path: Path) -> Iterator[ProjectFolder]:
    """Three runs: ten postings and a record without a title; a few changes; seven gone, which is held."""
    folder = ProjectFolder(tmp_path / "project", CLIENT_DEFINITION + "require: [title]\n")
    folder.run(xml_feed({**TITLES, "bad": ""}), workers=0)
    folder.run(xml_feed({**TITLES, "0": "Stone &lt;b&gt;mason", "new": "=Roofer", "bad": ""}), workers=0)
    folder.run(xml_feed({key: TITLES[key] for key in ("1", "2", "3")}), workers=0)
    with shown(folder):
        yield folder


def numbers() -> list[int]:
    return list(Run.objects.order_by("pk").values_list("pk", flat=True))


def retry_all(project: ProjectFolder) -> None:
    with project.open() as workspace:
        retry_import(workspace, "offers", Wanted(), progress=Progress(), stop=StopRequest(), workers=0)


def reprocess_all(project: ProjectFolder) -> None:
    with project.open() as workspace:
        reprocess_import(workspace, "offers", progress=Progress(), stop=StopRequest(), workers=0)


def test_the_list_is_chosen_by_its_address_and_is_given_as_a_file(project: ProjectFolder) -> None:
    client = logged_in(account())
    first, _, held = numbers()
    everything = client.get("/runs/").content.decode()
    assert all(f'href="/runs/{number}/"' in everything for number in numbers())
    only_held = client.get("/runs/?state=held").content.decode()
    assert f'href="/runs/{held}/"' in only_held and f'href="/runs/{first}/"' not in only_held
    assert "No run is like that" in client.get("/runs/?import=nothing").content.decode()
    assert "No run is like that" in client.get("/runs/?until=2001-01-01").content.decode()
    assert f'href="/runs/{first}/"' in client.get(f"/runs/?from={datetime.now(UTC):%Y-%m-%d}").content.decode()
    lines = client.get("/runs/?as=csv&state=held").content.decode().splitlines()
    assert len(lines) == 2 and lines[1].startswith(f"{held},offers,import,held,")


def test_a_run_shows_an_account_that_adds_up_beside_the_last_good_one(project: ProjectFolder) -> None:
    first, second, _ = numbers()
    with CaptureQueriesContext(
        connection,
    ) as asked:
        page = logged_in(account()).get(f"/runs/{second}/").content.decode()
    assert len(asked) <= 12  # two of them make the session of this test
    assert f'<a href="/runs/{first}/">run {first}</a>, the last good one' in page
    assert "Every record that was read has one outcome" in page
    assert len(page) < 100_000


def test_a_held_run_says_what_would_expire_and_is_accepted_by_whom_may(project: ProjectFolder) -> None:
    held = numbers()[-1]
    client = logged_in(account(AccountRole.OPERATOR))
    page = client.get(f"/runs/{held}/").content.decode()
    assert "<strong>8</strong> postings expire" in page and "Mason 9" in page
    assert project.keys() >= {"9"}
    people = logged_in(account(AccountRole.CLIENT, "Acme"))
    assert people.post(f"/runs/{held}/accept").status_code == 403
    assert client.post(f"/runs/{held}/accept").status_code == 302
    assert "8 postings expired" in client.get(f"/runs/{held}/").content.decode()
    assert project.keys() == {"1", "2", "3"}
    assert AuditLine.objects.filter(action="run.accept", about=f"run {held}").exists()
    again = client.post(f"/runs/{held}/accept")
    assert again.status_code == 400 and b"waits with nothing" in again.content


@pytest.mark.parametrize("again", [retry_all, reprocess_all])
def test_a_held_run_stays_in_sight_until_somebody_decides(
    project: ProjectFolder, again: Callable[[ProjectFolder], None]
) -> None:
    held = numbers()[-1]
    again(project)
    assert numbers()[-1] != held
    client = logged_in(account())
    name = f"run {held} of offers"
    in_sight = {
        "/": f'<a href="/runs/{held}/">{name}</a> <span class="dim">8 of',
        "/?state=waiting": f'<a href="/runs/{held}/">run {held}</a>',
        "/imports/": f'<a href="/runs/{held}/">run {held}</a>',
        "/imports/offers/": f'<a href="/runs/{held}/">Run {held}</a> waits for a person: 8 of',
        "/incidents/": "more postings would expire than the guard allows",
        "/clients/Acme/": "waits for our check",
    }
    for place, words in in_sight.items():
        assert words in client.get(place).content.decode(), place
    assert f"jobpipe accept {held}" in jobpipe("-C", project.root, "status").stdout
    shown_as = json.loads(jobpipe("-C", project.root, "status", "--json").stdout)["imports"][0]
    assert shown_as["held_run"] == held
    client.post(f"/runs/{held}/dismiss")
    for place in ("/", "/imports/", "/imports/offers/"):
        assert f'href="/runs/{held}/">run' not in client.get(place).content.decode().lower(), place
    assert f"jobpipe accept {held}" not in jobpipe("-C", project.root, "status").stdout


def test_a_held_run_is_out_of_sight_when_a_later_run_has_taken_its_place(project: ProjectFolder) -> None:
    held = numbers()[-1]
    retry_all(project)
    project.run(xml_feed(TITLES), workers=0)
    assert f"run {held} of offers" not in logged_in(account()).get("/").content.decode()


def test_a_run_that_fails_takes_no_place(project: ProjectFolder) -> None:
    held = numbers()[-1]
    project.run(b"no feed at all", workers=0)
    assert f"run {held} of offers</a>" in logged_in(account()).get("/").content.decode()


def begun(state: RunState = RunState.RUNNING, name: str = "offers") -> Run:
    owner = Import.objects.get(name=name)
    return Run.objects.create(
        import_row=owner, state=state, started_at=datetime.now(UTC), revision="", definition="", sequence=None
    )


def test_what_waits_is_cancelled_on_its_page_by_whom_may(project: ProjectFolder) -> None:
    run = begun(RunState.QUEUED).pk
    people = logged_in(account(AccountRole.ACCOUNT_MANAGER, "Acme"))
    assert "Cancel this run" not in people.get(f"/runs/{run}/").content.decode()
    assert people.post(f"/runs/{run}/cancel").status_code == 403
    client = logged_in(account(AccountRole.OPERATOR, name="olga"))
    assert "Cancel this run" in client.get(f"/runs/{run}/").content.decode()
    assert f'aria-label="Cancel run {run}"' in client.get("/runs/").content.decode()
    for _ in range(2):
        assert client.post(f"/runs/{run}/cancel", {"reason": "a <test> feed"}).status_code == 302
        page = client.get(f"/runs/{run}/").content.decode()
        assert f"Run {run} is cancelled" in page and "cancelled by olga: a &lt;test&gt; feed" in page
        assert "Cancel this run" not in page
    assert AuditLine.objects.get(action="run.cancel").details == {"reason": "a <test> feed"}
    assert "olga: run.cancel: a &lt;test&gt; feed" in client.get(f"/runs/{run}/log/").content.decode()
    # It made nothing: the import is as it was.
    assert f'href="/runs/{run}/"' not in client.get("/imports/").content.decode()


def test_what_another_process_makes_says_who_wants_its_end(project: ProjectFolder) -> None:
    run = begun()
    client = logged_in(account(name="ada"))
    assert f'aria-label="Cancel run {run.pk}"' in client.get("/").content.decode()
    with project.open() as workspace, hold(workspace, run.import_row):
        answer = client.post(f"/runs/{run.pk}/cancel", {"next": "/"})
    assert answer.headers["Location"] == "/"
    page = client.get("/").content.decode()
    assert f"Run {run.pk} ends at its next batch" in page and "to be cancelled" in page
    assert "to be cancelled" in client.get("/runs/").content.decode()
    other = begun(RunState.QUEUED).pk
    listed = client.get("/runs/?state=queued").content.decode()
    assert f'/runs/{other}/cancel"' in listed and 'name="next" value="/runs/?state=queued"' in listed
    assert "ada asked" in client.get(f"/runs/{run.pk}/").content.decode()


def test_a_run_that_is_over_or_at_its_end_is_not_cancelled(project: ProjectFolder) -> None:
    client = logged_in(account())
    ending = begun()
    Run.objects.filter(pk=ending.pk).update(ending_since=datetime.now(UTC))
    assert "Cancel this run" not in client.get(f"/runs/{ending.pk}/").content.decode()
    for run, why in ((ending.pk, b"too late"), (numbers()[0], b"is over")):
        answer = client.post(f"/runs/{run}/cancel")
        assert answer.status_code == 400 and why in answer.content
    assert not AuditLine.objects.filter(action="run.cancel").exists()


def test_a_dismissed_run_expires_nothing(project: ProjectFolder) -> None:
    held = numbers()[-1]
    assert logged_in(account()).post(f"/runs/{held}/dismiss").status_code == 302
    assert len(project.keys()) == 11
    assert Run.objects.get(pk=held).state == RunState.SUCCEEDED


def test_changes_are_shown_field_by_field_and_nothing_of_a_source_is_markup(project: ProjectFolder) -> None:
    _, second, held = numbers()
    client = logged_in(account())
    updated = client.get(f"/runs/{second}/changes/?kind=updated").content.decode()
    assert "<del>Mason 0</del>" in updated and "<ins>Stone &lt;b&gt;mason" in updated
    assert "=Roofer" in client.get(f"/runs/{second}/changes/?kind=new").content.decode()
    client.post(f"/runs/{held}/accept")
    assert "Mason 9" in client.get(f"/runs/{held}/changes/?kind=expired").content.decode()


def test_rejected_records_have_their_reason_place_and_bytes(project: ProjectFolder) -> None:
    first = numbers()[0]
    project.run(xml_feed({**TITLES, "bad": ""}), workers=0)
    page = logged_in(account()).get(f"/runs/{numbers()[-1]}/rejected/").content.decode()
    assert "missing" in page and "feed.xml" in page and "&lt;offer id=&quot;bad&quot;" in page
    assert logged_in(account()).get(f"/runs/{first}/rejected/").status_code == 200


def test_the_bytes_that_a_run_read_are_given_to_staff_alone(project: ProjectFolder) -> None:
    held = numbers()[-1]
    answer = logged_in(account()).get(f"/runs/{held}/archive/0")
    assert b"".join(answer.streaming_content) == (project.root / "feed.xml").read_bytes()  # type: ignore[attr-defined]
    assert answer.headers["Content-Disposition"] == 'attachment; filename="feed.xml"'
    assert logged_in(account(AccountRole.CLIENT, "Acme")).get(f"/runs/{held}/archive/0").status_code == 403
    assert logged_in(account(AccountRole.ACCOUNT_MANAGER, "Other")).get(f"/runs/{held}/").status_code == 404
    assert logged_in(account()).get(f"/runs/{held}/archive/7").status_code == 404


def test_a_run_that_goes_says_how_far_it_is_and_asks_for_the_page_when_it_is_over(project: ProjectFolder) -> None:
    owner = Import.objects.get()
    live = {"import_row": owner, "started_at": datetime.now(UTC), "revision": "", "definition": ""}
    run = Run.objects.create(state=RunState.RUNNING, **live)
    run.batches.create(first_ordinal=1, last_ordinal=6, verdicts=b"", chain="")
    client = logged_in(account())
    page = client.get(f"/runs/{run.pk}/").content.decode()
    assert 'hx-trigger="every 2s"' in page and "6 of about 12 records" in page
    assert "<h2>Account</h2>" not in page
    # Its state stands beside the part that lives.
    asking = client.get(f"/runs/{run.pk}/?was=running", headers={"HX-Request": "true"})
    assert "HX-Refresh" not in asking.headers
    began = client.get(f"/runs/{run.pk}/?was=queued", headers={"HX-Request": "true"})
    assert began.headers["HX-Refresh"] == "true"
    Run.objects.filter(pk=run.pk).update(state=RunState.FAILED, error="the source is away")
    part = client.get(f"/runs/{run.pk}/", headers={"HX-Request": "true"})
    assert part.headers["HX-Refresh"] == "true" and b"the source is away" in part.content


def test_the_log_of_a_run_tells_its_stages_its_incidents_and_who_decided(project: ProjectFolder) -> None:
    first, _, held = numbers()
    client = logged_in(account(AccountRole.OPERATOR))
    client.post(f"/runs/{held}/dismiss")
    page = client.get(f"/runs/{held}/log/").content.decode()
    assert page.index("begins") < page.index("part 0: 3 records") < page.index("run.dismiss")
    warnings = client.get(f"/runs/{first}/log/?level=warning").content.decode()
    assert "opened: title: the posting has no title" in warnings and "begins" not in warnings
    assert '<a href="/incidents/' in warnings
    lines = [json.loads(line) for line in client.get(f"/runs/{held}/log/?as=jsonl").content.decode().splitlines()]
    assert lines[0]["message"] == "begins" and lines == sorted(lines, key=lambda line: str(line["at"]))
    # Where the file is pruned, the ledger still knows the ends.
    log_file(project.root / ".jobpipe", first).unlink()
    assert "begins" in client.get(f"/runs/{first}/log/").content.decode()
    assert logged_in(account(AccountRole.CLIENT, "Acme")).get(f"/runs/{held}/log/").status_code == 403
