"""`run --json`: one object, once all hosts have ended."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from functools import partial

from ...model.fence import Fence
from ...model.outcome import CommandResult
from ..output import Each, emit_json
from .entry import encoded
from .running import Running, tell_cut

_log = logging.getLogger(__name__)


class AsJson:
    """Each host's answer, as far as it was kept."""

    streamed = False

    async def meanwhile(self, running: Running) -> OSError | None:
        """Nothing is shown yet."""
        return None

    async def over(self, running: Running) -> None:
        """The results have all of it."""

    def last(self, results: Sequence[CommandResult]) -> None:
        """Print the object; what was cut is said on standard error too."""
        cut = any(result.truncated for result in results)
        emit_json({"results": Each(partial(encoded, Fence(_log)), results), "truncated": cut})
        tell_cut(results, "--json")
