"""The parameters of a connection URI: which there are, where each counts, and what is to be said of those that do not.

The list is libvirt's: https://libvirt.org/uri.html, "Transport configuration". `readonly` is the program's own, and
`authfile` libvirt's (https://libvirt.org/auth.html#client-configuration-file).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from .errors import ConfigError


class Remark(NamedTuple):
    """Something that a person should know of a URI: what is so, and what would be right."""

    message: str
    hint: str


_EVERYWHERE = frozenset({"name", "authfile", "readonly"})
_COUNT: Mapping[str | None, frozenset[str]] = {
    "ssh": _EVERYWHERE
    | {"socket", "mode", "proxy", "netcat", "keyfile", "known_hosts", "known_hosts_verify", "sshauth", "no_tty"},
    "tls": _EVERYWHERE | {"pkipath", "no_verify"},
    "tcp": _EVERYWHERE,
    "unix": _EVERYWHERE | {"socket", "mode"},
    None: _EVERYWHERE | {"socket", "mode"},
}
"""By transport, the parameters that have an effect."""

_OTHERS = frozenset({"auth", "command", "no_sanity", "no_verify", "tls_priority", "pkipath"})
KNOWN = frozenset().union(*_COUNT.values(), _OTHERS)

_FLAGS = ("no_verify", "no_tty", "no_sanity")
_PATHS = ("socket", "keyfile", "known_hosts", "pkipath", "authfile")
_HOME = ("keyfile", "known_hosts", "authfile")
"""Paths on this machine that may begin with ~."""

_CHOICES: Mapping[str, tuple[str, ...]] = {
    "mode": ("auto", "direct", "legacy"),
    "proxy": ("auto", "netcat", "native"),
    "known_hosts_verify": ("normal", "auto", "ignore"),
}
_LOGINS = ("agent", "privkey", "password", "keyboard-interactive")
_SECRET = re.compile(r"pass|pwd?$|secret|token|credential", re.IGNORECASE)
_USERINFO = re.compile(r"[^/]*:[^/].*@")
_PROGRAM = re.compile(r"[A-Za-z0-9._+/~][A-Za-z0-9._+/~-]*")
_HOST_KEYS = "host keys are always checked"


def is_secret(name: str, value: str) -> bool:
    """Whether a parameter is a password by its name, or holds one before an @ as a URI does."""
    return bool(_SECRET.search(name)) or (name not in _PATHS and bool(_USERINFO.search(value)))


def flag(query: Mapping[str, str], name: str) -> bool:
    """A parameter of the kind of no_verify=1, as libvirt reads it: any whole number but 0."""
    return int(query.get(name, "0")) != 0


def check(query: Mapping[str, str]) -> None:
    """Raises ConfigError for a value that libvirt would refuse, or that means another thing than it seems to.

    No message shows a value.
    """
    for name, value in query.items():
        if name in KNOWN and not value and name != "readonly":
            raise ConfigError(f"{name}= is empty", hint="leave it out, or give it a value")
    for name in _PATHS:
        if name in query and not query[name].startswith(("/", "~/") if name in _HOME else "/"):
            raise ConfigError(f"{name}= is no path from / on", hint=f"write {name}=/the/whole/path")
    for name, choices in _CHOICES.items():
        if name in query and query[name] not in choices:
            raise ConfigError(f"{name}= has none of its values", hint=f"{name}= takes " + ", ".join(choices))
    for name in _FLAGS:
        if name in query and not re.fullmatch(r"[0-9]{1,9}", query[name]):
            raise ConfigError(f"{name}= is no number", hint=f"write {name}=1, or leave it out")
    logins = query.get("sshauth", "agent").split(",")
    if not set(logins) <= set(_LOGINS):
        raise ConfigError("sshauth= has a method that is none", hint="the methods are " + ", ".join(_LOGINS))
    if set(logins).isdisjoint(_LOGINS[:2]):
        raise ConfigError(
            "sshauth= has only methods that this program does not have",
            hint="sshd's passwords are not asked for: write agent or privkey, or leave it out",
        )
    if "netcat" in query and not _PROGRAM.fullmatch(query["netcat"]):
        raise ConfigError("netcat= is no program's name", hint="write netcat=nc or netcat=/path/to/nc, without options")
    if query.get("proxy") == "native" and query.keys() & {"netcat", "socket"}:
        words = "leave proxy=native out: libvirt's own helper takes neither a program nor a socket"
        raise ConfigError("proxy=native with netcat= or socket=", hint=words)


def remarks(query: Mapping[str, str], driver: str, transport: str | None) -> tuple[Remark, ...]:
    """What is to be said of parameters that are right by themselves but have no effect here, or weaken a check."""
    counting = _COUNT[transport]
    if driver == "test" and transport is None:
        counting = frozenset({"readonly"})  # inside this program, by no daemon
    found = [_without_effect(name, transport) for name in query if name not in counting]
    if transport == "tls" and flag(query, "no_verify"):
        weak = "no_verify= turns the check of the server's certificate off: any machine on the way can read and command"
        found.append(
            Remark(weak, "remove it, and put the authority's certificate where libvirt looks for it (pkipath=)")
        )
    if transport == "ssh":
        found += _ssh_remarks(query)
    return tuple(found)


def _ssh_remarks(query: Mapping[str, str]) -> list[Remark]:
    found = []
    if query.get("known_hosts_verify", "normal") != "normal":
        hint = 'write host_key_policy = "accept-new" in [hosts.ssh] to take new keys unasked'
        found.append(Remark(f"known_hosts_verify= does not count here: {_HOST_KEYS}", hint))
    if not set(query.get("sshauth", "agent").split(",")) <= set(_LOGINS[:2]):
        message = "sshauth= has password or keyboard-interactive, which do not count here"
        found.append(Remark(message, "this program logs in to sshd with keys and ssh-agent only"))
    return found


def _without_effect(name: str, transport: str | None) -> Remark:
    if name not in KNOWN:
        from difflib import get_close_matches  # for a slip, which is rare

        near = get_close_matches(name, KNOWN, 1)
        known = ", ".join(sorted(_COUNT[transport]))
        return Remark(f"there is no parameter {name}=", f"did you mean {near[0]}=?" if near else f"there are {known}")
    if transport == "ssh" and name == "no_verify":
        hint = 'write host_key_policy = "accept-new" in [hosts.ssh] to take new keys unasked'
        return Remark(f"no_verify= does not count here: {_HOST_KEYS}", hint)
    if transport == "ssh" and name == "command":
        hint = "remove it; a program that makes the connection is ssh_config's ProxyCommand, a way is proxy_jump"
        return Remark("command= does not count here: SSH is spoken by this program, not by another one", hint)
    if transport == "tls" and name == "tls_priority":
        hint = "remove it; TLS 1.2 and later count, with OpenSSL's ciphers"
        return Remark("tls_priority= does not count here: TLS is spoken by OpenSSL, not by GnuTLS", hint)
    if name == "auth":
        return Remark("auth= does not count here, nor with libvirt since 0.10", "remove it")
    way = f"+{transport}" if transport else "a connection inside the machine"
    ways = [f"+{other}" for other, names in _COUNT.items() if other and name in names]
    hint = f"it counts with {' and '.join(ways)}" if ways else "remove it"
    return Remark(f"{name}= has no effect with {way}", hint)
