"""From the address of a careers page or of an applicant tracking system's service to the connector that reads it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from jobpipe.definition.connectors import connector
from jobpipe.definition.yaml import read_yaml

_EUROPEAN = {"jobs.eu.lever.co": ("host", "api.eu.lever.co")}


@dataclass(frozen=True, slots=True)
class Service:
    """A connector with what it is to be given."""

    name: str
    given: dict[str, str]

    @property
    def block(self) -> dict[str, Any]:
        """As `source` has it: one parameter as it is, several by their names."""
        used = connector(self.name)
        first = next(iter(used.takes))
        plain = {word: text for word, text in self.given.items() if text != used.takes[word].default}
        return {self.name: plain[first] if set(plain) == {first} else plain}

    @property
    def about(self) -> str:
        return connector(self.name).about

    def takes(self, parameter: str) -> bool:
        return parameter in connector(self.name).takes


@cache
def _patterns() -> dict[str, tuple[re.Pattern[str], ...]]:
    text = (resources.files("jobpipe.drafting") / "services.yaml").read_text(encoding="utf-8")
    return {name: tuple(map(re.compile, patterns)) for name, patterns in read_yaml(text).value.items()}


def service_at(location: str) -> Service | None:
    """None = no service that is known by its address."""
    found = re.match(r"https?://(?P<rest>.+)", location.strip(), re.IGNORECASE)
    if found is None:
        return None
    for name, patterns in _patterns().items():
        for pattern in patterns:
            if matched := pattern.match(found["rest"]):
                given = {word: text for word, text in matched.groupdict().items() if text}
                if european := _EUROPEAN.get(found["rest"].partition("/")[0]):
                    given[european[0]] = european[1]
                return Service(name, given)
    return None
