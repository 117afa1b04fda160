"""`run --ring`: the terminal of this program rings as the run ends, and the command of hosts.toml is run."""

from __future__ import annotations

import asyncio
import os
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress

from ..config.fleet import FleetConfig
from ..executor.waves import Phase, Progress
from ..model.outcome import CommandResult
from ..model.ring import Ring, facts_of, sent
from .interrupt import Interrupt
from .output import complain


class EndOfRun:
    """Rings for one run, by `[jobs]` of the configuration; nothing where it is not `wanted`."""

    def __init__(self, config: FleetConfig, *, wanted: bool) -> None:
        self._config = config
        self._wanted = wanted
        self._began = time.monotonic()
        self._facts: dict[str, str] | None = None

    def ended(
        self, number: int | None, results: Sequence[CommandResult], progress: Progress | None, *, cancelled: bool
    ) -> None:
        """The job of the run has ended; `number` is that of the log, None: it is not kept."""
        counts = Counter(result.outcome for result in results)
        stopped = progress is not None and progress.phase is Phase.STOPPED
        self._facts = facts_of(number, counts, time.monotonic() - self._began, stopped=stopped, cancelled=cancelled)

    async def ring(self, status: int, interrupt: Interrupt) -> None:
        """Ring on the terminal, also where all output goes to files; then run the command, if a job has ended.

        Of a `ring` that is off the bell is meant by --ring, where there is no command. `status` is the exit status.
        """
        settings = self._config.jobs
        if not self._wanted:
            return
        if settings.ring != Ring.OFF or not settings.ring_command:
            _on_terminal(Ring.BELL if settings.ring == Ring.OFF else settings.ring, status)
        if settings.ring_command and self._facts is not None:
            from ..drivers.ring_command import RingCommand

            task = asyncio.current_task()
            assert task is not None, "a verb is a task"
            interrupt.cancel = task.cancel  # the job, which it ended before, is over
            if failed := await RingCommand(settings, self._config.path).run(self._facts):
                complain(f"the ring_command of [jobs] fails: {failed}")


def _on_terminal(how: str, status: int) -> None:
    """Nothing, where there is no terminal, or where it is stopped."""
    words = f"atp-tui: the run has ended, exit status {status}"
    text = sent(how, words, tmux=bool(os.environ.get("TMUX")))
    with suppress(OSError):
        terminal = os.open("/dev/tty", os.O_WRONLY | os.O_NOCTTY | os.O_NONBLOCK)
        try:
            os.write(terminal, text.encode("ascii"))
        finally:
            os.close(terminal)
