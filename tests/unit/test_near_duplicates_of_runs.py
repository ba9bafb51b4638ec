"""Near-duplicates among the imports of a client: marked after each run, hidden by a policy, back when one goes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import mongo_server
import pytest
from client_folder import ClientFolder, job
from command_line import jobpipe
from project_folder import adds_up

from jobpipe.documents.store import Status, Written
from jobpipe.ledger.models import Import, NearDuplicate, Run, RunState
from jobpipe.runs.conducting import owner_of
from jobpipe.runs.lease import hold
from jobpipe.runs.near_duplicates.index import FOLDER
from jobpipe.runs.preparing import prepare


@pytest.fixture
def client(tmp_path: Path) -> ClientFolder:
    return ClientFolder(tmp_path / "project", "one", "two")


def pairs(client: ClientFolder) -> list[str]:
    with client.open():
        return [pair.reason for pair in NearDuplicate.objects.filter(is_gone=False)]


def test_by_default_a_job_of_two_imports_is_marked_and_nothing_is_hidden(client: ClientFolder) -> None:
    client.import_("one", {"a": job(), "b": job("Nurse")})
    report = client.import_("two", {"x": job()})
    assert pairs(client) == ["same text (1.00), same title, same place, same company"]
    assert "1 posting is also in another import of Acme" in report.notices[0]["message"]
    assert client.live("one", "two") == {"one/a", "one/b", "two/x"}


def test_two_openings_of_one_import_are_two(client: ClientFolder) -> None:
    client.keep("{keep: first}")
    client.import_("one", {"a": job(), "b": job()})
    client.import_("two", {"x": job("Nurse")})
    assert pairs(client) == []
    assert client.live("one", "two") == {"one/a", "one/b", "two/x"}


def test_imports_of_two_clients_are_not_compared(client: ClientFolder) -> None:
    client.define_import("two", client="Example")
    client.import_("one", {"a": job()})
    client.import_("two", {"x": job()})
    assert pairs(client) == []


def test_of_a_kept_job_the_other_is_delivered_nowhere(client: ClientFolder) -> None:
    client.keep("{keep: first}")
    client.import_("one", {"a": job()})
    report = client.import_("two", {"x": job(), "y": job("Nurse")})
    assert (report.account["new"], report.live) == (2, 1)
    assert adds_up(report)
    row = client.rows_of("two")["x"]
    assert (row.status, row.reason, row.changed_run) == (Status.EXCLUDED, "near_duplicate", report.run)
    assert set(client.delivered("two")) == {"y"}


def test_what_is_hidden_stays_hidden_and_counts_as_unchanged(client: ClientFolder) -> None:
    client.keep("{keep: first}")
    client.import_("one", {"a": job()})
    first = client.import_("two", {"x": job()})
    again = client.import_("two", {"x": job(), "y": job("Nurse")})
    assert (again.account["unchanged"], again.account["new"], again.account["filtered"]) == (1, 1, 0)
    assert client.rows_of("two")["x"].changed_run == first.run


@pytest.mark.parametrize("there", [{"b": job("Nurse")}, {"a": job("Fitter", "Bern"), "b": job("Nurse")}])
def test_the_hidden_one_is_back_when_the_kept_one_is_gone_or_another(client: ClientFolder, there: dict) -> None:  # type: ignore[type-arg]
    client.keep("{keep: first}")
    client.import_("one", {"a": job(), "b": job("Nurse")})
    client.import_("two", {"x": job()})
    client.import_("one", there)
    assert client.live("two") == {"two/x"}
    with client.open():
        run = Run.objects.get(import_row__name="two", kind="reprocess")
        assert (run.state, run.account["read"], run.account["updated"]) == (RunState.SUCCEEDED, 1, 1)
        assert run.sequence is not None
        assert not NearDuplicate.objects.exists()
    assert client.rows_of("two")["x"].changed_run == run.pk


def test_a_hidden_one_that_changes_is_compared_anew_in_the_same_run(client: ClientFolder) -> None:
    client.keep("{keep: first}")
    client.import_("one", {"a": job()})
    client.import_("two", {"x": job()})
    same = client.import_("two", {"x": job("Fitter (H/F)")})
    assert (same.account["updated"], client.live("two")) == (1, set())
    client.import_("two", {"x": job("Fitter", "Bern")})
    assert client.live("one", "two") == {"one/a", "two/x"}


def test_a_hidden_one_that_leaves_its_source_does_not_come_back(client: ClientFolder) -> None:
    client.keep("{keep: first}")
    client.import_("one", {"a": job()})
    client.import_("two", {"x": job(), "y": job("Nurse")})
    report = client.import_("two", {"y": job("Nurse")})
    assert (report.expired, report.missing) == (1, 0)
    client.import_("one", {"z": job("Cook")})
    assert client.live("one", "two") == {"one/z", "two/y"}


def test_a_hidden_one_that_ended_meanwhile_does_not_come_back(client: ClientFolder) -> None:
    client.keep("{keep: first}")
    client.import_("one", {"a": job()})
    client.import_("two", {"x": job(until="2090-01-01")})
    with client.open() as workspace:
        import_id = Import.objects.get(name="two").pk
        (row,) = workspace.documents.postings_by_key(import_id, ["x"]).values()
        row.valid_through = "2020-01-01"
        workspace.documents.write(import_id, [Written(row)])
    client.import_("one", {"z": job("Cook")})
    assert (client.rows_of("two")["x"].status, client.rows_of("two")["x"].reason) == (Status.EXPIRED, "ended")


def test_the_preferred_import_is_kept_whoever_came_first(client: ClientFolder) -> None:
    client.keep("{prefer: [two]}")
    client.import_("one", {"a": job()})
    client.import_("two", {"x": job()})
    assert client.live("one", "two") == {"two/x"}


def test_the_richest_is_kept(client: ClientFolder) -> None:
    client.keep("{keep: richest}")
    client.import_("one", {"a": job()})
    client.import_("two", {"x": job(until="2090-01-01")})
    assert client.live("one", "two") == {"two/x"}


def test_another_policy_holds_from_the_next_run_on(client: ClientFolder) -> None:
    client.import_("one", {"a": job()})
    client.import_("two", {"x": job()})
    client.keep("{keep: mark, clients: {Acme: {keep: first}}}")
    client.import_("one", None)
    assert client.live("one", "two") == {"one/a"}
    client.keep("{keep: mark}")
    client.import_("one", None)
    assert client.live("one", "two") == {"one/a", "two/x"}
    client.keep("{keep: first, except: [two]}")
    client.import_("one", None)
    assert pairs(client) == []


def test_an_import_that_is_being_run_is_written_later(client: ClientFolder) -> None:
    client.keep("{prefer: [two]}")
    client.import_("one", {"a": job()})
    with client.open() as workspace, hold(workspace, owner_of(prepare(workspace, "one"))):
        client.import_("two", {"x": job()})
    assert client.live("one", "two") == {"one/a", "two/x"}
    client.import_("two", None)
    assert client.live("one", "two") == {"two/x"}


def test_the_index_is_made_again_when_it_is_missing_or_damaged(client: ClientFolder) -> None:
    client.import_("one", {"a": job()})
    client.import_("two", {"y": job("Nurse")})
    (file,) = (client.root / ".jobpipe" / FOLDER).glob("*.sqlite3")
    file.write_bytes(b"no database" * 500)
    client.import_("two", {"y": job("Nurse"), "x": job()})
    assert len(pairs(client)) == 1


def test_three_imports_make_one_group_of_which_one_is_kept(client: ClientFolder) -> None:
    client.define_import("three")
    client.keep("{prefer: [two, three]}")
    for name in ("one", "two", "three"):
        client.import_(name, {name: job()})
    assert client.live("one", "two", "three") == {"two/two"}
    client.import_("two", {"other": job("Nurse")})
    assert client.live("one", "two", "three") == {"three/three", "two/other"}


def test_an_import_of_another_client_takes_its_pairs_along(client: ClientFolder) -> None:
    client.keep("{keep: first}")
    client.import_("one", {"a": job()})
    client.import_("two", {"x": job()})
    client.define_import("two", client="Example")
    client.import_("two", {"x": job(), "y": job("Nurse")})
    client.import_("one", None)
    assert client.live("one", "two") == {"one/a", "two/x", "two/y"}


# Decisions ------------------------------------------------------------------------------------------


def command(client: ClientFolder, *arguments: str) -> Any:
    """The document that the command prints."""
    done = jobpipe("near-duplicates", *arguments, "--json", cwd=client.root)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_two_jobs_that_were_split_are_never_marked_again_until_it_is_undone(client: ClientFolder) -> None:
    client.keep("{keep: first}")
    client.import_("one", {"a": job()})
    client.import_("two", {"x": job()})
    (group,) = command(client, "list")
    assert [one["state"] for one in group["postings"]] == ["delivered", "hidden"]
    done = command(client, "split", str(group["number"]), "--by", "Kim")
    assert (done["by"], done["released"]) == ("Kim", 1)
    assert client.live("one", "two") == {"one/a", "two/x"}
    client.import_("one", {"a": job("Fitter (m/w/d)")})
    assert command(client, "list") == []
    assert command(client, "undo")["hidden"] == 1
    assert len(command(client, "list")) == 1
    assert client.live("one", "two") == {"one/a"}
    assert [one["kind"] for one in command(client, "history")] == ["undo", "split"]


def test_the_one_that_a_person_keeps_is_kept_whatever_the_policy(client: ClientFolder) -> None:
    client.import_("one", {"a": job()})
    client.import_("two", {"x": job()})
    (group,) = command(client, "list")
    assert command(client, "keep", str(group["number"]), "two")["hidden"] == 1
    assert client.live("one", "two") == {"two/x"}
    client.import_("one", {"a": job("Fitter (m/w/d)"), "b": job("Nurse")})
    assert client.live("one", "two") == {"two/x", "one/b"}
    assert command(client, "show", str(group["number"]))["postings"][1]["chosen"]
    command(client, "undo")
    assert client.live("one", "two") == {"one/a", "one/b", "two/x"}


def test_of_three_one_is_split_off(client: ClientFolder) -> None:
    client.define_import("three")
    client.keep("{keep: first}")
    for name in ("one", "two", "three"):
        client.import_(name, {name: job()})
    (group,) = command(client, "list")
    refused = jobpipe("near-duplicates", "split", str(group["number"]), cwd=client.root)
    assert (refused.returncode, "which one: one, two, three" in refused.stderr) == (2, True)
    command(client, "split", str(group["number"]), "three")
    assert client.live("one", "two", "three") == {"one/one", "three/three"}


def test_the_policy_takes_effect_without_a_run_where_it_is_asked_for(client: ClientFolder) -> None:
    client.import_("one", {"a": job()})
    client.import_("two", {"x": job()})
    client.keep("{keep: first}")
    assert command(client, "find") == {"Acme": {"found": 0, "hidden": 1, "released": 0}}
    assert client.live("one", "two") == {"one/a"}


def test_what_the_commands_say_to_a_person(client: ClientFolder) -> None:
    client.import_("one", {"a": job()})
    client.import_("two", {"x": job()})
    said = jobpipe("near-duplicates", "list", cwd=client.root)
    assert "one/a" in said.stdout
    assert "same text" in said.stdout
    number = said.stdout.split()[0]
    assert "city" not in jobpipe("near-duplicates", "show", number, cwd=client.root).stdout
    nothing = jobpipe("near-duplicates", "keep", number, "elsewhere", cwd=client.root)
    assert (nothing.returncode, "it has one of one, two" in nothing.stderr) == (2, True)
    assert jobpipe("near-duplicates", "undo", cwd=client.root).returncode == 2
    assert jobpipe("near-duplicates", "show", "99", cwd=client.root).returncode == 2


def test_a_policy_that_is_none_is_refused_with_its_place(client: ClientFolder) -> None:
    client.keep("{keep: newest}")
    said = jobpipe("runs", cwd=client.root)
    assert said.returncode == 2
    assert "newest" in said.stderr
    assert "first" in said.stderr


# Both engines ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("store", ["sqlite", "mongo"])
def test_hidden_and_back_on_both_stores(tmp_path: Path, store: str) -> None:
    client = ClientFolder(tmp_path / "project", "one", "two")
    if store == "mongo":
        client.keep_ledger_in("", mongo_server.documents_uri(tmp_path))
    client.keep("{keep: first}")
    client.import_("one", {"a": job(), "b": job("Nurse")})
    client.import_("two", {"x": job(), "y": job("Cook")})
    assert client.live("one", "two") == {"one/a", "one/b", "two/y"}
    assert client.import_("two", {"y": job("Cook")}).expired == 1
    client.import_("two", {"x": job(), "y": job("Cook")})
    assert client.live("one", "two") == {"one/a", "one/b", "two/y"}
    client.import_("one", {"b": job("Nurse")})
    assert client.live("one", "two") == {"one/b", "two/x", "two/y"}


@pytest.mark.parametrize("policy", ["{keep: first}", "{keep: mark}"])
@pytest.mark.parametrize("back", [("undo",), ("restore", "a")])
def test_a_job_that_a_person_takes_down_is_down_in_each_import_until_it_is_taken_back(
    client: ClientFolder, policy: str, back: tuple[str, ...]
) -> None:
    client.keep(policy)
    client.import_("one", {"a": job(), "b": job("Nurse")})
    client.import_("two", {"x": job(), "y": job("Cook")})
    before = client.live("one", "two")
    done = jobpipe("-C", client.root, "posting", "exclude", "a", "--reason", "it is filled")
    assert done.returncode == 0, done.stderr
    assert client.live("one", "two") == {"one/b", "two/y"}
    assert "two  x: -  →  excluded (the same job as a of one: it is filled)" in done.stdout
    again = [client.import_("two", {"x": job(), "y": job("Cook")}), client.import_("one", {"a": job()})]
    assert [report.live for report in again] == [1, 0]
    with client.open():
        # It was never delivered between.
        assert not Run.objects.filter(import_row__name="two", account__updated__gt=0).exists()
    assert jobpipe("-C", client.root, "posting", *back).returncode == 0
    assert client.live("one", "two") == before - {"one/b"}


def test_a_posting_that_is_taken_down_alone_is_delivered_by_the_other_import(client: ClientFolder) -> None:
    client.keep("{keep: first}")
    client.import_("one", {"a": job()})
    client.import_("two", {"x": job()})
    jobpipe("-C", client.root, "posting", "exclude", "a", "--alone")
    assert client.live("one", "two") == {"two/x"}
