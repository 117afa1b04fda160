"""Makes docs/screen.svg: the demo, a few seconds old, with the answers of a command. Run from the checkout:

.venv/bin/python docs/make_screen.py
"""

from __future__ import annotations

import asyncio
from pathlib import Path

from atp_tui.cli.arguments import parse
from atp_tui.cli.tui import screen_of
from atp_tui.drivers.sources import DemoOptions, DemoSource
from atp_tui.engine.engine import Engine

SIZE = (120, 36)
SETTLED = 25
"""Seconds until charts have something to show and some hosts are in trouble."""


async def main() -> None:
    arguments = parse(["demo", "--faults"])
    app = screen_of(Engine(DemoSource(DemoOptions(arguments.hosts, arguments.faults, arguments.seed))), arguments)
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause(SETTLED)
        await pilot.press("j", "j", "j", "!")
        await pilot.press(*"@rack2", "space", *"uname", "space", *"-r", "enter")
        await pilot.pause(6)
        svg = app.export_screenshot(title="atp-tui demo --faults")
    Path(__file__).with_name("screen.svg").write_text(svg, encoding="utf-8")


if __name__ == "__main__":
    asyncio.run(main())
