"""The records in one answer of a source that is asked."""

from __future__ import annotations

import msgspec

from jobpipe.errors import SourceError
from jobpipe.sources.answers import Answer
from jobpipe.sources.formats.splitting import open_splitter
from jobpipe.sources.record import Ending, FormatSettings, RawRecord


def records_of(answer: Answer, settings: FormatSettings) -> tuple[list[RawRecord], Ending]:
    """`settings` are those of the source's pages. An answer is small enough to be cut at once.

    Raises SourceError, which names what was asked, where it is nothing of the kind.
    """
    splitter = open_splitter(_settings_for(answer, settings), answer.asked.partition("?")[0])
    try:
        records = splitter.feed(answer.body)
        rest, ending = splitter.close()
    except SourceError as error:
        raise SourceError(f"{answer.asked}: {error.message}", place=error.place, hint=error.hint) from error
    return records + rest, ending


def _settings_for(answer: Answer, settings: FormatSettings) -> FormatSettings:
    if answer.kind == "records":
        return FormatSettings(format="ndjson", max_record_bytes=settings.max_record_bytes)
    return msgspec.structs.replace(
        settings, transport_encoding=answer.charset or settings.transport_encoding, page_url=answer.page or answer.asked
    )
