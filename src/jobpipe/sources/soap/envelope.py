"""What a SOAP service answers: a fault, or an envelope whose body holds the records, now and then as text."""

from __future__ import annotations

import email
import email.policy
import re
from typing import Any

from lxml import etree

from jobpipe.sources.api.page import Page
from jobpipe.sources.record import FormatSettings

_DECLARATION = re.compile(r"\s*<\?xml[^>]*\?>")


def first_part(content_type: str, body: bytes) -> bytes:
    """The envelope of an answer with attachments (MTOM, SwA); the answer itself where it has none."""
    if not content_type.lower().startswith("multipart/"):
        return body
    head = f"Content-Type: {content_type}\r\n\r\n".encode("latin-1", "replace")
    message = email.message_from_bytes(head + body, policy=email.policy.HTTP)
    for part in message.walk():
        if not part.is_multipart():
            content = part.get_payload(decode=True)
            return content if isinstance(content, bytes) else body
    return body


def refuse_fault(page: Page, operation: str) -> None:
    """Raises SourceError where the answer is a fault, in the service's own words."""
    if b"Fault" not in page.body and page.status < 400:
        return
    root = _parsed(page)
    fault = next((one for one in root.iter("{*}Fault") if _is_in_body(one)), None)
    if fault is None and page.status < 400:
        return
    if fault is None:
        raise page.trouble(f"answers with HTTP {page.status}", hint=f"it begins with {page.shown()!r}")
    words = [_text(fault, name) for name in ("faultstring", "Text", "Reason")]
    code = _text(fault, "faultcode") or _text(fault, "Value")
    said = next((text for text in words if text), "") or "no reason is given"
    raise page.trouble(
        f"{operation} ends in a fault: {said}" + (f" [{code}]" if code else ""),
        hint="check soap.params, source.auth and soap.security",
    )


def cut(page: Page, settings: FormatSettings) -> Page:
    """The page with its records: those of its envelope, or of the document that a text in it is.

    Many services give their XML as one escaped text. Raises SourceError where the answer is no XML.
    """
    page.cut(settings)
    if page.records:
        return page
    text = next(filter(None, (_document_in(one, settings) for one in _parsed(page).iter("{*}*"))), "")
    if not text:
        return page
    # What it declares is of the bytes that it once was.
    inner = Page(page.asked, page.url, _DECLARATION.sub("", text, count=1).encode(), "utf-8", page.headers)
    inner.cut(settings)
    return inner


def _document_in(element: Any, settings: FormatSettings) -> str:
    if len(element) or not element.text:
        return ""
    text = str(element.text).strip()
    starts = ("{", "[") if settings.format in ("json", "ndjson") else ("<",)
    return text if text.startswith(starts) else ""


def _parsed(page: Page) -> Any:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        return etree.fromstring(page.body, parser)
    except etree.XMLSyntaxError as error:
        raise page.trouble(f"is no XML: {error.msg}", hint=f"it begins with {page.shown()!r}") from error


def _is_in_body(fault: Any) -> bool:
    above = fault.getparent()
    return above is not None and etree.QName(above).localname == "Body"


def _text(fault: Any, name: str) -> str:
    for element in fault.iter("{*}" + name):
        if text := " ".join("".join(element.itertext()).split()):
            return text[:300]
    return ""
