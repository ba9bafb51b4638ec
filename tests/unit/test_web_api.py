"""The REST API: who is let in with which token, and what it shows and does."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from asking_api import Api
from django.test import Client
from project_folder import CLIENT_DEFINITION, ProjectFolder, xml_feed
from web_client import account, logged_in, shown

from jobpipe.errors import UsageError
from jobpipe.ledger.models import Account, AccountRole, ApiToken, AuditLine, Incident, Run, RunState
from jobpipe.runs.conducting import run_import
from jobpipe.runs.progress import Progress
from jobpipe.runs.starting import StopRequest
from jobpipe.web.api.limits import of_failures, of_tokens
from jobpipe.web.api.tokens import digest_of, make_token, revoke, token_of


@pytest.fixture
def project(tmp_path: Path) -> Iterator[ProjectFolder]:
    folder = ProjectFolder(tmp_path / "project", CLIENT_DEFINITION)
    folder.run(xml_feed({"1": "Mason", "2": "Baker"}), workers=0)
    with shown(folder):
        yield folder


def test_a_token_is_good_until_it_is_revoked_ends_or_its_account_is_closed(project: ProjectFolder) -> None:
    who = account()
    text = make_token(who, "nightly", ["runs:read"])
    found = token_of(text)
    assert found is not None
    assert found.account == who
    assert text not in str(list(ApiToken.objects.values()))
    assert token_of(text + "x") is None
    revoke(found)
    assert token_of(text) is None
    ending = make_token(who, "ends", ["runs:read"], datetime.now(UTC) + timedelta(hours=1))
    assert token_of(ending) is not None
    ApiToken.objects.filter(name="ends").update(expires_at=datetime.now(UTC) - timedelta(seconds=1))
    assert token_of(ending) is None
    closed = make_token(who, "closed", ["runs:read"])
    Account.objects.filter(pk=who.pk).update(is_active=False)
    assert token_of(closed) is None


@pytest.mark.parametrize(
    ("name", "scopes", "days"), [(" ", ["runs:read"], 1), ("x", ["runs:all"], 1), ("x", [], 1), ("x", ["runs:read"], 0)]
)
def test_a_token_that_says_nothing_is_not_made(project: ProjectFolder, name: str, scopes: list[str], days: int) -> None:
    with pytest.raises(UsageError):
        make_token(account(), name, scopes, datetime.now(UTC) + timedelta(days=days))


@pytest.fixture(autouse=True)
def _unhurried() -> None:
    of_tokens.forget()
    of_failures.forget()


def other_client(folder: ProjectFolder) -> int:
    """An import of another client, with an incident; its run."""
    text = CLIENT_DEFINITION.replace("import: offers", "import: globex").replace("Acme", "Globex")
    (folder.root / "imports" / "globex.yaml").write_text(text)
    with folder.open() as workspace:
        report = run_import(workspace, "globex", workers=0, progress=Progress(), stop=StopRequest())
    Incident.objects.create(
        fingerprint="x",
        kind="bug",
        import_name="globex",
        client="Globex",
        message="secret",
        count=1,
        first_seen=datetime.now(UTC),
        last_seen=datetime.now(UTC),
    )
    return report.run


def test_what_is_imported_is_to_be_read_page_by_page(project: ProjectFolder) -> None:
    api = Api(account())
    project.run(xml_feed({"1": "Mason", "2": "Cook"}), workers=0)
    assert [one["import"] for one in api.get("/imports")["items"]] == ["offers"]
    assert api.get("/imports/offers")["live"] == 2
    assert [one["run"] for one in api.pages("/runs")] == [2, 1]
    assert api.get("/runs/2")["account"]["updated"] == 1
    assert api.get("/runs/2")["import"] == "offers"
    assert api.get("/runs/2/log")["lines"][0]["message"] == "begins"
    assert api.get("/runs/2/log?level=error") == {"lines": []}
    assert Api(account(AccountRole.CLIENT, "Acme")).ask("GET", "/runs/2/log")[0] == 404
    assert [one["key"] for one in api.pages("/imports/offers/postings")] == ["1", "2"]
    assert api.get("/imports/offers/postings?search=coo")["items"][0]["posting"]["title"] == "Cook"
    assert api.get("/imports/offers/postings/2")["posting"]["title"] == "Cook"
    assert api.get("/mappings")["items"] == api.get("/mappings/unmapped")["items"] == []
    assert api.get("/destinations") == {"items": []}


def test_postings_are_found_as_on_their_page_and_only_those_that_may_be_seen(project: ProjectFolder) -> None:
    project.define(CLIENT_DEFINITION + "  description: text\n")
    project.run(xml_feed({"1": "Mason", "R-7": "Cook"}), workers=0)
    other_client(project)
    api = Api(account(), "postings:read")

    def keys(asked: str) -> list[str]:
        return [f"{one['import']}/{one['key']}" for one in api.pages(f"/postings?{asked}")]

    assert keys("q=texte+cook&state=live") == ["offers/R-7"]  # in the description too
    assert keys("q=R-7") == ["globex/R-7", "offers/R-7"]  # by its key, of all imports
    assert keys("q=R-7&import=offers") == ["offers/R-7"]
    assert keys("q=mas*&client=Acme&state=live") == ["offers/1"]
    assert keys("import=nothing") == keys("country=XX") == []
    (one,) = api.get("/postings?q=title:cook&import=offers")["items"]
    assert one["posting"]["description"] == "<p>Texte de Cook</p>"
    of_acme = Api(account(AccountRole.CLIENT, "Acme"), "postings:read")
    assert {one["import"] for one in of_acme.pages("/postings")} == {"offers"}
    assert of_acme.get("/postings?client=Globex")["items"] == []
    assert Api(account(), "runs:read").ask("GET", "/postings")[0] == 403


def test_changes_are_followed_with_a_cursor(project: ProjectFolder) -> None:
    api = Api(account(), "postings:read")
    copy: dict[str, str] = {}
    cursor = ""
    for offers in ({}, {"1": "Mason", "3": "Nurse"}, {"3": "Cook"}):
        if offers:
            project.run(xml_feed(offers), workers=0)
        more = True
        while more:
            found = api.get(f"/changes?limit=1&cursor={cursor}")
            cursor, more = found["cursor"], found["more"]
            for one in found["changes"]:
                if one["action"] == "upsert":
                    copy[one["key"]] = one["posting"]["title"]
                else:
                    copy.pop(one["key"], None)
        assert copy == {key: one["title"] for key, one in project.postings().items()}
    assert api.ask("GET", "/changes?cursor=nonsense")[0] == 400


def test_a_token_may_no_more_than_its_scopes_and_its_account(project: ProjectFolder) -> None:
    assert Api(account(), "runs:read").ask("GET", "/imports")[0] == 403
    # Everything the API can do, in the name of one who may look only.
    of_client = Api(account(AccountRole.CLIENT, "Acme"))
    for method, address in (
        ("POST", "/imports/offers/runs"),
        ("POST", "/runs/1/accept"),
        ("GET", "/incidents"),
        ("GET", "/destinations"),
    ):
        status, document = of_client.ask(method, address)
        assert (status, document["error"]["code"]) == (403, "not_allowed")
    who = account(AccountRole.OPERATOR)
    api = Api(who, "runs:start")
    assert api.ask("POST", "/imports/offers/runs")[0] == 202
    Account.objects.filter(pk=who.pk).update(role=AccountRole.CLIENT)
    assert api.ask("POST", "/imports/offers/runs")[0] == 403


def test_what_is_another_clients_is_not_there(project: ProjectFolder) -> None:
    foreign = other_client(project)
    incident = Incident.objects.get(import_name="globex").pk
    api = Api(account(AccountRole.ACCOUNT_MANAGER, "Acme"))
    assert {one["import"] for one in api.pages("/imports")} == {"offers"}
    assert {one["import"] for one in api.pages("/runs")} == {"offers"}
    assert {one["import"] for one in api.get("/changes")["changes"]} == {"offers"}
    assert api.pages("/incidents") == []
    assert api.pages("/runs?import=globex") == []
    entry = {"table": "t", "label": "x", "code": "y", "scope": "client", "owner": "Globex"}
    for method, address, payload in (
        ("GET", "/imports/globex", None),
        ("GET", "/imports/nowhere", None),
        ("GET", f"/runs/{foreign}", None),
        ("POST", f"/runs/{foreign}/accept", None),
        ("POST", f"/runs/{foreign}/dismiss", None),
        ("GET", "/imports/globex/postings", None),
        ("GET", "/imports/globex/postings/1", None),
        ("GET", "/changes?import=globex", None),
        ("PUT", "/imports/globex/exclusions/1", {}),
        ("DELETE", "/imports/globex/exclusions/1", None),
        ("GET", f"/incidents/{incident}", None),
        ("POST", f"/incidents/{incident}/resolve", {}),
        ("PUT", "/mappings", [entry]),
        ("PUT", "/mappings", [{**entry, "scope": "import", "owner": "globex"}]),
        ("GET", "/destinations/partner", None),
    ):
        assert api.ask(method, address, payload)[0] == 404, address
    assert api.ask("PUT", "/mappings", [{**entry, "scope": "global", "owner": ""}])[0] == 403
    assert Incident.objects.get(pk=incident).state == "open"


def test_a_webhook_asks_for_a_run_once(project: ProjectFolder) -> None:
    api = Api(account(AccountRole.OPERATOR), "runs:start")
    first, second = api.ask("POST", "/imports/offers/runs"), api.ask("POST", "/imports/offers/runs")
    assert (first[0], first[1]["was_there"], second[1]["was_there"]) == (202, False, True)
    assert first[1]["run"] == second[1]["run"]
    assert AuditLine.objects.filter(action="run.start", about="import offers").count() == 2


def test_a_run_that_was_asked_for_is_cancelled(project: ProjectFolder) -> None:
    who = account(AccountRole.OPERATOR)
    api = Api(who, "runs:start")
    run = api.ask("POST", "/imports/offers/runs")[1]["run"]
    assert Api(who, "runs:read", "runs:decide").ask("POST", f"/runs/{run}/cancel", {})[0] == 403
    for _ in range(2):
        status, document = api.ask("POST", f"/runs/{run}/cancel", {"reason": "too early"})
        assert (status, document["state"], document["account"]["read"]) == (200, "cancelled", 0)
        assert document["evidence"]["why"] == f"cancelled by {who.name}: too early"
    assert AuditLine.objects.filter(action="run.cancel", about=f"run {run}").count() == 1
    over = Run.objects.filter(state=RunState.SUCCEEDED).latest("pk").pk
    status, document = api.ask("POST", f"/runs/{over}/cancel", {})
    assert (status, document["error"]["code"]) == (409, "conflict")


def test_a_held_run_is_decided_over_once(project: ProjectFolder) -> None:
    for _ in range(2):
        project.run(b"<offers></offers>", workers=0)
    held = Run.objects.filter(state=RunState.HELD).latest("pk").pk
    api = Api(account(AccountRole.OPERATOR), "runs:decide", "runs:read")
    status, document = api.ask("POST", f"/runs/{held}/accept")
    assert (status, document["state"], document["expired"]) == (200, "succeeded", 2)
    status, document = api.ask("POST", f"/runs/{held}/dismiss")
    assert (status, document["error"]["code"]) == (409, "conflict")


def test_a_posting_is_taken_down_and_put_back(project: ProjectFolder) -> None:
    api = Api(account(AccountRole.CLIENT, "Acme"), "postings:read", "postings:decide")
    assert api.ask("PUT", "/imports/offers/exclusions/1", {"reason": "filled"}) == (200, {"changes": 1})
    assert api.get("/imports/offers/postings/1")["state"] == "excluded"
    assert api.ask("DELETE", "/imports/offers/exclusions/1") == (200, {"changes": 1})
    assert api.get("/imports/offers/postings/1")["state"] == "live"
    assert api.ask("PUT", "/imports/offers/exclusions/1", {"until": "2020-01-01"})[0] == 409


def test_incidents_are_taken_in_hand(project: ProjectFolder) -> None:
    other_client(project)
    api = Api(account(AccountRole.OPERATOR))
    (one,) = api.pages("/incidents")
    address = f"/incidents/{one['incident']}"
    assert api.ask("POST", f"{address}/acknowledge", {"why": "mine"})[1]["state"] == "acknowledged"
    assert api.ask("POST", f"{address}/assign", {"person": "ana"})[1]["owner"] == "ana"
    assert api.ask("POST", f"{address}/mute", {"until": "2031-05-01T00:00:00Z"})[1]["state"] == "muted"
    assert api.ask("POST", f"{address}/resolve", {})[1]["state"] == "resolved"
    assert api.ask("POST", f"{address}/resolve", {})[0] == 409
    assert [line["action"] for line in api.get(address)["history"]] == ["acknowledged", "assigned", "muted", "resolved"]
    assert api.pages("/incidents") == []


def test_labels_are_mapped(project: ProjectFolder) -> None:
    project.define(CLIENT_DEFINITION + "  category: {from: title, map: jobs}\n")
    project.run(workers=0)
    api = Api(account(AccountRole.ACCOUNT_MANAGER, "Acme"))
    assert {one["label"] for one in api.pages("/mappings/unmapped")} == {"Mason", "Baker"}
    entry = {"table": "jobs", "label": "Mason", "code": "M1", "scope": "client", "owner": "Acme", "revision": 0}
    assert api.ask("PUT", "/mappings", [entry]) == (200, {"changes": 1, "imports": ["offers"]})
    assert api.ask("PUT", "/mappings", [entry])[0] == 409
    assert api.ask("PUT", "/mappings", [{**entry, "table": "nowhere"}])[0] == 409
    (found,) = api.pages("/mappings")
    assert (found["label"], found["value"], found["changed_by"]) == ("Mason", "M1", "account_manager-Acme")
    assert [one["label"] for one in api.pages("/mappings/unmapped")] == ["Baker"]


def test_whatever_goes_wrong_is_said_in_one_shape(project: ProjectFolder) -> None:
    api = Api(account())
    for method, address, payload, status in (
        ("GET", "/nowhere", None, 404),
        ("PATCH", "/runs", None, 405),
        ("GET", "/runs?limit=0", None, 422),
        ("GET", "/runs?improt=offers", None, 422),
        ("GET", "/runs?cursor=bm9uc2Vuc2U", None, 400),
        ("GET", f"/runs/{2**70}", None, 422),
        ("PUT", "/mappings", "no list", 422),
        ("PUT", "/imports/offers/exclusions/1", {"untill": "2031-01-01"}, 422),
    ):
        found, document = api.ask(method, address, payload)
        assert found == status, (address, document)
        assert set(document["error"]) == {"code", "message", "hint"}
    assert Client().get("/api/v2/runs").json()["error"]["code"] == "not_found"


def test_a_cookie_is_no_token_and_no_other_site_may_ask(project: ProjectFolder) -> None:
    browser = logged_in(account(), checks_csrf=True)
    assert browser.get("/api/v1/runs").status_code == 401
    answer = Client().options("/api/v1/runs", headers={"Origin": "https://evil.example"})
    assert "Access-Control-Allow-Origin" not in answer.headers
    answer = Client().get("/api/v1/runs")
    assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_whoever_asks_too_often_or_guesses_waits(project: ProjectFolder) -> None:
    api = Api(account(), "runs:read")
    assert api.ask("GET", "/runs")[0] == 200
    while not of_tokens.take(digest_of(api.token)):
        pass
    assert api.ask("GET", "/runs")[0] == 429
    of_tokens.forget()
    guesser = {"Authorization": "Bearer jp_guess"}
    assert Client().get("/api/v1/runs", headers=guesser).status_code == 401
    while not of_failures.take("127.0.0.1"):
        pass
    answer = Client().get("/api/v1/runs", headers=guesser)
    assert (answer.status_code, answer.json()["error"]["code"]) == (429, "too_many_requests")
    assert int(answer.headers["Retry-After"]) > 0
    # Nobody locks those out who have one.
    assert api.ask("GET", "/runs")[0] == 200


def test_the_last_use_of_a_token_is_noted_once_a_minute(project: ProjectFolder) -> None:
    api = Api(account(), "runs:read")
    api.get("/runs")
    first = ApiToken.objects.get(digest=digest_of(api.token)).last_used
    assert first is not None
    api.get("/runs")
    assert ApiToken.objects.get(digest=digest_of(api.token)).last_used == first


def test_every_operation_says_what_it_may_end_with_and_needs_a_token(project: ProjectFolder) -> None:
    document = Client().get("/api/v1/openapi.json").json()
    for address, operations in document["paths"].items():
        for method, operation in operations.items():
            assert operation["security"] == [{"Bearer": []}], (method, address)
            assert {"401", "403", "404"} <= operation["responses"].keys()
    assert Client().get("/api/v1/docs").status_code == 404
