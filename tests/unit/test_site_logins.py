"""Logins of sites go to the hosts that the definition names and to no other, and are written down nowhere."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from http_source import Resource
from job_site import ALL, JobSite, list_page
from project_folder import ProjectFolder

from jobpipe.errors import DefinitionError
from jobpipe.runs.previewing import preview

pytest.importorskip("scrapy")
KEY = {"key": {"name": "api_key", "value": "geheim&7", "in": "query"}}


def project(tmp_path: Path, definition: str, auth: dict[str, Any]) -> ProjectFolder:
    more = json.dumps({"auth": auth, "allow": ["127.0.0.0/8", "::1"]})[1:-1]
    return ProjectFolder(tmp_path / "project", definition.replace('{"site"', f'{{{more}, "site"'))


def nothing_holds(folder: Path, secret: bytes) -> bool:
    """Also where files are packed: what a run keeps is looked at by the bytes that it was made of."""
    return not [path for path in folder.rglob("*") if path.is_file() and secret in path.read_bytes()]


def gives_tokens(site: JobSite, seconds: int = 3600, **more: Any) -> dict[str, Any]:
    """One after the other: token-1, token-2 …"""

    def give(resource: Resource) -> None:
        number = len(site.seen("/token")) + 1
        given = {"access_token": f"token-{number}", "token_type": "Bearer", "expires_in": seconds, **more}
        resource.body = json.dumps(given).encode()
        resource.before.append(give)

    site.serve("/token", before=[give], content_type="application/json")
    return {"oauth2": {"url": site.url("/token"), "client_id": "jobs", "client_secret": "geheim7", "scope": "read"}}


# OAuth2 ----------------------------------------------------------------------------------------------


def test_a_token_is_asked_for_and_sent_with_every_page(site: JobSite, beside: JobSite, tmp_path: Path) -> None:
    folder = project(tmp_path, site.definition(), gives_tokens(beside))
    report = folder.run()
    assert (report.complete, folder.keys()) == (True, ALL)
    (asked,) = beside.seen("/token")
    assert asked.method == "POST"
    assert asked.content == b"grant_type=client_credentials&scope=read&client_id=jobs&client_secret=geheim7"
    assert {request.header("Authorization") for request in site.requests} == {"Bearer token-1"}


def test_a_token_that_the_site_takes_no_more_is_renewed_and_no_page_is_lost(site: JobSite, tmp_path: Path) -> None:
    site.resources["/jobs-2"].statuses = [401]
    folder = project(tmp_path, site.definition(), gives_tokens(site))
    report = folder.run()
    assert (report.complete, folder.keys()) == (True, ALL)
    sent = [request.header("Authorization") for request in site.seen("/jobs-2")]
    assert sent == ["Bearer token-1", "Bearer token-2"]


def test_a_site_that_takes_no_token_at_all_is_told(site: JobSite, tmp_path: Path) -> None:
    site.resources["/jobs-2"].statuses = [401] * 10
    folder = project(tmp_path, site.definition(), gives_tokens(site))
    report = folder.run()
    assert not report.complete
    assert "/jobs-2: the server answers 401" in report.why
    assert len(site.seen("/jobs-2")) == 2


def test_a_place_that_gives_no_token_is_told_and_nothing_is_crawled(site: JobSite, tmp_path: Path) -> None:
    auth = gives_tokens(site)
    site.resources["/token"].statuses = [400] * 20
    report = project(tmp_path, site.definition(), auth).run()
    assert not report.complete
    assert "gives no token" in report.why
    assert "geheim" not in report.why
    assert not site.seen("/jobs")


def test_a_token_goes_to_no_other_host(site: JobSite, beside: JobSite, tmp_path: Path) -> None:
    site.page("/jobs", list_page([beside.url("/job/1", host="localhost"), "/job/2", "/moved"]))
    site.serve("/moved", redirect=beside.url("/job/3", host="localhost"))
    text = site.definition(follow=None, postings="css:a.job")
    folder = project(tmp_path, text, gives_tokens(site))
    assert folder.run().account["new"] == 3
    for path in ("/job/1", "/job/3"):
        assert [request.header("Authorization") for request in beside.seen(path)] == [""]
    assert site.seen("/job/2")[0].header("Authorization") == "Bearer token-1"
    assert site.seen("/moved")[0].header("Authorization") == "Bearer token-1"


# A key in the address --------------------------------------------------------------------------------


def test_a_key_is_put_into_each_address_and_into_no_posting(
    site: JobSite, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SITE_KEY", "geheim&7")
    site.page("/jobs", list_page(["/job/1", "/job/2?lang=fr"]))
    auth = {"key": {**KEY["key"], "value": "${SITE_KEY}"}}
    folder = project(tmp_path, site.definition(follow=None), auth)
    assert folder.run().complete
    asked = {request.path for request in site.requests} - {"/robots.txt?api_key=geheim%267"}
    assert asked == {"/jobs?api_key=geheim%267", "/job/1?api_key=geheim%267", "/job/2?lang=fr&api_key=geheim%267"}
    assert {posting["url"] for posting in folder.postings().values()} == {
        site.url("/job/1"),
        site.url("/job/2?lang=fr"),
    }
    assert nothing_holds(folder.root / ".jobpipe", b"geheim")


def test_a_key_that_the_site_puts_into_its_own_links_is_sent_once(site: JobSite, tmp_path: Path) -> None:
    site.page("/jobs", list_page(["/job/1?api_key=geheim%267&lang=fr"]))
    folder = project(tmp_path, site.definition(follow=None), KEY)
    assert folder.run().complete
    (asked,) = site.seen("/job/1")
    assert asked.path == "/job/1?lang=fr&api_key=geheim%267"
    assert folder.postings()["J1"]["url"] == site.url("/job/1?lang=fr")


def test_a_key_in_the_address_goes_to_no_other_host(site: JobSite, beside: JobSite, tmp_path: Path) -> None:
    away = beside.url("/job/3?api_key=geheim%267", host="localhost")
    site.page("/jobs", list_page([beside.url("/job/1", host="localhost"), "/moved"]))
    site.serve("/moved", redirect=away)
    folder = project(tmp_path, site.definition(follow=None, postings="css:a.job"), KEY)
    assert folder.run().account["new"] == 2
    assert {request.path for request in beside.requests} == {"/robots.txt", "/job/1", "/job/3"}
    assert {request.header("Referer") for request in beside.requests} <= {"", site.url("/jobs"), site.url("/moved")}


def test_what_fails_is_told_without_the_key(site: JobSite, tmp_path: Path) -> None:
    site.resources["/jobs-2"].statuses = [404]
    report = project(tmp_path, site.definition(), KEY).run()
    assert "/jobs-2: the server answers 404" in report.why
    assert "geheim" not in report.why


def test_another_key_sees_its_own_pages_in_a_preview(site: JobSite, tmp_path: Path) -> None:
    folder = project(tmp_path, site.definition(), KEY)
    text = (folder.root / "imports" / "offers.yaml").read_text()
    for key in ("geheim&7", "geheim8"):
        folder.define(text.replace("geheim&7", key))
        with folder.open() as workspace:
            assert len(preview(workspace.project, "offers", count=1).records) == 1
    assert len(site.seen("/job/1")) == 2


def test_a_login_that_no_page_has_is_told_at_once(site: JobSite, tmp_path: Path) -> None:
    folder = project(tmp_path, site.definition(), {"private_key": "key.pem"})
    with pytest.raises(DefinitionError, match="is for sftp://, not for `site`"):
        folder.run()
    assert site.requests == []
