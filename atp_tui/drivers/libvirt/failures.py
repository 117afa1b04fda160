"""libvirt's errors in the words of the model, and in words a person can act on."""

from __future__ import annotations

import errno
import re
from typing import Any

from ...model import libvirt
from ...model.causes import Cause
from ...model.errors import AtpError, AuthFailed, CallFailed, ConnectFailed, ConnectionLost, TransportError
from ...model.exhausted import exhausted
from ...model.message import Message, text, told
from ...model.say import Say
from ..system import system_cause
from .uris import TCP_PORT

_AUTH = frozenset(
    {
        libvirt.VIR_ERR_AUTH_FAILED,
        libvirt.VIR_ERR_AUTH_CANCELLED,
        libvirt.VIR_ERR_ACCESS_DENIED,
        libvirt.VIR_ERR_AUTH_UNAVAILABLE,
    }
)
_NO_DRIVER = frozenset({libvirt.VIR_ERR_NO_SUPPORT, libvirt.VIR_ERR_NO_CONNECT})
_HOPELESS = _NO_DRIVER | {libvirt.VIR_ERR_INVALID_ARG, libvirt.VIR_ERR_CONFIG_UNSUPPORTED}
"""The answer is the same every time."""

_REASONS = {
    errno.ECONNREFUSED: Say.REFUSED_BY,
    errno.ENOENT: Say.NO_SOCKET_AT,
    errno.EACCES: Say.NO_PERMISSION_AT,
    errno.EPERM: Say.NO_PERMISSION_AT,
    errno.EHOSTUNREACH: Say.NO_ROUTE_TO,
    errno.ENETUNREACH: Say.NO_ROUTE_TO,
    errno.ETIMEDOUT: Say.NO_ANSWER_BY,
    errno.ECONNRESET: Say.ENDED_WHILE_OPENING,
    errno.ENOTCONN: Say.ENDED_WHILE_OPENING,
    errno.EPIPE: Say.ENDED_WHILE_OPENING,
    errno.EIO: Say.ENDED_WHILE_OPENING,  # libvirt's number for an end of file
}

_LENGTH = re.compile(r"(\d{1,10}) bytes received from server too large")
_SPEAKERS = {b"SSH-": Say.BEGINS_AS_SSH, b"HTTP": Say.BEGINS_AS_WEB, b"220 ": Say.BEGINS_AS_MAIL}
_PORT = re.compile(r":\d+$")

_CHOSEN_SOCKET = re.compile(r"socket to '([^']+)'")


def is_libvirt_error(error: BaseException) -> bool:
    """Whether libvirt's binding raised it; asked by name, since the binding may not be there to ask."""
    return type(error).__name__ == "libvirtError" and hasattr(error, "get_error_code")


def one_line(error: BaseException) -> str:
    """The text of an error in one line. It may come from the peer: whoever shows it makes it safe."""
    return " ".join(str(error).split()) or type(error).__name__


def connect_failure(error: Any, peer: str | None, host: str, driver: str = "") -> TransportError:
    """What libvirt's open failed of. `peer` is the address or socket as a person knows it, None where libvirt chose.

    `driver` is the one that was asked for, as in "qemu".
    """
    code, number = error.get_error_code(), error.get_int1()
    peer = peer_of(error, peer)
    if code in _AUTH:
        return AuthFailed(told(Say.LIBVIRT_REFUSES_US, peer=peer, why=one_line(error)), host=host)
    if code == libvirt.VIR_ERR_INTERNAL_ERROR and error.get_error_domain() == libvirt.VIR_FROM_RPC:
        # the socket was closed between two requests, by whoever read the reason; libvirt tells the next no more
        return ConnectFailed(told(Say.ENDED_OR_ANOTHER, peer=peer), host=host, kind=Cause.ENDED_EARLY)
    if code == libvirt.VIR_ERR_SYSTEM_ERROR and error.get_error_domain() == libvirt.VIR_FROM_RPC:
        limit = exhausted(OSError(number, ""))  # of a socket that could not be made here
        if limit is not None:
            return ConnectFailed(limit, host=host, kind=Cause.THIS_MACHINE)
    if code == libvirt.VIR_ERR_RPC:
        reason = told(Say.NOT_LIBVIRT, peer=peer, why=_first_word(one_line(error), peer))
        return ConnectFailed(reason, host=host, kind=Cause.NOT_LIBVIRT)
    if code == libvirt.VIR_ERR_SYSTEM_ERROR and number in _REASONS:
        return socket_failure(OSError(number, ""), peer, host)
    # below its first line an XML error quotes the file
    said = str(error).partition("\n")[0] if code == libvirt.VIR_ERR_XML_DETAIL else one_line(error)
    reason, hopeless = told(Say.ABOUT, subject=peer, message=text(said)), code in _HOPELESS
    kind = Cause.NO_DRIVER if code in _NO_DRIVER else Cause.BAD_URI if hopeless else Cause.LIBVIRT_ERROR
    return ConnectFailed(reason, host=host, permanent=hopeless, kind=kind, detail=driver)


def _first_word(words: str, peer: str) -> Message:
    """libvirt's complaint; or the text that it took for the length of a message, which counts its own four bytes."""
    length = _LENGTH.search(words)
    first = (int(length[1]) + 4).to_bytes(8, "big")[4:] if length else b""
    if not first.isalnum() and first not in _SPEAKERS:
        return text(words)
    begins = told(_SPEAKERS.get(first, Say.BEGINS_WITH), first=first.decode("ascii"))
    return told(Say.AND, message=begins, more=told(Say.TCP_PORT, port=TCP_PORT)) if _PORT.search(peer) else begins


def peer_of(error: BaseException, peer: str | None) -> str:
    """Who the error is about, where libvirt itself has chosen the socket."""
    chosen = _CHOSEN_SOCKET.search(str(error))
    return peer or (chosen[1] if chosen else "libvirt")


def socket_failure(error: OSError, peer: str, host: str) -> ConnectFailed:
    """The same words for a socket of our own."""
    known = _REASONS.get(error.errno or 0)
    kind = Cause.NO_SOCKET if error.errno == errno.ENOENT else system_cause(error)
    other = told(Say.ABOUT, subject=peer, message=text(one_line(error)))
    return ConnectFailed(other if known is None else told(known, peer=peer), host=host, kind=kind)


def call_failure(error: BaseException, handle: Any, host: str) -> BaseException:
    """What the caller of a function gets for what it raised. Runs on the lane, where the handle may be asked.

    Whether the connection died of it is not read from libvirt's error codes, of which too many mean either: libvirt
    itself knows, locally and at once.
    """
    if isinstance(error, StopIteration):  # a future refuses it
        failure: BaseException = RuntimeError(f"the function raised {type(error).__name__}")
    elif isinstance(error, AtpError) or not is_libvirt_error(error):
        return error
    else:
        code = error.get_error_code()  # type: ignore[attr-defined]  # libvirt's binding has no types
        if handle is None or code == libvirt.VIR_ERR_INVALID_CONN or not handle.isAlive():
            failure = ConnectionLost(one_line(error), host=host)
        else:
            failure = CallFailed(one_line(error), host=host, code=code)
    failure.__cause__ = error
    return failure
