"""What does not agree, and what putting it right does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Finding:
    # A stable word.
    kind: str
    # In words: what, where, how many.
    what: str
    # "" = nothing can put it right here.
    repair: str = ""
    import_name: str = ""
    count: int = 1
    repaired: bool = False


@dataclass(slots=True)
class Verified:
    findings: list[Finding] = field(default_factory=list)
    # Import -> why it was not looked at.
    left: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    @property
    def unrepaired(self) -> list[Finding]:
        return [one for one in self.findings if not one.repaired]

    def as_dict(self) -> dict[str, Any]:
        findings = [
            {
                "kind": one.kind,
                "import": one.import_name,
                "count": one.count,
                "what": one.what,
                "repair": one.repair,
                "repaired": one.repaired,
            }
            for one in self.findings
        ]
        return {"findings": findings, "left": self.left, "notes": self.notes}


@dataclass(frozen=True, slots=True)
class Verifying:
    """One look at a project."""

    repair: bool
    result: Verified

    def found(self, finding: Finding, mend: Callable[[], object] | None = None) -> None:
        """`mend` puts it right, where that is asked for; repeated, it does no harm."""
        self.result.findings.append(finding)
        if mend is not None and self.repair:
            mend()
            finding.repaired = True
