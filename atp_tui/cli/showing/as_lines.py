"""`run` as text: each line as soon as it is complete, with its host before it."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from ...executor.reader import TargetEnded, TargetOutput, TargetStarted
from ...model.fence import Fence
from ...model.outcome import CommandResult, Outcome
from ..lines import HostLines
from ..output import line_of
from ..words import ending, sentence
from .entry import UNTOLD
from .running import Running, Showing

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
            async for event in running.events(lambda line: live.err(line_of("atp-tui", line))):
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
                    case TargetStarted(target=target):
                        progress.started(str(target))
                    case TargetEnded(result=result):
                        progress.ended(result)
                        for each in lines.values():
                            each.end(result.host)
                        if live.gone is None and result.outcome is not Outcome.OK:
                            live.err(line_of(f"atp-tui: {result.host}", ending(result)))
                    case _:
                        pass
        return live.gone

    async def over(self, running: Running) -> None:
        """Nothing is left of it."""

    def last(self, results: Sequence[CommandResult]) -> int:
        """All was shown."""
        return 0
