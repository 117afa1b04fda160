"""A connected socket to the first sshd on the way: TCP, or ssh_config's ProxyCommand."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import socket
from collections.abc import Sequence

from ...model.causes import Cause
from ...model.data_class import dataclass
from ...model.errors import ConnectFailed
from ...model.message import told
from ...model.quoting import redacted
from ...model.say import Say
from ...transport.driver import FoundCallback
from ..resolver import Resolver
from .endpoint import Endpoint
from .processes import Processes
from .proxy import Proxy


@dataclass(frozen=True, slots=True)
class Dialled:
    """A socket, and the process behind it, where there is one."""

    sock: socket.socket
    proxy: Proxy | None = None


async def dial(
    endpoint: Endpoint, resolver: Resolver, processes: Processes, limit: float, on_found: FoundCallback
) -> Dialled:
    """Connect. `limit` is the seconds of the whole attempt: an address that is not the last one gets its share, and
    each no more than ssh_config's ConnectTimeout.

    `processes` has the program. `on_found` hears of the first address. Raises ConnectFailed, OSError. A cancel leaves
    no socket and no process.
    """
    if endpoint.proxy_command is not None:
        return Dialled(*Proxy.start(endpoint.proxy_command, processes))
    names = await resolver.addresses(endpoint.name)
    on_found(names[0])
    addresses = [address for name in names for address in _socket_addresses(name, endpoint)]
    if not addresses:
        raise ConnectFailed(
            told(Say.WRONG_FAMILY, name=redacted(endpoint.name)), permanent=True, kind=Cause.WRONG_FAMILY
        )
    sources = await _sources(endpoint, resolver)
    return Dialled(await _first_connected(addresses, sources, limit / len(addresses), endpoint.connect_timeout))


_Address = tuple[socket.AddressFamily, tuple[object, ...]]
_Sources = dict[socket.AddressFamily, str] | None


async def _sources(endpoint: Endpoint, resolver: Resolver) -> _Sources:
    """The address to start from for each family; None: the system chooses. BindAddress goes before BindInterface."""
    if endpoint.bind_address is not None:
        found = await resolver.addresses(endpoint.bind_address)
    elif endpoint.bind_interface is not None:
        found = _addresses_of(endpoint.bind_interface)
    else:
        return None
    sources = {socket.AF_INET6 if ":" in address else socket.AF_INET: address for address in reversed(found)}
    if not sources:
        words = f"ssh_config's BindInterface {redacted(endpoint.bind_interface or '')} has no address"
        raise ConnectFailed(words, permanent=True, kind=Cause.SSH_CONFIG)
    return sources


def _addresses_of(interface: str) -> list[str]:
    """The addresses of an interface, link-local ones last, as OpenSSH prefers them (check_ifaddrs)."""
    import ifaddr

    entries = [entry.ip for adapter in ifaddr.get_adapters() if adapter.name == interface for entry in adapter.ips]
    found = [entry if isinstance(entry, str) else entry[0] for entry in entries]
    return sorted(found, key=lambda address: address.lower().startswith("fe80:"))


def _socket_addresses(numeric: str, endpoint: Endpoint) -> list[_Address]:
    # AI_NUMERICHOST: no name service is asked, so this does not block; it turns a %zone into its number
    found = socket.getaddrinfo(
        numeric, endpoint.port, endpoint.family, socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV
    )
    return [(family, address) for family, _, _, _, address in found]


async def _first_connected(
    addresses: Sequence[_Address], sources: _Sources, share: float, most: float | None
) -> socket.socket:
    for address in addresses[:-1]:
        with contextlib.suppress(OSError):  # a TimeoutError is one; the last address gives the reason
            async with asyncio.timeout(share if most is None else min(share, most)):
                return await _connected(address, sources)
    try:
        async with asyncio.timeout(most):
            return await _connected(addresses[-1], sources)
    except TimeoutError as error:
        if error.errno is not None:
            raise
        words = f"no TCP connection within {most:g} s (ConnectTimeout in ssh_config)"
        raise TimeoutError(errno.ETIMEDOUT, words) from error


async def _connected(address: _Address, sources: _Sources) -> socket.socket:
    family, where = address
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        sock.setblocking(False)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if sources is not None:
            source = sources.get(family) or next(iter(sources.values()))  # of no use, and the error says so
            sock.bind((source, 0))
        await asyncio.get_running_loop().sock_connect(sock, where)
    except BaseException:
        sock.close()
        raise
    return sock
