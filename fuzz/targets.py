"""All that is fuzzed, by name: a function of bytes that raises nothing, and inputs to begin with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from fuzz import documents, seeds, texts


@dataclass(frozen=True)
class Target:
    # Whatever it raises is a finding.
    check: Callable[[bytes], None]
    seeds: tuple[bytes, ...]


def _document(name: str, kind: str | None) -> Target:
    inputs = seeds.documents(kind)
    return Target(documents.split(name, kind), tuple(bytes([size, 0]) + one for one in inputs for size in (0, 3, 6)))


TARGETS: dict[str, Callable[[], Target]] = {
    "xml": lambda: _document("feed.xml", "xml"),
    "rss": lambda: _document("feed.rss", "rss"),
    "json": lambda: _document("feed.json", "json"),
    "ndjson": lambda: _document("feed.ndjson", "ndjson"),
    "csv": lambda: _document("feed.csv", "csv"),
    "xlsx": lambda: _document("feed.xlsx", "xlsx"),
    "html": lambda: _document("page.html", "html"),
    "any": lambda: _document("feed", None),
    "unpacking": lambda: Target(documents.unpacked, seeds.packed()),
    "encodings": lambda: Target(documents.encoding, seeds.encoded()),
    "javascript": lambda: Target(documents.javascript, seeds.JAVASCRIPT),
    "soap": lambda: Target(documents.soap, seeds.SOAP),
    "dates": lambda: Target(texts.steps("date", "{date: {order: MDY}}"), seeds.DATES),
    "salary": lambda: Target(texts.steps("salary"), seeds.SALARIES),
    "place": lambda: Target(texts.steps("place", "country", "region"), seeds.PLACES),
    "words": lambda: Target(
        texts.steps("contract", "working_time", "remote", "experience", "education", "period", "detect_language"),
        seeds.WORDS,
    ),
    "text": lambda: Target(
        texts.steps("clean", "title", "sentence_case", "normalize", "unescape", "number", "boolean", "json"),
        seeds.WORDS,
    ),
    "markup": lambda: Target(texts.steps("sanitize_html", "html_to_text", "strip_tags", "text_to_html"), seeds.MARKUP),
    "labels": lambda: Target(texts.label, seeds.WORDS),
    "expressions": lambda: Target(texts.expression, seeds.EXPRESSIONS),
    "overrides": lambda: Target(texts.override, seeds.RULES),
    "definitions": lambda: Target(texts.definition, seeds.definitions()),
}
