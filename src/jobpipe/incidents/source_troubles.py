"""What kind of trouble a source gives, from what its error says.

The transports say what happened in words for a person, and servers in their own; this reads both.  A message that
nobody foresaw is trouble all the same: it keeps its words, under the kind that is given for that.
"""

from __future__ import annotations

import re

from jobpipe.errors import JobpipeError, LimitExceededError
from jobpipe.incidents.occurrence import Occurrence
from jobpipe.safety.network import ForbiddenAddressError

# Kind -> what its messages have; the first that is found counts.
_WORDS: dict[str, tuple[str, ...]] = {
    "source-forbidden": (
        *("no source may have", "of a private network", "none of the web's", "names a file of the machine"),
        *("none of the project's", "names another host"),
    ),
    "source-untrusted": (
        *("certificate is not trusted", "certificate verify", "host key is not", "host key has changed"),
    ),
    "source-refused": (
        *(r"HTTP 40[137]\b", "refuses the login", "refuses the request", "needs a login", "needs a user"),
        *("asks for a login", "gives no token", "gives a token", "no public bucket", "private key", "by this login"),
        *("FTP 530", "known hosts", "may not be read by"),
    ),
    "source-missing": (
        *(r"HTTP (404|410)\b", "is not there", "no file matches", "no such file", "has no folder", "is a folder"),
        *("FTP 550", "does not exist", "is not a plain file", "is no URL", "without a host", "in another place"),
        *("no web address", "a port that is none", "no bucket"),
    ),
    "source-over-limit": (
        *("looks like a bomb", "larger than", "are allowed", "more than .{1,30} allowed", "unpacks? to more"),
        *("bomb", "(holds|page of|nested|nested in|packed) more than", "an answer of .{1,30} bytes", "reaches to row"),
        *("a description of", "table of contents of"),
    ),
    "source-changed-shape": (
        *("is no (JSON|XML|XLSX|workbook)", "no record was found", "holds no records?", "holds no file", "query fails"),
        *("has nothing at", "does not read", "packed in a way", "locked with a password", "the encoding"),
        *("without a file", "no content", "redirects", "speaks no TLS", "wants TLS", "not text in"),
        *(
            "not a feed",
            "not a workbook",
            "not an XML",
            "describes no",
            "has a DOCTYPE",
            "lists its objects",
            "is no SOAP",
        ),
    ),
    "source-unreachable": (
        *("cannot be reached", "does not answer", "is not known", "no address", "broke the connection"),
        *(r"HTTP (5\d\d|429|408)\b", "sends too slowly", "sends nothing more", "come back in", "was not asked"),
        *("drips", "refuses", "timed out", "trouble of its own", "bytes had come", "is still being"),
    ),
}
_PATTERNS = {kind: re.compile("|".join(words), re.IGNORECASE) for kind, words in _WORDS.items()}


def kind_of_trouble(error: JobpipeError | str, *, otherwise: str = "source-damaged") -> str:
    if isinstance(error, ForbiddenAddressError):
        return "source-forbidden"
    said = str(error)
    found = next((kind for kind, words in _PATTERNS.items() if words.search(said)), otherwise)
    # A server that asks to wait for long is met with the same error.
    is_of_size = isinstance(error, LimitExceededError) and found in ("source-damaged", "source-changed-shape")
    return "source-over-limit" if is_of_size else found


def trouble_of(error: JobpipeError | str, *, place: str = "", stage: str = "fetch") -> Occurrence:
    """`place`: where the error does not say it itself."""
    kind = kind_of_trouble(error)
    if isinstance(error, str):
        return Occurrence(kind=kind, message=error, place=place, stage=stage)
    where = str(error.place) or place
    return Occurrence(kind=kind, message=error.message, hint=error.hint, place=where, stage=stage)
