"""What a person who watches one attempt is told of its stages."""

from __future__ import annotations

import socket
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import ParamSpec

from ...model.message import text, told
from ...model.quoting import redacted
from ...model.say import Say
from ...transport.driver import Passed, PassedCallback, Stage
from .causes import said
from .endpoint import Endpoint
from .host_key_check import HostKeyCheck

Told = ParamSpec("Told")


def tell(passed: PassedCallback | None, stage: Callable[Told, Passed], *of: Told.args, **more: Told.kwargs) -> None:
    """Tell of a stage, where anybody hears of it: its words cost more than many a step of the attempt."""
    if passed is not None:
        passed(stage(*of, **more))


def way(path: Sequence[Endpoint]) -> Passed:
    """The way to a host is known: its own sshd comes last in the path."""
    *hops, own = path
    user, where = redacted(own.user), where_of(own)
    if hops:
        through = ", ".join(map(where_of, hops))
        return Passed(Stage.WAY, told(Say.WAY_THROUGH, user=user, where=where, hops=through))
    return Passed(Stage.WAY, told(Say.WAY, user=user, where=where))


def begins(path: Sequence[Endpoint], number: int) -> Passed:
    """The sshd with that number on the path is begun with."""
    endpoint, is_own = path[number], number == len(path) - 1
    found = None
    if number:
        found = told(Say.BEHIND, hop=where_of(path[number - 1]))
    elif endpoint.proxy_command is not None:
        found = told(Say.BY_PROXY_COMMAND)
    return Passed(Stage.HOP, found, "" if is_own else where_of(endpoint))


def greeted(version: str) -> Passed:
    """The sshd has said its version."""
    return Passed(Stage.GREETED, text(said(version)))


def connected(sock: socket.socket) -> Passed:
    """There is a TCP connection."""
    with suppress(OSError):  # it is over again: the next stage tells why
        address, port, *_ = sock.getpeername()
        return Passed(Stage.CONNECTED, told(Say.ADDRESS_AND_PORT, address=address, port=port))
    return Passed(Stage.CONNECTED)


def proved(check: HostKeyCheck) -> Passed:
    """The host key that was shown is good, and the host has it."""
    if check.verdict is None:
        return Passed(Stage.PROVED)
    key = f"{check.verdict.key.get_algorithm()} {check.verdict.key.get_fingerprint()}"
    return Passed(Stage.PROVED, text(key) if check.accepted_new is None else told(Say.NEW_KEY, key=key))


def logged_in(endpoint: Endpoint) -> Passed:
    """The sshd has let us in."""
    return Passed(Stage.LOGGED_IN, told(Say.LOGGED_IN_AS, user=redacted(endpoint.user)))


def jump_of(path: Sequence[Endpoint]) -> str | None:
    """The first jump host on a path, as HostInfo.jump_host has it: by the name that a person has given it."""
    return f"{redacted(path[0].tokens.original).lower()}:{path[0].port}" if len(path) > 1 else None


def where_of(endpoint: Endpoint) -> str:
    """An sshd as messages name it: `192.0.2.3 port 22`."""
    return f"{redacted(endpoint.name)} port {endpoint.port}"
