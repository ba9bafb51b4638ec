"""SOAP services: called as their descriptions say, page by page."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from api_service import ApiService, Reply
from conversing import Talk, converse
from project_folder import ProjectFolder, adds_up
from soap_service import OfferService, enveloped, fault

from jobpipe.errors import DefinitionError
from jobpipe.sources.soap.conversation import SoapConversation

BY_NUMBER = {"params": {"Page": "{page}"}, "page": {"by": "number", "size": 10}}


@pytest.fixture
def service() -> Iterator[ApiService]:
    with ApiService() as running:
        yield running


@pytest.fixture
def offers(service: ApiService) -> OfferService:
    return OfferService(service)


def call(offers: OfferService, soap: dict[str, Any] | None = None, **more: Any) -> Talk:
    source = {
        "soap": {"wsdl": f"{offers.address}?wsdl", "operation": "FindOffers", **BY_NUMBER, **(soap or {})},
        "record": "offer",
        **more.pop("source", {}),
    }
    return converse(source, SoapConversation, **more)


def ids_of(talk: Talk) -> list[str]:
    return [raw.partition(b"</id>")[0].rpartition(b">")[2].decode() for raw in talk.raw]


ALL = [f"o{number}" for number in range(1, 26)]


def test_an_operation_is_called_page_by_page(offers: OfferService) -> None:
    talk = call(offers)
    assert ids_of(talk) == ALL and not talk.end.why
    assert offers.calls == [{"Page": "1"}, {"Page": "2"}, {"Page": "3"}]
    assert "FindOffers, page 3" in talk.pages[2].asked


def test_a_cursor_of_the_answer_is_given_back_and_the_first_call_has_none(offers: OfferService) -> None:
    page = {"by": "cursor", "cursor": "//next"}
    talk = call(offers, {"params": {"Site": "acme", "After": "{cursor}"}, "page": page})
    assert ids_of(talk) == ALL and not talk.end.why
    assert offers.calls == [{"Site": "acme"}, {"Site": "acme", "After": "p2"}, {"Site": "acme", "After": "p3"}]


def test_a_single_call_gives_all_and_its_total(offers: OfferService) -> None:
    offers.size = 100
    total = {"total": "/Envelope/Body/FindOffersResponse/total"}
    talk = call(offers, {"params": {"Page": 1, "Since": "2026-01-31"}, "page": None}, source=total)
    assert ids_of(talk) == ALL and (talk.end.why, talk.end.total) == ("", 25)
    assert offers.calls == [{"Page": "1", "Since": "2026-01-31"}]


def test_xml_that_is_given_as_text_is_read(offers: OfferService) -> None:
    offers.as_text = True
    talk = call(offers)
    assert ids_of(talk) == ALL and not talk.end.why


@pytest.mark.parametrize("security", ["username_token", "username_digest"])
def test_ws_security_names_the_user_and_the_password_is_shown_nowhere(offers: OfferService, security: str) -> None:
    offers.login = ("anna", "geheim-4711")
    auth = {"auth": {"basic": "${LOGIN}"}}
    talk = call(offers, {"security": security}, source=auth, environ={"LOGIN": "anna:geheim-4711"})
    assert ids_of(talk) == ALL
    assert (b"geheim-4711" in offers.messages[0]) == (security == "username_token")
    assert b"geheim" not in talk.stream
    wrong = call(offers, {"security": security}, source=auth, environ={"LOGIN": "anna:falsch-4711"})
    assert "ends in a fault: the login is not known [s:Client.Authentication]" in str(wrong.error)
    assert "falsch" not in str(wrong.error)


def test_ws_security_without_a_login_is_told(offers: OfferService) -> None:
    with pytest.raises(DefinitionError, match=r"source\.auth\.basic"):
        call(offers, {"security": "username_token"})


def test_without_ws_security_the_login_is_that_of_http(offers: OfferService, service: ApiService) -> None:
    call(offers, source={"auth": {"basic": "anna:geheim"}})
    assert all(one.headers["authorization"].startswith("Basic ") for one in service.requests)


def test_a_login_is_not_given_to_a_host_that_only_the_description_names(offers: OfferService) -> None:
    offers.address = offers.address.replace("127.0.0.1", "evil.example")
    wsdl = {"wsdl": f"{offers.address.replace('evil.example', '127.0.0.1')}?wsdl"}
    source = {"auth": {"basic": "anna:geheim"}}
    talk = call(offers, {"security": "username_token", **wsdl}, source=source)
    assert "another host" in str(talk.error) and "soap.address" in str(talk.error)
    assert not offers.calls


def test_the_address_may_be_corrected(offers: OfferService) -> None:
    right, offers.address = offers.address, "http://internal.invalid:9/offers"
    talk = call(offers, {"wsdl": f"{right}?wsdl", "address": right})
    assert ids_of(talk) == ALL


def test_a_description_into_a_private_network_is_not_followed(offers: OfferService) -> None:
    right, offers.address = offers.address, "http://10.1.2.3/offers"
    talk = call(offers, {"wsdl": f"{right}?wsdl"})
    assert "a private network" in str(talk.error)


def test_a_file_of_the_project_describes_the_service(offers: OfferService, tmp_path: Path) -> None:
    (tmp_path / "offers.wsdl").write_text(offers.wsdl())
    talk = call(offers, {"wsdl": "offers.wsdl"}, root=tmp_path)
    assert ids_of(talk) == ALL


SCHEMA = '<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="urn:x"/>'


def test_a_description_may_name_a_schema_beside_it(offers: OfferService, tmp_path: Path) -> None:
    offers.imported = '<xs:import namespace="urn:x" schemaLocation="types/more.xsd"/>'
    (tmp_path / "types").mkdir()
    (tmp_path / "types" / "more.xsd").write_text(SCHEMA)
    (tmp_path / "offers.wsdl").write_text(offers.wsdl())
    assert ids_of(call(offers, {"wsdl": "offers.wsdl"}, root=tmp_path)) == ALL


@pytest.mark.parametrize("location", ["{outside}", "file://{outside}", "../outside.xsd"])
@pytest.mark.parametrize("is_file", [True, False])
def test_a_description_may_not_name_files_outside_the_project(
    offers: OfferService, tmp_path: Path, location: str, is_file: bool
) -> None:
    outside, root = tmp_path / "outside.xsd", tmp_path / "project"
    outside.write_text(SCHEMA)
    root.mkdir()
    offers.imported = f'<xs:import namespace="urn:x" schemaLocation="{location.format(outside=outside)}"/>'
    (root / "offers.wsdl").write_text(offers.wsdl())
    talk = call(offers, {"wsdl": "offers.wsdl"} if is_file else None, root=root)
    # What stands in a description on the web counts from there; what is no web address at all is refused.
    told = "none of the project's|no web address" if is_file or ":" in location else "HTTP 404"
    assert re.search(told, str(talk.error)) and not offers.calls


BOMB = '<!DOCTYPE d [<!ENTITY a "x"><!ENTITY b "&a;&a;&a;">]>'


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_description_with_entities_is_refused(offers: OfferService, tmp_path: Path, encoding: str) -> None:
    head, _, rest = offers.wsdl().partition("\n")
    text = f"{head.replace('utf-8', encoding)}\n{BOMB}{rest.replace('OfferService', '&b;')}"
    (tmp_path / "offers.wsdl").write_bytes(text.encode(encoding))
    talk = call(offers, {"wsdl": "offers.wsdl"}, root=tmp_path)
    assert talk.error is not None and ("DOCTYPE" in str(talk.error) or "DTDForbidden" in str(talk.error))


def test_an_answer_with_entities_reads_no_file(offers: OfferService) -> None:
    body = b'<!DOCTYPE e [<!ENTITY f SYSTEM "file:///etc/passwd">]>' + enveloped("<offer>&f;</offer>").body[38:]
    offers.troubles[1] = Reply(body=body, content_type="text/xml")
    talk = call(offers)
    assert b"root:" not in talk.stream and b"root:" not in str(talk.error).encode()


@pytest.mark.parametrize(
    ("soap", "told"),
    [
        ({"operation": "FindOffer"}, "no operation FindOffer.*did you mean FindOffers"),
        ({"service": "Jobs"}, "no service Jobs.*there is OfferService"),
        ({"port": "OfferSoap"}, "no port OfferSoap"),
        ({"params": {"Pages": "{page}"}}, r"cannot be called with these params.*Pages.*it takes.*Page: xsd:int"),
        ({"wsdl": "missing.wsdl"}, "no such file"),
    ],
)
def test_what_the_description_does_not_have_is_told(
    offers: OfferService, tmp_path: Path, soap: dict[str, Any], told: str
) -> None:
    talk = call(offers, soap, root=tmp_path)
    assert talk.error is not None
    with pytest.raises(type(talk.error), match=told):
        raise talk.error


@pytest.mark.parametrize("body", [b"<html><body>moved</body></html>", b"oops", b"", b"<a><b></a>", b"<x/>"])
def test_a_description_that_is_none_is_told(service: ApiService, offers: OfferService, body: bytes) -> None:
    service.on("/wsdl", lambda asked: Reply(body=body, content_type="text/xml"))
    talk = call(offers, {"wsdl": service.url("/wsdl")})
    assert "/wsdl" in str(talk.error)


@pytest.mark.parametrize(
    ("trouble", "told"),
    [
        (fault("Server", "no <db> today"), "page 2.*ends in a fault: no <db> today"),
        (fault("Client", "what?", status=200), "ends in a fault: what?"),
        (Reply(status=500, body=b"down", content_type="text/plain"), "trouble of its own"),
        (Reply(body=b"<html><title>Login</title></html>", content_type="text/html"), "HTML page"),
        (Reply(body=b"{}"), "nothing|no XML|no records"),
        (Reply(body=enveloped("<offer>").body[:200]), "cut off|not closed|no end|ends"),
    ],
)
def test_what_goes_wrong_is_told_after_the_good_pages(offers: OfferService, trouble: Reply, told: str) -> None:
    offers.troubles[2] = trouble
    talk = call(offers)
    assert ids_of(talk)[:10] == ALL[:10]
    assert talk.error is not None
    with pytest.raises(type(talk.error), match=told):
        raise talk.error


def test_an_envelope_among_attachments_is_read(offers: OfferService) -> None:
    plain = offers.page(1).body
    body = (
        b'--b\r\nContent-Type: application/xop+xml; charset=utf-8; type="text/xml"\r\n\r\n' + plain + b"\r\n"
        b"--b\r\nContent-Type: image/png\r\nContent-Transfer-Encoding: binary\r\n\r\n\x89PNG\r\n--b--\r\n"
    )
    offers.troubles[1] = Reply(body=body, content_type='multipart/related; type="application/xop+xml"; boundary="b"')
    assert ids_of(call(offers)) == ALL


def test_a_preview_calls_no_more_than_it_shows(offers: OfferService) -> None:
    call(offers, enough=3)
    assert len(offers.calls) == 1


DEFINITION = """\
import: offers
source:
  soap:
    wsdl: {address}?wsdl
    operation: FindOffers
    params: {{Page: "{{page}}"}}
    page: {{by: number, size: 10}}
  record: offer
posting:
  reference: id
  title: title
"""


def test_a_whole_import_of_a_soap_service(offers: OfferService, tmp_path: Path) -> None:
    project = ProjectFolder(tmp_path / "project", DEFINITION.format(address=offers.address))
    first = project.run()
    assert first.state == "succeeded" and first.account["new"] == 25 and adds_up(first)
    assert project.keys() == set(ALL)
    second = project.run()
    assert second.state == "succeeded" and second.unchanged
    offers.troubles[3] = fault("Server", "maintenance")
    third = project.run()
    assert third.state == "partial" and third.account["unchanged"] == 20 and adds_up(third)
    assert project.keys() == set(ALL)


def test_without_zeep_a_person_is_told_what_to_install(offers: OfferService, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "zeep", None)
    with pytest.raises(DefinitionError, match=r"zeep.*job-pipe\[soap\]"):
        call(offers)
