"""What a right definition gives for each sample: written by hand, by looking at the file, one YAML file a sample."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import yaml

from bench.drafts.equality import DRAFTED

Kind = Literal["feed", "answer", "page"]


@dataclass(frozen=True)
class Expectation:
    # Below the folder of samples.
    sample: str
    kind: Kind
    # How they are read without job-pipe (bench.drafts.records).
    records: Mapping[str, str]
    # Field -> the rules that are right; a field that is not named is not in the source.
    fields: Mapping[str, list[Any]]


def expectations(folder: Path) -> list[Expectation]:
    """A file says which `sample` it is of, or is called like it: xml/acme.yaml is of xml/acme.xml."""
    return [_read(file, folder) for file in sorted(folder.rglob("*.yaml"))]


def _read(file: Path, folder: Path) -> Expectation:
    given = yaml.safe_load(file.read_text())
    path = file.relative_to(folder)
    sample = given.get("sample") or str(path.with_suffix(f".{path.parts[0]}"))
    fields = {name: rules if isinstance(rules, list) else [rules] for name, rules in given["fields"].items()}
    if unknown := fields.keys() - DRAFTED.keys():
        raise ValueError(f"{file}: there is no field {', '.join(sorted(unknown))}")
    return Expectation(sample, given["kind"], given["records"], fields)
