"""What a format out is: postings in, text out, one at a time; and what its partner would refuse."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from jobpipe.destinations.rules import Options, Rule
from jobpipe.destinations.rules import Refusal as Refusal
from jobpipe.errors import DefinitionError, UsageError
from jobpipe.posting import JobPosting
from jobpipe.transform.problems import nearest


@dataclass(frozen=True, kw_only=True, slots=True)
class Setting:
    """What a file says besides its postings."""

    # Of the destination: `publisher`, `publisher_url` and what else a format asks for.
    options: dict[str, str] = field(default_factory=dict)
    # How many postings follow, where that is known.
    expected: int | None = None
    # Name in the file -> field here, where the format lets its names be chosen; empty = its own.
    fields: dict[str, str] = field(default_factory=dict)
    # Of the format `template`.
    template: dict[str, Any] = field(default_factory=dict)


# What may be said of every feed, whether the format writes it or not; how its references are made, and the rules that
# do not count.
_OPTIONS_OF_ALL = frozenset({"publisher", "publisher_url", "reference", "waive"})
Writer = Callable[[Iterable[JobPosting], Setting], Iterator[bytes]]
# Gives the function that writes one posting as JSON, for bodies.
ItemWriter = Callable[[Setting], Callable[[JobPosting], bytes]]


@dataclass(frozen=True, kw_only=True, slots=True)
class OutputFormat:
    name: str
    # One line for people.
    summary: str
    # Gives the file in pieces, so that it is never whole in memory.
    write: Writer
    # Of the file: `xml`, `application/xml`.
    extension: str = ""
    media_type: str = "application/octet-stream"
    # Where the partner says what it takes.
    documented: str = ""
    # Whether the file says how many postings follow (`Setting.expected`).
    states_total: bool = False
    # What the partner would refuse of a posting; empty = nothing.
    rules: tuple[Rule, ...] = ()
    # Of the destination's options: what each is for.
    options: Mapping[str, str] = field(default_factory=dict)
    # Options without which there is no file.
    needs: tuple[str, ...] = ()
    # What is in the file of a posting: name there -> field here.
    carries: Mapping[str, str] = field(default_factory=dict)
    # Whether its names can be those of the destination.
    takes_fields: bool = False
    # None = it is a format of files alone.
    item: ItemWriter | None = None
    # Raises DefinitionError for a setting that the format cannot use.
    check: Callable[[Setting], None] = lambda setting: None

    def refusals(self, posting: JobPosting, options: Options) -> list[Refusal]:
        """What the partner would refuse of the posting."""
        broken = ((rule, wrong) for rule in self.rules if (wrong := rule.check(posting, options)))
        return [rule.refusal(posting, wrong) for rule, wrong in broken]

    def check_setting(self, setting: Setting) -> None:
        """Raises DefinitionError: an option that is missing or unknown, a template that is none."""
        for name in self.needs:
            if not setting.options.get(name):
                message = f"the format `{self.name}` needs the option `{name}`: {self.options[name]}"
                raise DefinitionError(message, hint=f"options: {{{name}: …}}, or --option {name}=…")
        if setting.fields and not self.takes_fields:
            raise DefinitionError(f"the format `{self.name}` has names of its own, and takes no `fields`")
        known = self.options.keys() | _OPTIONS_OF_ALL
        for name in setting.options.keys() - known:
            message = f"the format `{self.name}` has no option `{name}`"
            raise DefinitionError(message, hint=nearest(name, known) or f"its options: {', '.join(sorted(known))}")
        rules = {rule.rule for rule in self.rules}
        for name in waived(setting.options) - rules:
            raise DefinitionError(f"`waive`: `{self.name}` has no rule `{name}`", hint=nearest(name, rules))
        self.check(setting)


def waived(options: Options) -> frozenset[str]:
    """The rules that the destination's partner does not hold to."""
    return frozenset(options.get("waive", "").replace(",", " ").split())


# Each a module of this folder with a FORMAT.
FORMAT_NAMES = (
    *("indeed", "linkedin", "google", "jooble", "talent", "adzuna", "trovit", "rss"),
    *("jsonl", "csv", "parquet", "xlsx", "template"),
)


def output_format(name: str) -> OutputFormat:
    """Raises UsageError naming the formats there are."""
    if name not in FORMAT_NAMES:
        known = "\n".join(f"    {each.name:8} {each.summary}" for each in output_formats())
        raise UsageError(f"there is no export format '{name}'", hint=f"the formats are\n{known}")
    found: OutputFormat = importlib.import_module(f"jobpipe.destinations.formats.{name}").FORMAT
    return found


def output_formats() -> list[OutputFormat]:
    return [output_format(name) for name in FORMAT_NAMES]
