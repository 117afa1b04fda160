"""`run --json`: one object, once all hosts have ended."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from functools import partial
from typing import Any

from ...model.fence import Fence
from ...model.outcome import CommandResult
from .. import waves
from ..output import Each, emit_json
from .entry import encoded
from .running import CUT, Running, Showing, cut_of, tell_cut

_log = logging.getLogger(__name__)


class AsJson(Showing):
    """Each host's answer, as far as it was kept."""

    streamed = False

    def __init__(self) -> None:
        self._of_waves: dict[str, Any] = {}

    async def meanwhile(self, running: Running) -> OSError | None:
        """Nothing of it is shown yet."""
        await running.waited_for()
        return None

    async def over(self, running: Running) -> None:
        """The results have all but how its waves stand."""
        self._of_waves = waves.encoded(running.fleet.waves(running.job))

    def last(self, results: Sequence[CommandResult]) -> int:
        """Print the object; what was cut is said on standard error too."""
        cut = cut_of(results)
        every = Each(partial(encoded, Fence(_log)), results)
        emit_json({"results": every, "truncated": bool(cut), **self._of_waves})
        tell_cut(cut, "--json")
        return CUT if cut else 0
