"""Asking a service again without asking it: what its answers are kept as, and who gives them again."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from jobpipe.definition.services import Paging
from jobpipe.errors import Place, SourceError
from jobpipe.sources.answers import Answer, Exchange
from jobpipe.sources.api.page import HEADER
from jobpipe.sources.api.web import Fetched, Question, Web, shown
from jobpipe.sources.asking import Surroundings
from jobpipe.sources.kept_answers import KeptAnswers
from jobpipe.sources.questions import is_telling, question_digest, telling_headers, without_credentials
from jobpipe.sources.transports.exchange import RefusedError


async def heard(web: Web, question: Question, exchanges: list[Answer], named: Iterable[str] = ()) -> Fetched:
    """The answer, which goes to `exchanges` as well, and so does a refusal. Raises what the asking raises.

    `named`: the headers that the definition reads.
    """
    try:
        fetched = await web.ask(question)
    except RefusedError as error:
        if error.status:
            exchanges.append(_exchange(question, Exchange(question=_digest(question), status=error.status)))
        raise
    exchanges.append(_exchange_of(question, fetched, named))
    return fetched


def headers_named(paging: Paging | None, total: str | None) -> frozenset[str]:
    """In lower case: those that a definition reads."""
    words = [total, *((paging.cursor, paging.next, paging.more, paging.pages) if paging is not None else ())]
    return frozenset(word.removeprefix(HEADER).strip().lower() for word in words if word and word.startswith(HEADER))


def _exchange_of(question: Question, fetched: Fetched, named: Iterable[str]) -> Answer:
    url = shown(fetched.url)
    known = Exchange(
        question=_digest(question),
        status=fetched.status,
        headers=telling_headers(fetched.headers, named),
        url="" if url == shown(question.url) else without_credentials(url),
    )
    return _exchange(question, known, fetched.body, fetched.charset)


def web_of(surroundings: Surroundings, named: frozenset[str], *args: Any, **more: Any) -> Web:
    """Takes what `Web` does, and the headers that the definition reads."""
    if surroundings.kept is None:
        return Web(*args, **more)
    return KeptWeb(surroundings.kept, named, *args, **more)


class KeptWeb(Web):
    """Gives the answers that are kept, and asks nobody."""

    def __init__(self, kept: KeptAnswers, named: frozenset[str], *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self._kept = kept
        self._to_have = frozenset(name for name in named if not is_telling(name))

    async def ask(self, question: Question) -> Fetched:
        asked = shown(question.url)
        place = Place(source=asked)
        found = self._kept.answer_to(_digest(question), f"{question.method} {asked}")
        if found is None or found.exchange is None:
            raise SourceError("was not asked so, and no answer is kept", place=place, hint="only a run can ask it")
        known = found.exchange
        if lacking := self._to_have - known.headers.keys():
            self._kept.not_kept.add(f"{question.method} {asked} ({', '.join(sorted(lacking))})")
            raise SourceError(f"was kept without its header {min(lacking)}", place=place, hint="only a run can ask it")
        if known.status >= 400 and known.status not in question.also:
            refused = RefusedError(f"answered with HTTP {known.status}", place=place)
            refused.status = known.status
            raise refused
        content_type = known.headers.get("content-type", "").partition(";")[0].strip().lower()
        url = known.url or question.url
        return Fetched(asked, url, known.status, known.headers, found.body, content_type, found.charset)


def _digest(question: Question) -> bytes:
    return question_digest(question.method, question.url, question.content)


def _exchange(question: Question, known: Exchange, body: bytes = b"", charset: str = "") -> Answer:
    return Answer(kind="exchange", asked=shown(question.url), body=body, charset=charset, exchange=known)
