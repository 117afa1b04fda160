"""The far end of a +ssh connection: libvirt's socket on the host, reached through the host's SSH link."""

from __future__ import annotations

import shlex

from ...model.causes import Cause
from ...model.errors import ConnectFailed, Unsupported
from ...model.host import ConnectionUri
from ...model.outcome import Command
from ...transport.driver import Link, RawStream, StreamReceiver
from .uris import far_uri, read_only

_DIRECTORY = "/run/libvirt"


def far_sockets(uri: ConnectionUri) -> tuple[str, ...]:
    """Where the host's daemon may listen, the likeliest first: the modular daemon of the driver, then the old one.

    Empty for a session daemon, which listens below a directory that only the host knows.
    """
    if path := uri.query.get("socket"):
        return (path,)
    if uri.path.strip("/") == "session":
        return ()
    suffix = "-sock-ro" if read_only(uri) else "-sock"
    modular = () if uri.driver == "test" else (f"{_DIRECTORY}/virt{uri.driver}d{suffix}",)
    return (*modular, f"{_DIRECTORY}/libvirt{suffix}")


def far_command(uri: ConnectionUri) -> Command:
    """What connects stdin and stdout to libvirt's socket, on a host that forbids to forward sockets.

    virt-ssh-helper is libvirt's own, and finds the session's socket; it knows no other socket than the default ones.
    """
    netcat = "; ".join(
        f"test -S {shlex.quote(path)} && command -v {tool} >/dev/null 2>&1 && exec {tool} {option}{shlex.quote(path)}"
        for path in far_sockets(uri)
        for tool, option in (("nc", "-U "), ("ncat", "-U "), ("socat", "- UNIX-CONNECT:"))
    )
    tries = [netcat] if netcat else []
    if "socket" not in uri.query:
        flag = "-r " if read_only(uri) else ""
        helper = f"exec virt-ssh-helper {flag}{shlex.quote(far_uri(uri))}"
        tries.insert(0, f"command -v virt-ssh-helper >/dev/null 2>&1 && {helper}")
    nothing = "echo 'neither virt-ssh-helper nor nc, ncat or socat finds a libvirt socket' >&2; exit 127"
    # the login shell may be any; `exec` leaves no shell behind
    return Command(f"exec /bin/sh -c {shlex.quote('; '.join([*tries, nothing]))}")


class _PipeEnd:
    """Hands everything on; an end whose reason quotes our long command line gets a shorter one."""

    def __init__(self, receiver: StreamReceiver, line: str) -> None:
        self.data = receiver.data
        self.pause_writing = receiver.pause_writing
        self.resume_writing = receiver.resume_writing
        self._receiver = receiver
        self._line = line

    def ended(self, error: Exception | None) -> None:
        if error is not None and self._line in str(error):
            words = str(error).replace(self._line, "the command that connects to libvirt's socket")
            shorter = ConnectFailed(words, kind=Cause.NO_SOCKET)
            shorter.__cause__ = error
            error = shorter
        self._receiver.ended(error)


async def open_far_end(carrier: Link, uri: ConnectionUri, receiver: StreamReceiver, host: str) -> RawStream:
    """A stream to the host's libvirt daemon. Raises TransportError."""
    for path in far_sockets(uri):
        try:
            return await carrier.open_stream(path, receiver)
        except ConnectFailed as error:
            if error.permanent:
                break
        except Unsupported:
            break
    command = far_command(uri)
    try:
        return await carrier.open_pipe(command, _PipeEnd(receiver, command.line))
    except ConnectFailed as error:
        tried = " or ".join(far_sockets(uri)) or "the session's socket"
        words = f"no libvirt daemon answers at {tried}: {error.message}"
        raise ConnectFailed(words, host=host, kind=Cause.NO_SOCKET) from error
