"""What the process that shares imports out and those that conduct them tell each other, through a pipe."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import msgspec

from jobpipe.definition.faults import Fault, InvalidFileError
from jobpipe.errors import DefinitionError, InternalError, JobpipeError, OutOfReachError, Place, SourceError, UsageError
from jobpipe.runs.progress import Reading
from jobpipe.runs.report import RunReport
from jobpipe.safety.secrets import process_redactor

# The nearest to each error is what it is told as.
_FAMILIES: dict[str, type[JobpipeError]] = {
    one.__name__: one for one in (UsageError, DefinitionError, SourceError, OutOfReachError, InternalError)
}


class InvalidFile(msgspec.Struct, array_like=True):
    shown: str
    text: str
    faults: Sequence[Fault]


class ToldError(msgspec.Struct, array_like=True):
    """An error meant for a person, without what it must not show: only its own process knows all secrets."""

    family: str
    message: str
    place: Place
    hint: str
    code: str
    file: InvalidFile | None = None

    @classmethod
    def of(cls, error: BaseException) -> ToldError:
        clean = process_redactor.clean
        if not isinstance(error, JobpipeError):
            return cls("InternalError", clean(f"{type(error).__name__}: {error}"), Place(), "", InternalError.code)
        family = next((name for name, one in _FAMILIES.items() if isinstance(error, one)), "")
        place = replace(error.place, source=clean(error.place.source))
        told = cls(family, clean(error.message), place, clean(error.hint), error.code)
        if isinstance(error, InvalidFileError):
            faults = [replace(one, message=clean(one.message), hint=clean(one.hint)) for one in error.faults]
            told.file = InvalidFile(error.shown, error.text, faults)
        return told

    def error(self) -> JobpipeError:
        if self.file is not None:
            return InvalidFileError(self.file.shown, self.file.text, self.file.faults)
        error = _FAMILIES.get(self.family, JobpipeError)(self.message, place=self.place, hint=self.hint)
        # Of a kind that only the other process tells apart.
        error.code = self.code
        return error


# From a conductor -----------------------------------------------------------------------------------


class Wants(msgspec.Struct, tag=True):
    """It has a free place."""

    # A place for what took long the last time.
    long: bool


class Begun(msgspec.Struct, tag=True):
    name: str
    run: int


class Read(msgspec.Struct, tag=True):
    name: str
    reading: Reading


class Over(msgspec.Struct, tag=True):
    name: str
    report: RunReport
    error: ToldError | None
    # What is wrong is not the project's but ours.
    is_bug: bool = False


class Unable(msgspec.Struct, tag=True):
    """It could not begin at all."""

    error: ToldError


# To a conductor -------------------------------------------------------------------------------------


class Next(msgspec.Struct, tag=True):
    """For the place that has waited longest; None = nothing more comes."""

    name: str | None


class Stop(msgspec.Struct, tag=True):
    """Finish the batch of each."""


encode = msgspec.msgpack.Encoder().encode
decode_news = msgspec.msgpack.Decoder(Wants | Begun | Read | Over | Unable).decode
decode_order = msgspec.msgpack.Decoder(Next | Stop).decode
