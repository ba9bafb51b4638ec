"""What is wrong with a definition beyond its single rules: fields, key, expressions, paths of the source."""

from __future__ import annotations

import re

from jobpipe.definition.models import Definition
from jobpipe.posting import FIELD_NAMES, NESTED
from jobpipe.sources.formats.readers import KIND_OF_FORMAT, KINDS, ignoring, reader_for
from jobpipe.sources.formats.reading import PathError
from jobpipe.sources.record import ReaderKind
from jobpipe.transform.expressions import ExpressionError, check_expression
from jobpipe.transform.problems import Path, Problem, nearest


def check_rules(definition: Definition) -> list[Problem]:
    """All problems that need no step and no table."""
    return [
        *_check_fields(definition),
        *_check_named_fields(definition),
        *_check_expressions(definition),
        *_check_ignored(definition),
        *_check_paths_of_service(definition),
    ]


_NAMED_BY = re.compile(r"\.(xml|rss|json|ndjson|csv|xlsx)(?:\.(?:gz|zst|zip))?$", re.IGNORECASE)


def kinds_of(definition: Definition) -> tuple[ReaderKind, ...]:
    """The kinds of record that a definition may meet: of its format, else of its files' names, else all."""
    api = definition.source.api
    if api is not None and api.detail is not None:
        # With their details, records are JSON whatever they came as.
        return ("json",)
    if definition.source.format:
        return (KIND_OF_FORMAT[definition.source.format],)
    if definition.source.site is not None:
        return ("json",)
    named = {
        found[1].lower() if (found := _NAMED_BY.search(location.partition("?")[0])) else ""
        for location in definition.source.locations
    }
    kinds = {KIND_OF_FORMAT.get(name) for name in named}
    return (kind,) if len(kinds) == 1 and (kind := kinds.pop()) is not None else KINDS


def _check_fields(definition: Definition) -> list[Problem]:
    problems = []
    for field in definition.posting:
        if field not in FIELD_NAMES:
            hint = nearest(field, FIELD_NAMES) or f"what the schema does not have goes under extra: {{{field}: …}}"
            problems.append(Problem(("posting", field), f"a posting has no field {field!r}", hint, code="JP1004"))
    if "title" not in definition.posting:
        problems.append(Problem(("posting",), "no rule makes the title", "every posting needs one: title: path"))
    return problems


def _check_named_fields(definition: Definition) -> list[Problem]:
    problems = []
    for word, fields in (("key", definition.key), ("require", definition.require)):
        for number, field in enumerate(fields):
            path: Path = (word, number)
            name, _, part = field.partition(".")
            made = set(definition.posting) | ({"description_text"} if "description" in definition.posting else set())
            if name not in FIELD_NAMES:
                problems.append(
                    Problem(path, f"a posting has no field {name!r}", nearest(name, FIELD_NAMES), code="JP1004")
                )
            elif name not in made:
                problems.append(Problem(path, f"the definition makes no {name}", f"add a rule for it: {name}: path"))
            elif part and not _has_part(definition, name, part):
                problems.append(Problem(path, f"{name} has no part {part!r}"))
    return problems


def _has_part(definition: Definition, field: str, part: str) -> bool:
    if field == "extra":
        rule = definition.posting[field]
        return part.partition(".")[0] in rule.parts or bool(rule.then)
    return field in NESTED and part in NESTED[field][0].__struct_fields__


def _check_expressions(definition: Definition) -> list[Problem]:
    problems = []
    places: tuple[tuple[Path, str | None], ...] = (
        (("keep",), definition.keep),
        (("source", "closed"), definition.source.closed),
    )
    for path, text in places:
        if text is None:
            continue
        try:
            check_expression(text)
        except ExpressionError as error:
            problems.append(Problem(path, error.message, error.hint, error.span, error.code))
    return problems


def _check_ignored(definition: Definition) -> list[Problem]:
    kinds = kinds_of(definition)
    problems = []
    for number, path in enumerate(definition.source.ignore):
        errors = []
        for kind in kinds:
            try:
                ignoring(kind, [path])
            except PathError as error:
                errors.append(error)
        if len(errors) == len(kinds):
            problems.append(
                Problem(("source", "ignore", number), errors[0].message, errors[0].hint, code=errors[0].code)
            )
    return problems


def _check_paths_of_service(definition: Definition) -> list[Problem]:
    """What is read of an answer beside its records."""
    source = definition.source
    kinds: tuple[ReaderKind, ...] = (KIND_OF_FORMAT[source.format],) if source.format else ("json", "xml")
    places: dict[Path, str | None] = {}
    for name, asked in (("api", source.api), ("soap", source.soap)):
        if asked is not None and asked.page is not None:
            for word in ("cursor", "next", "more", "pages"):
                places["source", name, "page", word] = getattr(asked.page, word)
    if source.api is not None and source.api.detail is not None:
        places["source", "api", "detail", "path"] = source.api.detail.path
    problems = []
    for place, text in places.items():
        if text is not None and not text.startswith("header:") and (error := _unreadable(text, kinds)):
            problems.append(Problem(place, error.message, error.hint, code=error.code))
    return problems


def _unreadable(path: str, kinds: tuple[ReaderKind, ...]) -> PathError | None:
    """Why no kind of record can have this path."""
    errors = []
    for kind in kinds:
        try:
            reader_for(kind).values(path)
            return None
        except PathError as error:
            errors.append(error)
    return errors[0]
