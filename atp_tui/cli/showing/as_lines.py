"""`run` as text: each line as soon as it is complete, with its host before it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence

from ...executor.reader import TargetEnded, TargetMoved, TargetOutput, TargetStarted
from ...model.fence import Fence
from ...model.outcome import CommandResult
from ..lines import HostLines
from ..output import line_of
from ..words import sentence
from .running import UNTOLD, Running, Showing, tell_ending

_log = logging.getLogger(__name__)


class AsLines(Showing):
    """Lines as they are complete, and how a host ended where that was not well. Nothing is cut.

    `label`: whether each line has its host before it. `quiet`: only how hosts ended is shown.
    """

    streamed = True

    def __init__(self, *, label: bool = True, quiet: bool = False) -> None:
        self._label = label
        self._quiet = quiet

    async def meanwhile(self, running: Running) -> OSError | None:
        """A slow reader holds the commands up. The result: what kept the lines from being written."""
        async with running.live(quiet=self._quiet) as (live, progress):
            fence = Fence(_log)
            lines = {
                "stdout": HostLines(live.out, label=self._label),
                "stderr": HostLines(live.err, label=self._label),
            }
            async for event in running.events(live, quiet=self._quiet):
                match event:
                    case TargetOutput(target=target, stream=stream, data=data):
                        if self._quiet:
                            continue
                        try:
                            lines[stream].add(str(target), data)
                        except Exception as error:  # noqa: BLE001 - it costs that host its answer, not the others
                            why = fence.caught(error, UNTOLD, str(target))
                            live.err(line_of(f"atp-tui: {target}", sentence(why)))
                        await live.room()
                    case TargetMoved(target=target, moved=moved):
                        progress.moved(str(target), moved, asyncio.get_running_loop().time())
                    case TargetStarted(target=target):
                        progress.started(str(target))
                    case TargetEnded(result=result):
                        progress.ended(result)
                        for each in lines.values():
                            each.end(result.host)
                        tell_ending(live, result)
                    case _:
                        pass
        return live.gone

    def last(self, results: Sequence[CommandResult]) -> int:
        """All was shown."""
        return 0
