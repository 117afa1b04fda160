"""What each test of the drivers gets."""

from __future__ import annotations

import gc
import logging
from collections.abc import Iterator

import pytest


class _Unasked(logging.Handler):
    """Keeps what asyncio says of errors that nobody has asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.told: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        if "never retrieved" in record.getMessage():
            self.told.append(f"{record.getMessage()}: {record.exc_info[1] if record.exc_info else ''}")


@pytest.fixture(autouse=True)
def _each_error_is_asked_for() -> Iterator[None]:
    """No task or future of the test ends with an error that nobody asks for: asyncio prints those, over the screen."""
    logger, unasked = logging.getLogger("asyncio"), _Unasked()
    logger.addHandler(unasked)
    yield
    gc.collect()  # it is told when they are deleted
    logger.removeHandler(unasked)
    assert not unasked.told
