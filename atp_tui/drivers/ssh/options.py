"""What asyncssh is told: everything, so that it reads no file and chooses nothing that touches trust, keys or time."""

from __future__ import annotations

import asyncio
import copy
import getpass
import os
import socket
from collections.abc import Callable, Mapping, Sequence
from functools import cache, lru_cache

import asyncssh
from asyncssh.connection import _connect
from asyncssh.encryption import get_default_encryption_algs, get_encryption_algs
from asyncssh.kex import get_default_kex_algs, get_kex_algs
from asyncssh.mac import get_default_mac_algs, get_mac_algs
from asyncssh.public_key import (
    get_certificate_algs,
    get_default_certificate_algs,
    get_default_public_key_algs,
    get_public_key_algs,
)

from ...model.causes import Cause
from ...model.data_class import dataclass
from ...model.errors import ConnectFailed
from ...model.settings import TransportConfig
from .config.match import matches
from .credentials import Credentials
from .endpoint import Algorithms, Endpoint, Logins, Session
from .host_key_check import HostKeyCheck
from .offered import pairs_of

FIRST_CIPHER = "aes128-gcm@openssh.com"
"""asyncssh would offer chacha20 first and make a cipher context for each packet of it: 0.92 ms of CPU a command, not
0.51. The others stay behind it."""

_SHA_1 = (b"ssh-rsa", b"ssh-rsa-cert-v01@openssh.com")

_VENDOR = b"@openssh.com"
_CERTIFIED = b"-cert-v01@openssh.com"
"""The end of a certificate's algorithm, in the place of its key's vendor, if that has one."""

COMPRESSION = "zlib@openssh.com,none"
"""Where ssh_config asks for it; a server without it goes on without."""


_FROM_NOWHERE: Mapping[str, object] = {
    "config": None,
    "local_addr": None,
    "known_hosts": ([], [], [], [], [], [], []),  # owner.check judges the key
    "x509_trusted_certs": None,
    "x509_trusted_cert_paths": None,
    "agent_path": None,
    "agent_forwarding": False,
    "pkcs11_provider": None,
    "host_based_auth": False,
    "gss_host": None,
    "tunnel": None,
    "proxy_command": None,
    "canonicalize_hostname": False,
    "command": None,
    "request_pty": False,
    "x11_forwarding": False,
    "connect_timeout": None,  # the attempt's own limit is the caller's, and ends by a cancel
    "login_timeout": 0,
}
"""What asyncssh would else take from files or the environment, or do by itself: the same for every connection."""


def connection_options(
    endpoint: Endpoint,
    check: HostKeyCheck,
    found: Credentials,
    config: TransportConfig,
    factory: Callable[[], asyncssh.SSHClient],
    tunnel: asyncssh.SSHClientConnection | None = None,
) -> asyncssh.SSHClientConnectionOptions:
    """The options of one connection, which goes through `tunnel`, if any. Raises ConnectFailed for algorithms of which
    asyncssh knows none."""
    said = endpoint.algorithms
    offered = tuple(check.algorithms(*_host_key_algorithms())) if said.host_key is None else ()
    keepalive = config.keepalive_interval, config.keepalive_count
    alike = _Alike(endpoint.user, endpoint.family, keepalive, endpoint.logins, endpoint.session, said, offered)
    options = copy.copy(_prepared(alike))
    options.host = options.orig_host = endpoint.name
    options.port = endpoint.port
    options.host_key_alias = endpoint.key_name
    options.protocol_factory = factory
    options.tunnel = tunnel
    pairs = [pair for pair in pairs_of(found) or () if _is_accepted(pair, said.signature)]
    options.client_keys = pairs or None
    return options


@dataclass(frozen=True, slots=True)
class _Alike:
    """What most connections have in common of their options. `keepalive` is (seconds, count), `offered` are the host
    key algorithms where ssh_config does not say them."""

    user: str
    family: int
    keepalive: tuple[float, int]
    logins: Logins
    session: Session
    algorithms: Algorithms
    offered: tuple[str, ...]


@lru_cache(maxsize=64)
def _prepared(alike: _Alike) -> asyncssh.SSHClientConnectionOptions:
    """The options of such connections, without what each has of its own: asyncssh takes 0.4 ms to make some."""
    _name_the_user()
    return asyncssh.SSHClientConnectionOptions(
        username=alike.user,
        family=alike.family,
        client_keys=None,
        keepalive_interval=alike.keepalive[0],
        keepalive_count_max=alike.keepalive[1],
        **_FROM_NOWHERE,
        **_logins(alike.logins),
        **_session(alike.session),
        **_algorithms(alike.algorithms, alike.offered),
    )


async def connect(
    options: asyncssh.SSHClientConnectionOptions, sock: socket.socket | None
) -> asyncssh.SSHClientConnection:
    """Connect and log in, over a socket that is connected, or else through the tunnel. As asyncssh.connect, which would
    make the options of each host once more, on a thread. Raises what that raises."""
    loop = asyncio.get_running_loop()

    def make() -> asyncssh.SSHClientConnection:
        return asyncssh.SSHClientConnection(loop, options, wait="auth")

    return await _connect(options, None, loop, 0, sock, make, "Opening SSH connection to")


def _logins(said: Logins) -> dict[str, object]:
    found: dict[str, object] = {
        "public_key_auth": said.public_key,
        "password_auth": said.password,
        "kbdint_auth": said.keyboard,
    }
    if said.preferred is not None:
        found["preferred_auth"] = said.preferred
    return found


def _session(said: Session) -> dict[str, object]:
    found: dict[str, object] = {
        "compression_algs": COMPRESSION if said.compression else None,
        "tcp_keepalive": said.tcp_keepalive,
        "env": dict(said.set_env),
        "send_env": said.send_env,
    }
    size, seconds = said.rekey
    if size:
        found["rekey_bytes"] = size
    if seconds:
        found["rekey_seconds"] = seconds
    return found


def known_algorithms(keyword: str) -> Sequence[str]:
    """The names of ssh_config's keyword that asyncssh knows."""
    known: Mapping[str, Callable[[], Sequence[bytes]]] = {
        "Ciphers": get_encryption_algs,
        "MACs": get_mac_algs,
        "KexAlgorithms": get_kex_algs,
        "HostKeyAlgorithms": lambda: [*get_public_key_algs(), *get_certificate_algs()],
        "PubkeyAcceptedAlgorithms": lambda: [*get_public_key_algs(), *map(_certified, get_public_key_algs())],
    }
    return [name.decode() for name in known[keyword]()]


def _certified(name: bytes) -> bytes:
    return name.removesuffix(_VENDOR) + _CERTIFIED


def _is_accepted(pair: asyncssh.SSHKeyPair, accepted: str | None) -> bool:
    """Whether PubkeyAcceptedAlgorithms has the key: a certificate by names of its own, as its plain key has others."""
    if accepted is None or accepted[:1] in ("+", "-", "^"):  # those of all that asyncssh signs with
        return True
    names = [name.decode() for name in pair.sig_algorithms]
    if pair.has_cert:
        names = [_certified(name).decode() for name in pair.sig_algorithms]
    return any(matches(name, pattern) for name in names for pattern in accepted.split(","))


@cache
def _host_key_algorithms() -> tuple[Sequence[bytes], Sequence[bytes]]:
    """Those of keys and of certificates that are offered by default."""
    return _usual(get_default_public_key_algs()), _usual(get_default_certificate_algs())


def _algorithms(said: Algorithms, offered: Sequence[str]) -> dict[str, object]:
    def chosen(keyword: str, text: str, known: Sequence[bytes], usual: Sequence[bytes]) -> list[str]:
        return _chosen(keyword, text, [name.decode() for name in known], [name.decode() for name in usual])

    keys, certificates = _host_key_algorithms()
    exchanges = [name for name in _usual(get_default_kex_algs()) if not name.startswith(b"gss-")]
    found: dict[str, object] = {}
    if said.ciphers is None:
        found["encryption_algs"] = f"^{FIRST_CIPHER}"
    else:
        usual = get_default_encryption_algs()
        found["encryption_algs"] = chosen("Ciphers", said.ciphers, get_encryption_algs(), usual)
    if said.macs is not None:
        found["mac_algs"] = chosen("MACs", said.macs, get_mac_algs(), get_default_mac_algs())
    if said.kex is None:
        found["kex_algs"] = [name.decode() for name in exchanges]
    else:
        found["kex_algs"] = chosen("KexAlgorithms", said.kex, get_kex_algs(), exchanges)
    if said.host_key is None:
        found["server_host_key_algs"] = list(offered)
    else:
        known = [*get_public_key_algs(), *get_certificate_algs()]
        found["server_host_key_algs"] = chosen("HostKeyAlgorithms", said.host_key, known, [*certificates, *keys])
    if said.signature is not None:
        known = get_public_key_algs()
        signed = said.signature.replace(_CERTIFIED.decode(), "*")  # a certificate's key signs by its own algorithm
        found["signature_algs"] = chosen("PubkeyAcceptedAlgorithms", signed, known, keys)
    return found


def _usual(names: Sequence[bytes]) -> list[bytes]:
    """asyncssh's defaults without those that OpenSSH takes only where it is told to (from 8.2 and 8.8 on): what a host
    signs with SHA-1 proves little of it."""
    return [name for name in names if not name.endswith(b"-sha1") and name not in _SHA_1]


def _chosen(keyword: str, text: str, known: Sequence[str], usual: Sequence[str]) -> list[str]:
    """The names of a list that asyncssh knows, in its order. `+`, `-` and `^` change the usual ones (our own reading
    alone meets them: ssh -G has resolved them)."""
    how, names = (text[0], text[1:]) if text[:1] in "+-^" else ("", text)
    patterns = [name for name in names.split(",") if name]
    listed = [name for pattern in patterns for name in known if matches(name, pattern)]
    match how:
        case "+":
            listed = [*usual, *listed]
        case "-":
            listed = [name for name in usual if name not in listed]
        case "^":
            listed = [*listed, *usual]
    if not listed:
        words = f"ssh_config's {keyword} {text} names nothing that this program knows; it knows {','.join(known)}"
        raise ConnectFailed(words, permanent=True, kind=Cause.SSH_CONFIG)
    return list(dict.fromkeys(listed))


def _name_the_user() -> None:
    """asyncssh wants our own user's name, and makes nothing of it; a user id without an account has none."""
    try:
        getpass.getuser()
    except (KeyError, OSError):
        os.environ["LOGNAME"] = str(os.getuid())
