"""One attempt to open: through all jump hosts, each with its own login and its own check of the host key."""

from __future__ import annotations

import asyncio
import socket
import warnings
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, ExitStack

import asyncssh

from ...model.causes import Cause
from ...model.errors import AuthFailed, HostKeyRejected, TransportError
from ...model.host import HostInfo
from ...model.message import told
from ...model.quoting import redacted
from ...model.say import Say
from ...transport.clock import LoopClock
from ...transport.dialer import JUMP_LIMIT
from ...transport.driver import OpenRequest, Progress
from ...transport.gate import Gate, Place
from ...transport.login_desk import LoginDesk
from ..resolver import Resolver
from .answering import Answering
from .asking import asks_of, with_wants
from .before import Before
from .causes import connect_error, unheard
from .certificate_ends import CertificateEnds
from .credentials import Credentials
from .dial import dial
from .diffie_hellman import use_own_groups
from .endpoint import Endpoint
from .floods import Floods
from .host_key_check import HostKeyCheck
from .hostkeys import HostKeyStore
from .identities import Identities
from .inflating import bound_inflating
from .intake import Shares
from .needless import word_what_is_heard
from .options import connect, connection_options
from .owner import Owner
from .packets import use_own_packets
from .processes import Processes
from .proxy import Proxy
from .reading import PathReader
from .stages import begins, connected, jump_of, logged_in, tell, way, where_of

# cryptography's warnings about algorithms that an old server needs (3des, small groups) are no words for a person
warnings.filterwarnings("ignore", module=r"asyncssh\.")
use_own_groups()
bound_inflating()
use_own_packets()
word_what_is_heard()


_LOGIN = 5.0
"""Seconds after which a login at a jump host lends its place to the next: a person may be asked, or nobody answer. One
that is not connected to yet is no load on its sshd, and keeps its place no longer than any opening does."""


class Opener:
    """Opens connections. It keeps what all of them share: parsed keys, the known hosts, the resolver, the proxies."""

    def __init__(self, store: HostKeyStore, desk: LoginDesk) -> None:
        self._store = store
        self._desk = desk
        self._nobody = LoginDesk()
        self._nobody.attends = False
        self._identities = Identities()
        desk.forgot.append(self._identities.forget)
        self._resolver = Resolver()
        self._paths = PathReader()
        self._processes = Processes()
        self._before = Before()
        self._shares = Shares()
        self._floods = Floods()
        self._ends = CertificateEnds(lambda host, words: store.warn(host, words), lambda *of: store.note(*of))
        self._turns: dict[tuple[str, int], Gate] = {}

    async def close(self) -> None:
        """Have each program that runs (before connecting, ProxyCommand, for ssh_config) ended for good, once all
        connections are closed."""
        self._ends.close()
        await self._before.close()
        self._paths.close()
        await self._processes.close()

    async def open(self, request: OpenRequest) -> tuple[asyncssh.SSHClientConnection, Owner, ExitStack]:
        """A connection, its owner, and what closes its jump hosts and proxies once it has ended.

        Raises TransportError. A cancel leaves nothing behind.
        """
        host = request.host
        connection: asyncssh.SSHClientConnection | None = None
        owner: Owner | None = None
        with ExitStack() as stack:
            try:
                await self._before.run(host, request.progress)
                path = await self._paths.path_to(host)
                tell(request.on_passed, way, path)
                request.on_way(jump_of(path))
                for number, endpoint in enumerate(path):
                    tell(request.on_passed, begins, path, number)
                    desk = self._desk if endpoint.logins.asks else self._nobody
                    answering = Answering(desk, asks_of(request, path, number), endpoint.logins.tries)
                    async with AsyncExitStack() as turn:
                        place = self._turn(host, path, number)
                        if place is not None:
                            with request.progress.unhurried():  # a person may be asked by those ahead
                                await turn.enter_async_context(place)
                        connection, owner = await self._hop(request, endpoint, answering, connection, stack, place)
                    tell(request.on_passed, logged_in, endpoint)
            except TransportError as error:
                error.host = host.id
                raise
            assert connection is not None
            assert owner is not None
            return connection, owner, stack.pop_all()

    def _turn(self, host: HostInfo, path: Sequence[Endpoint], number: int) -> Place | None:
        """To wait for a place at a jump host of ssh_config, of which nobody knew before: its sshd drops some where many
        log in at a time (MaxStartups). For one of hosts.toml the attempt has had its place."""
        if number or len(path) == 1 or host.jump_host is not None:
            return None
        key = (path[0].name, path[0].port)
        if key not in self._turns:
            self._turns[key] = Gate(JUMP_LIMIT, LoopClock())
        return self._turns[key].place()

    async def _hop(
        self,
        request: OpenRequest,
        endpoint: Endpoint,
        answering: Answering,
        before: asyncssh.SSHClientConnection | None,
        stack: ExitStack,
        place: Place | None,
    ) -> tuple[asyncssh.SSHClientConnection, Owner]:
        """Log in to one sshd, directly or through the one before."""
        host = request.host
        owner: Owner | None = None
        proxy: Proxy | None = None
        found = Credentials()
        try:
            self._floods.check(endpoint.name, endpoint.port)
            filed, revoked = await self._store.look_up(endpoint), await self._store.revoked(endpoint)
            check = HostKeyCheck(endpoint, filed, revoked)
            owner = Owner(check, answering, self._shares, self._floods, request.on_passed)
            sock = None
            if before is None:
                sock, proxy = await self._dialled(request, endpoint, place, stack)
                stack.callback(_close_unless_taken, sock, owner)
            async with self._identities.credentials(endpoint, answering) as found:
                owner.more_keys, owner.judged = found.more, found.judged
                options = connection_options(endpoint, owner.check, found, request.config, _giving(owner), before)
                connecting = connect(options, sock)
                connection = await self._logged_in(connecting, host, owner, proxy, request.progress, found)
                answering.taken()
                found.judged(True)
                self._identities.worked(endpoint, found)
            self._ends.seen(host.id, found.terms)
            stack.callback(connection.abort)
            await self._keep_key(host, owner.check)
        except asyncssh.HostKeyNotVerifiable as error:
            assert owner is not None
            rejection = owner.check.rejection(error.reason)
            if isinstance(rejection, HostKeyRejected) and rejection.public_key:
                self._store.refuse(host, endpoint, rejection.public_key)
            raise _with_policy(rejection, endpoint) from error
        except (asyncssh.Error, OSError, ValueError) as error:
            heard = (None, None) if owner is None else (owner.greeting, owner.overheard)
            if isinstance(error, asyncssh.PermissionDenied):  # its words name the user and the host
                error = asyncssh.PermissionDenied(_without_passwords(error.reason, endpoint))
            name = redacted(endpoint.name)
            failure = connect_error(error, name, endpoint.port, *heard, endpoint.bind_address)
            # a connection that drops is no answer to what was sent: nobody knows whether it was right
            answering.ended(by_us=not isinstance(failure, AuthFailed))
            if answering.wanted and not endpoint.logins.asks:
                answering.notes.append(told(Say.BATCH_MODE))
            raise _with_troubles(with_wants(failure, answering), found, answering) from error
        finally:
            answering.ended(by_us=True)  # an attempt that was cut short says nothing of what was typed
        return connection, owner

    async def _dialled(
        self, request: OpenRequest, endpoint: Endpoint, place: Place | None, stack: ExitStack
    ) -> tuple[socket.socket, Proxy | None]:
        """A socket to the first sshd on the way, and the program behind it."""
        limit = request.config.connect_timeout
        dialled = await dial(endpoint, self._resolver, self._processes, limit, request.on_found)
        if place is not None:
            place.keep(_LOGIN)
        if dialled.proxy is not None:
            stack.callback(dialled.proxy.release)
        else:
            tell(request.on_passed, connected, dialled.sock)
        return dialled.sock, dialled.proxy

    async def _logged_in(
        self,
        connecting: Awaitable[asyncssh.SSHClientConnection],
        host: HostInfo,
        owner: Owner,
        proxy: Proxy | None,
        progress: Progress,
        found: Credentials,
    ) -> asyncssh.SSHClientConnection:
        try:
            return await connecting
        except asyncio.CancelledError:
            where = where_of(owner.check.endpoint)
            if (greeting := owner.greeting) is not None and not greeting.came:
                progress.known = proxy.unheard(where, greeting.line) if proxy else unheard(where, greeting.line)
                progress.kind = Cause.PROXY_SILENT if proxy else Cause.NO_BANNER
            elif found.signing is not None:
                progress.known = found.signing
            raise
        except asyncssh.PermissionDenied:
            await self._keep_key(host, owner.check)
            raise
        except (asyncssh.ConnectionLost, OSError) as error:
            if proxy is None:
                raise
            greeting = owner.greeting
            came = greeting.line if greeting is not None and not greeting.came else ""
            raise await proxy.failure(where_of(owner.check.endpoint), came) from error

    async def _keep_key(self, host: HostInfo, check: HostKeyCheck) -> None:
        # only here, after the key exchange: before it anybody could have shown somebody else's public key
        if (key := check.accepted_new) is None:
            return
        if (filed := await self._store.accept(host, check.endpoint, key)) is not None:
            check.has_changed(filed)
            raise asyncssh.HostKeyNotVerifiable("changed")


def _giving(owner: Owner) -> Callable[[], Owner]:
    return lambda: owner


def _with_policy(rejection: TransportError, endpoint: Endpoint) -> TransportError:
    """The refusal, and why ssh_config does not help: what it says there is not what decides here."""
    unread = dict(endpoint.unread)
    if not isinstance(rejection, HostKeyRejected):
        return rejection
    if (value := unread.get("StrictHostKeyChecking")) is not None and not rejection.known:
        note = told(Say.STRICTNESS_UNREAD, value=value)
        rejection.args = (told(Say.WITH_NOTE, message=rejection.reason, note=note),)
    elif "NoHostAuthenticationForLocalhost" in unread:
        rejection.args = (told(Say.WITH_NOTE, message=rejection.reason, note=told(Say.LOCALHOST_UNREAD)),)
    return rejection


def _without_passwords(words: str, endpoint: Endpoint) -> str:
    for name in (endpoint.user, endpoint.name):
        words = words.replace(name, redacted(name))
    return words


def _close_unless_taken(sock: socket.socket, owner: Owner) -> None:
    # Once a transport has it, closing it here would pull the descriptor from under the event loop.
    if not owner.took_socket:
        sock.close()


def _with_troubles(error: TransportError, found: Credentials, answering: Answering) -> TransportError:
    if isinstance(error, AuthFailed) and (found.troubles or answering.notes):
        notes = tuple(dict.fromkeys([*found.troubles, *answering.notes]))
        return AuthFailed(told(Say.WITH_NOTE, message=error.reason, note=notes), kind=error.kind)
    return error
