"""Which hosts a source may make job-pipe speak to.

A definition's own host may be anywhere (a house imports from its intranet).  Where the *source* leads
(redirects, later links of a page) only public addresses are reached: a feed must not make job-pipe
read the machines beside it.  Names are resolved here and the connection goes to the very address that
was checked, so that a name cannot change its mind between the check and the connection.

Where clients may edit definitions, a house makes the guard strict: then even a definition's own host must be
public, or lie in a network that jobpipe.yaml allows.
"""

from __future__ import annotations

import asyncio
import ipaddress
import os
import socket
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field

from jobpipe.errors import DefinitionError, Place, SourceError

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
# Gives the addresses of a host, in the order in which they are to be tried. Raises OSError.
Resolve = Callable[[str, int], Awaitable[list[str]]]

# The ports that a source may lead to; a definition's own place may have any.
LED_PORTS = frozenset({80, 443, 8080, 8443, 21, 990})

_NAT64 = ipaddress.ip_network("64:ff9b::/96")
# Where clouds answer a machine with its own secrets, though the addresses look like any other.
_METADATA = frozenset(map(ipaddress.ip_address, ("168.63.129.16", "100.100.100.200", "fd00:ec2::254")))

# Inherited by the processes that crawl: what a house forbids holds for them as well.
_STRICT, _ALLOWED = "JOBPIPE_GUARD", "JOBPIPE_GUARD_ALLOW"


class ForbiddenAddressError(SourceError):
    """A source leads to an address that it has no business with."""

    code = "JP2005"


async def resolve(host: str, port: int) -> list[str]:
    """The addresses that the system's resolver knows for a host. Raises OSError (socket.gaierror)."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


# In the class below, the name means the field.
_resolve = resolve


def kind_of(address: str) -> str:
    """`public`, `private` (also loopback), or `never` (link-local, multicast, reserved, unspecified)."""
    inner = _without_wrapping(ipaddress.ip_address(address.partition("%")[0]))
    if inner.is_loopback:
        return "private"
    if inner.is_unspecified or inner.is_multicast or inner.is_link_local or inner in _METADATA:
        return "never"
    # ::/8 (old ways to write an IPv4 address) and 240/4 hold nothing that anybody serves a feed from.
    if inner.is_reserved:
        return "never"
    is_site_local = isinstance(inner, ipaddress.IPv6Address) and inner.is_site_local
    return "public" if inner.is_global and not is_site_local else "private"


def _without_wrapping(address: Address) -> Address:
    """The IPv4 address that an IPv6 one only carries (mapped, 6to4, NAT64, Teredo)."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address.sixtofour is not None:
        return address.sixtofour
    if address.teredo is not None:
        return address.teredo[1]
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address


def make_strict(*, strict: bool, allow: Iterable[str] = ()) -> None:
    """What jobpipe.yaml says, for all guards that are made from now on in this process and its children.

    Raises DefinitionError where one of `allow` is no network.
    """
    allowed = ",".join(str(network_of(text)) for text in allow)
    os.environ[_STRICT] = "strict" if strict else "own"
    os.environ[_ALLOWED] = allowed


def is_strict() -> bool:
    return os.environ.get(_STRICT) == "strict"


def _allowed_by_house() -> list[str]:
    return [text for text in os.environ.get(_ALLOWED, "").split(",") if text]


@dataclass(frozen=True, slots=True)
class NetworkGuard:
    """Lets through the public Internet, and the hosts that the definition names itself."""

    # Lower case, without brackets, with the port where it is known (`intranet:8000`). Empty = the public
    # Internet only.
    named_hosts: frozenset[str] = frozenset()
    resolve: Resolve = field(default=resolve, repr=False)
    # Private ones that the house lets its sources lead to.
    allowed: tuple[Network, ...] = ()

    @classmethod
    def naming(cls, hosts: Iterable[str], resolve: Resolve = _resolve, *, allow: Iterable[str] = ()) -> NetworkGuard:
        """The guard of one definition, which names these hosts itself.

        A host may have a port (`intranet:8000`): then only that one and the usual ones are its own.  `allow`:
        networks as 10.0.0.0/8 or addresses.  Where the guard is strict, only what jobpipe.yaml allows counts.
        Raises DefinitionError where one of `allow` is no network.
        """
        house = tuple(map(network_of, _allowed_by_house()))
        own = tuple(map(network_of, allow))
        if is_strict():
            return cls(frozenset(), resolve, house)
        return cls(frozenset(_plain(host) for host in hosts), resolve, own + house)

    async def addresses(self, host: str, port: int, *, place: Place | None = None) -> list[str]:
        """The addresses of a host that may be connected to, in the order to try them; `place` is named in errors.

        Raises ForbiddenAddressError where any address of it is out of bounds (a name with one public and
        one private address is an attempt, not an accident), OSError where the name is not known.
        """
        found = await self.resolve(host.strip("[]"), port)
        for address in found:
            self.check(host, address, port, place=place)
        return found

    def check(self, host: str, address: str, port: int = 0, *, place: Place | None = None) -> None:
        """Raises ForbiddenAddressError. Port 0 = it is not known yet."""
        kind = kind_of(address)
        shown = host if _plain(host) == address else f"{host} ({address})"
        if kind == "never":
            raise ForbiddenAddressError(f"leads to {shown}, an address that no source may have", place=place)
        if self._is_allowed(address):
            return
        name = _plain(host)
        if kind == "private" and not self._is_named(name):
            raise ForbiddenAddressError(
                f"leads to {shown}, an address of a private network", place=place, hint=_way_out()
            )
        if port and port not in LED_PORTS and not self._is_place(name, port):
            raise ForbiddenAddressError(
                f"leads to port {port} of {shown}, which is none of the web's",
                place=place,
                hint="only the place that the definition itself names may have another port than 80, 443, 8080 or 8443",
            )

    def _is_named(self, name: str) -> bool:
        return name in self.named_hosts or any(named.startswith(f"{name}:") for named in self.named_hosts)

    def _is_place(self, name: str, port: int) -> bool:
        """A host that is named without a port may have any."""
        return name in self.named_hosts or f"{name}:{port}" in self.named_hosts

    def _is_allowed(self, address: str) -> bool:
        inner = _without_wrapping(ipaddress.ip_address(address.partition("%")[0]))
        return any(inner.version == network.version and inner in network for network in self.allowed)


def _way_out() -> str:
    if is_strict():
        return "`allow` in jobpipe.yaml names the private networks that may be read"
    return "only a host that the definition itself names may be private, or one in source.allow"


def network_of(text: str) -> Network:
    """Raises DefinitionError."""
    try:
        return ipaddress.ip_network(text.strip(), strict=False)
    except ValueError as error:
        raise DefinitionError(f"{text!r} is no network", hint="such as 10.0.0.0/8 or 192.168.1.20") from error


def _plain(host: str) -> str:
    return host.strip("[]").rstrip(".").lower()
