"""Services that are asked: REST, GraphQL and SOAP, page by page.

In URLs, parameters and bodies {page}, {offset}, {last} (= offset + size - 1), {size} and {cursor} stand for where the
reading is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Literal

from pydantic import Field, model_validator

from jobpipe.definition.base import Model

PLACEHOLDERS = frozenset({"page", "offset", "last", "size", "cursor"})
_PLACEHOLDER = re.compile(r"\{(\w+)\}")
_BRACES = re.compile(r"\{[^{}]+\}")
# What a way of turning pages changes in the next request.
_MOVING = {"number": {"page"}, "offset": {"offset", "last"}, "cursor": {"cursor"}}


class Paging(Model):
    by: Literal["number", "offset", "cursor", "next", "link"] = Field(
        description="number: {page} counts; offset: {offset} counts records; cursor: {cursor} comes with each answer; "
        "next: the answer has the URL of the next one; link: its header Link has it."
    )
    start: int = Field(
        default=1, ge=0, description="The first {page}; with `offset` the first {offset} (then often 0)."
    )
    size: int | None = Field(default=None, ge=1, description="Records a page: {size}.")
    cursor: str | None = Field(
        default=None, description="The path of the next cursor in an answer, or header:NAME of its header."
    )
    next: str | None = Field(default=None, description="The path of the next URL in an answer, or header:NAME.")
    more: str | None = Field(
        default=None, description="The path of what says that there is more (true, or not empty), or header:NAME."
    )
    pages: str | None = Field(default=None, description="The path of the number of pages, or header:NAME.")
    most: int = Field(default=10_000, ge=1, description="Pages after which it must have come to an end.")

    @model_validator(mode="before")
    @classmethod
    def _offsets_begin_at_nothing(cls, value: Any) -> Any:
        if isinstance(value, dict) and value.get("by") == "offset" and "start" not in value:
            return {**value, "start": 0}
        return value

    @model_validator(mode="after")
    def _knows_where_to_look(self) -> Paging:
        for word in ("cursor", "next"):
            if self.by == word and getattr(self, word) is None:
                raise ValueError(f"`by: {word}` needs `{word}`: its path in an answer")
        return self


class Detail(Model):
    """A request for each record of a list, whose answer is put into it."""

    url: str = Field(description="{name} stands for what is at that path of the record: https://example.org/jobs/{id}.")
    method: Literal["GET", "POST"] = Field(default="GET", description="How it is asked; by POST where it has a body.")
    params: dict[str, str] = Field(default={}, description="Of the query.")
    body: Any = Field(default=None, description="JSON that is sent.")
    path: str | None = Field(default=None, description="Where in the answer the detail is; all of it when absent.")
    as_: str = Field(default="detail", alias="as", description="Under which name it is put into the record.")

    @model_validator(mode="after")
    def _speaks_of_the_record(self) -> Detail:
        if not any(_BRACES.search(text) for text in _texts((self.url, self.params, self.body))):
            raise ValueError("every record would ask for the same: write {id}, or another path of the record, in `url`")
        return self


class Api(Model):
    url: str = Field(description="The first request.")
    method: Literal["GET", "POST"] = Field(default="GET", description="How it is asked; by POST where it has a body.")
    params: dict[str, str | int | bool] = Field(
        default={}, description="Of the query: {page: '{page}', per_page: 100}."
    )
    body: Any = Field(default=None, description="JSON that is sent; of GraphQL {query: …, variables: {…}}.")
    page: Paging | None = Field(default=None, description="How the next page is asked for; absent = there is only one.")
    detail: Detail | None = Field(default=None, description="A further request for each record.")
    at_once: int = Field(default=8, ge=1, le=64, description="Requests under way at the same time.")
    a_minute: int | None = Field(default=None, ge=1, description="Requests a minute that the service allows.")

    @model_validator(mode="after")
    def _pages_are_turned(self) -> Api:
        _check_placeholders(self.page, (self.url, self.params, self.body))
        return self


class Soap(Model):
    wsdl: str = Field(description="The URL or the file of the service's description.")
    operation: str = Field(description="The operation that gives the postings.")
    service: str | None = Field(default=None, description="Which service, where the description has several.")
    port: str | None = Field(default=None, description="Which port, where the service has several.")
    address: str | None = Field(default=None, description="Where it is, where the description says it wrongly.")
    params: dict[str, Any] = Field(default={}, description="What the operation is given.")
    security: Literal["username_token", "username_digest"] | None = Field(
        default=None, description="WS-Security with the login of `auth.basic`; absent = HTTP's own login."
    )
    page: Paging | None = Field(default=None, description="How the next page is asked for; absent = there is only one.")

    @model_validator(mode="after")
    def _pages_are_turned(self) -> Soap:
        if self.page is not None and self.page.by in ("next", "link"):
            raise ValueError("a SOAP service has no URL of a next page: by number, offset or cursor")
        _check_placeholders(self.page, (self.params,))
        return self


def _check_placeholders(page: Paging | None, places: tuple[Any, ...]) -> None:
    """Raises ValueError where a page would be asked for again and again, or a name in braces means nothing."""
    used = {name for place in places for name in _placeholders(place)} & PLACEHOLDERS
    moving = _MOVING.get(page.by, set()) if page is not None else set()
    if moving and not used & moving:
        name = min(moving)
        raise ValueError(
            f"no parameter turns the page: write {{{name}}} where it goes, as in params: {{{name}: '{{{name}}}'}}"
        )
    if page is not None and page.size is None and used & {"size", "last"}:
        raise ValueError("{size} and {last} need `page: {size: …}`")
    if page is None and used:
        raise ValueError(f"{{{min(used)}}} needs `page: {{by: …}}`")


def _placeholders(value: Any) -> set[str]:
    if is_graphql(value):
        value = {name: item for name, item in value.items() if name != "query"}
    return {name for text in _texts(value) for name in _PLACEHOLDER.findall(text)}


def is_graphql(body: Any) -> bool:
    """Whether it holds a query whose braces are its own: what moves is in its variables."""
    return isinstance(body, dict) and isinstance(body.get("query"), str) and "{" in body["query"].strip(" {}")


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, (dict, list, tuple)):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _texts(item)
