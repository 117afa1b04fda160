"""Opens libvirt connections, each by the way its URI names, behind transport.driver.Driver."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from urllib.parse import unquote

from ...model.causes import Cause, seconds
from ...model.errors import ConnectFailed, CredentialWanted, TransportError, Unsupported
from ...model.host import ConnectionUri
from ...model.message import told
from ...model.say import Say
from ...transport.driver import OpenRequest, RawStream, StreamReceiver
from ..descriptors import BRIDGED, LIBVIRT, Descriptors
from ..home import stand_in_for_home
from ..private import private_directory
from ..resolver import Resolver
from .answers import Answers
from .attempt import Attempt
from .binding import Binding, load
from .bridge import FarEnd
from .credentials import CredentialStore
from .crew import Crew
from .link import LibvirtLink
from .over_ssh import open_far_end
from .over_tls import open_tls, tls_context
from .uris import TCP_PORT, TLS_PORT, bridged_uri, own_uri, read_only, tcp_uri

OpenFarEnd = Callable[[StreamReceiver], Awaitable[RawStream]]


class LibvirtDriver:
    """`driver+tcp`, `driver+unix`, local, `+ssh` over the host's SSH link, `+tls`, and in-process `test:///…`.

    `runtime` is the directory below which the private sockets of bridged connections are made; None: the system's
    directory for temporary files. `resolver` finds the addresses of names. `credentials` has what people type; give
    the same one to whoever asks them. `descriptors` counts open files; give the same one to all drivers.
    """

    def __init__(
        self,
        runtime: Path | None = None,
        resolver: Resolver | None = None,
        credentials: CredentialStore | None = None,
        descriptors: Descriptors | None = None,
    ) -> None:
        self._descriptors = descriptors or Descriptors()
        self.credentials = credentials or CredentialStore()
        self._resolver = resolver or Resolver()
        self._runtime = runtime
        self._crew = Crew()

    async def open(self, request: OpenRequest) -> LibvirtLink:
        """Open a link whose daemon has answered once. Raises TransportError."""
        stand_in_for_home()
        uri = request.host.connection_uri
        if uri is None:
            raise Unsupported(told(Say.NO_URI), host=request.host.id)
        typed = self.credentials.typed(request.host.id, uri.text)
        try:
            async with self._descriptors.room(
                BRIDGED if uri.transport in ("ssh", "tls") else LIBVIRT, request.progress
            ):
                return await self._by_transport(load(), request, uri)
        except TransportError as error:
            error.host = request.host.id
            if isinstance(error, CredentialWanted) and typed is not None:
                self.credentials.forget(request.host.id, uri.text, typed)
            raise

    async def _by_transport(self, binding: Binding, request: OpenRequest, uri: ConnectionUri) -> LibvirtLink:
        match uri.transport:
            case "tcp" | "tls":
                return await self._first_address(binding, request, uri)
            case "ssh":
                return await self._over_ssh(binding, request, uri)
            case _:
                return await self._here(binding, request, uri)

    async def close(self) -> None:
        """Nothing is held but libvirt's event thread, which stays: libvirt cannot do without it."""

    def _attempt(self, binding: Binding, request: OpenRequest, peer: str | None) -> Attempt:
        uri = request.host.connection_uri
        assert uri is not None
        typed = self.credentials.typed(request.host.id, uri.text)
        return Attempt(binding, self._crew, request, peer, Answers(uri, binding.auth_file, typed))

    async def _here(self, binding: Binding, request: OpenRequest, uri: ConnectionUri) -> LibvirtLink:
        if uri.driver == "test" and uri.transport is None and uri.path != "/default":
            definition = Path(unquote(uri.path))
            # libxml2 would complain of it on file descriptor 2, and wait for the writer of a pipe
            if not _is_readable(definition):
                raise ConnectFailed(told(Say.CANNOT_READ, file=str(definition)), kind=Cause.BAD_FILE)
        attempt = self._attempt(binding, request, uri.query.get("socket"))
        return await attempt.open(own_uri(uri), read_only=read_only(uri))

    async def _first_address(self, binding: Binding, request: OpenRequest, uri: ConnectionUri) -> LibvirtLink:
        """Try the addresses of a name in turn, each for its share of the time, so that a dead one hides no living."""
        assert uri.host is not None
        addresses = await self._resolver.addresses(uri.host)
        request.on_found(addresses[0])
        if len(addresses) == 1:
            return await self._at(binding, request, uri, addresses[0])
        share = request.config.connect_timeout / len(addresses)
        failures: list[TransportError] = []
        for address in addresses:
            try:
                async with asyncio.timeout(share):
                    return await self._at(binding, request, uri, address)
            except ConnectFailed as error:
                failures.append(error)
            except TimeoutError:
                reason = told(Say.NO_ANSWER_FROM, peer=address, limit=share)
                failures.append(ConnectFailed(reason, kind=Cause.NO_ANSWER, detail=seconds(share)))
        reasons = tuple(dict.fromkeys(failure.reason for failure in failures))
        reason = reasons[0] if len(reasons) == 1 else told(Say.ALL_OF, messages=reasons)
        last, permanent = failures[-1], all(failure.permanent for failure in failures)
        raise ConnectFailed(reason, permanent=permanent, kind=last.kind, detail=last.detail) from last

    async def _at(self, binding: Binding, request: OpenRequest, uri: ConnectionUri, address: str) -> LibvirtLink:
        port = uri.port or (TLS_PORT if uri.transport == "tls" else TCP_PORT)
        peer = f"[{address}]:{port}" if ":" in address else f"{address}:{port}"
        attempt = self._attempt(binding, request, peer)
        if uri.transport == "tcp":
            return await attempt.open(tcp_uri(uri, address), read_only=read_only(uri))
        context = tls_context(uri, request.host.id)
        return await self._bridged(attempt, uri, lambda end: open_tls(context, uri, address, port, end, request))

    async def _over_ssh(self, binding: Binding, request: OpenRequest, uri: ConnectionUri) -> LibvirtLink:
        carrier = request.carrier
        if carrier is None:
            raise Unsupported(told(Say.NEEDS_SSH, uri=str(uri)))
        attempt = self._attempt(binding, request, f"libvirt's daemon on {request.host.host} (over SSH)")
        return await self._bridged(attempt, uri, lambda end: open_far_end(carrier, uri, end, request.host.id))

    async def _bridged(self, attempt: Attempt, uri: ConnectionUri, open_far: OpenFarEnd) -> LibvirtLink:
        bridge = attempt.bridge()
        with private_directory(self._runtime) as private:  # it goes as soon as libvirt has connected or failed
            try:
                bridge.connect(await open_far(FarEnd(bridge)))
                path = private / "libvirt.sock"
                await bridge.listen(path)
            except BaseException:
                bridge.abort()
                raise
            return await attempt.open(bridged_uri(uri, path), read_only=read_only(uri), bridge=bridge)


def _is_readable(path: Path) -> bool:
    return path.is_file() and os.access(path, os.R_OK)
