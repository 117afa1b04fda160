"""One attempt to open: through all jump hosts, each with its own login and its own check of the host key."""

from __future__ import annotations

import asyncio
import socket
import warnings
from collections.abc import Awaitable, Callable, Sequence
from contextlib import ExitStack

import asyncssh

from ...model.causes import Cause
from ...model.errors import AuthFailed, HostKeyRejected, TransportError
from ...model.host import HostInfo
from ...model.message import text, told
from ...model.quoting import redacted
from ...model.say import Say
from ...transport.driver import OpenRequest, Passed, PassedCallback, Progress, Stage
from ..resolver import Resolver
from .causes import connect_error, said, unheard
from .dial import dial
from .diffie_hellman import use_own_groups
from .endpoint import Endpoint
from .floods import Floods
from .greeting import Greeting
from .host_key_check import HostKeyCheck
from .hostkeys import HostKeyStore
from .identities import Credentials, Identities
from .inflating import bound_inflating
from .intake import Flood, Intake, Shares
from .options import connection_options
from .overheard import Overheard
from .processes import Processes
from .proxy import Proxy
from .reading import PathReader
from .stages import begins, connected, logged_in, proved, way

# cryptography's warnings about algorithms that an old server needs (3des, small groups) are no words for a person
warnings.filterwarnings("ignore", module=r"asyncssh\.")
use_own_groups()
bound_inflating()

Password = Callable[[HostInfo, str], Awaitable[str | None]]


_LONGEST_DEBUG = 4096
"""Characters of a debugging message that are looked at; OpenSSH's have 1,024 (sshlog in log.c)."""


class Owner(asyncssh.SSHClient):
    """What asyncssh tells and asks of one connection. `ended` is called with its end once it was handed out.

    `forced`: the key that was taken has a command of its own (command= in authorized_keys), which each session runs.
    """

    def __init__(
        self,
        check: HostKeyCheck,
        password: Callable[[], Awaitable[str | None]] | None,
        shares: Shares,
        floods: Floods,
        passed: PassedCallback,
    ) -> None:
        self.check = check
        self._passed = passed
        self._shares = shares
        self._floods = floods
        self._intake: Intake | None = None
        self.took_socket = False
        self.greeting: Greeting | None = None
        self.overheard: Overheard | None = None
        self.forced = False
        self.ended: Callable[[Exception | None], None] | None = None
        self._password = password

    def connection_made(self, conn: asyncssh.SSHClientConnection) -> None:
        self.took_socket = True
        self._intake = Intake(conn, self._shares)
        self.greeting = Greeting(conn, lambda version: self._passed(Passed(Stage.GREETED, text(said(version)))))
        self.check.offered = lambda: conn._server_host_key_algs or ()
        # asyncssh knows no way from a certificate back to its plain key. Should it ever ask another method, no key
        # is good: it is told of none, and this class confirms none.
        conn.validate_server_host_key = self.check.validate  # type: ignore[method-assign]
        self.overheard = overheard = Overheard(conn, lambda: self._passed(proved(self.check)))
        self.check.agreed = lambda: overheard.host_key_algorithm

    def debug_msg_received(self, msg: str, lang: str, always_display: bool) -> None:
        # OpenSSH names the options of the key that it has taken (auth_log_authopts in auth.c). No regular expression:
        # any peer may send 256 kB that were made for it, and the event loop would wait
        _, named, options = msg[:_LONGEST_DEBUG].partition(": key options:")
        if named and "command" in options.split():
            self.forced = True

    def connection_lost(self, exc: Exception | None) -> None:
        if self._intake is not None:
            self._intake.let_go()
        if isinstance(exc, Flood):
            self._floods.note(self.check.endpoint.name, self.check.endpoint.port)
        if self.ended is not None:
            self.ended(exc)

    async def password_auth_requested(self) -> str | None:
        # asked once: a refused password is not tried again, and the next question would be the same
        ask, self._password = self._password, None
        return await ask() if ask else None

    def kbdint_auth_requested(self) -> str | None:
        return "" if self._password else None

    async def kbdint_challenge_received(
        self, name: str, instructions: str, lang: str, prompts: Sequence[tuple[str, bool]]
    ) -> list[str] | None:
        if not prompts:
            return []  # PAM's own messages come as a challenge without a question
        if len(prompts) > 1 or prompts[0][1]:  # echoed: not a password
            return None
        answer = await self.password_auth_requested()
        return None if answer is None else [answer]


class Opener:
    """Opens connections. It keeps what all of them share: parsed keys, the known hosts, the resolver, the proxies."""

    def __init__(self, store: HostKeyStore, password: Password | None) -> None:
        self._store = store
        self._password = password
        self._identities = Identities()
        self._resolver = Resolver()
        self._paths = PathReader()
        self._processes = Processes()
        self._shares = Shares()
        self._floods = Floods()

    async def close(self) -> None:
        """Have every ProxyCommand and every question to ssh_config ended for good, once all connections are closed."""
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
                path = await self._paths.path_to(host)
                request.on_passed(way(path))
                for number, endpoint in enumerate(path):
                    request.on_passed(begins(path, number))
                    connection, owner = await self._hop(request, endpoint, connection, stack)
                    request.on_passed(logged_in(endpoint))
            except TransportError as error:
                error.host = host.id
                raise
            assert connection is not None
            assert owner is not None
            return connection, owner, stack.pop_all()

    async def _hop(
        self,
        request: OpenRequest,
        endpoint: Endpoint,
        before: asyncssh.SSHClientConnection | None,
        stack: ExitStack,
    ) -> tuple[asyncssh.SSHClientConnection, Owner]:
        """Log in to one sshd, directly or through the one before."""
        host, config = request.host, request.config
        owner: Owner | None = None
        proxy: Proxy | None = None
        found = Credentials()
        try:
            self._floods.check(endpoint.name, endpoint.port)
            filed, revoked = await self._store.look_up(endpoint), await self._store.revoked(endpoint)
            check = HostKeyCheck(endpoint, filed, revoked)
            ask = self._question(host, endpoint)
            owner = Owner(check, ask, self._shares, self._floods, request.on_passed)
            sock = None
            if before is None:
                dialled = await dial(
                    endpoint, self._resolver, self._processes, config.connect_timeout, request.on_found
                )
                sock, proxy = dialled.sock, dialled.proxy
                if proxy is not None:
                    stack.callback(proxy.release)
                else:
                    request.on_passed(connected(sock))
                stack.callback(_close_unless_taken, sock, owner)
            async with self._identities.credentials(endpoint) as found:
                options = _options(request, endpoint, owner, found)
                connecting = asyncssh.connect(
                    endpoint.name, endpoint.port, sock=sock, tunnel=before, config=None, options=options
                )
                connection = await self._logged_in(connecting, host, owner, proxy, request.progress, found)
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
            raise _with_troubles(failure, found) from error
        return connection, owner

    async def _logged_in(
        self,
        connecting: Awaitable[asyncssh.SSHClientConnection],
        host: HostInfo,
        owner: Owner,
        proxy: Proxy | None,
        progress: Progress,
        found: Credentials,
    ) -> asyncssh.SSHClientConnection:
        endpoint = owner.check.endpoint
        where = f"{redacted(endpoint.name)} port {endpoint.port}"
        try:
            return await connecting
        except asyncio.CancelledError:
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
            raise await proxy.failure(where, came) from error

    def _question(self, host: HostInfo, endpoint: Endpoint) -> Callable[[], Awaitable[str | None]] | None:
        ask = self._password
        return None if ask is None else lambda: ask(host, endpoint.user)

    async def _keep_key(self, host: HostInfo, check: HostKeyCheck) -> None:
        # only here, after the key exchange: before it anybody could have shown somebody else's public key
        if (key := check.accepted_new) is None:
            return
        if (filed := await self._store.accept(host, check.endpoint, key)) is not None:
            check.has_changed(filed)
            raise asyncssh.HostKeyNotVerifiable("changed")


def _options(
    request: OpenRequest, endpoint: Endpoint, owner: Owner, found: Credentials
) -> asyncssh.SSHClientConnectionOptions:
    asks = owner.kbdint_auth_requested() is not None
    return connection_options(endpoint, owner.check, found, request.config, lambda: owner, asks=asks)


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


def _with_troubles(error: TransportError, found: Credentials) -> TransportError:
    if isinstance(error, AuthFailed) and found.troubles:
        notes = tuple(dict.fromkeys(found.troubles))
        return AuthFailed(told(Say.WITH_NOTE, message=error.reason, note=notes), kind=error.kind)
    return error
