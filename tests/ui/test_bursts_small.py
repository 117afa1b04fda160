"""Random bursts of keys in the command line, on the smallest screen there is."""

from __future__ import annotations

from pathlib import Path

import pytest

from .bursts import play_bursts

pytestmark = pytest.mark.usefixtures("unpainted")


@pytest.mark.parametrize("seed", range(8, 13))
async def test_random_bursts_do_what_a_plain_line_editor_does(seed: int, tmp_path: Path) -> None:
    await play_bursts(seed, tmp_path, size=(60, 15))
