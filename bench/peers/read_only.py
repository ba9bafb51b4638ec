"""Reading the file, and nothing else: what an unchanged feed is measured against."""

from __future__ import annotations

from bench.peers.answer import Answer, arguments, give

CHUNK = 1024 * 1024


def main() -> None:
    feed, _ = arguments()
    with feed.open("rb", buffering=0) as file:
        while file.read(CHUNK):
            pass
    give(Answer())


if __name__ == "__main__":
    main()
