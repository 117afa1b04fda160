"""Near folders that are being sent, each listed once for all hosts that are sent it together."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from ....model.errors import FileFailed
from ....model.far_paths import shown, to_bytes
from ....model.message import told
from ....model.moving import NearFile
from ....model.say import Say
from ...near.blocks import NearFiles
from ...near.tree import MOST_ENTRIES, Entry, TooMany, listed
from .failures import near_failure


class Listings:
    """Listings are kept as long as somebody sends them."""

    def __init__(self, near: NearFiles) -> None:
        self._near = near
        self._kept: dict[tuple[NearFile, bool], tuple[int, asyncio.Future[tuple[Entry, ...]]]] = {}

    @asynccontextmanager
    async def listed(self, asked: NearFile, *, follow: bool) -> AsyncIterator[Sequence[Entry]]:
        """All that is in a folder; asked for anew, it is listed anew. Raises FileFailed."""
        key, path = (asked, follow), to_bytes(asked.path)
        users, listing = self._kept.get(key, (0, None))
        if listing is None:
            listing = self._near.thread.begin(lambda: listed(path, follow=follow))
        self._kept[key] = users + 1, listing
        try:
            await asyncio.wait([listing])
            try:
                entries = listing.result()
            except TooMany as error:
                raise FileFailed(told(Say.FILE_TOO_MANY, path=shown(path), number=MOST_ENTRIES)) from error
            except OSError as error:
                raise near_failure(error, path) from error
            yield entries
        finally:
            users, _ = self._kept[key]
            if users == 1:
                del self._kept[key]
            else:
                self._kept[key] = users - 1, listing
