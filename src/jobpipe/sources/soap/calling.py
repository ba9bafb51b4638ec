"""Calling an operation as a service's description (WSDL) says, with zeep.

zeep makes the messages and nothing else: whatever it loads or sends goes through job-pipe's own hands, so that the
network guard, the limits and the patience with servers count here too.
"""

from __future__ import annotations

import asyncio
import contextlib
import difflib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from jobpipe.definition.source import Source
from jobpipe.errors import DefinitionError, JobpipeError, Place, SourceError
from jobpipe.safety.secrets import redact
from jobpipe.sources.answers import Answer
from jobpipe.sources.api.replaying import heard
from jobpipe.sources.api.web import Fetched, Question, Web, shown, url_of

# A fault comes with one of them; without an envelope they are what they always are.
_OF_FAULTS = frozenset({400, 500})
# Bytes of a description or one of its schemas.
_MOST_DESCRIPTION = 20 * 1024 * 1024


class Service:
    """One operation of a service. It works in threads: zeep knows no event loop."""

    def __init__(self, source: Source, root: Path, web: Web, loop: asyncio.AbstractEventLoop) -> None:
        """Reads the description. Raises DefinitionError, SourceError."""
        assert source.soap is not None
        self._soap = soap = source.soap
        self._place = Place(source=redact(soap.wsdl))
        self._web = web
        # What was asked since somebody took them from here, and the answers.
        self.exchanges: list[Answer] = []
        self._loop = loop
        self._root = root.resolve()
        self._is_file = not is_web_address(soap.wsdl)
        zeep = _zeep()
        transport = _transport(zeep, self)
        with self._told("its description cannot be used"):
            self._client = zeep.Client(
                self._file(soap.wsdl) if self._is_file else soap.wsdl,
                transport=transport,
                wsse=_security(zeep, source),
                settings=zeep.Settings(raw_response=True, forbid_dtd=True, forbid_entities=True),
            )
            self._proxy = self._bound()
        self.address: str = soap.address or self._proxy._binding_options["address"]
        self._expect_own_address()
        self._expect_operation()

    def call(self, params: Mapping[str, Any]) -> Fetched:
        """The service's answer, whatever it says. Raises SourceError."""
        with self._told(f"{self._soap.operation} cannot be called with these params"):
            answer = self._proxy[self._soap.operation](**params)
        assert isinstance(answer, Fetched)
        return answer

    # What zeep asks for -----------------------------------------------------------------------------

    def load(self, location: str) -> bytes:
        """A description or a schema that one names."""
        if is_web_address(location):
            body = self._wait_for(Question(location)).body
        else:
            body = Path(self._file(location)).read_bytes()
        if len(body) > _MOST_DESCRIPTION:
            raise SourceError(f"is a description of {len(body):,} bytes", place=Place(source=redact(location)))
        if b"<!DOCTYPE" in body or b"<!ENTITY" in body:
            raise SourceError(
                "has a DOCTYPE, which no description needs: it could hold entities that grow without end",
                place=Place(source=redact(location)),
                hint="look at what the service sends, or keep a cleaned copy in the project",
            )
        return body

    def post(self, address: str, message: bytes, headers: Mapping[str, str]) -> Fetched:
        sent = {"Accept": "text/xml, application/soap+xml, multipart/related", **headers}
        question = Question(address, "POST", message, tuple(sent.items()), _OF_FAULTS)
        answer = self._wait_for(question)
        if answer.status in _OF_FAULTS and b"Envelope" not in answer.body:
            answer = self._wait_for(Question(address, "POST", message, tuple(sent.items())))
        return answer

    def _wait_for(self, question: Question) -> Fetched:
        return asyncio.run_coroutine_threadsafe(heard(self._web, question, self.exchanges), self._loop).result()

    def _file(self, location: str) -> str:
        """A file of the project. Raises SourceError where a description on the web, or one outside, is meant."""
        path = Path(unquote(urlsplit(location).path) if location.startswith("file:") else location)
        found = (self._root / path).resolve()
        if not self._is_file or not found.is_relative_to(self._root):
            raise SourceError(
                f"names the file {redact(location)}, which is none of the project's",
                place=self._place,
                hint="a description may name files beside it in the project, and web addresses",
            )
        if not found.is_file():
            raise SourceError("there is no such file", place=Place(source=redact(location)), hint="check soap.wsdl")
        return str(found)

    # What the description must have -----------------------------------------------------------------

    def _bound(self) -> Any:
        soap, client = self._soap, self._client
        services = client.wsdl.services
        if not services:
            raise SourceError("describes no service", place=self._place)
        _expect_one_of(soap.service, services, "service", self._place)
        service = services[soap.service] if soap.service else next(iter(services.values()))
        _expect_one_of(soap.port, service.ports, "port", self._place)
        proxy = client.bind(soap.service, soap.port)
        return client.create_service(proxy._binding.name, soap.address) if soap.address else proxy

    def _expect_operation(self) -> None:
        _expect_one_of(self._soap.operation, self._proxy._binding.all(), "operation", self._place)

    def _expect_own_address(self) -> None:
        """The login goes to hosts that the definition names: in its own words, or in a file of the project."""
        if self._is_file:
            self._web.trust(self.address)
        if self._client.wsse is not None and not self._web.is_own(self.address):
            raise SourceError(
                f"its description names another host, {shown(self.address)}, which would be given the login",
                place=self._place,
                hint="if that is right, write it as soap.address",
            )
        url_of(self.address)

    @contextlib.contextmanager
    def _told(self, what: str) -> Iterator[None]:
        """zeep raises all kinds of exceptions on what a description or a definition has wrong."""
        try:
            yield
        except JobpipeError:
            raise
        except Exception as error:
            said = " ".join(str(error).split())[:400] or type(error).__name__
            raise SourceError(f"{what}: {redact(said)}", place=self._place, hint=self._signature()) from error

    def _signature(self) -> str:
        with contextlib.suppress(Exception):
            operation = self._proxy._binding.get(self._soap.operation)
            return f"it takes {operation.input.signature()}"
        return "check soap.wsdl"


def is_web_address(location: str) -> bool:
    return urlsplit(location).scheme.lower() in ("http", "https")


def _expect_one_of(name: str | None, known: Mapping[str, Any], what: str, place: Place) -> None:
    if name is None or name in known:
        return
    near = difflib.get_close_matches(name, known, n=1)
    raise SourceError(
        f"describes no {what} {name}",
        place=place,
        hint=f"did you mean {near[0]}?" if near else f"there is {', '.join(sorted(known))}",
    )


def _zeep() -> Any:
    try:
        import zeep
        import zeep.transports
        import zeep.wsse.username
    except ImportError as error:
        raise DefinitionError("SOAP needs zeep, which is not installed", hint="pip install 'job-pipe[soap]'") from error
    return zeep


def _transport(zeep: Any, service: Service) -> Any:
    class Transport(zeep.transports.Transport):  # type: ignore[misc]
        """Loads and sends by the service's own means: no session of zeep's is ever made."""

        def __init__(self) -> None:
            self.cache = None
            self._close_session = False

        def load(self, url: Any) -> bytes:
            return service.load(str(url))

        def post(self, address: str, message: bytes, headers: dict[str, str]) -> Fetched:
            return service.post(address, message, headers)

        def get(self, address: str, params: Any, headers: Any) -> Any:
            raise SourceError(
                "is asked by GET, which is no SOAP", place=service._place, hint="choose another soap.port"
            )

    return Transport()


def _security(zeep: Any, source: Source) -> Any:
    soap = source.soap
    assert soap is not None
    if soap.security is None:
        return None
    basic = source.auth.basic if source.auth else None
    if not basic:
        raise DefinitionError(f"soap.security {soap.security} needs a login", hint="give source.auth.basic")
    user, _, password = basic.partition(":")
    return zeep.wsse.username.UsernameToken(user, password, use_digest=soap.security == "username_digest")
