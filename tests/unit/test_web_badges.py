"""Badges: the state of an import for wikis, by login or by the badge's own address."""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree import ElementTree

import pytest
from django.test import Client
from two_clients import TwoClients, two_clients
from web_client import account, logged_in, show

from jobpipe.ledger.models import AccountRole
from jobpipe.web.badges import address_of, drawn, key_of


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TwoClients]:
    with two_clients(tmp_path_factory.mktemp("badges") / "project") as made:
        show(made.workspace)
        yield made


def test_whoever_sees_the_import_sees_its_badge(project: TwoClients) -> None:
    manager = logged_in(account(AccountRole.ACCOUNT_MANAGER, "Acme"))
    assert ">ok</text>" in manager.get("/imports/acme-jobs/badge.svg").content.decode()
    assert manager.get("/imports/bolt-jobs/badge.svg").status_code == 404
    said = logged_in(account(AccountRole.CLIENT, "Acme")).get("/imports/acme-jobs/badge.json").json()
    assert said["import"] == "acme-jobs" and said["state"] == "ok" and said["live"] > 0


def test_its_own_address_opens_it_without_a_login_and_nothing_else(project: TwoClients) -> None:
    stranger = Client()
    answer = stranger.get(address_of("acme-jobs"))
    assert answer.status_code == 200 and answer.headers["Content-Type"] == "image/svg+xml"
    assert "Acme" not in answer.content.decode()
    key = key_of("acme-jobs")
    assert stranger.get(f"/imports/bolt-jobs/badge.svg?key={key}").status_code == 404
    assert stranger.get(f"/imports/acme-jobs/?key={key}").status_code == 302
    for wrong in ("", "x", "\u00e9", key[:-1]):
        assert stranger.get("/imports/acme-jobs/badge.json", {"key": wrong}).status_code == 404
    assert stranger.get("/imports/nothing/badge.svg").status_code == 404
    assert stranger.get(address_of("nothing")).status_code == 404


def test_the_page_of_an_import_shows_the_address(project: TwoClients) -> None:
    page = logged_in(account()).get("/imports/acme-jobs/").content.decode()
    assert f"badge.svg?key={key_of('acme-jobs')}" in page


def test_a_picture_is_well_formed_whatever_the_name(project: TwoClients) -> None:
    ElementTree.fromstring(drawn('a<b>&"c', "down"))
