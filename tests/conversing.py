"""Holding a conversation with a service, for tests: what a source of a definition gets to hear."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import yaml

from jobpipe.definition.models import Definition
from jobpipe.definition.secret_values import resolve_secrets
from jobpipe.definition.source import Source
from jobpipe.errors import SourceError
from jobpipe.sources.answer_reading import records_of
from jobpipe.sources.answers import Answer, unframed
from jobpipe.sources.api.conversation import ApiConversation
from jobpipe.sources.asking import Surroundings
from jobpipe.sources.formats.settings import settings_of
from jobpipe.sources.transports.patience import Patience
from jobpipe.sources.transports.transport import Request, Transport

IMPATIENT = Patience(attempts=3, first_wait=0.01, longest_wait=0.02, longest_retry_after=2)


@dataclass
class Talk:
    """The answers that came, and what ended them before their end, if something did."""

    source: Source
    stream: bytes
    answers: list[Answer]
    error: SourceError | None

    @property
    def end(self) -> Answer:
        assert self.error is None, self.error
        assert self.answers[-1].kind == "end"
        return self.answers[-1]

    @property
    def pages(self) -> list[Answer]:
        return [answer for answer in self.answers if answer.kind in ("page", "records")]

    @property
    def raw(self) -> list[bytes]:
        """The records of all pages."""
        settings = settings_of(self.source, max_record_bytes=1 << 20)
        return [record.raw for answer in self.pages for record in records_of(answer, settings)[0]]

    @property
    def records(self) -> list[Any]:
        return [msgspec.json.decode(raw) for raw in self.raw]

    @property
    def ids(self) -> list[Any]:
        return [record["id"] for record in self.records]


def source_of(source: dict[str, Any], **environ: str) -> Source:
    """As a run gets it: secrets in place."""
    definition = Definition.model_validate(
        {"import": "offers", "source": source, "posting": {"reference": "id", "title": "title"}}
    )
    return resolve_secrets(definition, environ).source


def converse(
    source: dict[str, Any] | str,
    make: Callable[..., Transport] = ApiConversation,
    *,
    environ: dict[str, str] | None = None,
    enough: int | None = None,
    timeout: float = 5.0,
    max_bytes: int = 1 << 30,
    root: Path = Path("/nowhere"),
    **more: Any,
) -> Talk:
    given = source_of(yaml.safe_load(source) if isinstance(source, str) else source, **(environ or {}))
    request = Request(location="the service", timeout=timeout, max_bytes=max_bytes)
    more.setdefault("patience", IMPATIENT)
    conversation = make(given, Surroundings(root=root, enough=enough), **more)
    chunks: list[bytes] = []

    async def talk() -> None:
        _, stream = await conversation.open(request)
        async for chunk in stream:
            chunks.append(chunk)

    error: SourceError | None = None
    try:
        asyncio.run(talk())
    except SourceError as trouble:
        error = trouble
    # What is kept to ask the same again without the source is no answer of its own.
    answers = [answer for answer in unframed(chunks) if answer.kind != "exchange"]
    return Talk(given, b"".join(chunks), answers, error)
