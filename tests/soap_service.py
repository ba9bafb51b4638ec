"""A SOAP service for tests: a small description, and an operation that gives offers page by page."""

from __future__ import annotations

import base64
import hashlib
from typing import Any
from xml.sax.saxutils import escape

from api_service import ApiService, Asked, Reply
from lxml import etree

NAMESPACE = "urn:example:offers"

WSDL = """\
<?xml version="1.0" encoding="utf-8"?>
<wsdl:definitions xmlns:wsdl="http://schemas.xmlsoap.org/wsdl/" xmlns:soap="http://schemas.xmlsoap.org/wsdl/soap/"
    xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:o="{namespace}" targetNamespace="{namespace}">
  <wsdl:types>
    <xs:schema targetNamespace="{namespace}" elementFormDefault="qualified">
      {imported}
      <xs:element name="FindOffers">
        <xs:complexType><xs:sequence>
          <xs:element name="Site" type="xs:string" minOccurs="0"/>
          <xs:element name="Page" type="xs:int" minOccurs="0"/>
          <xs:element name="After" type="xs:string" minOccurs="0"/>
          <xs:element name="Since" type="xs:date" minOccurs="0"/>
        </xs:sequence></xs:complexType>
      </xs:element>
      <xs:element name="FindOffersResponse">
        <xs:complexType><xs:sequence>
          <xs:any processContents="skip" maxOccurs="unbounded"/>
        </xs:sequence></xs:complexType>
      </xs:element>
    </xs:schema>
  </wsdl:types>
  <wsdl:message name="FindOffersIn"><wsdl:part name="parameters" element="o:FindOffers"/></wsdl:message>
  <wsdl:message name="FindOffersOut"><wsdl:part name="parameters" element="o:FindOffersResponse"/></wsdl:message>
  <wsdl:portType name="Offers">
    <wsdl:operation name="FindOffers">
      <wsdl:input message="o:FindOffersIn"/><wsdl:output message="o:FindOffersOut"/>
    </wsdl:operation>
  </wsdl:portType>
  <wsdl:binding name="OffersSoap" type="o:Offers">
    <soap:binding transport="http://schemas.xmlsoap.org/soap/http"/>
    <wsdl:operation name="FindOffers">
      <soap:operation soapAction="{namespace}/FindOffers"/>
      <wsdl:input><soap:body use="literal"/></wsdl:input>
      <wsdl:output><soap:body use="literal"/></wsdl:output>
    </wsdl:operation>
  </wsdl:binding>
  <wsdl:service name="OfferService">
    <wsdl:port name="OfferPort" binding="o:OffersSoap"><soap:address location="{address}"/></wsdl:port>
  </wsdl:service>
</wsdl:definitions>
"""


class OfferService:
    """On an ApiService: /offers?wsdl describes it, /offers answers."""

    def __init__(self, service: ApiService, count: int = 25, size: int = 10) -> None:
        self.offers = [(f"o{number}", f"Offre {number}") for number in range(1, count + 1)]
        self.size = size
        self.address = service.url("/offers")
        self.imported = ""
        # user and password of WS-Security; None = whoever asks.
        self.login: tuple[str, str] | None = None
        # The offers are one escaped text.
        self.as_text = False
        # What is answered instead, by the number of the page.
        self.troubles: dict[int, Reply] = {}
        # The parameters of each call.
        self.calls: list[dict[str, str]] = []
        self.messages: list[bytes] = []
        service.on("/offers", self.route)

    def wsdl(self) -> str:
        return WSDL.format(namespace=NAMESPACE, address=self.address, imported=self.imported)

    def route(self, asked: Asked) -> Any:
        if asked.method == "GET":
            return Reply(body=self.wsdl().encode(), content_type="text/xml")
        self.messages.append(asked.body)
        envelope = etree.fromstring(asked.body)
        if self.login is not None and not self._is_logged_in(envelope):
            return fault("Client.Authentication", "the login is not known")
        called = envelope.find(f"{{*}}Body/{{{NAMESPACE}}}FindOffers")
        assert called is not None
        params = {etree.QName(one).localname: one.text or "" for one in called}
        self.calls.append(params)
        page = int(params.get("Page") or (params.get("After") or "p1")[1:])
        return self.troubles.get(page) or self.page(page)

    def page(self, page: int) -> Reply:
        chosen = self.offers[(page - 1) * self.size : page * self.size]
        offers = "".join(f"<offer><id>{key}</id><title>{title}</title></offer>" for key, title in chosen)
        following = f"<next>p{page + 1}</next>" if page * self.size < len(self.offers) else ""
        listing = f"<offers>{offers}</offers><total>{len(self.offers)}</total>{following}"
        if self.as_text:
            listing = f'<?xml version="1.0" encoding="utf-16"?><list>{listing}</list>'
            return enveloped(f"<result>{escape(listing)}</result>")
        return enveloped(listing)

    def _is_logged_in(self, envelope: Any) -> bool:
        token = envelope.find("{*}Header/{*}Security/{*}UsernameToken")
        assert self.login is not None
        user, password = self.login
        if token is None or token.findtext("{*}Username") != user:
            return False
        given = token.find("{*}Password")
        if not given.get("Type", "").endswith("Digest"):
            return bool(given.text == password)
        nonce = base64.b64decode(token.findtext("{*}Nonce"))
        made = hashlib.sha1(nonce + token.findtext("{*}Created").encode() + password.encode()).digest()
        return bool(given.text == base64.b64encode(made).decode())


def enveloped(content: str, status: int = 200) -> Reply:
    text = (
        '<?xml version="1.0" encoding="utf-8"?><s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>'
        f'<FindOffersResponse xmlns="{NAMESPACE}">{content}</FindOffersResponse></s:Body></s:Envelope>'
    )
    return Reply(body=text.encode(), status=status, content_type="text/xml; charset=utf-8")


def fault(code: str, reason: str, status: int = 500) -> Reply:
    text = (
        '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><s:Fault>'
        f"<faultcode>s:{code}</faultcode><faultstring>{escape(reason)}</faultstring>"
        "</s:Fault></s:Body></s:Envelope>"
    )
    return Reply(body=text.encode(), status=status, content_type="text/xml")
