"""`run` as text: each line as soon as it is complete, with its host before it."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from ...drivers.live_output import LiveOutput
from ...executor.reader import TargetEnded, TargetOutput
from ...model.fence import Fence
from ...model.outcome import CommandResult, Outcome
from ..lines import HostLines
from ..output import line_of
from ..words import ending, sentence
from .entry import UNTOLD
from .running import Running

_log = logging.getLogger(__name__)


class AsLines:
    """Lines as they are complete, and how a host ended where that was not well. Nothing is cut."""

    streamed = True

    async def meanwhile(self, running: Running) -> OSError | None:
        """A slow reader holds the commands up. The result: what kept the lines from being written."""
        async with LiveOutput(running.cancel) as live:

            def leave() -> None:
                running.cancel()
                live.hurry()

            running.interrupt.cancel = leave
            fence = Fence(_log)
            lines = {"stdout": HostLines(live.out), "stderr": HostLines(live.err)}
            async for event in running.events(lambda line: live.err(line_of("atp-tui", line))):
                match event:
                    case TargetOutput(target=target, stream=stream, data=data):
                        try:
                            lines[stream].add(str(target), data)
                        except Exception as error:  # noqa: BLE001 - it costs that host its answer, not the others
                            why = fence.caught(error, UNTOLD, str(target))
                            live.err(line_of(f"atp-tui: {target}", sentence(why)))
                        await live.room()
                    case TargetEnded(result=result):
                        for each in lines.values():
                            each.end(result.host)
                        if live.gone is None and result.outcome is not Outcome.OK:
                            live.err(line_of(f"atp-tui: {result.host}", ending(result)))
                    case _:
                        pass
        return live.gone

    async def over(self, running: Running) -> None:
        """Nothing is left of it."""

    def last(self, results: Sequence[CommandResult]) -> None:
        """All was shown."""
