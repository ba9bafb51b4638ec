"""Cuts JSON documents into records: an array at any path, one object, several of them, or JSON lines."""

from __future__ import annotations

import re

from jobpipe.errors import Place, SourceError
from jobpipe.sources.formats.document_bytes import Blocks, DocumentBytes, Head
from jobpipe.sources.formats.json.detection import HEAD, Survey, find_records, survey
from jobpipe.sources.formats.json.lines import JsonLines, are_lines
from jobpipe.sources.formats.json.paths import Token, parse_path
from jobpipe.sources.formats.json.targets import Targets
from jobpipe.sources.formats.json.walking import Cut, JsonWalker
from jobpipe.sources.record import Context, Ending, FormatSettings, RawRecord

# What may stand before the root: guards against being run as a script, and the call or name that makes it one.
_PRELUDE = re.compile(
    rb"[\s\x00\x1e]*+(?:\)\]\}',?+|while\s*\(1\);|for\s*\(;;\);|(?:/\*\*/\s*)?[\w.$]{1,80}+\s*\(|"
    rb"(?:(?:var|let|const)\s+)?[\w.$]{1,80}+\s*=)?+(?:\s|//[^\n]*+\n|/\*.*?\*/)*+(?=[{\[])",
    re.DOTALL,
)
_LINE_ENDINGS = (".ndjson", ".jsonl", ".ldjson")
_SHOWN = 100


class JsonSplitter:
    def __init__(self, settings: FormatSettings, name: str) -> None:
        """Raises PathError where a path of the settings is none."""
        self._settings = settings
        self._name = name
        self._record = parse_path(settings.record) if settings.record else None
        for path in (*settings.feed_paths, *([settings.total] if settings.total else ())):
            parse_path(path)
        self._head = Head(HEAD)
        self._is_seen = False
        self._blocks = Blocks()
        self._document = DocumentBytes("utf-8", 0)
        self._cutter: JsonWalker | JsonLines | None = None
        self._survey: Survey | None = None
        self._context = Context(kind="json")

    def feed(self, chunk: bytes) -> list[RawRecord]:
        if self._cutter is None:
            return self._begin(is_whole=False) if self._head.take(chunk) else []
        block = self._blocks.take(chunk)
        return self._take(block) if block else []

    def close(self) -> tuple[list[RawRecord], Ending]:
        records: list[RawRecord] = []
        if self._cutter is None:
            if self._head.is_blank():
                return [], Ending(complete=False, why=f"{self._name or 'the document'} is empty: it has no record")
            records = self._begin(is_whole=True)
        assert self._cutter is not None
        records += self._take(self._blocks.rest())
        records += self._records(self._cutter.finish())
        return records, self._ending(self._cutter)

    # The beginning -----------------------------------------------------------------------------------

    def _begin(self, *, is_whole: bool) -> list[RawRecord]:
        """Decide by the head, and cut it."""
        head, rest = self._head.give()
        self._document = DocumentBytes.of(head, self._settings)
        text = self._document.take(head)
        self._context = Context(kind="json", encoding=self._document.encoding)
        self._cutter = self._open_lines(text, is_whole) or self._open_walker(text)
        records = self._records(self._cutter.take(text))
        return records + self._take(rest)

    def _open_lines(self, text: bytes, is_whole: bool) -> JsonLines | None:
        is_told = self._settings.format == "ndjson" or self._name.lower().endswith(_LINE_ENDINGS)
        if not are_lines(text, is_whole=is_whole, is_told=is_told) or self._is_below_lines():
            return None
        return JsonLines(self._settings.max_record_bytes, self._name, self._document.original)

    def _is_below_lines(self) -> bool:
        """The definition asks for what lies below each line's object."""
        return any(token is not None for token in self._record or ())

    def _open_walker(self, text: bytes) -> JsonWalker:
        prelude = _PRELUDE.match(text)
        if prelude is None:
            shown = text[:_SHOWN].decode("utf-8", "replace").strip()
            raise SourceError(
                f"is no JSON: it begins with {shown!r}",
                place=Place(source=self._name),
                hint="check `format` and the address",
            )
        record = self._record
        if record is None:
            record = self._find_records(bytearray(text), prelude.end())
        targets = Targets(record, self._settings.total, self._settings.feed_paths)
        return JsonWalker(targets, self._settings, self._name, self._document.original, begins_at=prelude.end())

    def _find_records(self, text: bytearray, start: int) -> tuple[Token, ...]:
        found = self._survey = survey(text, start)
        is_stream = found.end >= 0 and text[found.end :].lstrip(b" \t\r\n,\x1e")[:1] == b"{"
        path = find_records(found, is_stream=is_stream)
        if not path and not is_stream and found.end >= 0:
            self._refuse_what_is_no_record(text[start : found.end], found)
        return path

    def _refuse_what_is_no_record(self, root: bytearray, found: Survey) -> None:
        if found.is_error() or not found.names:
            shown = root[: 3 * _SHOWN].decode("utf-8", "replace")
            raise SourceError(
                f"holds no records; all it says is {shown}",
                place=Place(source=self._name),
                hint="check the address and its key, or name the records with `record: path`",
            )

    # Cutting -----------------------------------------------------------------------------------------

    def _take(self, block: bytes) -> list[RawRecord]:
        assert self._cutter is not None
        records = self._records(self._cutter.take(self._document.take(block)))
        self._document.original(self._cutter.position)
        return records

    def _records(self, cut: list[Cut]) -> list[RawRecord]:
        original = self._document.original
        records: list[RawRecord] = []
        for raw, position, flaw, feed in cut:
            if feed is not self._context.feed and feed != self._context.feed:
                self._context = Context(kind="json", encoding=self._document.encoding, feed=feed)
            records.append(RawRecord(raw, original(position), self._context, flaw))
        return records

    def _ending(self, cutter: JsonWalker | JsonLines) -> Ending:
        why = cutter.missing()
        if isinstance(cutter, JsonLines):
            return Ending(complete=not why, why=why)
        if not why and not cutter.was_found:
            path = self._settings.record or "."
            why = f"the document has nothing at {path}, where its records should be"
        return Ending(complete=not why, why=why, stated_total=cutter.total.value, notices=tuple(cutter.notices))
