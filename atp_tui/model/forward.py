"""Forwards: a port or socket of this machine that leads to one which a host can reach."""

from __future__ import annotations

import ipaddress
from enum import StrEnum

from .data_class import dataclass
from .message import Message

LOOPBACK = "127.0.0.1"
"""Where a forward listens that names no address."""

LONGEST_SOCKET = 107
"""Bytes of the path of a UNIX socket that Linux takes (sun_path in sys/un.h)."""

FORMS = "[BIND:]PORT:TARGET:PORT, with a path in place of PORT or TARGET:PORT for a UNIX socket"


@dataclass(frozen=True, slots=True)
class Place:
    """A TCP port, or a UNIX socket where `path` is not empty. `port` 0, of this machine: any that is free."""

    host: str = ""
    port: int = 0
    path: str = ""

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return self.path or f"{host}:{self.port}"

    @property
    def exposed(self) -> bool:
        """Whether other machines can come to it, where it is an address of this one."""
        return not self.path and not ipaddress.ip_address(self.host).is_loopback


@dataclass(frozen=True, slots=True)
class ForwardSpec:
    """What is asked for: `near` is of this machine, `far` as the host has it, which looks up its name."""

    near: Place
    far: Place

    def __str__(self) -> str:
        return f"{self.near}:{self.far}"


class ForwardState(StrEnum):
    """Whether a forward can carry something now."""

    OPEN = "open"
    WAITING = "waiting"
    """It listens, and the connection to its host is not there: it goes on when that comes back."""


@dataclass(frozen=True, slots=True)
class Forward:
    """A forward at one moment. `near` has the port that it was given.

    `active` are the connections through it now, `total` all that there were, `failed` those of them that did not reach
    the far side. `sent` and `received` are bytes to the host and from it. `note` is what went wrong last. `since` is an
    instant of the fleet's clock.
    """

    number: int
    host: str
    near: Place
    far: Place
    since: float
    state: ForwardState = ForwardState.OPEN
    active: int = 0
    total: int = 0
    failed: int = 0
    sent: int = 0
    received: int = 0
    note: Message | None = None


def parse_forward(text: str) -> ForwardSpec:
    """Read `8080:localhost:80`, `[::1]:8080:[fe80::1]:80`, `/tmp/s:/var/run/s`, `0:/var/run/s`.

    Raises ValueError with what is wrong and what would be right.
    """
    fields = _fields(text.strip())
    if len(fields) > 1 and "/" in fields[-1]:
        far, rest = Place(path=_far_path(fields[-1])), fields[:-1]
    elif len(fields) > 2:
        far, rest = Place(_target(fields[-2]), _port(fields[-1], least=1)), fields[:-2]
    else:
        raise ValueError(f"not a forward: {text!r}; it is written {FORMS}, such as 8080:localhost:80")
    match rest:
        case [path] if "/" in path:
            near = Place(path=path)
        case [port]:
            near = Place(LOOPBACK, _port(port, least=0))
        case [address, port] if "/" not in address:
            near = Place(_address(address), _port(port, least=0))
        case _:
            raise ValueError(f"not a forward: {text!r}; it is written {FORMS}, such as 8080:localhost:80")
    return ForwardSpec(near, far)


def _fields(text: str) -> list[str]:
    """Split at colons outside of brackets, which are taken away."""
    fields, word, inside = [], "", False
    for letter in text:
        if letter == "[" and not word and not inside:
            inside = True
        elif letter == "]" and inside:
            inside = False
        elif letter == ":" and not inside:
            fields.append(word)
            word = ""
        else:
            word += letter
    if inside:
        raise ValueError(f"a [ without its ] in {text!r}")
    return [*fields, word]


def _port(text: str, least: int) -> int:
    if not (text.isascii() and text.isdigit() and least <= int(text[:6]) <= 65535):
        raise ValueError(f"not a port: {text!r}; ports are {least} to 65535, and an IPv6 address stands in [ ]")
    return int(text)


def _target(text: str) -> str:
    if not text or not text.isprintable() or " " in text or len(text) > 255:
        raise ValueError(f"not a name or address: {text!r}; a target is a name or address as the host knows it")
    return text


def _address(text: str) -> str:
    text = {"": LOOPBACK, "localhost": LOOPBACK, "*": "0.0.0.0"}.get(text, text)
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        hint = "BIND is an address of this machine in numbers, localhost, or * for all of IPv4"
        raise ValueError(f"not an address: {text!r}; {hint}") from None


def _far_path(text: str) -> str:
    if not text.startswith("/") or "\0" in text or len(text) > 4096:
        raise ValueError(f"not a socket's path: {text!r}; on the host it begins with /")
    return text
