"""From the definition's words to a request, and from its answer to a page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from jobpipe.definition.services import Api, Detail, is_graphql
from jobpipe.errors import SourceError
from jobpipe.sources.api.page import Page
from jobpipe.sources.api.placeholders import Position, filled, filled_body, filled_url
from jobpipe.sources.api.web import Fetched, Question, url_of

_MOST_SHOWN = 3


def question_at(api: Api, position: Position) -> Question:
    values = position.values(api.page)
    method = method_of(api)
    content, headers = body_of(filled_body(api.body, values))
    if position.url:
        return Question(position.url, method, content, headers)
    url = with_params(filled_url(api.url, values), filled(api.params, values))
    return Question(url, method, content, headers)


def method_of(asked: Api | Detail) -> str:
    """What has a body goes by POST, unless the definition says otherwise."""
    return asked.method if "method" in asked.model_fields_set or asked.body is None else "POST"


def body_of(body: Any) -> tuple[bytes | None, tuple[tuple[str, str], ...]]:
    """What is sent, and the headers that go with it. A text is sent as it is."""
    if body is None:
        return None, ()
    if isinstance(body, str):
        return body.encode(), ()
    return msgspec.json.encode(body), (("Content-Type", "application/json"),)


def with_params(url: str, params: Mapping[str, Any]) -> str:
    """What is null is left out."""
    given = {name: _text(value) for name, value in params.items() if value is not None}
    return str(url_of(url).copy_merge_params(given)) if given else url


def page_of(fetched: Fetched) -> Page:
    return Page(fetched.asked, fetched.url, fetched.body, fetched.charset, fetched.headers, fetched.status)


def refuse_graphql_errors(api: Api, page: Page) -> None:
    """GraphQL tells its troubles with the status 200. Raises SourceError."""
    if not is_graphql(api.body) or page.kind(None) != "json":
        return
    errors = page.values("errors")
    if not errors:
        return
    said = [str(one.get("message", one)) if isinstance(one, dict) else str(one) for one in errors[:_MOST_SHOWN]]
    raise SourceError(
        f"the query fails: {'; '.join(said)}",
        place=page.trouble("").place,
        hint="check api.body: its query and its variables",
    )


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
