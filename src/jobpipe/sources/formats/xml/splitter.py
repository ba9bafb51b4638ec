"""XML, RSS and Atom: from the bytes of a document to its records, without a tree of it."""

from __future__ import annotations

from jobpipe.sources.formats.document_bytes import DocumentBytes
from jobpipe.sources.formats.encodings import HEAD_BYTES, detect_encoding
from jobpipe.sources.formats.xml.markup import declared_encoding
from jobpipe.sources.formats.xml.scanning import DocumentScanner
from jobpipe.sources.record import Ending, FormatSettings, RawRecord


class XmlSplitter:
    """Finds out the encoding, brings what cannot be cut by its bytes into UTF-8, and has the document scanned."""

    def __init__(self, settings: FormatSettings, name: str) -> None:
        self._settings = settings
        self._head: list[bytes] = []
        self._held = 0
        # Not known before the head is.
        self._document: DocumentBytes | None = None
        self._scanner: DocumentScanner | None = None

    def feed(self, chunk: bytes) -> list[RawRecord]:
        if self._scanner is not None and self._document is not None:
            return self._scanner.feed(self._document.take(chunk))
        self._head.append(chunk)
        self._held += len(chunk)
        return self._begin()[1] if self._held >= HEAD_BYTES else []

    def close(self) -> tuple[list[RawRecord], Ending]:
        records: list[RawRecord] = []
        scanner = self._scanner
        if scanner is None:
            scanner, records = self._begin()
        rest, ending = scanner.close()
        return records + rest, ending

    def _begin(self) -> tuple[DocumentScanner, list[RawRecord]]:
        data, settings = b"".join(self._head), self._settings
        self._head = []
        head = data[:HEAD_BYTES]
        encoding = detect_encoding(
            head,
            declared=settings.encoding,
            in_document=declared_encoding(head),
            transport=settings.transport_encoding,
        )
        document = self._document = DocumentBytes(encoding.codec, encoding.bom)
        scanner = self._scanner = DocumentScanner(settings, document.encoding, document.original)
        return scanner, scanner.feed(document.take(data))
