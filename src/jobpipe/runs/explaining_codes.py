"""What codes of errors and kinds of incidents mean, in one list."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import Any

from jobpipe.error_codes import CODES, CODES_OF_KINDS
from jobpipe.errors import UsageError
from jobpipe.incidents.kinds import KINDS, Kind, Proof

GONE = {
    Proof.SOURCE_REACHED: "a run of the source succeeds",
    Proof.SOURCE_READ: "a run reads the source to its end without it",
    Proof.STORED: "a run succeeds, and nothing of it is stored any more",
    Proof.CONDUCTED: "a run succeeds or is held",
    Proof.TOLD: "whoever found it says so, or a person",
}


@dataclass(frozen=True, slots=True)
class Explanation:
    code: str
    # Of an incident; "" = it is an error.
    kind: str
    title: str
    meaning: str
    example: str
    advice: str
    # What else there is to know, each under a heading.
    facts: tuple[tuple[str, str], ...] = ()

    def as_dict(self) -> dict[str, Any]:
        return {
            "code": self.code,
            "kind": self.kind,
            "title": self.title,
            "meaning": self.meaning,
            "example": self.example,
            "advice": self.advice,
            **{heading.replace(" ", "_"): text for heading, text in self.facts},
        }


def all_explained() -> list[Explanation]:
    of_errors = [Explanation(one.number, "", one.title, one.meaning, one.example, one.advice) for one in CODES.values()]
    of_kinds = [_of_kind(CODES_OF_KINDS.get(kind.name, ""), kind) for kind in KINDS.values()]
    return sorted(of_errors + of_kinds, key=lambda one: one.code)


def explained(what: str) -> Explanation:
    """`what`: a code, or the name of a kind. Raises UsageError where it is neither, with the nearest."""
    wanted = what.strip().strip("[]")
    known = {name.lower(): one for one in all_explained() for name in (one.code, one.kind) if name}
    if wanted.lower() in known:
        return known[wanted.lower()]
    near = difflib.get_close_matches(wanted.lower(), known, n=1)
    found = known[near[0]] if near else None
    name = "" if found is None else found.kind if found.kind == near[0] else found.code
    hint = f"did you mean {name}?" if name else "jobpipe explain lists them"
    raise UsageError(f"{what} is no code and no kind of incident", hint=hint)


def _of_kind(code: str, kind: Kind) -> Explanation:
    facts = (("whose it is", kind.role), ("how grave", str(kind.severity)), ("it is gone when", GONE[kind.gone]))
    return Explanation(code, kind.name, kind.title, "", "", kind.advice, facts)
