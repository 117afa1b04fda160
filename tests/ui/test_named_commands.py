"""The commands of hosts.toml on the screen: palette, completion, and the line that they put under a person's eyes."""

from __future__ import annotations

from atp_tui.model.named import NamedCommand, Parameter
from atp_tui.model.reload import Reload
from atp_tui.ui.screens.named import completed, offered
from atp_tui.ui.widgets.command_pane import Mode

from .conftest import open_app
from .fleet_services import FleetServices, rack

UNIT = Parameter("unit", choices=("libvirtd", "virtqemud"))
TEXT = Parameter("text", default="a b")
RESTART = NamedCommand("bounce", "systemctl restart {unit}; logger {text}", "Restart", (UNIT, TEXT), timeout=30.0)
LOAD = NamedCommand("loads", "uptime")
ROLL = NamedCommand("roll", "reboot", waves=(("wave", "10%"), ("gate", "load<8 & cpu<80"), ("unreachable_ok", True)))


async def test_a_name_with_its_values_becomes_the_line_that_enter_runs() -> None:
    fakes = FleetServices(rack(2))
    fakes.fleet.reload = lambda: Reload(commands=(RESTART, LOAD, ROLL))
    async with open_app(fakes) as opened:
        pane = opened.screen.pane
        opened.app.type_command("nosuch")
        await opened.until(lambda: opened.has("no command nosuch"))
        opened.app.type_command("bounce unit=sshd")
        await opened.until(lambda: opened.has("unit of bounce is one of"))
        opened.app.type_command("bounce unit=virtqemud")
        await opened.pilot.pause()
        assert (pane.mode, pane.line.value) == (
            Mode.RUN, "--timeout 30 systemctl restart virtqemud; logger 'a b'",
        )  # fmt: skip
        await opened.press("enter")
        await opened.until(lambda: fakes.jobs.started)
        assert fakes.jobs.started[0].title == "systemctl restart virtqemud; logger 'a b'"
        opened.app.type_command("roll")
        await opened.pilot.pause()
        assert pane.line.value == "--wave 10% --unreachable-ok --gate 'load<8 & cpu<80' reboot"
        opened.app.type_command("bounce")
        await opened.pilot.pause()
        assert (pane.mode, pane.line.value) == (Mode.COMMAND, "bounce ")
        assert "run bounce" in [name for name, _, _ in opened.app.offers()]


def test_what_is_offered_goes_on_from_what_stands_there() -> None:
    assert list(offered([RESTART, LOAD])) == [("run bounce", "Restart", "bounce"), ("run loads", "uptime", "loads")]
    assert list(completed([RESTART, LOAD], "bou")) == ["bounce", "loads"]
    assert list(completed([RESTART], "bounce un"))[1:] == [
        "bounce unit=libvirtd", "bounce unit=virtqemud", "bounce text='a b'",
    ]  # fmt: skip
    assert list(completed([RESTART], "bounce unit=libvirtd te"))[1:] == ["bounce unit=libvirtd text='a b'"]
