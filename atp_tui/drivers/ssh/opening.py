"""One attempt to open: through all jump hosts, each with its own login and its own check of the host key."""

from __future__ import annotations

import asyncio
import re
import socket
import warnings
from collections.abc import Awaitable, Callable, Sequence
from contextlib import ExitStack

import asyncssh
from asyncssh.public_key import get_default_certificate_algs, get_default_public_key_algs

from ...model.errors import AuthFailed, TransportError
from ...model.host import HostInfo
from ...model.settings import HostKeyPolicy, TransportConfig
from ...transport.driver import OpenRequest, Progress
from ..resolver import Resolver
from .causes import connect_error, unheard
from .dial import dial
from .endpoint import Endpoint
from .greeting import Greeting
from .hostkeys import HostKeyCheck, HostKeyStore
from .identities import Credentials, Identities
from .overheard import Overheard
from .processes import Processes
from .proxy import Proxy
from .reading import PathReader
from .turns import join_writes

# cryptography's warnings about algorithms that an old server needs (3des, small groups) are no words for a person
warnings.filterwarnings("ignore", module=r"asyncssh\.")

Password = Callable[[HostInfo, str], Awaitable[str | None]]

FIRST_CIPHER = "aes128-gcm@openssh.com"
"""asyncssh would offer chacha20 first and make a cipher context for each packet of it: 0.92 ms of CPU a command, not
0.51. The others stay behind it."""


_KEY_OPTIONS = re.compile(r": key options:.* command\b")


class Owner(asyncssh.SSHClient):
    """What asyncssh tells and asks of one connection. `ended` is called with its end once it was handed out.

    `forced`: the key that was taken has a command of its own (command= in authorized_keys), which each session runs.
    """

    def __init__(self, check: HostKeyCheck, password: Callable[[], Awaitable[str | None]] | None) -> None:
        self.check = check
        self.took_socket = False
        self.greeting: Greeting | None = None
        self.overheard: Overheard | None = None
        self.forced = False
        self.ended: Callable[[Exception | None], None] | None = None
        self._password = password

    def connection_made(self, conn: asyncssh.SSHClientConnection) -> None:
        self.took_socket = True
        join_writes(conn)
        self.greeting = Greeting(conn)
        self.overheard = Overheard(conn)

    def validate_host_public_key(self, host: str, addr: str, port: int, key: asyncssh.SSHKey) -> bool:
        return self.check.accepts(key)

    def validate_host_ca_key(self, host: str, addr: str, port: int, key: asyncssh.SSHKey) -> bool:
        return False

    def debug_msg_received(self, msg: str, lang: str, always_display: bool) -> None:
        # OpenSSH names the options of the key that it has taken (auth_log_authopts in auth.c)
        if _KEY_OPTIONS.search(msg):
            self.forced = True

    def connection_lost(self, exc: Exception | None) -> None:
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

    async def close(self) -> None:
        """Have every ProxyCommand ended for good, once all connections are closed."""
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
                for endpoint in await self._paths.path_to(host):
                    connection, owner = await self._hop(request, endpoint, connection, stack)
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
            owner = Owner(HostKeyCheck(endpoint, self._store.look_up(endpoint)), self._question(host, endpoint))
            sock = None
            if before is None:
                dialled = await dial(endpoint, self._resolver, self._processes, config.connect_timeout)
                sock, proxy = dialled.sock, dialled.proxy
                if proxy is not None:
                    stack.callback(proxy.release)
                stack.callback(_close_unless_taken, sock, owner)
            async with self._identities.credentials(endpoint) as found:
                options = _options(endpoint, owner.check, found, config, owner)
                connecting = asyncssh.connect(
                    endpoint.name, endpoint.port, sock=sock, tunnel=before, config=None, options=options
                )
                connection = await self._logged_in(connecting, endpoint, owner, proxy, request.progress, found)
            stack.callback(connection.abort)
            self._keep_key(owner.check)
        except asyncssh.HostKeyNotVerifiable as error:
            assert owner is not None
            rejection = owner.check.rejection(error.reason)
            if rejection.public_key:
                self._store.refuse(host, endpoint, rejection.public_key)
            raise rejection from error
        except (asyncssh.Error, OSError, ValueError) as error:
            heard = (None, None) if owner is None else (owner.greeting, owner.overheard)
            failure = connect_error(error, endpoint.name, endpoint.port, *heard, endpoint.bind_address)
            raise _with_troubles(failure, found) from error
        return connection, owner

    async def _logged_in(
        self,
        connecting: Awaitable[asyncssh.SSHClientConnection],
        endpoint: Endpoint,
        owner: Owner,
        proxy: Proxy | None,
        progress: Progress,
        found: Credentials,
    ) -> asyncssh.SSHClientConnection:
        where = f"{endpoint.name} port {endpoint.port}"
        try:
            return await connecting
        except asyncio.CancelledError:
            if (greeting := owner.greeting) is not None and not greeting.came:
                progress.words = proxy.unheard(where, greeting.line) if proxy else unheard(where, greeting.line)
            elif found.signing:
                progress.words = found.signing
            raise
        except asyncssh.PermissionDenied:
            self._keep_key(owner.check)
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

    def _keep_key(self, check: HostKeyCheck) -> None:
        # only here, after the key exchange: before it anybody could have shown somebody else's public key
        key = check.accepted_new
        if key is not None and check.endpoint.policy is HostKeyPolicy.ACCEPT_NEW:
            self._store.accept(check.endpoint, key)


def _options(
    endpoint: Endpoint, check: HostKeyCheck, found: Credentials, config: TransportConfig, owner: Owner
) -> asyncssh.SSHClientConnectionOptions:
    """What asyncssh is told: everything that touches trust, keys and time is said here, the rest is ssh_config's."""
    written = endpoint.options.config
    trusted = check.trusted
    more: dict[str, object] = {}
    if not written.get("Ciphers"):
        more["encryption_algs"] = f"^{FIRST_CIPHER}"
    if not written.get("HostKeyAlgorithms"):
        more["server_host_key_algs"] = check.algorithms(get_default_public_key_algs(), get_default_certificate_algs())
    asks = owner.kbdint_auth_requested() is not None
    return asyncssh.SSHClientConnectionOptions(
        options=endpoint.options,
        config=None,
        client_factory=lambda: owner,
        known_hosts=(list(trusted.keys), list(trusted.authorities), list(trusted.revoked), [], [], [], []),
        host_key_alias=endpoint.key_name,
        client_keys=found.keys or None,
        agent_path=None,
        agent_forwarding=False,
        password_auth=asks,
        kbdint_auth=asks,
        host_based_auth=False,
        gss_host=None,
        tunnel=None,
        proxy_command=None,
        canonicalize_hostname=False,
        command=None,
        request_pty=False,
        x11_forwarding=False,
        connect_timeout=None,  # the attempt's own limit is the caller's, and ends by a cancel
        login_timeout=0,
        keepalive_interval=config.keepalive_interval,
        keepalive_count_max=config.keepalive_count,
        **more,
    )


def _close_unless_taken(sock: socket.socket, owner: Owner) -> None:
    # Once a transport has it, closing it here would pull the descriptor from under the event loop.
    if not owner.took_socket:
        sock.close()


def _with_troubles(error: TransportError, found: Credentials) -> TransportError:
    if isinstance(error, AuthFailed) and found.troubles:
        return AuthFailed(f"{error.message} ({'; '.join(found.troubles)})")
    return error
