"""What the headers of web servers say of a file, and what is asked with them (RFC 9110 §8, §13, §14)."""

from __future__ import annotations

import datetime as dt
import email.message
import email.utils
import re
from pathlib import PurePosixPath
from urllib.parse import unquote

import httpx2

from jobpipe.sources.transports.transport import Validators

_GZIP_TYPES = frozenset({"application/gzip", "application/x-gzip", "application/x-tgz", "application/x-compressed-tar"})
_GZIP_NAME = re.compile(r"\.(t?gz|gzip)$", re.IGNORECASE)
_CONTENT_RANGE = re.compile(r"bytes (?:(\d+)-(\d+)|\*)/(\d+|\*)")


def condition_headers(validators: Validators) -> dict[str, str]:
    headers = {}
    if validators.etag:
        headers["If-None-Match"] = validators.etag
    if validators.last_modified:
        headers["If-Modified-Since"] = validators.last_modified
    return headers


def range_headers(position: int, validators: Validators, *, may_use_date: bool) -> dict[str, str]:
    """Ask for the rest of one very version; {} where the version cannot be named surely."""
    if not position:
        return {}
    if validators.etag and not validators.etag.startswith("W/"):
        condition = validators.etag
    elif validators.last_modified and may_use_date:
        condition = validators.last_modified
    else:
        return {}
    return {"Range": f"bytes={position}-", "If-Range": condition}


def validators_of(headers: httpx2.Headers) -> Validators:
    return Validators(etag=headers.get("etag", ""), last_modified=headers.get("last-modified", ""))


def is_strong_date(headers: httpx2.Headers) -> bool:
    """A date names a version only if it is at least a second old (RFC 9110 §8.8.2.2)."""
    try:
        modified = email.utils.parsedate_to_datetime(headers["last-modified"])
        now = email.utils.parsedate_to_datetime(headers["date"])
        return now - modified >= dt.timedelta(seconds=1)
    except (KeyError, ValueError, TypeError):
        return False


def range_of(headers: httpx2.Headers) -> tuple[int | None, int | None]:
    """The first byte of the answer, and the bytes of the whole file."""
    found = _CONTENT_RANGE.fullmatch(headers.get("content-range", "").strip())
    if not found:
        return None, None
    return int(found[1]) if found[1] else None, int(found[3]) if found[3] != "*" else None


def length_of(headers: httpx2.Headers) -> int | None:
    text = headers.get("content-length", "").strip()
    return int(text) if text.isdecimal() else None


def encoding_of(headers: httpx2.Headers) -> str:
    """`gzip`; "" where the bytes are the file's own."""
    coding = headers.get("content-encoding", "").strip().lower()
    return "" if coding == "identity" else coding


def content_type_of(headers: httpx2.Headers) -> tuple[str, str]:
    """`text/xml`, and the charset that goes with it."""
    text = headers.get("content-type", "")
    if not text:
        return "", ""
    message = email.message.Message()
    message["content-type"] = text
    charset = message.get_param("charset", "")
    return message.get_content_type(), charset.strip() if isinstance(charset, str) else ""


def is_gzip_itself(name: str, content_type: str) -> bool:
    """`jobs.xml.gz` as some servers send it: said to be an encoding of the XML, but the very file."""
    return bool(_GZIP_NAME.search(name)) or content_type in _GZIP_TYPES


def name_of(headers: httpx2.Headers, location: str, final_url: httpx2.URL) -> str:
    """What the server calls the file, else the end of its path; without folders."""
    message = email.message.Message()
    message["content-disposition"] = headers.get("content-disposition", "")
    candidates = [message.get_filename() or "", httpx2.URL(location).path, final_url.path]
    names = [PurePosixPath(unquote(text).replace("\\", "/")).name for text in candidates]
    names = [re.sub(r"[\x00-\x1f\x7f]", "", name) for name in names]
    return next((name for name in names if "." in name), next((name for name in names if name), ""))
