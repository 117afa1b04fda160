"""ssh_config's answers for all hosts: asked off the event loop, a few at a time, and kept until the files change."""

from __future__ import annotations

import asyncio
import logging
import os
import stat
import time
from collections.abc import Hashable
from dataclasses import replace
from pathlib import Path

from ....config.ssh_lines import USER_DIRECTORY
from ....model.causes import Cause
from ....model.errors import ConnectFailed
from ...aside import Shared, off_loop
from ..wildcards import small
from .canonical import NeedsClient
from .client import Refusal, SshClient
from .said import ConfigBroken, Question, Said, with_files_as_written
from .state import FileState, read_state
from .tokens import as_written, family_of

SYSTEM_FILE = Path("/etc/ssh/ssh_config")

LENDS_AFTER = 0.5
"""Seconds after which a question lends its place to the next: a Match exec that hangs must not hold up the others."""

_SHARE = 10
"""Looking whether the files have changed takes at most one part in ten of the time."""

_ELSEWHERE = "ssh refuses the whole file for it; here the rest counts"

_log = logging.getLogger(__name__)


class ConfigReader:
    """Asks OpenSSH's client, or reads by itself where that is not installed. One object for one event loop.

    `system_file` is read after the user's own, where a question names no file.
    """

    def __init__(self, system_file: Path = SYSTEM_FILE, client: SshClient | None = None) -> None:
        self._system_file = system_file
        self._client = client or SshClient()
        self._states: dict[Path | None, FileState] = {}
        self._looked: dict[Path | None, float] = {}
        self._kept: dict[Hashable, Said | ConfigBroken] = {}
        self._asked: Shared[Question, Said] = Shared()
        self._places: asyncio.Semaphore | None = None
        self._told: dict[str, None] = {}

    async def ask(self, question: Question) -> Said:
        """What ssh_config says of a host. Raises ConfigBroken, OSError.

        Callers that ask the same share one question. A caller that gives up does not cut it short; its time is limited.
        """
        state = self._current_state(question.config_file)
        if state is not None and (kept := self._kept_answer(question, state)) is not None:
            return kept
        return await self._asked.ask(question, lambda: asyncio.ensure_future(self._ask(question)))

    def read(self, question: Question) -> Said:
        """The same at once, on this thread, from nothing that is kept."""
        return self._answer(question, read_state(question.config_file, self._system_file))

    def close(self) -> None:
        """End what is asked."""
        self._client.close()
        self._asked.cancel()

    @property
    def told(self) -> tuple[str, ...]:
        """The warnings so far."""
        return tuple(self._told)

    def tell(self, words: str) -> None:
        """Have a warning in the log, each once."""
        if words and words not in self._told:
            self._told[words] = None
            _log.warning("%s", "".join(letter if letter.isprintable() else "?" for letter in words))

    async def _ask(self, question: Question) -> Said:
        self._places = self._places or asyncio.Semaphore(2 + (os.cpu_count() or 1))
        places = self._places
        await places.acquire()
        held = True

        def lend() -> None:
            nonlocal held
            if held:
                held = False
                places.release()

        timer = asyncio.get_running_loop().call_later(LENDS_AFTER, lend)
        try:
            state = self._current_state(question.config_file)
            if state is not None and (kept := self._kept_answer(question, state)) is not None:
                return kept  # another host's answer, for which this one has waited
            return await self._on_thread(question, state)
        finally:
            timer.cancel()
            lend()

    async def _on_thread(self, question: Question, state: FileState | None) -> Said:
        def work() -> tuple[FileState, Said | ConfigBroken]:
            found = state or read_state(question.config_file, self._system_file)
            try:
                return found, self._answer(question, found)
            except ConfigBroken as error:
                return found, error

        found, answer = await off_loop(f"ssh-config-{question.host}", work)
        self._keep(question, found, answer)
        if isinstance(answer, ConfigBroken):
            raise answer
        return answer

    def _answer(self, question: Question, state: FileState) -> Said:
        try:
            _check(question)
        except Closed as error:
            if question.config_file is not None or not question.lenient:
                raise
            return replace(self._judged(question, state), note=error.message)  # as ssh, which passes over such a file
        return self._judged(question, state)

    def _judged(self, question: Question, state: FileState) -> Said:
        if state.empty:
            return Said()
        binary = self._client.can_answer(question)
        if binary is None or not self._client.works(binary):
            from .own import read_own  # where OpenSSH's client is, it is the judge

            return read_own(question, self._system_file, self._client.programs)
        try:
            return with_files_as_written(self._client.answer(binary, question), state.lists)
        except Refusal as refusal:
            return self._despite(question, refusal)

    def _despite(self, question: Question, refusal: Refusal) -> Said:
        """What holds for a host although ssh refuses the file: our own reading, without the lines that it named."""
        from .own import read_own

        try:
            said = read_own(question, self._system_file, self._client.programs, refusal.lines)
        except NeedsClient as error:
            raise NeedsClient(f"{error.message}: {refusal}") from error
        if not said.note:
            raise ConfigBroken(f"ssh cannot use its configuration: {refusal}")
        return replace(said, note=f"{said.note or refusal} ({_ELSEWHERE})")

    # What is kept. Only the event loop touches it.

    def _current_state(self, config_file: Path | None) -> FileState | None:
        """The files as they were read, unless they have changed since."""
        state = self._states.get(config_file)
        begun = time.monotonic()
        if state is None or begun < self._looked.get(config_file, 0.0):
            return state
        current = state.is_current()
        self._looked[config_file] = time.monotonic() + _SHARE * (time.monotonic() - begun)
        if current:
            return state
        self._forget(config_file)
        return None

    def _forget(self, config_file: Path | None) -> None:
        self._states.pop(config_file, None)
        self._kept = {key: said for key, said in self._kept.items() if key[0] != config_file}  # type: ignore[index]

    def _kept_answer(self, question: Question, state: FileState) -> Said | None:
        answer = self._kept.get(_own_key(question))
        if answer is None and state.common:
            answer = self._kept.get(_common_key(question, state))
            answer = _for_host(answer, question) if isinstance(answer, Said) else None
        if isinstance(answer, ConfigBroken):
            raise ConfigBroken(answer.message, permanent=answer.permanent)
        return answer

    def _keep(self, question: Question, state: FileState, answer: Said | ConfigBroken) -> None:
        if isinstance(answer, Said):
            self.tell(answer.note)
        if not state.lasting or (isinstance(answer, ConfigBroken) and not answer.permanent):
            return
        held = self._states.get(question.config_file)
        if held is not None and held.stamp != state.stamp:
            self._forget(question.config_file)  # the file has changed while questions were under way
        self._states[question.config_file] = state
        self._kept[_own_key(question)] = answer
        if state.common and isinstance(answer, Said) and (general := _general(answer, question, state)) is not None:
            self._kept[_common_key(question, state)] = general


class Closed(ConfigBroken):
    """A file that we may not read."""


def _check(question: Question) -> None:
    """Raises ConfigBroken where the file that is meant cannot be read; ssh says nothing of it, or waits for ever."""
    named = question.config_file
    file = named or Path(os.path.expanduser(USER_DIRECTORY)) / "config"
    try:
        status = file.stat()
        if stat.S_ISDIR(status.st_mode) or not (stat.S_ISREG(status.st_mode) or file.samefile(os.devnull)):
            raise ConfigBroken(f"the ssh_config {file} cannot be used: it is no file")
        if not os.access(file, os.R_OK):
            raise PermissionError(13, "Permission denied")
    except (FileNotFoundError, NotADirectoryError):
        if named:
            raise ConnectFailed(f"there is no ssh_config file {named}", permanent=True, kind=Cause.SSH_CONFIG) from None
    except OSError as error:
        kind = Closed if isinstance(error, PermissionError) else ConfigBroken
        raise kind(f"the ssh_config {file} cannot be read: {error.strerror or error}") from error


def _own_key(question: Question) -> Hashable:
    return (question.config_file, question)


def _common_key(question: Question, state: FileState) -> Hashable:
    return (question.config_file, question.lenient, question.user, question.port, state.blocks_of(question.host))


def _general(said: Said, question: Question, state: FileState) -> Said | None:
    """An answer without the host in it: `hostname` as HostName has it, with %h. None: that cannot be told.

    What is neither the host nor of a HostName line is what ssh has made of the host: it is no other host's name.
    """
    name, host = said.first("hostname") or question.host, question.host
    sources = [text for text in state.names if small(text.replace("%h", host)) == small(name)]
    if small(name) == small(host):
        sources.append("%h")
    if len(dict.fromkeys(sources)) != 1 or _is_respelt(host, said) or state.late & said.expanded:
        return None
    values = {key: value for key, value in said.values.items() if key != "host"}
    return replace(said, values=values | {"hostname": (sources[0],)})


def _for_host(general: Said, question: Question) -> Said | None:
    """The answer of other hosts with this one in it; None: ssh has to be asked."""
    name = (general.first("hostname") or "%h").replace("%h", question.host)
    if _is_respelt(question.host, general) or _is_respelt(name, general):
        return None
    return replace(general, values={**general.values, "hostname": (name,)})


def _is_respelt(name: str, said: Said) -> bool:
    """Whether ssh makes another name of it: an address in its usual form."""
    return small(as_written(name, family_of(said.first("addressfamily")))) != small(name)
