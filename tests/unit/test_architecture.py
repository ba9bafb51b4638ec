"""Imports point one way, as docs/design.md draws them."""

from __future__ import annotations

import ast
from pathlib import Path

from jobpipe.ledger.opening import SCHEMA

PACKAGE = Path(__file__).parent.parent.parent / "src" / "jobpipe"
# A room and those that it may import from (itself always).
ALLOWED = {
    "posting": set(),
    "posting_facts": {"posting"},
    "errors": set(),
    "error_codes": set(),
    "safety": {"errors"},
    "logs": {"safety"},
    "tracing": set(),
    "definition": {"errors", "posting", "safety"},
    "sources": {"errors", "safety", "definition"},
    "taxonomy": {"errors", "posting", "safety", "definition", "sources"},
    "transform": {"errors", "posting", "posting_facts", "safety", "definition", "sources", "taxonomy"},
    "drafting": {
        *("errors", "posting", "posting_facts", "safety", "definition", "sources", "taxonomy", "transform"),
    },
    "documents": {"errors", "safety"},
    "lifecycle": {"documents", "posting", "transform"},
    "destinations": {"errors", "posting", "safety", "definition", "sources", "transform"},
    "ledger": {"errors"},
    "incidents": {"errors", "posting", "posting_facts", "safety", "definition", "documents", "ledger", "sources"},
    "runs": {
        *("errors", "posting", "safety", "definition", "sources", "transform", "documents", "lifecycle", "ledger"),
        *("taxonomy", "incidents", "logs", "tracing", "posting_facts", "destinations", "drafting", "error_codes"),
    },
    "cluster": {
        *("errors", "posting", "safety", "definition", "sources", "transform", "documents", "lifecycle", "ledger"),
        *("runs", "taxonomy", "incidents", "logs", "health", "tracing"),
    },
    "health": {"errors", "safety", "definition", "documents", "ledger", "incidents", "runs", "sources", "logs"},
    "serving": {
        *("errors", "posting", "safety", "definition", "documents", "ledger", "runs", "health", "incidents", "logs"),
        "destinations",
    },
    "web": {
        *("errors", "posting", "safety", "definition", "sources", "transform", "documents", "lifecycle", "ledger"),
        *("runs", "destinations", "taxonomy", "incidents", "logs", "health", "drafting"),
    },
    "cli": {
        *("errors", "posting", "safety", "definition", "sources", "transform", "documents", "lifecycle", "ledger"),
        *("runs", "cluster", "destinations", "taxonomy", "incidents", "logs", "health", "serving", "tracing", "web"),
        *("drafting", "error_codes"),
    },
}
DJANGO = {"web", "ledger", "incidents", "runs", "cluster", "cli", "health", "serving"}


def imports_of(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
    return found


def room_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def test_imports_point_downwards_only() -> None:
    wrong = []
    for path in PACKAGE.rglob("*.py"):
        room = room_of(path)
        if room == "__init__":  # names what others may build on
            continue
        for module in imports_of(path):
            parts = module.split(".")
            if parts[0] == "jobpipe" and len(parts) > 1 and parts[1] not in {room, *ALLOWED.get(room, set())}:
                wrong.append(f"{path.relative_to(PACKAGE)} imports {module}")
    assert not wrong


def test_every_room_is_drawn() -> None:
    rooms = {room_of(path) for path in PACKAGE.rglob("*.py")}
    assert rooms <= {*ALLOWED, "__init__"}


def test_only_the_shells_know_django() -> None:
    wrong = [
        str(path.relative_to(PACKAGE))
        for path in PACKAGE.rglob("*.py")
        if room_of(path) not in DJANGO and any(module.split(".")[0] == "django" for module in imports_of(path))
    ]
    assert not wrong


def test_the_number_of_the_ledgers_schema_is_that_of_its_last_migration() -> None:
    """A ledger that has this number is opened without a look at migrations: it would miss those above."""
    numbers = sorted(int(path.name[:4]) for path in (PACKAGE / "ledger" / "migrations").glob("0*.py"))
    assert numbers == list(range(1, SCHEMA + 1))
