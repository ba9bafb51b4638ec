"""What of a source's settings fits its place: what would be ignored there, or cannot be done, is refused by `check`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from jobpipe.definition.drops import FileOptions
from jobpipe.definition.logins import Auth

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")
_WEB = frozenset({"http", "https"})
_MAIL = frozenset({"imap", "imaps"})
_ASKED = ("api", "soap", "site", "push")
# A way to log in, and where it is one.
_LOGINS = {
    "bearer": _WEB,
    "key": frozenset[str](),
    "oauth2": frozenset[str](),
    "store": frozenset({"s3"}),
    "private_key": frozenset({"sftp"}),
    "passphrase": frozenset({"sftp"}),
    "known_hosts": frozenset({"sftp"}),
}
# Those that a service or a site has no use for.
_OF_DROPS = frozenset({"store", "private_key", "passphrase", "known_hosts"})


def refuse_files(options: FileOptions, source: Mapping[str, Any]) -> None:
    """`source` = what is known of it so far. Raises ValueError."""
    if options == FileOptions():
        return
    asked = _asked(source)
    if asked:
        raise ValueError(f"`files` is for a `feed` or `parts`: a source by `{asked}` has none; leave it away")
    schemes = _schemes(source)
    if schemes & _WEB:
        raise ValueError("files on a web server cannot be listed, deleted or moved; leave `files` away")
    if (options.sender or options.subject) and not schemes <= _MAIL | {""}:
        raise ValueError("`sender` and `subject` are for the mails of imaps://; leave them away")


def refuse_login(auth: Auth, source: Mapping[str, Any]) -> None:
    """Raises ValueError where a way to log in would be ignored at the source's place."""
    asked, schemes = _asked(source), _schemes(source)
    for name in sorted(auth.model_fields_set & _LOGINS.keys()):
        if getattr(auth, name) is None:
            continue
        if asked and name in _OF_DROPS:
            raise ValueError(f"`{name}` is for {_shown(_LOGINS[name])}, not for `{asked}`")
        if not asked and "" not in schemes and not schemes & _LOGINS[name]:
            where = _shown(_LOGINS[name]) or "`api` and `soap`"
            raise ValueError(f"`{name}` is for {where}, not for {_shown(schemes)}{_instead(name, schemes)}")


def refuse_headers(headers: Mapping[str, str], source: Mapping[str, Any]) -> None:
    """Raises ValueError where nobody would see them."""
    schemes = _schemes(source)
    if headers and not _asked(source) and "" not in schemes and not schemes & _WEB:
        raise ValueError(f"`headers` are for https://, not for {_shown(schemes)}; leave them away")


def refuse_fields(fields: Mapping[str, str], source: Mapping[str, Any]) -> None:
    """Raises ValueError where nothing is selected: selectors are for a web page's elements."""
    if fields and source.get("site") is not None:
        raise ValueError("the `fields` of a site stand in `site`")
    if fields and source.get("format") != "html":
        raise ValueError("`fields` are for a web page; add `format: html`, or leave them away")


def refuse_for_push(given: Iterable[str], push: str) -> None:
    """`given`: the words of the source. Raises ValueError for those that say how something is fetched or found."""
    for name in sorted(
        {"auth", "headers", "parts_come_and_go", "format", "total", "timeout", "allow"}.intersection(given)
    ):
        raise ValueError(f"`{name}` is for what is fetched: nothing is, with `push`; leave it away")
    if push == "json" and "record" in given:
        raise ValueError("`record` is not needed with `push: json`: records are sent one by one; leave it away")


def _instead(name: str, schemes: Iterable[str]) -> str:
    if name in ("key", "oauth2") and _WEB & set(schemes):
        return "; a key may stand in `headers: {X-Api-Key: ${KEY}}`"
    return ""


def _asked(source: Mapping[str, Any]) -> str:
    return next((name for name in _ASKED if source.get(name)), "")


def _schemes(source: Mapping[str, Any]) -> set[str]:
    """Of the source's locations; "" = one that a variable names, or nothing is known yet."""
    locations = [source["feed"]] if source.get("feed") else list(source.get("parts") or ())
    return {_scheme(location) for location in locations} or {""}


def _scheme(location: str) -> str:
    found = _SCHEME.match(location)
    if found:
        return found[1].lower()
    return "" if location.startswith("${") else "file"


def _shown(schemes: Iterable[str]) -> str:
    return ", ".join(f"{scheme}://" if scheme != "file" else "a file of this machine" for scheme in sorted(schemes))
