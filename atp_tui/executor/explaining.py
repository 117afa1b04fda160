"""Why a command did not run though its host answered: its shell does not find it, or there is none for that user."""

from __future__ import annotations

import asyncio
import re
from contextlib import suppress
from dataclasses import replace

from ..model.errors import AtpError, NoPlace
from ..model.message import Message, told
from ..model.outcome import Command, ExitStatus
from ..model.say import Say
from ..transport.connection import HostConnection
from .first_words import FirstWords
from .spec import CommandWork, FollowWork

LIMIT = 5.0
"""Seconds that a login shell has to say whether it finds a command."""

_NAME = r"[A-Za-z0-9_][A-Za-z0-9_.+-]{0,63}"
_SAID = re.compile(
    rf"(?:^|[\s:])(?P<before>{_NAME}): (?:[cC]ommand |inaccessible or )?not found(?!:)|"
    rf"(?:not found|[Uu]nknown command): [`'\"]?(?P<behind>{_NAME})",
    re.MULTILINE,
)
"""bash, dash, busybox, ksh and tcsh name it before; zsh and fish behind."""

_NO_ACCOUNT = b"This account is currently not available"
"""nologin's words, of util-linux and of shadow."""

_SFTP_ALONE = b"This service allows sftp connections only"
"""OpenSSH's words, of internal-sftp as a forced command."""


_LOOK = (
    "exec </dev/null 2>/dev/null; command -v NAME >/dev/null && exit; s=${SHELL:-/bin/sh}; "
    'case ${s##*/} in csh|tcsh) exec "$s" -c "source ~/.login; which NAME";; esac; exec "$s" -l -c "command -v NAME"'
)
"""A line of sh that says where a login shell finds a command which the shell of commands does not."""

_BY_CSH = b": Command not found."
"""What csh and tcsh say, whose exit status is then 1."""


async def explained(
    connection: HostConnection, work: CommandWork | FollowWork, status: ExitStatus, heard: FirstWords
) -> ExitStatus:
    """The exit status, with what a person should know of it."""
    if heard.first.startswith(_NO_ACCOUNT):
        return replace(status, note=told(Say.NO_ACCOUNT_THERE))
    if heard.first.startswith(_SFTP_ALONE):
        return replace(status, note=told(Say.SFTP_ALONE))
    if status.status == 1 and _BY_CSH not in heard.first:
        return status
    if work.delivery.login or work.delivery.script or work.delivery.sudo:
        return status
    found = _SAID.search(heard.first.decode("utf-8", "replace"))
    if found is None:
        return status
    return replace(status, note=await _by_login(connection, found["before"] or found["behind"]))


async def _by_login(connection: HostConnection, name: str) -> Message | None:
    """What is said where a login shell finds a command that the shell of commands does not."""
    # a line of any login shell: a name has no sign that one of them reads
    line = f"sh -c '{_LOOK.replace('NAME', name)}'"
    answer = _Answer()
    with suppress(AtpError, TimeoutError):
        async with asyncio.timeout(LIMIT):
            await _ask(connection, Command(line), answer)
    lines = answer.said.decode("utf-8", "replace").split("\n")  # a profile may have said something before
    paths = [each for each in lines if re.fullmatch(rf"/[\w./+-]*/{re.escape(name)}", each)]
    return told(Say.FOUND_BY_LOGIN, path=paths[-1]) if paths else None


async def _ask(connection: HostConnection, command: Command, answer: _Answer) -> None:
    """Run a command of ours. A spare pipe is refused where the host is to run nothing but the person's."""
    try:
        stream = await connection.streams.open_pipe(command, answer, spare=True)
    except NoPlace:  # one session at a time, perhaps: it waits for its turn
        await connection.run(command, lambda _, data: answer.data(data), LIMIT)
        return
    try:
        stream.write_eof()
        await answer.over.wait()
    finally:
        stream.abort()


class _Answer:
    """As transport.driver.StreamReceiver: keeps the first bytes."""

    def __init__(self) -> None:
        self.said = b""
        self.over = asyncio.Event()

    def data(self, data: bytes) -> None:
        self.said = (self.said + data)[:65536]

    def ended(self, error: Exception | None) -> None:
        self.over.set()

    def pause_writing(self) -> None: ...
    def resume_writing(self) -> None: ...
