"""What names a question to a service or a site, so that its answer is found again: never by its credentials.

Logins travel in headers and in parameters of their own, which are no part of it; what is written into an address or a
body under the name of a credential counts as if it were not there. So a question names the same answer after a secret
was changed, and nothing of a secret is in what is kept.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from lxml import etree

# Not what merely has `token` in its name: places in a list are called so.
_CREDENTIAL = (
    r"[\w.-]*(?:passw(?:or)?d|passphrase|secret|api[_-]?key|access[_-]?key|access[_-]?token|auth[_-]?token|"
    r"auth[_-]?key|client[_-]?key|signature)[\w.-]*"
)
_NAMED = re.compile(rf"\b({_CREDENTIAL})=[^&;#\s\"'<>]*", re.IGNORECASE)
_MEMBER = re.compile(rf'("{_CREDENTIAL}"\s*:\s*)"(?:[^"\\]|\\.)*"', re.IGNORECASE)
# Other at each call, and no part of what is asked.
_OF_EACH_MESSAGE = ("Security", "MessageID")
_PORTS = {"http": 80, "https": 443}
# Headers of an answer that say how it is to be read, or how a list goes on; others change from call to call.
_TELLING = re.compile(
    r"content-type|content-range|link|location|(?!.*(?:rate|limit)).*(?:total|count|pages?|next|cursor|offset|more)\b.*"
)
_LONGEST_HEADER = 8 * 1024


def question_digest(method: str, url: str, body: bytes | None = None, *, by: str = "") -> bytes:
    """16 bytes. `by`: who asked, where it gives another answer (a browser's page is not what its server sent)."""
    parts = [by.encode(), method.upper().encode(), _bare_url(url).encode(), _bare_body(body or b"")]
    digest = hashlib.blake2b(digest_size=16)
    for part in parts:
        digest.update(len(part).to_bytes(8, "little") + part)
    return digest.digest()


def without_credentials(text: str) -> str:
    """A text that may hold addresses."""
    return _NAMED.sub(r"\1=", text)


def telling_headers(headers: Mapping[str, str], named: Iterable[str] = ()) -> dict[str, str]:
    """`headers` by their names in lower case; in one order, so that the same answers are the same bytes.

    `named` are kept as well: "" = the answer has none.
    """
    kept = dict.fromkeys(named, "") | {name: value for name, value in headers.items() if is_telling(name)}
    return {name: without_credentials(headers.get(name, "")[:_LONGEST_HEADER]) for name in sorted(kept)}


def is_telling(name: str) -> bool:
    """Whether a header of this name is kept of every answer."""
    return _TELLING.fullmatch(name) is not None


def _bare_url(url: str) -> str:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return url
    host = (parts.hostname or "").lower()
    if port is not None and port != _PORTS.get(parts.scheme.lower()):
        host = f"{host}:{port}"
    asked = sorted(parse_qsl(without_credentials(parts.query), keep_blank_values=True))
    return urlunsplit((parts.scheme.lower(), host, parts.path or "/", urlencode(asked), ""))


def _bare_body(body: bytes) -> bytes:
    """The same for two bodies that say the same."""
    head = body.lstrip()[:1]
    if head in (b"{", b"["):
        return _bare_json(body)
    if head == b"<":
        return _bare_xml(body)
    return _NAMED.sub(r"\1=", body.decode("latin-1")).encode("latin-1")


def _bare_json(body: bytes) -> bytes:
    try:
        text = json.dumps(json.loads(body), sort_keys=True)
    except (ValueError, RecursionError):
        return body
    return _MEMBER.sub(r"\1", text).encode()


def _bare_xml(body: bytes) -> bytes:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    try:
        root = etree.fromstring(body, parser)
    except etree.XMLSyntaxError:
        return body
    for element in list(root.iter("{*}*")):
        name = etree.QName(element).localname
        above = element.getparent()
        if above is not None and name in _OF_EACH_MESSAGE:
            above.remove(element)
        elif re.fullmatch(_CREDENTIAL, name, re.IGNORECASE):
            element.text = None
    return bytes(etree.tostring(root, method="c14n2"))
