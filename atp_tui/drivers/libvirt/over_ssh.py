"""The far end of a +ssh connection: libvirt's socket on the host, reached through the host's SSH link.

There are three ways, tried in this order: sshd forwards the socket itself, libvirt's own helper finds it, a netcat is
given its path. `?proxy=` and `?netcat=` choose among them, `?mode=` and `?socket=` choose the socket, as with libvirt:
https://libvirt.org/uri.html.
"""

from __future__ import annotations

import asyncio
import re
import shlex

from ...model.causes import Cause
from ...model.errors import AtpError, ConnectFailed
from ...model.host import ConnectionUri
from ...model.message import Message, text, told
from ...model.outcome import Command
from ...model.say import Say
from ...transport.driver import OpensStreams, RawStream, StreamReceiver
from .uris import far_uri, read_only

_DIRECTORY = "/run/libvirt"
_NO_MODULAR = frozenset({"test", "remote"})
"""Drivers that have no daemon of their own."""

_TOOLS = (("nc", "-U "), ("ncat", "-U "), ("socat", "- UNIX-CONNECT:"))

_NO_SOCKET = "the host has no socket"
_NO_PROGRAM = "the host has no"
_OWN_WORDS = re.compile(rf"{_NO_PROGRAM} .*")

MOST_WORDS = 400
"""Bytes kept of what the far side says in place of libvirt."""

LISTENING = 0.5
"""Seconds to listen on after the first of such words: their end brings an exit status, and what stderr had."""


def far_sockets(uri: ConnectionUri) -> tuple[str, ...]:
    """Where the host's daemon may listen, the likeliest first: the modular daemon of the driver, then the old one.

    `?mode=direct` leaves the modular one, `legacy` the old one. Empty for a session daemon, which listens below a
    directory that only the host knows.
    """
    if path := uri.query.get("socket"):
        return (path,)
    if uri.path.strip("/") == "session":
        return ()
    suffix = "-sock-ro" if read_only(uri) else "-sock"
    modular = () if uri.driver in _NO_MODULAR else (f"{_DIRECTORY}/virt{uri.driver}d{suffix}",)
    old = (f"{_DIRECTORY}/libvirt{suffix}",)
    match uri.query.get("mode"):
        case "direct":
            return modular or old
        case "legacy":
            return old
    return (*modular, *old)


def forwards(uri: ConnectionUri) -> bool:
    """Whether sshd may be asked to forward the socket: not where a program is asked for by name."""
    return uri.query.get("proxy", "auto") == "auto" and "netcat" not in uri.query


def far_command(uri: ConnectionUri) -> Command:
    """What connects stdin and stdout to libvirt's socket, on a host that forbids to forward sockets.

    virt-ssh-helper is libvirt's own, and finds the session's socket; it knows no other socket than the default ones,
    and chooses between the daemons by itself (libvirt 9.0: `?socket=` and `?mode=` are passed over).
    """
    proxy, named = uri.query.get("proxy", "auto"), uri.query.get("netcat")
    helper = proxy == "native" or (forwards(uri) and not {"socket", "mode"} & uri.query.keys())
    tools = []
    tries = ["m= s="]  # the sockets that are missing, and whether there is one
    if helper:
        flag = "-r " if read_only(uri) else ""
        line = f"exec virt-ssh-helper {flag}{shlex.quote(far_uri(uri))}"
        tries.append(f"command -v virt-ssh-helper >/dev/null 2>&1 && {line}")
        tools.append("virt-ssh-helper")
    sockets = far_sockets(uri) if proxy != "native" else ()
    for path in sockets:
        at = shlex.quote(path)
        tries.append(f'if test -S {at}; then s=1; {_netcats(at, named)}; else m="$m${{m:+ or }}"{at}; fi')
    if sockets:
        tries.append(f'test -n "$s" || {{ echo "{_NO_SOCKET} $m" >&2; exit 127; }}')
        tools.append(named or "nc, ncat or socat")
    words = f"{_NO_PROGRAM} {' and no '.join(tools)}, to reach libvirt"
    tries.append(f"echo {shlex.quote(words)} >&2; exit 127")
    # the login shell may be any; `exec` leaves no shell behind
    return Command(f"exec /bin/sh -c {shlex.quote('; '.join(tries))}")


def _netcats(at: str, named: str | None) -> str:
    """Shell commands, of which the first whose program is there becomes it, connected to the socket."""
    if named is not None:
        tool = named if named.startswith("~/") else shlex.quote(named)
        return f"command -v {tool} >/dev/null 2>&1 && exec {tool} -U {at}"
    return "; ".join(f"command -v {tool} >/dev/null 2>&1 && exec {tool} {option}{at}" for tool, option in _TOOLS)


class _PipeEnd:
    """Hands everything on; an end whose reason quotes our long command line gets a shorter one.

    What comes in place of libvirt's protocol, of whose messages each begins with a byte 0 (the length, most significant
    first), is the far side's word: a forced command, a start-up file, a refusal. It becomes the reason of the end.
    """

    def __init__(self, receiver: StreamReceiver, line: str) -> None:
        self.pause_writing = receiver.pause_writing
        self.resume_writing = receiver.resume_writing
        self._receiver = receiver
        self._line = line
        self._begun = False
        self._words = b""
        self._timer: asyncio.TimerHandle | None = None
        self._over = False

    def data(self, data: bytes) -> None:
        if not self._words and (self._begun or data.startswith(b"\0")):
            self._begun = True
            self._receiver.data(data)
            return
        self._words = (self._words + data)[:MOST_WORDS]
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(LISTENING, self.ended, None)

    def ended(self, error: Exception | None) -> None:
        if self._over:
            return
        self._over = True
        if self._timer is not None:
            self._timer.cancel()
        end = error.reason if isinstance(error, AtpError) and error.reason.id is Say.COMMAND_ENDED else None
        reason = None if end is None else self._without_line(end)
        if self._words:
            reason = told(Say.IN_LIBVIRTS_PLACE, said=" ".join(self._words.decode("utf-8", "replace").split()))
            if end is not None and (how := end.get("end")) is not None:
                reason = told(Say.WITH_NOTE, message=reason, note=how)
        if reason is not None:
            failure = ConnectFailed(reason, kind=Cause.NO_SOCKET)
            failure.__cause__ = error
            error = failure
        self._receiver.ended(error)

    def _without_line(self, end: Message) -> Message:
        """The end of our command in what it has said itself, else without its line."""
        said = end.get("said")
        if isinstance(said, str) and (own := _OWN_WORDS.search(said)):
            return text(own[0])
        return told(end.id, **{**dict(end.parameters), "line": told(Say.LIBVIRT_COMMAND)})


async def open_far_end(carrier: OpensStreams, uri: ConnectionUri, receiver: StreamReceiver, host: str) -> RawStream:
    """A stream to the host's libvirt daemon. Raises TransportError."""
    for path in far_sockets(uri) if forwards(uri) else ():
        try:
            return await carrier.open_stream(path, receiver)
        except ConnectFailed as error:
            if error.permanent:
                break
    command = far_command(uri)
    try:
        return await carrier.open_pipe(command, _PipeEnd(receiver, command.line))
    except ConnectFailed as error:
        raise ConnectFailed(_no_daemon(far_sockets(uri), error.reason), host=host, kind=Cause.NO_SOCKET) from error


def _no_daemon(tried: tuple[str, ...], why: Message) -> Message:
    match tried:
        case (first, second):
            return told(Say.NO_DAEMON_AT_EITHER, first=first, second=second, why=why)
        case (first,):
            return told(Say.NO_DAEMON, first=first, why=why)
        case _:
            return told(Say.NO_DAEMON_OF_SESSION, why=why)
