"""The same script, by someone who has seen that most records are yesterday's: it skips those by their hash."""

from __future__ import annotations

import xxhash
from lxml import etree

from bench.peers.answer import arguments, give
from bench.peers.script import Script


def digest_of(element: etree._Element) -> bytes:
    return xxhash.xxh3_128_digest(etree.tostring(element, with_tail=False))


def main() -> None:
    feed, folder = arguments()
    give(Script(folder, digest_of=digest_of).run(feed))


if __name__ == "__main__":
    main()
