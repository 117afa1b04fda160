"""Where a host's sshd is and how to log in: hosts.toml first, then the URI, ssh_config, and OpenSSH's defaults."""

from __future__ import annotations

import os
from dataclasses import field, replace
from pathlib import Path

from ...model.causes import Cause
from ...model.checks import fits_host, fits_user
from ...model.data_class import dataclass
from ...model.errors import ConnectFailed, Unsupported
from ...model.host import HostInfo
from ...model.message import told
from ...model.quoting import quoted
from ...model.say import Say
from ...model.settings import HostKeyPolicy, Login, SshSettings
from .config.key_rules import KeyRules, key_rules
from .config.reader import ConfigReader
from .config.said import Question, Said, Values
from .config.tokens import IN_COMMAND, Tokens, as_written, family_of, local_user
from .wildcards import small

_DEFAULT_KNOWN_HOSTS = ("~/.ssh/known_hosts", "~/.ssh/known_hosts2")
_SHARED_KNOWN_HOSTS = ("/etc/ssh/ssh_known_hosts", "/etc/ssh/ssh_known_hosts2")
MOST_TRIES = 3
"""Times that keyboard-interactive is begun, and that a password is sent, in one login: OpenSSH's own number."""

_LEFT_OUT = ("NoHostAuthenticationForLocalhost", "CheckHostIP")
"""Switches about host keys that change nothing here: the key is judged, by its host's name alone."""


@dataclass(frozen=True, slots=True)
class Algorithms:
    """Names of algorithms as ssh_config lists them, those that asyncssh does not know included; None: not said."""

    ciphers: str | None = None
    macs: str | None = None
    kex: str | None = None
    host_key: str | None = None
    signature: str | None = None


@dataclass(frozen=True, slots=True)
class Logins:
    """How to log in. `preferred` are the methods in their order; None: all of them. `asks`: a person may be asked, for
    a password `tries` times."""

    public_key: bool = True
    password: bool = True
    keyboard: bool = True
    preferred: tuple[str, ...] | None = None
    asks: bool = True
    tries: int = MOST_TRIES


@dataclass(frozen=True, slots=True)
class Session:
    """What holds for a connection and its sessions. `rekey` is (bytes, seconds), 0 for no limit."""

    compression: bool = False
    tcp_keepalive: bool = True
    rekey: tuple[int, int] = (0, 0)
    send_env: tuple[str, ...] = ()
    set_env: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One sshd to log in to, as hosts.toml and ssh_config have it; paths are ready to be opened.

    `key_name` is the name its key is filed under; with `key_alias` the port does not belong to it. `known_hosts` are
    the user's files, then the system's: the first takes new keys. `known_hosts_command` is as it stands in ssh_config,
    `tokens` are for it.
    `identity_files` None: the usual ones below ~/.ssh. `jump` is OpenSSH's list of jump hosts. `unread` names settings
    of ssh_config that play no part here, for messages. `hash_names`: new keys are filed under the hash of their name.
    `connect_timeout` are the seconds that a TCP connection may take, to each address; None: not said. `values` is all
    that ssh_config says.
    """

    name: str
    port: int
    user: str
    key_name: str
    key_alias: bool
    identity_files: tuple[Path, ...] | None
    certificate_files: tuple[Path, ...]
    identities_only: bool
    agent: Path | None
    known_hosts: tuple[Path, ...]
    revoked_keys: tuple[Path, ...]
    known_hosts_command: str | None
    tokens: Tokens = field(compare=False)
    policy: HostKeyPolicy
    family: int
    bind_address: str | None
    bind_interface: str | None
    proxy_command: str | None
    jump: str | None
    algorithms: Algorithms = field(default_factory=Algorithms)
    logins: Logins = field(default_factory=Logins)
    session: Session = field(default_factory=Session)
    unread: tuple[tuple[str, str], ...] = ()
    key_rules: KeyRules = field(default_factory=KeyRules)
    hash_names: bool = False
    connect_timeout: float | None = None
    values: Values = field(default_factory=dict, compare=False, repr=False)


def question_of(host: HostInfo, settings: SshSettings) -> Question:
    """What to ask ssh_config about a host with these `ssh_settings`. Raises Unsupported for a host without SSH."""
    if host.ssh is None:
        raise Unsupported(told(Say.TAKES_NO_COMMANDS, host=host.id), host=host.id)
    uri = host.connection_uri
    name = uri.host if uri is not None and uri.transport == "ssh" else None
    return question(name or host.host, settings.user, settings.port, settings)


def limited(endpoint: Endpoint, settings: SshSettings) -> Endpoint:
    """The endpoint with no other ways to log in than `settings.auth` has."""
    if settings.auth is None:
        return endpoint
    keys, agent = Login.PRIVKEY in settings.auth, Login.AGENT in settings.auth
    return replace(
        endpoint,
        identity_files=endpoint.identity_files if keys else (),
        identities_only=endpoint.identities_only and keys,
        agent=endpoint.agent if agent else None,
    )


def question(name: str, user: str | None, port: int | None, settings: SshSettings) -> Question:
    """What to ask ssh_config about one sshd."""
    whole = None not in (user, port, settings.identity_files) and bool(settings.known_hosts)
    return Question(name, user, port, _expanded(settings.config_file) if settings.config_file else None, whole)


def resolve(host: HostInfo) -> Endpoint:
    """The endpoint of a host, read anew; it blocks for some milliseconds, and longer where Match exec runs a program.

    Raises Unsupported for a host without SSH, ConnectFailed for settings of no use.
    """
    settings = host.ssh_settings
    asked, reader = question_of(host, settings), ConfigReader()
    try:
        return limited(endpoint_of(asked, reader.read(asked), settings), settings)
    finally:
        reader.close()  # else it would stay until the program's end, which it waits for


def endpoint_of(asked: Question, said: Said, settings: SshSettings) -> Endpoint:
    """The sshd that was asked about. Raises ConnectFailed for what cannot be used."""
    user = asked.user or said.first("user") or local_user()
    if user is None:
        raise ConnectFailed(
            "this user id has no name: say which user to log in as, by user in [ssh]",
            permanent=True,
            kind=Cause.SSH_CONFIG,
        )
    tokens = _tokens(asked, said, user)
    _check_names(tokens)
    identities = _identities(said, settings, tokens)
    jump = _unless_none(settings.proxy_jump or tokens.expand("ProxyJump", tokens.jump, IN_COMMAND) or None)
    command = None if jump else said.first("proxycommand")
    return Endpoint(
        name=tokens.host,
        port=tokens.port,
        user=user,
        key_name=tokens.alias or tokens.host,
        key_alias=tokens.alias is not None,
        identity_files=identities,
        certificate_files=tuple(
            Path(tokens.path("CertificateFile", file)) for file in said.every("certificatefile") or ()
        ),
        identities_only=said.yes("identitiesonly", False),
        agent=_agent(said, tokens),
        known_hosts=_known_hosts(said, settings, tokens),
        revoked_keys=_revoked(said, tokens),
        known_hosts_command=_unless_none(said.first("knownhostscommand")),
        tokens=tokens,
        policy=_policy(said, settings),
        family=family_of(said.first("addressfamily")),
        bind_address=said.first("bindaddress"),
        bind_interface=said.first("bindinterface"),
        proxy_command=_command(command, said, tokens),
        jump=jump,
        algorithms=_algorithms(said),
        logins=_logins(said),
        session=_session(said),
        unread=_unread(said, settings),
        key_rules=key_rules(said),
        hash_names=said.yes("hashknownhosts", False),
        connect_timeout=_number(said, "connecttimeout") or None,
        values=said.values,
    )


def _tokens(asked: Question, said: Said, user: str) -> Tokens:
    name = said.first("hostname") or asked.host
    name = as_written(name, family_of(said.first("addressfamily")))
    port = asked.port or int(said.first("port") or 22)
    alias = said.first("hostkeyalias")
    jump = _unless_none(said.first("proxyjump")) or ""
    return Tokens(asked.host, name, port, user, alias and small(alias), jump, said.home, jump_hashed=said.jump_hashed)


def _check_names(tokens: Tokens) -> None:
    """Names that OpenSSH refuses on its command line: ProxyCommand's shell would act on them (CVE-2023-51385)."""
    for name, fits, kind in ((tokens.host, fits_host, "host"), (tokens.user, fits_user, "user")):
        if not fits(name):
            raise ConnectFailed(
                f"{quoted(name)} is not a {kind}'s name: a shell would act on it", permanent=True, kind=Cause.SSH_CONFIG
            )


def _identities(said: Said, settings: SshSettings, tokens: Tokens) -> tuple[Path, ...] | None:
    if settings.identity_files is not None:
        return tuple(_expanded(file) for file in settings.identity_files)
    files = said.values.get("identityfile")
    if files is None:
        return None
    return tuple(Path(tokens.path("IdentityFile", file)) for file in files if file.lower() != "none")


def _known_hosts(said: Said, settings: SshSettings, tokens: Tokens) -> tuple[Path, ...]:
    if settings.known_hosts:
        return tuple(_expanded(file) for file in settings.known_hosts)
    own = said.every("userknownhostsfile")
    if own is None:
        users = [_expanded(file) for file in _DEFAULT_KNOWN_HOSTS]
    elif "userknownhostsfile" in said.expanded:
        users = [Path(file) for file in own]
    else:
        users = [Path(tokens.path("UserKnownHostsFile", file)) for file in own]
    shared = said.every("globalknownhostsfile")
    # `UserKnownHostsFile none` or /dev/null is how people turn checking off; here it leaves every key unknown
    return (*(users or [Path(os.devnull)]), *map(Path, _SHARED_KNOWN_HOSTS if shared is None else shared))


def _revoked(said: Said, tokens: Tokens) -> tuple[Path, ...]:
    file = _unless_none(said.first("revokedhostkeys"))
    if file is None:
        return ()
    return (Path(file if "revokedhostkeys" in said.expanded else tokens.path("RevokedHostKeys", file)),)


def _agent(said: Said, tokens: Tokens) -> Path | None:
    written = said.first("identityagent")
    if written == "none":
        return None
    if written is None or written == "SSH_AUTH_SOCK":
        written = "$SSH_AUTH_SOCK"
    if written.startswith("$") and not written.startswith("${"):
        socket_path = os.environ.get(written[1:])
        return Path(socket_path) if socket_path else None
    return Path(written if "identityagent" in said.expanded else tokens.path("IdentityAgent", written))


def _command(command: str | None, said: Said, tokens: Tokens) -> str | None:
    command = _unless_none(command)
    if command is None:
        return None
    if command == "-" or said.yes("proxyusefdpass", False):
        raise ConnectFailed(
            "ssh_config's ProxyCommand - and ProxyUseFdpass cannot be used here", permanent=True, kind=Cause.SSH_CONFIG
        )
    return command if "proxycommand" in said.expanded else tokens.expand("ProxyCommand", command, IN_COMMAND)


def _algorithms(said: Said) -> Algorithms:
    signature = said.first("pubkeyacceptedalgorithms") or said.first("pubkeyacceptedkeytypes")
    return Algorithms(
        ciphers=said.first("ciphers"),
        macs=said.first("macs"),
        kex=said.first("kexalgorithms"),
        host_key=said.first("hostkeyalgorithms"),
        signature=signature,
    )


def _logins(said: Said) -> Logins:
    preferred, prompts = said.first("preferredauthentications"), _number(said, "numberofpasswordprompts")
    return Logins(
        public_key=said.yes("pubkeyauthentication", True),
        password=said.yes("passwordauthentication", True),
        keyboard=said.yes("kbdinteractiveauthentication", True),
        preferred=None if preferred is None else tuple(preferred.split(",")),
        asks=not said.yes("batchmode", False),
        tries=min(MOST_TRIES, MOST_TRIES if prompts is None else prompts),
    )


def _session(said: Said) -> Session:
    size, _, seconds = (said.first("rekeylimit") or "0 0").partition(" ")
    pairs = (text.partition("=") for text in said.every("setenv") or ())
    return Session(
        compression=said.yes("compression", False),
        tcp_keepalive=said.yes("tcpkeepalive", True),
        rekey=(int(size) if size.isdecimal() else 0, int(seconds) if seconds.isdecimal() else 0),
        send_env=said.every("sendenv") or (),
        set_env=tuple((name, value) for name, _, value in pairs if name),
    )


def _strictness(said: Said) -> str:
    strict = (said.first("stricthostkeychecking") or "ask").lower()
    return {"false": "no", "off": "no", "true": "yes"}.get(strict, strict)


def _policy(said: Said, settings: SshSettings) -> HostKeyPolicy:
    """As hosts.toml has it. Where that says nothing, `accept-new` counts here as for ssh, and nothing looser does."""
    asked_for = HostKeyPolicy.ACCEPT_NEW if _strictness(said) == "accept-new" else HostKeyPolicy.STRICT
    return settings.host_key_policy or asked_for


def _number(said: Said, keyword: str) -> int | None:
    value = said.first(keyword) or ""
    return int(value) if value.isdecimal() else None


def _unread(said: Said, settings: SshSettings) -> tuple[tuple[str, str], ...]:
    strict = _strictness(said)
    read = ("ask", "yes") if settings.host_key_policy else ("ask", "yes", "accept-new")
    found = [("StrictHostKeyChecking", strict)] if strict not in read else []
    found += [(name, "yes") for name in _LEFT_OUT if said.yes(name.lower(), False)]
    provider = _unless_none(said.first("pkcs11provider"))
    return (*found, ("PKCS11Provider", provider)) if provider else tuple(found)


def _unless_none(value: str | None) -> str | None:
    return None if value is None or value.lower() == "none" else value


def _expanded(file: str) -> Path:
    return Path(os.path.expanduser(file))  # the method would raise for a user who does not exist
