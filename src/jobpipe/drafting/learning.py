"""What a project's own definitions teach: where its developers found a field, and where they did not, after a draft.

Both are files that anybody can read: `imports/*.yaml`, and `drafts/*.yaml`, which keeps what was proposed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jobpipe.definition.loading import parse_definition
from jobpipe.definition.models import FieldRule
from jobpipe.definition.project import Project
from jobpipe.drafting.names import key_of
from jobpipe.drafting.recognising.recogniser import Hint
from jobpipe.errors import JobpipeError

FOLDER = "drafts"
# A part of a field that a bare path of it means.
_BARE = {"company": "company.name", "locations": "locations.text", "salary": "salary.text"}
# Fields whose rule is taken whole where all that it reads is there: tables and steps are in it.
_WHOLE = frozenset("contract working_time remote category experience education industry skills".split())  # noqa: SIM905


@dataclass(slots=True)
class Lessons:
    """By role and path, and by role and the last name of a path."""

    of_paths: dict[tuple[str, str], Hint] = field(default_factory=dict)
    of_names: dict[tuple[str, str], Hint] = field(default_factory=dict)
    # Field and paths -> the rule as it was written, and whose it is.
    rules: dict[tuple[str, tuple[str, ...]], tuple[Any, str]] = field(default_factory=dict)

    def of(self, role: str, path: str, names: tuple[str, ...]) -> Hint | None:
        return self.of_paths.get((role, path)) or self.of_names.get((role, key_of(names[-1])))

    def rule_for(self, field_name: str, paths: tuple[str, ...]) -> tuple[Any, str] | None:
        return self.rules.get((field_name, paths))


# How much a definition counts; a correction of a draft counts for more.
_PATH, _NAME, _CORRECTED, _WRONG = 3.0, 2.2, 4.5, -4.0


def lessons_of(project: Project, *, but: str = "") -> Lessons:
    """Of all its imports that can be read, `but` one."""
    lessons = Lessons()
    for name in project.imports():
        if name == but:
            continue
        shown = f"imports/{name}.yaml"
        written = _rules_of(project.root / shown, shown)
        proposed = _rules_of(project.root / FOLDER / f"{name}.yaml", f"{FOLDER}/{name}.yaml")
        _learn(lessons, written, proposed, shown)
    return lessons


def keep_proposal(project: Project, name: str, text: str) -> Path:
    """What was proposed, beside what becomes of it in `imports/`."""
    folder = project.root / FOLDER
    folder.mkdir(exist_ok=True)
    path = folder / f"{name}.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def _rules_of(path: Path, shown: str) -> dict[str, tuple[FieldRule, Any]]:
    """The rules with what was written; {} = there is no such file, or it cannot be read."""
    try:
        loaded = parse_definition(path.read_text(encoding="utf-8"), shown)
    except (OSError, UnicodeDecodeError, JobpipeError):
        return {}
    written = loaded.document.value.get("posting")
    raw: Mapping[str, Any] = written if isinstance(written, dict) else {}
    return {name: (rule, raw.get(name)) for name, rule in loaded.definition.posting.items() if name in raw}


def _learn(
    lessons: Lessons,
    written: dict[str, tuple[FieldRule, Any]],
    proposed: dict[str, tuple[FieldRule, Any]],
    shown: str,
) -> None:
    before = {(role, path) for name, (rule, _) in proposed.items() for role, path in _reads(name, rule)}
    now = {(role, path) for name, (rule, _) in written.items() for role, path in _reads(name, rule)}
    for role, path in now:
        is_correction = bool(proposed) and (role, path) not in before
        reason = f"as corrected in {shown}" if is_correction else f"as in {shown}"
        lessons.of_paths.setdefault((role, path), Hint(_CORRECTED if is_correction else _PATH, reason))
        lessons.of_names.setdefault((role, _last_name(path)), Hint(_CORRECTED if is_correction else _NAME, reason))
    for role, path in before - now:
        if (role, path) not in lessons.of_paths:
            lessons.of_paths[role, path] = Hint(_WRONG, f"taken out of {shown}")
    for name, (rule, raw) in written.items():
        paths = tuple(path for _, path in _reads(name, rule))
        if name in _WHOLE and paths and raw is not None and "value" not in str(raw):
            lessons.rules.setdefault((name, paths), (raw, shown))


def _reads(name: str, rule: FieldRule) -> Iterator[tuple[str, str]]:
    """Roles and the paths that a rule reads for them."""
    if name in _BARE and rule.parts:
        for part, inner in rule.parts.items():
            for path in inner.from_:
                yield f"{name}.{part}", _beneath(rule.for_, path)
        return
    for place, path in enumerate(rule.from_):
        if name == "description" and place:
            yield "description.more", path
        else:
            yield _BARE.get(name, name), path


def _beneath(above: str | None, path: str) -> str:
    """As a column is called: lists of JSON have dots, elements of XML slashes."""
    if not above or path == ".":
        return above or path
    return f"{above}.{path}" if above.endswith("[*]") else f"{above}/{path}"


def _last_name(path: str) -> str:
    leaf = path.replace("[*]", "").rpartition("/")[2].rpartition(".")[2]
    return key_of(leaf)
