"""`run --jsonl`: an object a line for each host, as it ends."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Sequence
from dataclasses import replace

from ...executor.reader import TargetEnded, TargetMoved, TargetOutput, TargetStarted
from ...model.fence import Fence
from ...model.outcome import CommandResult, Stream
from ...model.text import Printed, printed, safe
from .entry import encoded
from .running import CUT, Running, Showing, tell_cut

_log = logging.getLogger(__name__)

KEPT = 1 << 20
"""Bytes of each stream that an object has at most, as of --json: it is written in one piece, and held until then."""


class Held:
    """The output of one host until it ends, cut after KEPT bytes a stream."""

    def __init__(self) -> None:
        self._streams: dict[Stream, bytearray] = {"stdout": bytearray(), "stderr": bytearray()}
        self._truncated = False

    def add(self, stream: Stream, data: bytes) -> None:
        """The next bytes."""
        held = self._streams[stream]
        room = KEPT - len(held)
        self._truncated = self._truncated or len(data) > room
        held += data[:room]

    def result(self, result: CommandResult) -> CommandResult:
        """The result with it."""
        out, err = self._streams["stdout"], self._streams["stderr"]
        return replace(result, stdout=bytes(out), stderr=bytes(err), truncated=result.truncated or self._truncated)


class AsJsonLines(Showing):
    """The job is a streamed one, so that the output of a host is held only until its object is written."""

    streamed = True

    def __init__(self) -> None:
        self._cut: list[str] = []

    async def meanwhile(self, running: Running) -> OSError | None:
        """Write the objects. A slow reader holds the commands up."""
        held: dict[str, Held] = {}
        told: set[str] = set()
        fence = Fence(_log)
        async with running.live() as (live, progress):
            async for event in running.events(live):
                match event:
                    case TargetOutput(target=target, stream=stream, data=data):
                        held.setdefault(str(target), Held()).add(stream, data)
                    case TargetMoved(target=target, moved=moved):
                        progress.moved(str(target), moved, asyncio.get_running_loop().time())
                    case TargetStarted(target=target):
                        held.pop(str(target), None)  # of an attempt before, whose output is no part of the result
                        progress.started(str(target))
                    case TargetEnded(target=target, result=result):
                        progress.ended(result)
                        told.add(str(target))
                        result = held.pop(str(target), Held()).result(result)
                        if result.truncated:
                            self._cut.append(result.host)
                        live.out(_line(encoded(fence, result)))
                        await live.room()
                    case _:
                        pass
            for result in await running.fleet.results(running.job):
                if str(result.target) not in told:  # a stop of waves is told as a whole
                    live.out(_line(encoded(fence, result)))
        return live.gone

    def last(self, results: Sequence[CommandResult]) -> int:
        """Say what was cut."""
        tell_cut(self._cut, "--jsonl")
        return CUT if self._cut else 0


def _line(entry: dict[str, object]) -> Printed:
    """An object of JSON is printable ASCII, but for one character that its escapes need not hold."""
    return printed([safe(json.dumps(entry, allow_nan=False).replace("\x7f", "\\u007f"))])
