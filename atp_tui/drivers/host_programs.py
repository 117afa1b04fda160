"""The programs of [[sources]] are run: without a shell, with a time limit, and ended with all that they started."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path

from ..config.answers import KeptAnswers
from ..config.fleet import FleetConfig, HostProgram
from ..config.host_programs import Answer, hosts_of
from ..model.errors import ConfigError
from ..model.fence import Fence
from .aside import off_loop
from .programs import ProgramFailed, Programs, require_own

MOST = 16 << 20
"""Bytes of an answer. 10,000 hosts with ten keys each are 4 MB."""

AGAIN = 60.0
"""Seconds after which a program that failed is run again, where its period is not shorter."""

_log = logging.getLogger(__name__)


class HostPrograms:
    """The programs of one hosts.toml. Runs block, and may be on any thread. `revision` rises with each answer that
    differs from the one before."""

    def __init__(self, path: Path, now: Callable[[], float] = time.time) -> None:
        self._path = path
        self._now = now
        self._kept = KeptAnswers(path)
        self._answers: dict[HostProgram, Answer] = {}
        self._ran: dict[HostProgram, float] = {}
        self._programs = Programs()
        self._fence = Fence(_log)
        self.revision = 0

    def answer(self, program: HostProgram) -> Answer:
        """What is known of a program, without running it."""
        known = self._answers.get(program)
        return self._answers.setdefault(program, self._kept.answer(program)) if known is None else known

    def is_due(self, program: HostProgram) -> bool:
        """Whether it is time to run a program."""
        ran = self._ran.get(program)
        if ran is not None:
            failed = bool(self.answer(program).problem)
            return time.monotonic() - ran >= (min(program.period, AGAIN) if failed else program.period)
        answer = self.answer(program)
        return answer.output is None or not 0 <= self._now() - answer.taken < program.period

    def refresh(self, config: FleetConfig, *, every: bool = False) -> bool:
        """Run those of a configuration that are due, or every one, at once; whether there were any. It blocks."""
        threads = [
            threading.Thread(target=self.run, args=(program,), daemon=True)
            for program in config.programs
            if every or self.is_due(program)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return bool(threads)

    def run(self, program: HostProgram) -> None:
        """Run a program, and keep its answer; its failure is kept beside the last good one."""
        before = self.answer(program)
        self._ran[program] = time.monotonic()
        try:
            output = self._output(program)
            hosts_of(output)
        except Exception as error:  # noqa: BLE001 - an answer that nobody foresaw costs its own hosts, and is told
            why = self._why(program, error)
            answer = Answer(before.output, before.taken, why)
            _log.warning("source %s fails: %s", program.name, why)
        else:
            answer = Answer(output, self._now())
            if note := self._kept.keep(program, answer):
                _log.warning("the answer of source %s cannot be kept: %s", program.name, note)
        self._answers[program] = answer
        if (answer.output, answer.problem) != (before.output, before.problem):
            self.revision += 1

    def _why(self, program: HostProgram, error: Exception) -> str:
        if isinstance(error, ConfigError):
            return error.sentence
        if isinstance(error, ProgramFailed):
            return str(error)
        self._fence.caught(error, "the answer of source %s cannot be read", program.name)
        return f"its answer cannot be read: {type(error).__name__}"

    def close(self) -> None:
        """End what runs; nothing is run any more."""
        self._programs.close()

    def _output(self, program: HostProgram) -> str:
        """What a program says. Raises ProgramFailed."""
        require_own(self._path)
        said = self._programs.output(program.command, self._path.absolute().parent, program.timeout, MOST)
        try:
            return said.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise ProgramFailed("its answer is not UTF-8 text") from error


async def refreshed(programs: HostPrograms, config: FleetConfig, *, every: bool) -> None:
    """As HostPrograms.refresh, beside the event loop. A cancel ends what runs: a signal reaches this program alone, as
    each of them leads a session of its own."""
    try:
        await off_loop("sources", partial(programs.refresh, config, every=every))
    except asyncio.CancelledError:
        programs.close()
        raise


def due(programs: HostPrograms, config: FleetConfig, running: Iterable[str]) -> list[HostProgram]:
    """Those that are to be run now and do not run yet."""
    names = set(running)
    return [each for each in config.programs if each.name not in names and programs.is_due(each)]
