"""`run --output DIR`: a file a host and stream, as the bytes came."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from ...drivers.output_files import OutputFiles, folder_for
from ...executor.reader import TargetEnded, TargetOutput, TargetStarted
from ...model.errors import ConfigError
from ...model.outcome import CommandResult
from ..output import line_of
from .running import CUT, Running, Showing, tell_ending


class IntoFiles(Showing):
    """The files, and how hosts ended where that was not well. Nothing is cut, unless the disk takes no more."""

    streamed = True

    def __init__(self, path: Path, *, overwrite: bool = False, quiet: bool = False) -> None:
        self._path = path
        self._overwrite = overwrite
        self._quiet = quiet
        self._folder: int | None = None
        self._not_whole = False

    def ready(self) -> None:
        """Make the directory. Raises ConfigError where that fails, or it has files of another run."""
        try:
            self._folder = folder_for(self._path, overwrite=self._overwrite)
        except FileExistsError as error:
            hint = "name another one, or add --overwrite"
            raise ConfigError(f"{self._path} holds files already", key="--output", hint=hint) from error
        except OSError as error:
            raise ConfigError(f"{self._path}: {error.strerror}", key="--output") from error

    async def meanwhile(self, running: Running) -> OSError | None:
        """Write the files. A slow disk holds the commands up."""
        assert self._folder is not None, "it was made ready"
        with ExitStack() as closing:
            closing.callback(os.close, self._folder)
            async with running.live(quiet=self._quiet) as (live, progress):

                def trouble(host: str, error: OSError) -> None:
                    self._not_whole = True
                    live.err(line_of(f"atp-tui: {host}", f"its output is not all in {self._path}: {error.strerror}"))

                async with OutputFiles(self._folder, trouble, overwrite=self._overwrite) as files:
                    async for event in running.events(live, quiet=self._quiet):
                        match event:
                            case TargetStarted(target=target):
                                progress.started(str(target))
                                files.begin(str(target))
                            case TargetOutput(target=target, stream=stream, data=data):
                                files.add(str(target), stream, data)
                                await files.room()
                            case TargetEnded(target=target, result=result):
                                progress.ended(result)
                                files.end(str(target))
                                tell_ending(live, result)
                            case _:
                                pass
        return live.gone

    def last(self, results: Sequence[CommandResult]) -> int:
        """All was written, or told."""
        return CUT if self._not_whole else 0
