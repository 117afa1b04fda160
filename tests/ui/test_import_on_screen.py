"""Hosts are taken over from another program while the screen is open: looked at, chosen, written, and taken back."""

from __future__ import annotations

from pathlib import Path

from atp_tui.actions.policy import Policy
from atp_tui.config.load import load
from atp_tui.model.connection import ConnectionState as S
from atp_tui.ui.screens.import_hosts import ImportScreen
from atp_tui.ui.screens.import_source import SourceScreen
from atp_tui.ui.widgets.command_pane import CommandInput

from .conftest import open_app
from .fleet_services import FleetServices
from .test_host_form import fleet
from .test_real_engine import Seen

TABLE = "id,host,uri,tags\n" + "".join(
    f"kvm0{n},127.0.0.1,sim://kvm0{n}/,{t}\n" for n, t in ((1, "prod"), (2, "lab"), (3, "lab"), (4, "lab"))
)


def line_of(seen: Seen) -> str:
    """The line with what is offered behind it."""
    return seen.pilot.app.screen.query_one(CommandInput)._suggestion


async def shown(seen: Seen, *words: str) -> None:
    await seen.until(lambda: isinstance(seen.pilot.app.screen, ImportScreen))
    await seen.read()
    await seen.until(lambda: all(each in seen.text for each in words))


async def test_hosts_of_a_file_are_chosen_and_written_as_one_edit(tmp_path: Path) -> None:
    table, file = tmp_path / "hosts.csv", tmp_path / "hosts.toml"
    table.write_text(TABLE)
    async with fleet(file, "kvm01", "kvm02") as seen:
        before = file.read_bytes()
        await seen.pilot.press("colon")
        await seen.type("import cs")
        await seen.until(lambda: ":import csv" in seen.text)
        await seen.pilot.press("tab")
        await seen.type(f" {tmp_path}/hosts.c")
        await seen.until(lambda: line_of(seen).endswith("/hosts.csv"))
        await seen.pilot.press("tab", "enter")
        await shown(seen, "2 of 4 chosen", "[x] kvm03", "[ ] kvm02", "changed: tags: prod → prod lab", "unchanged")
        await seen.until(lambda: '+id = "kvm04"' in seen.text)
        await seen.pilot.press("space", "down", "down", "space")  # not kvm03, but the tags of kvm02
        await seen.until(lambda: '+tags = ["prod", "lab"]' in seen.text and '+id = "kvm03"' not in seen.text)
        assert file.read_bytes() == before
        await seen.pilot.press("enter")
        await seen.until(lambda: seen.ids(S.CONNECTED) == {"kvm01", "kvm02", "kvm04"})
        await seen.until(lambda: "imported: 2 hosts" in seen.text)
        assert [(host.id, host.tags) for host in load(file).hosts] == [
            ("kvm01", ("prod",)), ("kvm02", ("prod", "lab")), ("kvm04", ("lab",)),
        ]  # fmt: skip
        await seen.pilot.press("z")
        await seen.until(lambda: seen.ids(S.CONNECTED) == {"kvm01", "kvm02"})
        assert file.read_bytes() == before


async def test_the_sources_are_offered_and_what_has_no_file_of_its_own_is_typed(fakes: FleetServices) -> None:
    async with open_app(fakes) as opened:
        await opened.press("I")
        await opened.read()
        assert isinstance(opened.app.screen, SourceScreen)
        assert all(opened.has(name) for name in ("ssh-config", "ansible", "clustershell", "known-hosts"))
        await opened.press("escape")
        await opened.until(lambda: len(opened.app.screen_stack) == 1)
        await opened.press("I")
        await opened.read()
        await opened.press("end", "up", "enter")
        await opened.until(lambda: opened.screen.pane.line.value == "import list ")


async def test_a_source_that_cannot_be_read_is_told(fakes: FleetServices) -> None:
    async with open_app(fakes) as opened:
        await opened.press("colon")
        await opened.type("import nowhere")
        await opened.press("enter")
        await opened.until(lambda: opened.has("no hosts.toml"))


async def test_read_only_offers_no_import(fakes: FleetServices) -> None:
    fakes.door.policy = Policy(read_only=True)
    async with open_app(fakes) as opened:
        await opened.press("I")
        await opened.until(lambda: opened.has("read-only"))
        assert opened.app.screen is opened.screen
