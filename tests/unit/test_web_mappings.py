"""Mapping labels in the interface: the queue, what is shown before saving, saving, history, CSV, and who sees what."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape, unescape
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from project_folder import CLIENT_DEFINITION, ProjectFolder
from web_client import account, logged_in, shown

from jobpipe.ledger.models import AccountRole, AuditLine, MappingChange, MappingEntry, Override, OverrideChange
from jobpipe.runs.mappings.deciding import Decision, decide
from jobpipe.web.project import workspace

CATEGORY = """\
  contract:
    from: type
    map: contracts
    unmapped: default
    default: other
"""


def feed(types: dict[str, str]) -> bytes:
    made = '<offer id="{}"><title>Job {}</title><type>{}</type></offer>'
    offers = (made.format(key, key, escape(said)) for key, said in types.items())
    return f"<offers>{''.join(offers)}</offers>".encode()


@pytest.fixture
def project(tmp_path: Path) -> Iterator[ProjectFolder]:
    folder = ProjectFolder(tmp_path / "project", CLIENT_DEFINITION + CATEGORY)
    (folder.root / "mappings").mkdir()
    (folder.root / "mappings" / "contracts.csv").write_text("label,code\nCDI,permanent\n")
    folder.run(feed({"1": "CDI", "2": "stage <b>", "3": "stage <b>", "4": "interim"}), workers=0)
    with shown(folder):
        yield folder


def row(label: str = "stage <b>", value: str = "internship", *, scope: str = "client", owner: str = "Acme") -> dict:
    return {"table-0": "contracts", "label-0": label, "scope-0": scope, "owner-0": owner, "value-0": value}


def decisions_in(page: bytes) -> str:
    found = re.search(r'<textarea name="decisions" hidden>(.*?)</textarea>', page.decode(), re.DOTALL)
    assert found is not None
    return unescape(found[1])


def map_it(client: Client, **changed: str) -> bytes:
    page = client.post("/mappings/effect", row(**changed))
    assert page.status_code == 200
    saved = client.post("/mappings/save", {"decisions": decisions_in(page.content)}, follow=True)
    assert saved.status_code == 200
    return saved.content


def test_the_queue_shows_what_means_nothing_the_most_frequent_first(project: ProjectFolder) -> None:
    client = logged_in(account())
    client.get("/mappings/")
    with CaptureQueriesContext(
        connection,
    ) as queries:
        page = client.get("/mappings/")
    text = page.content.decode()
    assert len(queries) <= 10
    assert len(page.content) < 100_000
    assert text.index("stage &lt;b&gt;") < text.index("interim")
    assert "stage <b>" not in text
    assert "Job 2" in text
    assert "CDI" not in text
    cold = client.get("/mappings/?import=nowhere").content.decode()
    assert "Every label has a meaning here" in cold


def test_labels_of_many_postings_are_read_again_after_a_run_and_not_after_a_decision(
    project: ProjectFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jobpipe.runs.mappings.known_labels._QUICK", 0.0)
    client = logged_in(account())
    assert b"interim" in client.get("/mappings/").content
    with monkeypatch.context() as reading:
        reading.setattr(type(workspace().documents), "labels", lambda *_: pytest.fail("read again"))
        interim = Decision(table="contracts", label="interim", value="temporary", scope="client", owner="Acme")
        decide(workspace(), [interim], by="ines")
        page = client.get("/mappings/").content
    assert b"interim" not in page
    assert b"stage &lt;b&gt;" in page
    project.run(feed({"1": "CDI", "5": "apprenti"}), workers=0)
    assert b"apprenti" in client.get("/mappings/").content


def test_suggestions_are_loaded_for_the_rows_that_are_shown(project: ProjectFolder) -> None:
    client = logged_in(account())
    map_it(client, label="stage etudiant", value="internship")
    pieces = client.get("/mappings/", headers={"HX-Request": "true"}).content.decode()
    assert 'id="suggested-0" hx-swap-oob="true"' in pieces
    assert 'data-value="internship"' in pieces
    assert "%" in pieces
    assert 'data-value="internship"' in client.get("/mappings/?suggest=1").content.decode()


def test_what_changes_is_shown_and_nothing_is_saved_until_it_was_seen(project: ProjectFolder) -> None:
    client = logged_in(account())
    page = client.post("/mappings/effect", row())
    text = page.content.decode()
    assert "2 postings change" in text
    assert "Job 2" in text
    assert not MappingEntry.objects.exists()
    saved = client.post("/mappings/save", {"decisions": decisions_in(page.content)}, follow=True).content.decode()
    assert "1 decision saved. 2 stored postings were made again." in saved
    assert project.postings()["2"]["contract"] == "internship"
    assert MappingChange.objects.get().by == "admin-all"
    assert AuditLine.objects.filter(action="mapping.save").exists()


def test_a_wrong_value_is_said_beside_its_field_and_the_others_stay(project: ProjectFolder) -> None:
    client = logged_in(account())
    given = row(value="intership") | {
        name.replace("-0", "-1"): said for name, said in row("interim", "temporary").items()
    }
    page = client.post("/mappings/effect", given)
    assert page.status_code == 400
    text = page.content.decode()
    assert "cannot be &#x27;intership&#x27;" in text
    assert "internship" in text
    assert 'value="temporary"' in text
    assert client.post("/mappings/effect", {}).status_code == 400


def test_two_who_decide_at_once_are_told(project: ProjectFolder) -> None:
    client = logged_in(account())
    mine = decisions_in(client.post("/mappings/effect", row()).content)
    map_it(client, value="fixed_term")
    refused = client.post("/mappings/save", {"decisions": mine})
    assert refused.status_code == 400
    assert b"was changed meanwhile" in refused.content


def test_many_postings_wait_for_the_next_run_and_the_page_says_so(
    project: ProjectFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jobpipe.web.taking_effect.FEW", 1)
    saved = map_it(logged_in(account()))
    assert b"The next run does it for offers" in saved
    assert "contract" not in project.postings()["2"] or project.postings()["2"]["contract"] != "internship"


def test_a_decision_is_undone_with_its_postings(project: ProjectFolder) -> None:
    client = logged_in(account())
    map_it(client)
    change = MappingChange.objects.get()
    assert b"Undo" in client.get("/mappings/history/").content
    done = client.post("/mappings/undo", {"change": change.pk}, follow=True)
    assert b"2 stored postings were made again" in done.content
    assert project.postings()["2"].get("contract") != "internship"
    assert client.post("/mappings/undo", {"change": "99999"}).status_code == 404


def test_tables_show_each_layer_and_coverage_what_is_left(project: ProjectFolder) -> None:
    client = logged_in(account())
    map_it(client)
    layers = client.get("/mappings/tables/?import=offers&table=contracts").content.decode()
    assert "contracts (client)" in layers
    assert "permanent" in layers
    assert "internship" in client.get("/mappings/tables/").content.decode()
    assert "75 %" in client.get("/mappings/coverage/").content.decode()


def test_csv_goes_out_and_comes_in_by_way_of_what_it_changes(project: ProjectFolder) -> None:
    client = logged_in(account())
    map_it(client)
    text = client.get("/mappings/export.csv").content.decode()
    assert "contracts,client,Acme,stage <b>,,internship" in text
    changed = SimpleUploadedFile("m.csv", text.replace("internship", "fixed_term").encode())
    page = client.post("/mappings/csv", {"file": changed, "for": "global"})
    assert b"2 postings change" in page.content
    wrong = SimpleUploadedFile("m.csv", b"label,code\nx,y\n")
    refused = client.post("/mappings/csv", {"file": wrong, "for": "global"})
    assert refused.status_code == 400
    assert b"line 2: the row has no table" in refused.content


def test_an_account_manager_decides_over_their_clients_alone(project: ProjectFolder) -> None:
    mine = logged_in(account(AccountRole.ACCOUNT_MANAGER, "Acme"))
    other = logged_in(account(AccountRole.ACCOUNT_MANAGER, "Other"))
    map_it(mine)
    assert b"stage" not in other.get("/mappings/").content
    assert b"internship" not in other.get("/mappings/tables/").content
    assert b"stage" not in other.get("/mappings/history/").content
    assert b"stage" not in other.get("/mappings/export.csv").content
    assert other.get("/mappings/tables/?import=offers").status_code == 404
    for scope, owner in (("client", "Acme"), ("import", "offers"), ("global", ""), ("house", "")):
        given = row(value="permanent", scope=scope, owner=owner)
        assert other.post("/mappings/effect", given).status_code == 404
        packed = (
            f'[{{"table":"contracts","label":"x","value":"permanent","scope":"{scope}","owner":"{owner}",'
            '"is_pattern":false,"revision":null}]'
        )
        assert other.post("/mappings/save", {"decisions": packed}).status_code == 404
    assert other.post("/mappings/undo", {"change": MappingChange.objects.get().pk}).status_code == 404
    assert mine.post("/mappings/effect", row(scope="global", owner="")).status_code == 404
    operator = logged_in(account(AccountRole.OPERATOR))
    assert operator.post("/mappings/effect", row()).status_code == 403
    assert MappingEntry.objects.count() == 1


# Rules ------------------------------------------------------------------------------------------------

RULE = {"rule": "drop when posting.contract == 'other'", "for": "client Acme", "name": "no others", "note": ""}


def test_a_rule_is_tried_before_it_is_saved_and_undone_with_its_postings(project: ProjectFolder) -> None:
    client = logged_in(account())
    page = client.post("/rules/effect", RULE).content.decode()
    assert "<dt>left out</dt><dd>3</dd>" in page
    assert len(project.keys()) == 4
    saved = client.post("/rules/save", RULE, follow=True)
    assert b"stored postings were made again" in saved.content
    assert project.keys() == {"1"}
    assert b"no others" in client.get("/rules/").content
    change = OverrideChange.objects.get()
    assert b"Go back to here" in client.get("/rules/history/").content
    client.post("/rules/undo", {"change": change.pk})
    assert len(project.keys()) == 4
    client.post("/rules/rollback", {"change": change.pk})
    assert project.keys() == {"1"}
    row = Override.objects.get()
    off = {"number": row.pk, "revision": row.revision, "do": "off"}
    assert "<dt>come in again</dt><dd>3</dd>" in client.post("/rules/effect", off).content.decode()
    client.post("/rules/save", off)
    assert len(project.keys()) == 4
    assert client.post("/rules/save", {**off, "do": "remove"}).status_code == 400


def test_a_fault_of_a_rule_is_shown_at_its_spot(project: ProjectFolder) -> None:
    page = logged_in(account()).post("/rules/effect", {**RULE, "rule": "drop when posting.contarct == 'x'"})
    assert page.status_code == 400
    assert "line 1, column 19" in page.content.decode()
    assert "<mark>contarct</mark>" in page.content.decode()
    assert "posting.contarct" in page.content.decode()


def test_rules_of_others_are_not_there(project: ProjectFolder) -> None:
    mine, other = (logged_in(account(AccountRole.ACCOUNT_MANAGER, name)) for name in ("Acme", "Other"))
    mine.post("/rules/save", RULE)
    row, change = Override.objects.get(), OverrideChange.objects.get()
    assert b"no others" not in other.get("/rules/").content
    assert b"posting.contract ==" not in other.get("/rules/history/").content
    assert other.get(f"/rules/?change={row.pk}").status_code == 404
    for where in ("client Acme", "import offers", "global", "posting offers"):
        for act in ("effect", "save"):
            assert other.post(f"/rules/{act}", {**RULE, "for": where}).status_code == 404
    assert other.post("/rules/save", {"number": row.pk, "do": "remove"}).status_code == 404
    assert other.post("/rules/undo", {"change": change.pk}).status_code == 404
    assert mine.post("/rules/rollback", {"change": change.pk}).status_code == 404
    assert Override.objects.get().active


def test_a_definition_that_was_changed_is_read_again(project: ProjectFolder) -> None:
    client = logged_in(account())
    assert b"stage" in client.get("/mappings/").content
    project.define(CLIENT_DEFINITION)
    assert b"contracts (" not in client.get("/mappings/tables/?import=offers").content
    assert b"No table of offers" in client.get("/mappings/tables/?import=offers").content
