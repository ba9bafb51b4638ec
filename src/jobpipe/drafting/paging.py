"""How a service's next page is asked for, as one of its answers and the address that was asked show it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit, urlunsplit

from jobpipe.drafting.draft import Question
from jobpipe.drafting.names import key_of
from jobpipe.drafting.shapes import is_url

_NEXT = frozenset("next nexturl nextpage nextpageurl nextlink nexthref nextpagelink linksnext linksnexthref".split())  # noqa: SIM905
_CURSOR = frozenset("nextcursor cursor nextpagetoken pagetoken nexttoken continuationtoken scrollid after".split())  # noqa: SIM905
_TOTAL = frozenset(
    """
    total totalcount totalresults totalhits totalitems totalelements totalrecords totaljobs totalfound numfound nbhits
    count resultcount recordcount totaloffers totalmatches hitcount nombretotal anzahl totalnumber
    """.split()  # noqa: SIM905
)
_PAGES = frozenset("totalpages pages pagecount lastpage nbpages pagetotal numpages".split())  # noqa: SIM905
_PAGE_PARAMETERS = frozenset("page p pagenumber pageno pagenum currentpage pg seite".split())  # noqa: SIM905
_OFFSET_PARAMETERS = frozenset("offset start from skip startrow startindex first begin".split())  # noqa: SIM905
_CURSOR_PARAMETERS = frozenset("cursor pagetoken after nextcursor token continuationtoken nexttoken".split())  # noqa: SIM905
_SIZE_PARAMETERS = frozenset(
    "size limit perpage pagesize count rows resultsperpage max maxresults num hitsperpage itemsperpage take".split()  # noqa: SIM905
)
_DEEPEST = 3


@dataclass(slots=True)
class Paging:
    # The block `api`; None = all there is came at once.
    api: dict[str, Any] | None = None
    reason: str = ""
    # Where the answer says how many there are; "" = nowhere.
    total: str = ""
    questions: list[Question] = field(default_factory=list)


def paging_of(location: str, answer: Any, records: int) -> Paging:
    """`answer`: the whole of one; `records`: how many are in it."""
    said = dict(_said(answer, "", (), 0)) if isinstance(answer, dict) else {}
    totals = [(path, value) for path, value in said.items() if _key(path) in _TOTAL and _is_count(value)]
    total_path, total = max(totals, key=lambda one: int(one[1]), default=("", 0))
    # A count of as many as are in it may be that of the page.
    found = Paging(total=total_path if int(total) > records else "")
    parts = urlsplit(location)
    params = dict(parse_qsl(parts.query, keep_blank_values=True))
    bare = urlunsplit(parts._replace(query="", fragment=""))
    for build in (_by_next, _by_cursor, _by_parameter):
        if (api := build(said, bare, params, records, location)) is not None:
            found.api, found.reason = api
            return found
    if int(total) > records:
        found.questions.append(_question(bare, params, records, int(total), total_path))
    return found


def _said(value: Any, path: str, names: tuple[str, ...], depth: int) -> Iterator[tuple[str, Any]]:
    """What an answer says outside its records."""
    for key, item in value.items():
        here = f"{path}.{key}" if path else key
        if not re.fullmatch(r"[\w@$-]+", key):
            continue
        if isinstance(item, dict) and depth < _DEEPEST:
            yield from _said(item, here, (*names, key), depth + 1)
        elif not isinstance(item, (dict, list)):
            yield here, item


def _key(path: str) -> str:
    return key_of(path.rpartition(".")[2].replace("$", "").replace("@", ""))


def _is_count(value: Any) -> bool:
    return isinstance(value, (int, str)) and not isinstance(value, bool) and str(value).isdecimal()


_Built = tuple[dict[str, Any], str] | None


def _by_next(said: dict[str, Any], bare: str, params: dict[str, str], records: int, location: str) -> _Built:
    for path, value in said.items():
        words = key_of(path.replace(".", " "))
        is_named = _key(path) in _NEXT or any(words.endswith(one) for one in ("linksnext", "nexthref", "nextlink"))
        if not is_named:
            continue
        if isinstance(value, str) and (is_url(value) or value.startswith(("/", "?"))):
            return {"url": location, "page": {"by": "next", "next": path}}, f"the answer has the next page at {path}"
    return None


def _by_cursor(said: dict[str, Any], bare: str, params: dict[str, str], records: int, location: str) -> _Built:
    name = next((one for one in params if key_of(one) in _CURSOR_PARAMETERS), "")
    for path, value in said.items():
        if name and _key(path) in _CURSOR and isinstance(value, (str, int)) and value:
            moving = {**params, name: "{cursor}"}
            return (
                {"url": bare, "params": moving, "page": {"by": "cursor", "cursor": path}},
                f"the answer has the next cursor at {path}, and {name} takes it",
            )
    return None


def _by_parameter(said: dict[str, Any], bare: str, params: dict[str, str], records: int, location: str) -> _Built:
    sizes = (one for one in params if key_of(one) in _SIZE_PARAMETERS and params[one].isdecimal())
    size_name = next(sizes, "")
    size = int(params[size_name]) if size_name else records
    for name, value in params.items():
        key = key_of(name)
        if not value.isdecimal() or name == size_name:
            continue
        if key in _PAGE_PARAMETERS:
            page: dict[str, Any] = {"by": "number", **({"start": int(value)} if int(value) != 1 else {}), "size": size}
            if pages := next((path for path, one in said.items() if _key(path) in _PAGES and _is_count(one)), ""):
                page["pages"] = pages
            return _moving(bare, params, name, "{page}", size_name, page), f"{name} in the address counts pages"
        if key in _OFFSET_PARAMETERS:
            page = {"by": "offset", **({"start": int(value)} if int(value) else {}), "size": size}
            return _moving(bare, params, name, "{offset}", size_name, page), f"{name} in the address counts records"
    return None


def _moving(
    bare: str, params: dict[str, str], name: str, stands: str, size_name: str, page: dict[str, Any]
) -> dict[str, Any]:
    moving = {**params, name: stands, **({size_name: "{size}"} if size_name else {})}
    return {"url": bare, "params": moving, "page": page}


def _question(bare: str, params: dict[str, str], records: int, total: int, path: str) -> Question:
    text = (
        f"The answer says that there are {total:,} ({path}), and has {records:,}: how is the next page asked for? "
        "Until that is said, nothing expires."
    )
    by_number = {"url": bare, "params": {**params, "page": "{page}"}, "page": {"by": "number", "size": records}}
    by_offset = {
        "url": bare,
        "params": {**params, "offset": "{offset}", "limit": "{size}"},
        "page": {"by": "offset", "size": records},
    }
    options = (("?page=2", by_number), (f"?offset={records}&limit={records}", by_offset))
    return Question(about="source.api", text=text, options=options)
