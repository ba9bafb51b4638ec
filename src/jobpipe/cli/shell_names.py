"""What `jobpipe shell` offers under which names: records of a source, and the paths of a definition over them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from jobpipe.cli.preview_table import shown_value
from jobpipe.errors import RecordError, UsageError
from jobpipe.runs.previewing import Preview, PreviewedRecord
from jobpipe.runs.previewing_again import PreviewAgain
from jobpipe.sources.formats.readers import reader_for

HELP = """\
records            the records, the first {count} of the source
record             the one that is looked at; use(3) takes the third
select("path")     what lies at a path of a definition in `record`; select("path", records[4])
found("path")      in how many of the records there is something, and the most frequent of it
posting()          what the definition makes of `record`; posting(records[4])
trace("field")     what each step of a field's rule was given, and made of it
document           what was fetched, unpacked, as far as it was read (text)
reload()           read the definition again after it was saved
helped()           these lines"""
_MOST_FREQUENT = 5


class Record:
    """One record as the source gave it."""

    def __init__(self, previewed: PreviewedRecord) -> None:
        self.previewed = previewed
        self._reader = reader_for(previewed.context.kind)

    @property
    def number(self) -> int:
        return self.previewed.ordinal

    @property
    def raw(self) -> str:
        return self.previewed.raw.decode(self.previewed.context.encoding, "replace")

    @property
    def value(self) -> Any:
        """As plain dicts, lists and text; None where it cannot be read."""
        return self.previewed.record

    def select(self, path: str) -> list[Any]:
        """Raises PathError for a path that this kind of record cannot have, RecordError where it cannot be read."""
        root = self._reader.read(self.previewed.raw, self.previewed.context).root
        return self._reader.values(path)(root)

    def __repr__(self) -> str:
        raw = " ".join(self.raw.split())
        return f"<record {self.number}: {raw[:90]}{'…' if len(raw) > 90 else ''}>"


class Lines(str):
    """A text that a Python prompt shows as it is."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


class Names(dict[str, Any]):
    """Name -> what it is: those of the shell, which its functions change."""

    def __init__(self, again: PreviewAgain) -> None:
        self._again = again
        self._preview: Preview | None = None
        functions = (self.select, self.found, self.posting, self.trace, self.use, self.reload, self.helped)
        super().__init__({function.__name__: function for function in functions})
        self.reload()

    def reload(self) -> None:
        self._preview = self._again.look()
        number = self["record"].number if "record" in self else 0
        records = self["records"] = [Record(one) for one in self._preview.records]
        self["document"] = bytes(self._again.documents or b"").decode(self._preview.encoding or "utf-8", "replace")
        if records:
            self["record"] = next((one for one in records if one.number == number), records[0])

    def use(self, number: int) -> Record:
        wanted: Record | None = next((one for one in self["records"] if one.number == number), None)
        if wanted is None:
            raise UsageError(f"there is no record {number} here: there are {len(self['records'])}")
        self["record"] = wanted
        return wanted

    def select(self, path: str, record: Record | None = None) -> list[Any]:
        return self._one(record).select(path)

    def found(self, path: str) -> Lines:
        values: list[list[Any]] = []
        for one in self["records"]:
            try:
                values.append(one.select(path))
            except RecordError:
                values.append([])
        filled = [each for each in values if any(shown_value(value).strip() for value in each)]
        often = Counter(shown_value(value)[:60] for each in filled for value in each)
        said = [f"in {len(filled)} of {len(values)} records, {len(often)} different"]
        said += [f"{count:6,}×  {value}" for value, count in often.most_common(_MOST_FREQUENT)]
        return Lines("\n".join(said))

    def posting(self, record: Record | None = None) -> dict[str, Any] | None:
        """None where no posting came of it: the reason is said."""
        one = self._one(record).previewed
        if one.posting is None:
            print(f"{one.transformed.made.name.lower()}: {one.transformed.message}")
        return one.posting

    def trace(self, field: str, record: Record | None = None) -> None:
        from dataclasses import replace

        from jobpipe.cli.step_table import check_field, print_steps

        assert self._preview is not None
        check_field(self._preview, field)
        print_steps(replace(self._preview, records=[self._one(record).previewed]), field)

    def helped(self) -> None:
        print(HELP.format(count=len(self["records"])))

    def _one(self, record: Record | None) -> Record:
        wanted: Record | None = record or self.get("record")
        if wanted is None:
            raise UsageError("there is no record", hint="`record: …` in the definition says where they are")
        return wanted


def shown_lines(value: Any) -> Sequence[str]:
    """What an expression gave, for a terminal and for scripts: an item a line."""
    if value is None:
        return ()
    if isinstance(value, Record):
        return (value.raw,)
    if isinstance(value, str):
        return (value,)
    if isinstance(value, list):
        return [repr(item) if isinstance(item, Record) else shown_value(item) for item in value]
    if isinstance(value, dict):
        return [f"{name}: {shown_value(item)}" for name, item in value.items()]
    return (repr(value),)
