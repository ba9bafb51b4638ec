"""The engineer's script with steps of its own, written for this feed and enough for it alone."""

from __future__ import annotations

from bench.peers.answer import arguments, give
from bench.peers.own_steps import posting_of
from bench.peers.script import Script


def main() -> None:
    feed, folder = arguments()
    give(Script(folder, transform=posting_of).run(feed))


if __name__ == "__main__":
    main()
