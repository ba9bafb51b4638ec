"""Which hosts a source may make job-pipe speak to.

A definition's own host may be anywhere (a house imports from its intranet).  Where the *source* leads
(redirects, later links of a page) only public addresses are reached: a feed must not make job-pipe
read the machines beside it.  Names are resolved here and the connection goes to the very address that
was checked, so that a name cannot change its mind between the check and the connection.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field

from jobpipe.errors import DefinitionError, SourceError

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
# Gives the addresses of a host, in the order in which they are to be tried. Raises OSError.
Resolve = Callable[[str, int], Awaitable[list[str]]]

_NAT64 = ipaddress.ip_network("64:ff9b::/96")


class ForbiddenAddressError(SourceError):
    """A source leads to an address that it has no business with."""


async def resolve(host: str, port: int) -> list[str]:
    """The addresses that the system's resolver knows for a host. Raises OSError (socket.gaierror)."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def kind_of(address: str) -> str:
    """`public`, `private` (also loopback), or `never` (link-local, multicast, reserved, unspecified)."""
    inner = _without_wrapping(ipaddress.ip_address(address.partition("%")[0]))
    if inner.is_loopback:
        return "private"
    if inner.is_unspecified or inner.is_multicast or inner.is_link_local:
        return "never"
    if inner.is_global:
        return "public"
    # ::/8 and 240/4 are "reserved" and hold nothing that anybody serves a feed from.
    return "never" if inner.is_reserved else "private"


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


@dataclass(frozen=True, slots=True)
class NetworkGuard:
    """Lets through the public Internet, and the hosts that the definition names itself."""

    # Lower case, without port or brackets. Empty = the public Internet only.
    named_hosts: frozenset[str] = frozenset()
    resolve: Resolve = field(default=resolve, repr=False)
    # Private ones that the house lets its sources lead to.
    allowed: tuple[Network, ...] = ()

    @classmethod
    def naming(cls, hosts: Iterable[str], resolve: Resolve = resolve, *, allow: Iterable[str] = ()) -> NetworkGuard:
        """`allow`: networks as 10.0.0.0/8 or addresses. Raises DefinitionError where one is none."""
        return cls(frozenset(_plain(host) for host in hosts), resolve, tuple(map(network_of, allow)))

    async def addresses(self, host: str, port: int) -> list[str]:
        """The addresses of a host that may be connected to, in the order to try them.

        Raises ForbiddenAddressError where any address of it is out of bounds (a name with one public and
        one private address is an attempt, not an accident), OSError where the name is not known.
        """
        found = await self.resolve(host.strip("[]"), port)
        for address in found:
            self.check(host, address)
        return found

    def check(self, host: str, address: str) -> None:
        kind = kind_of(address)
        if kind == "public" or (kind == "private" and (_plain(host) in self.named_hosts or self._is_allowed(address))):
            return
        shown = host if _plain(host) == address else f"{host} ({address})"
        if kind == "private":
            raise ForbiddenAddressError(
                f"leads to {shown}, an address of a private network",
                hint="only a host that the definition itself names may be private",
            )
        raise ForbiddenAddressError(f"leads to {shown}, an address that no source may have")

    def _is_allowed(self, address: str) -> bool:
        inner = _without_wrapping(ipaddress.ip_address(address.partition("%")[0]))
        return any(inner.version == network.version and inner in network for network in self.allowed)


def network_of(text: str) -> Network:
    """Raises DefinitionError."""
    try:
        return ipaddress.ip_network(text.strip(), strict=False)
    except ValueError as error:
        raise DefinitionError(f"{text!r} is no network", hint="such as 10.0.0.0/8 or 192.168.1.20") from error


def _plain(host: str) -> str:
    return host.strip("[]").rstrip(".").lower()
