"""What went wrong, from asyncssh's errors and the system's, in a person's words."""

from __future__ import annotations

import socket
from errno import EADDRNOTAVAIL
from pathlib import Path

import asyncssh
from asyncssh.packet import PacketDecodeError

from ...model.causes import Cause
from ...model.errors import AuthFailed, ConnectFailed, ConnectionLost, TransportError
from ...model.exhausted import exhausted
from ..system import lookup_cause, system_cause
from .greeting import Greeting
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
    if isinstance(error, OSError) and error.errno == EADDRNOTAVAIL and bind_address is not None:
        words = f"this machine has no address {bind_address} (BindAddress in ssh_config): {where} was not tried"
        return ConnectFailed(words, permanent=True, kind=Cause.SSH_CONFIG)
    if isinstance(error, asyncssh.Error | OSError):
        if overheard is not None and (mismatch := overheard.mismatch):
            return ConnectFailed(f"{where}: {mismatch}", permanent=True, kind=Cause.NO_COMMON_ALGORITHM)
        if greeting is not None and not greeting.came and (silence := _before_ssh(error, where, greeting)) is not None:
            return silence
    if isinstance(error, asyncssh.DisconnectError):
        return _disconnected(error, where, port, overheard)
    if isinstance(error, OSError):
        return _of_system(error, where, name)
    if isinstance(error, asyncssh.ChannelOpenError):
        words = f"{where} cannot be reached from the jump host: {said(error.reason)}"
        return ConnectFailed(words, kind=Cause.JUMP_FAILED)
    if isinstance(error, PacketDecodeError):  # a ValueError, but of the peer's making: another one may answer next time
        return ConnectFailed(f"{where} does not speak SSH ({said(str(error))})", kind=Cause.NO_SSH_SERVER)
    if greeting is not None:  # the peer was reached with settings that could be used: what it said could not be read
        return ConnectFailed(f"{where} does not speak SSH as it should ({said(str(error))})", kind=Cause.NO_SSH_SERVER)
    # asyncssh raises ValueError (ConfigParseError, KeyImportError among them) for what it cannot use
    return ConnectFailed(f"{where}: {error}", permanent=True, kind=Cause.SSH_CONFIG)


def _before_ssh(error: Exception, where: str, greeting: Greeting) -> ConnectFailed | None:
    """A peer that has not said that it speaks SSH; None where its words are no cause of their own."""
    if greeting.line:
        return ConnectFailed(f"{where} {_no_ssh(greeting.line)}", kind=Cause.NO_SSH_SERVER)
    if isinstance(error, asyncssh.ConnectionLost | ConnectionResetError | BrokenPipeError):
        words = f"{where} ended the connection without a word: is it an SSH server?"
        return ConnectFailed(words, kind=Cause.ENDED_EARLY)
    return None


def _disconnected(
    error: asyncssh.DisconnectError, where: str, port: int, overheard: Overheard | None
) -> TransportError:
    match error:
        case asyncssh.PermissionDenied():
            return AuthFailed(f"{error.reason} port {port}{_ways(overheard)}")  # it names the user and the host
        case asyncssh.KeyExchangeFailed() if "mismatch" in error.reason:
            # the bytes were spoilt on the way, or the peer has not the key that it shows
            words = f"{where} proved no host key ({said(error.reason)})"
            return ConnectFailed(words, kind=Cause.FAILED)
        case asyncssh.KeyExchangeFailed():
            return ConnectFailed(f"{where}: {said(error.reason)}", permanent=True, kind=Cause.NO_COMMON_ALGORITHM)
        case asyncssh.ConnectionLost() if overheard is not None and overheard.goodbye:
            words = f"{where} ended the connection: {said(overheard.goodbye)}"
            return ConnectFailed(words, kind=Cause.ENDED_EARLY)
        case asyncssh.ConnectionLost():
            return ConnectFailed(f"{where} ended the connection before the login", kind=Cause.ENDED_EARLY)
        case _ if "authentication failures" in error.reason:
            # OpenSSH's words after MaxAuthTries, under the code of a protocol error
            words = f"{where}: {said(error.reason)}: too many keys were offered; name one in identity_files"
            return AuthFailed(words, kind=Cause.TOO_MANY_KEYS)
        case asyncssh.ProtocolError() | asyncssh.ProtocolNotSupported():
            return ConnectFailed(f"{where} does not speak SSH ({said(error.reason)})", kind=Cause.NO_SSH_SERVER)
        case _:
            return ConnectFailed(f"{where} ended the connection: {said(error.reason)}", kind=Cause.ENDED_EARLY)


def _of_system(error: OSError, where: str, name: str) -> ConnectFailed:
    match error:
        case ConnectionRefusedError():
            return ConnectFailed(f"{where} refuses connections: is sshd running there?", kind=Cause.PORT_REFUSED)
        case socket.gaierror():
            return ConnectFailed(f"{name} has no address: {error.strerror}", kind=lookup_cause(error))
        case OSError(filename=str() | Path() as file):
            return ConnectFailed(f"{where}: {file}: {error.strerror}", permanent=True, kind=Cause.BAD_FILE)
        case _:
            return ConnectFailed(exhausted(error) or f"{where}: {error.strerror or error}", kind=system_cause(error))


def unheard(where: str, line: str) -> str:
    """What is known of a peer that took the connection and has said nothing of SSH in time, but perhaps `line`."""
    if line:
        return f"{where} {_no_ssh(line)}"
    return f"{where} takes the connection and says nothing: it hangs, or is no SSH server"


def _ways(overheard: Overheard | None) -> str:
    """How the server would let somebody in, and what that asks for."""
    methods = overheard.methods if overheard is not None else ()
    if not methods:
        return ""
    listed = said(", ".join(methods))
    if overheard is not None and overheard.took_one:
        ways = f": one login was taken, and the host wants {listed} as well (AuthenticationMethods)"
        return ways if "publickey" in methods else f"{ways}; this program has keys and ssh-agent alone"
    ways = f": the host takes {listed}"
    if "publickey" in methods:
        return ways
    return ways + ", and this program has keys and ssh-agent alone: allow publickey there"


def _no_ssh(line: str) -> str:
    return f"is no SSH server, or one that turns us away: it said {line}"


def lost_error(error: Exception | None, name: str, goodbye: str = "") -> ConnectionLost:
    """Why an open connection has ended. `goodbye`: the peer's own words."""
    if goodbye:
        return ConnectionLost(f"{name} ended the SSH connection: {said(goodbye)}", kind=Cause.ENDED_BY_HOST)
    if isinstance(error, asyncssh.ConnectionLost) and "keepalive" in error.reason:
        return ConnectionLost(f"{name} no longer answers (SSH keepalive)", kind=Cause.SILENT)
    if isinstance(error, asyncssh.DisconnectError) and not isinstance(error, asyncssh.ConnectionLost):
        return ConnectionLost(f"{name} ended the SSH connection: {said(error.reason)}", kind=Cause.ENDED_BY_HOST)
    if isinstance(error, OSError):
        return ConnectionLost(f"the SSH connection to {name} was lost: {error.strerror or error}")
    return ConnectionLost(f"the SSH connection to {name} was lost")
