"""Plans of services that are read otherwise: their kept answers are asked by the same client, and nobody else is."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from api_service import ApiService, Asked, Reply
from planning import apply, figures, plan, planned_and_applied
from project_folder import ProjectFolder
from soap_service import OfferService

from jobpipe.errors import UsageError

LIST = """\
import: offers
source:
  api:
    url: {url}
    params: {{page: "{{page}}", state: open}}
    page: {{by: number}}
  record: jobs[*]
  headers: {{X-Key: "${{KEY}}"}}
posting:
  reference: id
  title: title
  description: text
"""
LINKED = LIST.replace('page: "{{page}}", ', "").replace("{{by: number}}", "{{by: link}}")
BODY = LIST.replace('params: {{page: "{{page}}", state: open}}', 'body: {{q: {{p: "{{page}}"}}, password: "${{KEY}}"}}')
DETAILED = LIST.replace("page: {{by: number}}", "page: {{by: number}}\n    detail: {{url: '{url}/{{id}}', as: detail}}")


class Board:
    """Jobs in pages of ten, with others that are archived, and details."""

    def __init__(self, service: ApiService) -> None:
        self.jobs = [{"id": f"j{n}", "title": f"Offre {n}", "text": f"Texte {n}"} for n in range(1, 36)]
        self.gone = {"j7"}
        service.on("/jobs", self.page)
        service.on("/jobs/", self.detail)

    def page(self, asked: Asked) -> Any:
        number = int(asked.json["q"]["p"]) if asked.body else asked.number("page", 1)
        jobs = self.jobs[(number - 1) * 10 : number * 10]
        link = {"Link": f'</jobs?page={number + 1}&state=open>; rel="next"'} if number < 4 else {}
        return Reply(body={"jobs": jobs, "old": [{**job, "title": "Old"} for job in jobs[:2]]}, headers=link)

    def detail(self, asked: Asked) -> Any:
        key = asked.path.rpartition("/")[2]
        return Reply(status=404) if key in self.gone else {"more": f"Plus de {key}", "short": "Bref"}


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KEY", "very-secret-key")


@pytest.fixture
def service() -> Iterator[ApiService]:
    with ApiService() as running:
        Board(running)
        yield running


@contextlib.contextmanager
def no_network(service: ApiService) -> Iterator[None]:
    """Fails on whatever tries to connect or to look up a name."""
    tried: list[Any] = []

    def refuse(*args: Any, **more: Any) -> Any:
        tried.append(args[1:])
        raise OSError("there is no network here")

    before = len(service.requests)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", refuse)
        patch.setattr(socket, "getaddrinfo", refuse)
        patch.setattr(asyncio.BaseEventLoop, "create_connection", refuse)
        yield
    assert not tried
    assert len(service.requests) == before


def project_of(tmp_path: Path, service: ApiService, definition: str, address: str = "/jobs") -> ProjectFolder:
    project = ProjectFolder(tmp_path / "project", definition.format(url=service.url(address)))
    assert project.run().state in ("succeeded", "partial")
    return project


@pytest.mark.parametrize("definition", [LIST, LINKED, BODY], ids=["numbers", "links", "bodies"])
def test_pages_are_cut_otherwise_without_the_service(tmp_path: Path, service: ApiService, definition: str) -> None:
    project = project_of(tmp_path, service, definition)
    other = definition.format(url=service.url("/jobs")).replace("jobs[*]", "old[*]")
    said = planned_and_applied(project, no_network(service), other)
    assert said["account"]["read"] == 8
    assert {posting["title"] for posting in project.postings().values() if posting["title"] == "Old"} == {"Old"}
    # And the service says the same when it is asked.
    assert project.run().account["unchanged"] == 8


def test_details_are_read_otherwise_without_the_service(tmp_path: Path, service: ApiService) -> None:
    definition = DETAILED.replace("description: text", "description: detail.more")
    project = project_of(tmp_path, service, definition)
    assert project.postings()["j1"]["description"] == "<p>Plus de j1</p>"
    other = definition.format(url=service.url("/jobs")).replace("as: detail", "as: found")
    said = planned_and_applied(project, no_network(service), other.replace("detail.more", "found.short"))
    assert said["account"]["read"] == 34
    assert project.postings()["j1"]["description"] == "<p>Bref</p>"


def test_details_may_be_left_out(tmp_path: Path, service: ApiService) -> None:
    project = project_of(tmp_path, service, DETAILED)
    said = planned_and_applied(project, no_network(service), LIST.format(url=service.url("/jobs")))
    assert (said["account"]["read"], said["account"]["new"]) == (35, 1)


def test_a_question_that_was_not_asked_makes_the_plan_partial(tmp_path: Path, service: ApiService) -> None:
    project = project_of(tmp_path, service, LIST)
    with no_network(service):
        made = plan(project, definition=LIST.format(url=service.url("/jobs")).replace("state: open", "state: all"))
    said = figures(made)
    assert said["partial"] and said["expired"] == 0
    assert "GET http://127.0.0.1" in said["missing"][0] and "state=all" in said["missing"][0]
    with pytest.raises(UsageError, match="is partial"):
        apply(project, made)


def test_pages_beyond_those_that_were_read_make_the_plan_partial(tmp_path: Path, service: ApiService) -> None:
    project = project_of(tmp_path, service, LIST.replace("{{by: number}}", "{{by: number, most: 2}}"))
    with no_network(service):
        made = plan(project, definition=LIST.format(url=service.url("/jobs")))
    said = figures(made)
    assert said["partial"] and said["account"]["read"] == 20
    assert "page=3" in said["missing"][0]


def test_details_that_were_not_read_make_the_plan_partial(tmp_path: Path, service: ApiService) -> None:
    project = project_of(tmp_path, service, LIST)
    with no_network(service):
        made = plan(project, definition=DETAILED.format(url=service.url("/jobs")))
    said = figures(made)
    assert said["partial"]
    assert f"GET {service.url('/jobs/j1')}" in said["missing"][0]


def test_a_changed_secret_is_no_other_question(
    tmp_path: Path, service: ApiService, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = project_of(tmp_path, service, BODY)
    monkeypatch.setenv("KEY", "another-secret-key")
    planned_and_applied(
        project, no_network(service), BODY.format(url=service.url("/jobs")).replace("jobs[*]", "old[*]")
    )


def test_no_secret_is_kept(tmp_path: Path, service: ApiService) -> None:
    from jobpipe.sources.archive import finished_in

    project = project_of(tmp_path, service, BODY)
    with project.open() as workspace:
        kept = b"".join(b"".join(reader) for reader in finished_in(workspace.archive_of("offers")))
    assert b"Offre 1" in kept and b"very-secret-key" not in kept


SOAP = """\
import: offers
source:
  soap:
    wsdl: {address}?wsdl
    operation: FindOffers
    params: {{Page: "{{page}}"}}
    page: {{by: number, size: 10}}
    security: username_digest
  auth: {{basic: "user:${{KEY}}"}}
  record: offer
posting:
  reference: id
  title: title
"""


@pytest.mark.parametrize("as_text", [False, True], ids=["envelopes", "texts"])
def test_a_soap_service_is_called_again_without_it(tmp_path: Path, service: ApiService, as_text: bool) -> None:
    offers = OfferService(service)
    offers.login, offers.as_text = ("user", "very-secret-key"), as_text
    definition = SOAP.format(address=offers.address)
    project = ProjectFolder(tmp_path / "project", definition)
    assert project.run().state == "succeeded"
    said = planned_and_applied(
        project, no_network(service), definition.replace("record: offer", "record: offers/offer")
    )
    assert said["account"]["read"] == 25
    with no_network(service):
        made = plan(project, definition=definition.replace('Page: "{page}"', 'Page: "{page}", Site: Paris'))
    assert figures(made)["partial"]
