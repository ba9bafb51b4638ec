"""The jump box: from a few letters to the page that is meant, and nothing of what one may not see."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from two_clients import TwoClients, two_clients
from web_client import account, logged_in, show

from jobpipe.ledger.models import AccountRole, Import, Incident
from jobpipe.runs.search_index import catch_up


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TwoClients]:
    with two_clients(tmp_path_factory.mktemp("find") / "project") as made:
        show(made.workspace)
        catch_up(made.workspace, 10)
        yield made


def ask(text: str, *, role: str = AccountRole.ADMIN, client: str = "", typed: bool = False) -> Any:
    who = logged_in(account(role, *filter(None, [client])))
    return who.get("/find", {"q": text}, headers={"HX-Request": "true"} if typed else {})


def leads_to(text: str, **who: Any) -> str:
    return str(ask(text, **who).headers.get("Location", ""))


def test_what_is_called_just_so_is_led_to(project: TwoClients) -> None:
    run, incident = project.run("acme-jobs"), project.incident("acme-jobs")
    assert leads_to("ACME-JOBS") == "/imports/acme-jobs/"
    assert leads_to("Bolt") == "/clients/Bolt/"
    assert leads_to("partner") == "/destinations/partner/"
    assert leads_to(f"run {run}") == f"/runs/{run}/"
    assert leads_to(f"incident {incident}") == f"/incidents/{incident}/"
    assert leads_to("bolt-jobs-5") == "/postings/bolt-jobs/?key=bolt-jobs-5"
    assert leads_to("audit") == "/audit/"


def test_whoever_has_no_spaces_of_clients_is_led_to_their_imports(project: TwoClients) -> None:
    assert leads_to("Bolt", role=AccountRole.OPERATOR) == "/imports/?client=Bolt"


def test_what_may_be_several_is_listed(project: TwoClients) -> None:
    page = ask("jobs").content.decode()
    assert 'href="/imports/acme-jobs/"' in page and 'href="/imports/bolt-jobs/"' in page
    number = ask("1").content.decode()
    assert 'href="/runs/1/"' in number and 'href="/incidents/1/"' in number


def test_an_incident_is_found_by_what_it_says(project: TwoClients) -> None:
    one = Incident.objects.get(pk=project.incident("bolt-jobs"))
    assert f'href="/incidents/{one.pk}/"' in ask(one.message[:40].upper(), typed=True).content.decode()


def test_while_one_types_a_list_comes_and_nobody_is_led_away(project: TwoClients) -> None:
    answer = ask("acme-jobs", typed=True)
    assert answer.status_code == 200 and "<html" not in answer.content.decode()
    assert 'href="/imports/acme-jobs/"' in answer.content.decode()
    assert ask("", typed=True).content.strip() == b""
    assert "Nothing that you may see" in ask("zzzz", typed=True).content.decode()


def test_an_import_that_never_ran_is_found_by_its_file(project: TwoClients) -> None:
    text = (project.root / "imports" / "acme-jobs.yaml").read_text()
    path = project.root / "imports" / "not-yet.yaml"
    path.write_text(text.replace("acme-jobs", "not-yet"))
    try:
        assert leads_to("not-yet") == "/imports/not-yet/"
    finally:
        path.unlink()


@pytest.mark.parametrize(
    "text", ["bolt", "Bolt", "bolt-jobs", "bolt-jobs-5", "run {run}", "incident {incident}", "partner"]
)
def test_what_is_of_other_clients_is_not_found(project: TwoClients, text: str) -> None:
    asked = text.format(run=project.run("bolt-jobs"), incident=project.incident("bolt-jobs"))
    answer = ask(asked, role=AccountRole.ACCOUNT_MANAGER, client="Acme")
    assert answer.status_code == 200
    assert "Nothing that you may see" in answer.content.decode()


def test_words_of_a_page_are_no_markup(project: TwoClients) -> None:
    assert "<script>alert" not in ask("<script>alert(1)</script>").content.decode()


def test_a_thousand_imports_cost_no_more_questions(project: TwoClients) -> None:
    Import.objects.bulk_create(Import(name=f"many-{number}", client=f"Client {number % 90}") for number in range(1000))
    try:
        for role, client in ((AccountRole.ADMIN, ""), (AccountRole.ACCOUNT_MANAGER, "Client 1")):
            who = logged_in(account(role, *filter(None, [client])))
            for text in ("many", "1", "client"):
                with CaptureQueriesContext(connection) as asked:
                    page = who.get("/find", {"q": text})
                assert len(asked) <= 10 and len(page.content) < 20_000
    finally:
        Import.objects.filter(name__startswith="many-").delete()
