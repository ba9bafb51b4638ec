"""How a service is logged in at, and that no secret is ever shown or sent elsewhere."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from api_service import ApiService, Asked, Reply, replies
from conversing import Talk, converse

from jobpipe.definition.logins import OAuth2
from jobpipe.sources.api.login import MARGIN, Tokens

JOBS = [{"id": 1}, {"id": 2}]


@pytest.fixture
def service() -> Iterator[ApiService]:
    with ApiService() as running:
        yield running


def ask(service: ApiService, auth: dict[str, Any], **more: Any) -> Talk:
    environ = {"SECRET": "geheim-4711", "USER": "anna"}
    source = {"api": {"url": service.url("/jobs"), **more.pop("api", {})}, "auth": auth, "record": "jobs[*]", **more}
    return converse(source, environ=environ)


def show(talk: Talk) -> str:
    """All that anybody could see of a conversation."""
    return f"{talk.stream!r} {talk.error} {getattr(talk.error, 'hint', '')}"


def basic(pair: str) -> str:
    return "Basic " + base64.b64encode(pair.encode()).decode()


@pytest.mark.parametrize(
    ("auth", "header", "value"),
    [
        ({"basic": "${USER}:${SECRET}"}, "authorization", basic("anna:geheim-4711")),
        ({"bearer": "${SECRET}"}, "authorization", "Bearer geheim-4711"),
        ({"key": {"name": "X-Api-Key", "value": "${SECRET}"}}, "x-api-key", "geheim-4711"),
    ],
)
def test_a_login_goes_into_its_header(service: ApiService, auth: Any, header: str, value: str) -> None:
    service.on("/jobs", lambda asked: {"jobs": JOBS} if asked.headers.get(header) == value else Reply(status=401))
    talk = ask(service, auth)
    assert talk.ids == [1, 2]
    assert "geheim" not in show(talk) and basic("anna:geheim-4711")[8:] not in show(talk)


def test_a_key_goes_into_the_query_of_every_page_and_is_shown_nowhere(service: ApiService) -> None:
    service.on("/jobs", replies({"jobs": JOBS, "next": "/jobs?after=2"}, {"jobs": [{"id": 3}]}))
    key = {"key": {"name": "k", "value": "${SECRET}", "in": "query"}}
    talk = ask(service, key, api={"page": {"by": "next", "next": "next"}})
    assert talk.ids == [1, 2, 3]
    assert [one.query for one in service.requests] == [{"k": "geheim-4711"}, {"after": "2", "k": "geheim-4711"}]
    assert "geheim" not in show(talk)
    assert talk.pages[1].asked.endswith("/jobs?after=2")


def test_a_refusal_with_a_key_in_the_query_shows_no_key(service: ApiService) -> None:
    service.on("/jobs", lambda asked: Reply(status=403, body={"message": f"the key {asked.query['k']} is unknown"}))
    talk = ask(service, {"key": {"name": "k", "value": "${SECRET}", "in": "query"}})
    assert "denies access" in show(talk) and "the key *** is unknown" in show(talk)
    assert "geheim" not in show(talk)


def test_a_wrong_login_is_told(service: ApiService) -> None:
    service.on("/jobs", lambda asked: Reply(status=401))
    assert "refuses the login (HTTP 401)" in show(ask(service, {"bearer": "${SECRET}"}))


def test_credentials_do_not_follow_a_next_url_to_another_host(service: ApiService) -> None:
    with ApiService() as other:
        service.on("/jobs", lambda asked: {"jobs": JOBS, "next": other.url("/jobs")})
        other.on("/jobs", lambda asked: {"jobs": [{"id": 3}]})
        talk = ask(
            service,
            {"bearer": "${SECRET}"},
            headers={"X-Tenant": "acme"},
            allow=["127.0.0.0/8"],
            api={"page": {"by": "next", "next": "next"}},
        )
        assert talk.ids == [1, 2, 3]
        (foreign,) = other.requests
    assert "authorization" not in foreign.headers and "x-tenant" not in foreign.headers
    assert service.requests[0].headers["x-tenant"] == "acme"


def test_a_login_in_the_url_serves_all_pages_and_is_shown_nowhere(service: ApiService) -> None:
    wanted = basic("anna:p@ss-4711")
    service.on(
        "/jobs",
        lambda asked: (
            Reply(status=401)
            if asked.headers.get("authorization") != wanted
            else {"jobs": JOBS, "next": "/jobs?p=2"}
            if not asked.query
            else {"jobs": [{"id": 3}]}
        ),
    )
    url = service.url("/jobs").replace("//", "//anna:p%40ss-4711@")
    talk = ask(service, {}, api={"url": url, "page": {"by": "next", "next": "next"}})
    assert talk.ids == [1, 2, 3]
    assert "ss-4711" not in show(talk)


# OAuth2 ----------------------------------------------------------------------------------------------


class Issuer:
    """Gives tokens, and takes the last one that it gave."""

    def __init__(self, service: ApiService, expires_in: Any = 3600) -> None:
        self.given: list[str] = []
        self.expires_in = expires_in
        service.on("/token", self.token)

    def token(self, asked: Asked) -> Any:
        self.given.append(f"token-number-{len(self.given) + 1}")
        return {"access_token": self.given[-1], "token_type": "Bearer", "expires_in": self.expires_in}

    def takes(self, asked: Asked) -> bool:
        return bool(self.given) and asked.headers.get("authorization") == f"Bearer {self.given[-1]}"


def oauth2(service: ApiService, **more: Any) -> dict[str, Any]:
    return {
        "oauth2": {"url": service.url("/token"), "client_id": "jobs", "client_secret": "${SECRET}", **more},
    }


def test_a_token_is_had_once_for_many_pages(service: ApiService) -> None:
    issuer = Issuer(service)
    service.on(
        "/jobs",
        lambda asked: (
            Reply(status=401)
            if not issuer.takes(asked)
            else {"jobs": [{"id": asked.number("page")}] if asked.number("page") < 5 else []}
        ),
    )
    paging = {"params": {"page": "{page}"}, "page": {"by": "number"}}
    talk = ask(service, oauth2(service, scope="jobs.read all", params={"audience": "x"}), api=paging)
    assert talk.ids == [1, 2, 3, 4]
    (asked,) = service.asked("/token")
    assert asked.form == {
        "grant_type": "client_credentials",
        "scope": "jobs.read all",
        "audience": "x",
        "client_id": "jobs",
        "client_secret": "geheim-4711",
    }
    assert "geheim" not in show(talk) and "token-number" not in show(talk)


def test_the_client_may_name_itself_in_a_header(service: ApiService) -> None:
    issuer = Issuer(service)
    service.on("/jobs", lambda asked: {"jobs": JOBS} if issuer.takes(asked) else Reply(status=401))
    assert ask(service, oauth2(service, send="basic")).ids == [1, 2]
    (asked,) = service.asked("/token")
    assert asked.headers["authorization"] == basic("jobs:geheim-4711")
    assert asked.form == {"grant_type": "client_credentials"}


def test_a_token_that_ends_before_its_time_is_renewed_in_the_middle(service: ApiService) -> None:
    issuer = Issuer(service)

    def route(asked: Asked) -> Any:
        page = asked.number("page")
        if page == 3 and len(issuer.given) == 1:
            return Reply(status=401)
        return {"jobs": [{"id": page}] if page < 5 else []} if issuer.takes(asked) else Reply(status=401)

    service.on("/jobs", route)
    talk = ask(service, oauth2(service), api={"params": {"page": "{page}"}, "page": {"by": "number"}})
    assert talk.ids == [1, 2, 3, 4] and not talk.end.why
    assert len(issuer.given) == 2


def test_a_new_token_that_is_refused_too_is_told(service: ApiService) -> None:
    issuer = Issuer(service)
    service.on("/jobs", lambda asked: Reply(status=401, body={"error": f"no {issuer.given[-1]}"}))
    talk = ask(service, oauth2(service))
    assert "refuses the login" in show(talk)
    assert len(issuer.given) == 2 and "token-number" not in show(talk)


@pytest.mark.parametrize(
    ("reply", "told"),
    [
        (Reply(status=401, body={"error": "invalid_client"}), "gives no token.*invalid_client"),
        (Reply(status=400, body={"error": "bad geheim-4711"}), r"gives no token.*bad \*\*\*"),
        (Reply(body=b"<html>"), "no access_token"),
        ({"token": "x"}, "no access_token"),
        ({"access_token": "abcdef", "token_type": "mac"}, "only bearer"),
    ],
)
def test_a_token_that_is_not_had_is_told(service: ApiService, reply: Any, told: str) -> None:
    service.on("/token", lambda asked: reply)
    talk = ask(service, oauth2(service))
    assert talk.error is not None
    with pytest.raises(type(talk.error), match=told):
        raise talk.error
    assert "/token" in str(talk.error) and "geheim" not in show(talk)


def test_trouble_at_the_token_is_waited_out(service: ApiService) -> None:
    issuer = Issuer(service)
    service.on("/token", replies(Reply(status=503), issuer.token))
    service.on("/jobs", lambda asked: {"jobs": JOBS} if issuer.takes(asked) else Reply(status=401))
    assert ask(service, oauth2(service)).ids == [1, 2]


@dataclass
class Given:
    body: bytes


@pytest.mark.parametrize(("lives", "lasts"), [(3600, 3600 - MARGIN), (20, 10)])
def test_a_token_is_renewed_before_it_ends(lives: int, lasts: float) -> None:
    now = [0.0]
    asked: list[str] = []

    async def send(url: str, form: bytes, headers: Mapping[str, str]) -> Given:
        asked.append(url)
        return Given(b'{"access_token": "tok-%d", "expires_in": "%d"}' % (len(asked), lives))

    async def talk() -> list[str]:
        tokens = Tokens(OAuth2(url="https://h/t", client_id="i", client_secret="s"), send, clock=lambda: now[0])
        seen = [await tokens.token()]
        now[0] = lasts - 1
        seen.append(await tokens.token())
        now[0] = lasts
        seen.append(await tokens.token())
        return seen

    assert asyncio.run(talk()) == ["tok-1", "tok-1", "tok-2"]
