"""The command of `[jobs] ring_command`: run as a job ends, beside the event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from functools import partial
from pathlib import Path

from ..model.ring import JobsSettings
from .aside import off_loop
from .programs import ProgramFailed, Programs, require_own

MOST = 1 << 20
"""Bytes that it may say. Nobody reads them."""


class RingCommand:
    """`file` is the hosts.toml that names it, in whose folder it is run; None: it runs in that of this program."""

    def __init__(self, settings: JobsSettings, file: Path | None) -> None:
        self._settings = settings
        self._file = file
        self._programs = Programs()

    async def run(self, facts: Mapping[str, str]) -> str:
        """Run it with these variables; why it did not go well, "" where it did. A cancel ends it."""
        try:
            await off_loop("ring", partial(self._run, facts))
        except ProgramFailed as error:
            return str(error)
        except RuntimeError as error:  # no thread is left
            return f"it cannot be run: {error}"
        except asyncio.CancelledError:
            self.close()
            raise
        return ""

    def close(self) -> None:
        """End what runs; nothing is run any more."""
        self._programs.close()

    def _run(self, facts: Mapping[str, str]) -> None:
        folder = Path.cwd() if self._file is None else self._file.absolute().parent
        if self._file is not None:
            require_own(self._file)
        self._programs.output(self._settings.ring_command, folder, self._settings.ring_timeout, MOST, facts)
