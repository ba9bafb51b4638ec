"""The same history on files and on servers: the same documents, the same accounts, the same decisions."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import mongo_server
import postgres_server
import pytest
from project_folder import DEFINITION, ProjectFolder

RULES = DEFINITION.replace("  record: offer\n", '  record: offer\n  closed: record.title == "pourvue"\n') + (
    "keep: posting.title != 'filtrée'\nexpire: {guard: 30, misses: 1}\n"
)
TITLES = ("Un", "Deux", "Trois", "filtrée", "pourvue", "", "Chef \N{EM DASH} 🚀")


def day(dice: random.Random, *, most: int) -> bytes:
    """A feed with records of every kind, some of them twice; few of them on a bad day."""
    lines = []
    for _ in range(dice.randrange(most)):
        key, title = dice.randrange(40), dice.choice(TITLES)
        end = "</titel>" if dice.random() < 0.05 else "</title>"
        lines.append(f'<offer id="k{key}"><title>{title}{end}<text>{"mot " * dice.randrange(30)}</text></offer>')
    return "\n".join(["<offers>", *lines, "</offers>"]).encode()


def told(project: ProjectFolder, feed: bytes) -> tuple[Any, ...]:
    """All that a run says, but for times and memory."""
    report = project.run(feed, workers=0).as_dict()
    for name in ("seconds", "peak_rss_mb", "started_at", "finished_at"):
        del report[name]
    return report, project.contents(), [(row.row, row.key, row.revision, row.missing_since) for row in project.rows()]


@pytest.mark.parametrize("seed", range(2))
def test_the_same_history_gives_the_same_on_both(tmp_path: Path, seed: int) -> None:
    files = ProjectFolder(tmp_path / "files", RULES)
    files.keep_all_in_files()
    servers = ProjectFolder(tmp_path / "servers", RULES)
    servers.keep_ledger_in(postgres_server.shared_server().ledger(), mongo_server.documents_uri(servers.root))
    dice = random.Random(seed)
    for number in range(6):
        feed = day(dice, most=6 if number == 3 else 60)
        assert told(files, feed) == told(servers, feed)
