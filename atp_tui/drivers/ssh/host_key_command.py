"""ssh_config's KnownHostsCommand: a program that prints known_hosts lines for one host."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import signal
import subprocess
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from ...config.ssh_lines import split_words
from ...model.causes import Cause
from ...model.errors import ConnectFailed
from ...model.quoting import command_quoted
from ..aside import off_loop
from .config.tokens import IN_PATHS
from .key_lookup import FiledKey, breathe
from .known_hosts import KnownHosts

if TYPE_CHECKING:
    from .endpoint import Endpoint

LIMIT = 10.0
"""Seconds that the program may take; OpenSSH would wait for ever."""

MOST = 1 << 20
"""Bytes that it may print."""

_KEYWORD = "KnownHostsCommand"
_TOKEN = re.compile(r"%(.?)")
_OF_THE_KEY = {"f": "its fingerprint", "K": "the key", "t": "its type"}


async def filed_by_command(template: str, endpoint: Endpoint, name: str) -> tuple[FiledKey, ...]:
    """The entries for `name` among the lines that the program prints.

    It is asked once, before the host shows its key. Raises ConnectFailed for one that cannot be run, fails, takes
    longer than LIMIT or prints more than MOST, and for one that asks for the key.
    """
    words = expanded(template, endpoint, name)
    run = _Run(words)
    try:
        data = await off_loop("known-hosts-command", run)
    except asyncio.CancelledError:
        run.kill()
        raise
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else error
        raise ConnectFailed(f"KnownHostsCommand {words[0]}: {reason}", permanent=True, kind=Cause.SSH_CONFIG) from error
    found = await off_loop("known-hosts-command", lambda: KnownHosts(data, None, breathe).find(name, breathe))
    return tuple(FiledKey(entry.marker, entry.blob, f"KnownHostsCommand:{entry.number}") for entry in found)


def expanded(template: str, endpoint: Endpoint, name: str) -> list[str]:
    """The program and its arguments, tokens expanded in the arguments. Raises ConnectFailed for what cannot be."""

    def useless(why: str) -> ConnectFailed:
        words = f"{_KEYWORD} {command_quoted(template)}: {why}"
        return ConnectFailed(words, permanent=True, kind=Cause.SSH_CONFIG)

    try:
        words = split_words(template, comments=False)
    except ValueError as error:
        raise useless(str(error)) from error
    if not words or not Path(words[0]).is_absolute():
        raise useless("the program needs its whole path")
    if asked := next((match[1] for word in words for match in _TOKEN.finditer(word) if match[1] in _OF_THE_KEY), None):
        raise useless(
            f"%{asked} ({_OF_THE_KEY[asked]}) cannot be had here: the program is asked before the key is seen"
        )
    more = {"H": name, "I": "HOSTNAME"}
    expand = endpoint.tokens.expand
    return [words[0], *(expand(_KEYWORD, word, IN_PATHS, variables=True, more=more) for word in words[1:])]


class _Run:
    """One run of the program, to be called on a thread."""

    def __init__(self, words: list[str]) -> None:
        self._words = words
        self._process: subprocess.Popen[bytes] | None = None
        self._killed = False
        self._late = False

    def __call__(self) -> bytes:
        with subprocess.Popen(
            self._words,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        ) as process:
            self._process = process
            if self._killed:
                self.kill()
            limit = threading.Timer(LIMIT, self._end)
            limit.daemon = True
            limit.start()
            try:
                assert process.stdout is not None
                data = process.stdout.read(MOST + 1)
                if len(data) > MOST:
                    self.kill()
                status = process.wait()
            finally:
                limit.cancel()
                self.kill()
        if self._late:
            raise ValueError(f"has not ended within {LIMIT:g} s")
        if len(data) > MOST:
            raise ValueError(f"prints more than {MOST} bytes")
        if status:
            raise ValueError(f"ended with exit status {status}")
        return data

    def _end(self) -> None:
        self._late = True
        self.kill()

    def kill(self) -> None:
        """End the program and what it has started, also before it has begun."""
        self._killed = True
        if self._process is not None and self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
