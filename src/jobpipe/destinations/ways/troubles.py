"""The troubles of the transports, which were made for reading, told of a destination."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from jobpipe.destinations.ways.way import NotReachedError, RejectedLoginError, TooSoonError, UnknownFateError, WayError
from jobpipe.errors import SourceError
from jobpipe.sources.hosts import HostIsDownError
from jobpipe.sources.transports.exchange import PassingTroubleError


class Swapping:
    """Whether any file of a snapshot may have been swapped in."""

    has_begun = False


@contextmanager
def told_of_destination(swapping: Swapping) -> Iterator[None]:
    """Until the swapping has begun, nothing of a snapshot is seen there."""
    try:
        yield
    except SourceError as error:
        raise _told(error, swapping) from error


def _told(error: SourceError, swapping: Swapping) -> WayError:
    hint = error.hint.replace("source.", "to.").replace("the publisher", "whoever runs it")
    if not isinstance(error, (PassingTroubleError, HostIsDownError)):
        return RejectedLoginError(error.message, place=error.place, hint=hint)
    if swapping.has_begun:
        what = f"{error.message}, while the new files were swapped in: some may be there"
        return UnknownFateError(what, place=error.place, hint="they are sent again")
    if (wait := getattr(error, "retry_after", None)) is not None:
        return TooSoonError(error.message, wait, place=error.place, hint=hint)
    return NotReachedError(error.message, place=error.place, hint=hint)
