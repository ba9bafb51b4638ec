"""Reading the feed record by record with lxml, in constant memory."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from lxml import etree

from bench.peers.posting import RECORD


def records(feed: Path) -> Iterator[etree._Element]:
    """Each record's element; it is emptied when the next one is asked for."""
    for _, element in etree.iterparse(str(feed), events=("end",), tag=RECORD, huge_tree=True, recover=True):
        yield element
        element.clear(keep_tail=False)
        while element.getprevious() is not None:
            del element.getparent()[0]
