"""What went wrong, from asyncssh's errors and the system's, in a person's words."""

from __future__ import annotations

import socket
from errno import EADDRNOTAVAIL
from pathlib import Path

import asyncssh
from asyncssh.packet import PacketDecodeError

from ...model.causes import Cause
from ...model.errors import AuthFailed, ConnectFailed, ConnectionLost, TransportError
from ...model.message import Message, text, told
from ...model.say import Say
from ..system import lookup_cause, system_cause
from .greeting import Greeting
from .intake import Flood
from .overheard import Overheard

_MOST_SAID = 300
"""Characters of a peer's own words that a message repeats."""


def said(words: str) -> str:
    """A peer's own words for a message: one line of bounded length, not yet safe for a terminal."""
    line = " ".join(words.split())
    return line if len(line) <= _MOST_SAID else line[:_MOST_SAID] + "…"


def connect_error(
    error: Exception,
    name: str,
    port: int,
    greeting: Greeting | None = None,
    overheard: Overheard | None = None,
    bind_address: str | None = None,
) -> TransportError:
    """Why a connection to `name` could not be opened. Host keys are the caller's: see HostKeyCheck.rejection.

    `greeting` is what the peer has said, `overheard` what it said later; None: it was not heard.
    """
    where = f"{name} port {port}"
    if isinstance(error, TransportError):
        return error
    if isinstance(error, Flood):
        return ConnectFailed(told(Say.FLOODED, host=where, what=error.what), kind=Cause.FLOODS)
    if isinstance(error, OSError) and error.errno == EADDRNOTAVAIL and bind_address is not None:
        reason = told(Say.NO_BIND_ADDRESS, address=bind_address, where=where)
        return ConnectFailed(reason, permanent=True, kind=Cause.SSH_CONFIG)
    if isinstance(error, asyncssh.Error | OSError):
        if overheard is not None and (mismatch := overheard.mismatch) is not None:
            reason = told(Say.ABOUT, subject=where, message=mismatch)
            return ConnectFailed(reason, permanent=True, kind=Cause.NO_COMMON_ALGORITHM)
        if greeting is not None and not greeting.came and (silence := _before_ssh(error, where, greeting)) is not None:
            return silence
    if isinstance(error, asyncssh.DisconnectError):
        return _disconnected(error, where, port, overheard)
    if isinstance(error, OSError):
        return _of_system(error, where, name)
    if isinstance(error, asyncssh.ChannelOpenError):
        reason = told(Say.NOT_FROM_JUMP_HOST, where=where, why=said(error.reason))
        return ConnectFailed(reason, kind=Cause.JUMP_FAILED)
    if isinstance(error, PacketDecodeError):  # a ValueError, but of the peer's making: another one may answer next time
        return ConnectFailed(told(Say.NOT_SSH, where=where, why=said(str(error))), kind=Cause.NO_SSH_SERVER)
    if greeting is not None:  # the peer was reached with settings that could be used: what it said could not be read
        return ConnectFailed(told(Say.BAD_SSH, where=where, why=said(str(error))), kind=Cause.NO_SSH_SERVER)
    # asyncssh raises ValueError (ConfigParseError, KeyImportError among them) for what it cannot use
    return ConnectFailed(_about(where, str(error)), permanent=True, kind=Cause.SSH_CONFIG)


def _before_ssh(error: Exception, where: str, greeting: Greeting) -> ConnectFailed | None:
    """A peer that has not said that it speaks SSH; None where its words are no cause of their own."""
    if greeting.line:
        return ConnectFailed(told(Say.NO_SSH_SERVER, where=where, line=greeting.line), kind=Cause.NO_SSH_SERVER)
    if isinstance(error, asyncssh.ConnectionLost | ConnectionResetError | BrokenPipeError):
        return ConnectFailed(told(Say.ENDED_WITHOUT_A_WORD, where=where), kind=Cause.ENDED_EARLY)
    return None


def _disconnected(
    error: asyncssh.DisconnectError, where: str, port: int, overheard: Overheard | None
) -> TransportError:
    match error:
        case asyncssh.PermissionDenied():
            return AuthFailed(_refusal(error.reason, port, overheard))  # it names the user and the host
        case asyncssh.KeyExchangeFailed() if error.reason.lower().startswith("no matching"):
            return ConnectFailed(_about(where, said(error.reason)), permanent=True, kind=Cause.NO_COMMON_ALGORITHM)
        case asyncssh.KeyExchangeFailed():
            # the bytes were spoilt on the way, or the peer has not the key that it shows: another try may go well
            return ConnectFailed(told(Say.NO_KEY_PROVED, where=where, why=said(error.reason)), kind=Cause.FAILED)
        case asyncssh.ConnectionLost() if overheard is not None and overheard.goodbye:
            reason = told(Say.ENDED_SAYING, where=where, why=said(overheard.goodbye))
            return ConnectFailed(reason, kind=Cause.ENDED_EARLY)
        case asyncssh.ConnectionLost():
            return ConnectFailed(told(Say.ENDED_BEFORE_LOGIN, where=where), kind=Cause.ENDED_EARLY)
        case _ if "authentication failures" in error.reason:
            # OpenSSH's words after MaxAuthTries, under the code of a protocol error
            return AuthFailed(told(Say.TOO_MANY_KEYS, where=where, why=said(error.reason)), kind=Cause.TOO_MANY_KEYS)
        case asyncssh.ProtocolError() | asyncssh.ProtocolNotSupported():
            return ConnectFailed(told(Say.NOT_SSH, where=where, why=said(error.reason)), kind=Cause.NO_SSH_SERVER)
        case _:
            return ConnectFailed(told(Say.ENDED_SAYING, where=where, why=said(error.reason)), kind=Cause.ENDED_EARLY)


def _of_system(error: OSError, where: str, name: str) -> ConnectFailed:
    match error:
        case ConnectionRefusedError():
            return ConnectFailed(told(Say.NO_SSHD, where=where), kind=Cause.PORT_REFUSED)
        case socket.gaierror():
            return ConnectFailed(
                told(Say.NO_ADDRESS, name=name, why=error.strerror or str(error)), kind=lookup_cause(error)
            )
        case OSError(filename=str() | Path() as file):
            return ConnectFailed(
                told(Say.FILE_AT, where=where, file=str(file), why=error.strerror or ""),
                permanent=True,
                kind=Cause.BAD_FILE,
            )
        case _:
            return ConnectFailed(_about(where, error.strerror or str(error)), kind=system_cause(error))


def _about(where: str, words: str) -> Message:
    return told(Say.ABOUT, subject=where, message=text(words))


def unheard(where: str, line: str) -> Message:
    """What is known of a peer that took the connection and has said nothing of SSH in time, but perhaps `line`."""
    if line:
        return told(Say.NO_SSH_SERVER, where=where, line=line)
    return told(Say.UNHEARD, where=where)


def _refusal(why: str, port: int, overheard: Overheard | None) -> Message:
    """A login that was refused: how the server would let somebody in, and what that asks for."""
    methods = overheard.methods if overheard is not None else ()
    if not methods:
        return told(Say.LOGIN_REFUSED, why=why, port=port)
    keys, more = "publickey" in methods, overheard is not None and overheard.took_one
    what = Say.LOGIN_WANTS_MORE if more else Say.LOGIN_REFUSED_TAKES if keys else Say.LOGIN_REFUSED_NO_KEYS
    return told(what, why=why, port=port, ways=said(", ".join(methods)))


def lost_error(error: Exception | None, name: str, goodbye: str = "") -> ConnectionLost:
    """Why an open connection has ended. `goodbye`: the peer's own words."""
    if isinstance(error, Flood):
        return ConnectionLost(told(Say.FLOODED, host=name, what=error.what), kind=Cause.FLOODS)
    if goodbye:
        return ConnectionLost(told(Say.SSH_ENDED_SAYING, host=name, why=said(goodbye)), kind=Cause.ENDED_BY_HOST)
    if isinstance(error, asyncssh.ConnectionLost) and "keepalive" in error.reason:
        return ConnectionLost(told(Say.SSH_FELL_SILENT, host=name), kind=Cause.SILENT)
    if isinstance(error, asyncssh.DisconnectError) and not isinstance(error, asyncssh.ConnectionLost):
        return ConnectionLost(told(Say.SSH_ENDED_SAYING, host=name, why=said(error.reason)), kind=Cause.ENDED_BY_HOST)
    if isinstance(error, OSError):
        return ConnectionLost(told(Say.SSH_LOST_SINCE, host=name, why=error.strerror or str(error)))
    return ConnectionLost(told(Say.SSH_LOST, host=name))
