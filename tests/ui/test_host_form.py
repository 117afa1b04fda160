"""Hosts are kept by keyboard: forms that show the lines of the file before they are written, undo, and questions."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from textual.widgets import Input

from atp_tui.config.load import load
from atp_tui.drivers.sources import FileSource
from atp_tui.model.connection import ConnectionState as S
from atp_tui.ui.screens.ask import AskScreen, TypedAskScreen
from atp_tui.ui.screens.host_form import HostForm

from .test_real_engine import Seen, opened

HEAD = "# my fleet\n\n[tags.prod.ssh]\nport = 2222\n\n"


def text_of(*hosts: str) -> str:
    return HEAD + "\n".join(
        f'# about {host}\n[[hosts]]\nid = "{host}"\nhost = "127.0.0.1"\nuri = "sim://{host}/"\nssh = false\n'
        'tags = ["prod"]\n'
        for host in hosts
    )


def source_of(file: Path, text: str) -> FileSource:
    file.write_text(text)
    return FileSource(load(file))


@asynccontextmanager
async def fleet(file: Path, *hosts: str) -> AsyncIterator[Seen]:
    async with opened(source_of(file, text_of(*hosts))) as seen:
        await seen.until(lambda: seen.ids(S.CONNECTED) == set(hosts))
        await seen.until(lambda: seen.hosts.show_host(hosts[0]))  # the cursor is on the host that was there first
        await seen.until(lambda: seen.hosts.cursor_hosts == (hosts[0],))
        yield seen


async def form(seen: Seen, key: str) -> HostForm:
    await seen.pilot.press(key)
    await seen.until(lambda: isinstance(seen.pilot.app.screen, HostForm))
    await seen.read()
    found = seen.pilot.app.screen
    assert isinstance(found, HostForm)
    await seen.until(lambda: isinstance(found.focused, Input))
    return found


async def fill(seen: Seen, key: str, text: str) -> None:
    field = seen.pilot.app.screen.query_one(f"#field-{key}", Input)
    field.focus()
    field.value = text
    await seen.pilot.pause()


async def test_an_edit_shows_its_lines_before_it_is_written_and_can_be_undone(tmp_path: Path) -> None:
    file = tmp_path / "hosts.toml"
    async with fleet(file, "kvm01", "kvm02") as seen:
        await form(seen, "e")
        assert "from [tags.prod.ssh]" in seen.text and "2222" in seen.text and "Nothing differs" in seen.text
        await fill(seen, "tags", "prod rack1")
        await seen.until(lambda: '+tags = ["prod", "rack1"]' in seen.text and '-tags = ["prod"]' in seen.text)
        assert file.read_text() == text_of("kvm01", "kvm02"), "nothing is written yet"
        await seen.pilot.press("ctrl+s")
        await seen.until(lambda: "saved: kvm01" in seen.text and "z undoes" in seen.text)
        await seen.until(lambda: seen.engine.manager.host("kvm01").tags == ("prod", "rack1"))
        assert file.read_text().startswith(HEAD + "# about kvm01\n")
        await seen.pilot.press("z")
        await seen.until(lambda: seen.engine.manager.host("kvm01").tags == ("prod",))
        assert file.read_text() == text_of("kvm01", "kvm02"), "byte for byte"
        assert seen.engine.fleet.reload().number == 0, "what was edited here is no news of the file"


async def test_a_new_host_goes_into_the_file_that_its_form_names(tmp_path: Path) -> None:
    file, rack = tmp_path / "hosts.toml", tmp_path / "rack1.toml"
    rack.write_text("# racks have files\n")
    text = 'include = ["rack1.toml"]\n' + text_of("kvm01")
    async with opened(source_of(file, text)) as seen:
        await seen.until(lambda: seen.ids(S.CONNECTED) == {"kvm01"})
        await form(seen, "plus")
        await seen.until(lambda: "or rack1.toml" in seen.text and "hosts.toml" in seen.text)
        await fill(seen, "id", "kvm02")
        await fill(seen, "host", "127.0.0.1")
        await fill(seen, "uri", "sim://kvm02/")
        await fill(seen, "file", "rack2.toml")
        await seen.until(lambda: "is no file that it includes" in seen.text)
        await seen.pilot.press("ctrl+s")
        await seen.pilot.pause(0.1)
        assert isinstance(seen.pilot.app.screen, HostForm), "it stays open, and nothing is lost"
        await fill(seen, "file", "rack1.toml")
        await seen.until(lambda: '+id = "kvm02"' in seen.text and "is no file" not in seen.text)
        await seen.pilot.press("ctrl+s")
        await seen.until(lambda: seen.ids(S.CONNECTED) == {"kvm01", "kvm02"})
        assert file.read_text() == text and rack.read_text().startswith("# racks have files\n\n[[hosts]]\n")


async def test_nonsense_is_told_as_it_is_typed_and_nothing_is_written(tmp_path: Path) -> None:
    file = tmp_path / "hosts.toml"
    async with fleet(file, "kvm01", "kvm02") as seen:
        await form(seen, "e")
        for key, nonsense, told in (
            ("ssh-port", "many", "write a whole number"),
            ("id", "kvm02", "kvm02"),
            ("uri", "://", "uri"),
            ("tags", "a,b!c", "tag"),
            ("enabled", "perhaps", "true or false"),
        ):
            before = seen.pilot.app.screen.query_one(f"#field-{key}", Input).value
            await fill(seen, key, nonsense)
            await seen.until(lambda told=told: told in seen.text.splitlines()[-2])  # type: ignore[misc]
            await seen.pilot.press("ctrl+s")
            await seen.pilot.pause(0.1)
            assert isinstance(seen.pilot.app.screen, HostForm), "it stays open, with all that was typed"
            await fill(seen, key, before)
            await seen.until(lambda: "Nothing differs" in seen.text)
        assert file.read_text() == text_of("kvm01", "kvm02")


async def test_what_was_typed_is_lost_by_the_second_esc_only(tmp_path: Path) -> None:
    file = tmp_path / "hosts.toml"
    async with fleet(file, "kvm01") as seen:
        await form(seen, "e")
        await fill(seen, "tags", "lab")
        await seen.pilot.press("escape")
        await seen.until(lambda: "again forgets what was typed" in seen.text)
        await seen.pilot.press("escape")
        await seen.until(lambda: not isinstance(seen.pilot.app.screen, HostForm))
        assert file.read_text() == text_of("kvm01")


async def test_a_new_host_and_a_copy_come_to_the_file_and_to_the_screen(tmp_path: Path) -> None:
    file = tmp_path / "hosts.toml"
    async with fleet(file, "kvm01") as seen:
        await form(seen, "plus")
        await fill(seen, "id", "kvm07")
        await fill(seen, "host", "127.0.0.1")
        await fill(seen, "uri", "sim://kvm07/")
        await fill(seen, "metadata", "site=north")
        await seen.until(lambda: '+id = "kvm07"' in seen.text)
        await seen.pilot.press("ctrl+s")
        await seen.until(lambda: "kvm07" in {host.id for host in seen.engine.manager.list_hosts()})
        await seen.until(lambda: "saved: new host" in seen.text)
        seen.hosts.show_host("kvm01")
        await form(seen, "d")
        await fill(seen, "id", "kvm08")
        await seen.until(lambda: '+id = "kvm08"' in seen.text)
        await seen.pilot.press("ctrl+s")
        await seen.until(lambda: "kvm08" in {host.id for host in seen.engine.manager.list_hosts()})
        assert seen.engine.manager.host("kvm08").tags == ("prod",)
        assert file.read_text().startswith(text_of("kvm01"))


async def test_marked_hosts_are_edited_together_and_keep_what_differs(tmp_path: Path) -> None:
    file = tmp_path / "hosts.toml"
    async with fleet(file, "kvm01", "kvm02", "kvm03") as seen:
        file.write_text(text_of("kvm01", "kvm02", "kvm03").replace('tags = ["prod"]', 'tags = ["lab"]', 1))
        await seen.until(lambda: seen.engine.manager.host("kvm01").tags == ("lab",))
        await seen.pilot.press("a")
        found = await form(seen, "e")
        assert "edit 3 hosts" in seen.text and "they differ" in seen.text
        assert not found.query("#field-id"), "no two hosts have one id"
        await fill(seen, "metadata", "site=north")
        await seen.until(lambda: seen.text.count('+metadata = { site = "north" }') == 3 or "+metadata" in seen.text)
        await seen.pilot.press("ctrl+s")
        await seen.until(lambda: all(dict(h.metadata) == {"site": "north"} for h in seen.engine.manager.list_hosts()))
        assert seen.engine.manager.host("kvm01").tags == ("lab",)
        assert seen.engine.manager.host("kvm02").tags == ("prod",)


async def test_a_host_is_taken_out_after_a_question_and_many_by_their_number(tmp_path: Path) -> None:
    file = tmp_path / "hosts.toml"
    names = tuple(f"kvm0{number}" for number in range(1, 7))
    async with fleet(file, *names) as seen:
        await seen.pilot.press("D")
        await seen.until(lambda: isinstance(seen.pilot.app.screen, AskScreen))
        await seen.read()
        assert "It goes out of hosts.toml" in seen.text and "Nothing happens to the host itself." in seen.text
        await seen.pilot.press("y")
        await seen.until(lambda: "removed: kvm01" in seen.text and "kvm01" not in seen.ids(S.CONNECTED))
        assert file.read_text() == text_of(*names[1:])
        await seen.pilot.press("a", "D")
        await seen.until(lambda: isinstance(seen.pilot.app.screen, TypedAskScreen))
        await seen.read()
        await seen.pilot.press("y", "enter")
        await seen.until(lambda: "That is not 5" in seen.text)
        await seen.pilot.press("backspace", "5", "enter")
        await seen.until(lambda: "removed: 5 hosts" in seen.text)
        assert load(file).hosts == ()
        await seen.pilot.press("z")
        await seen.until(lambda: len(load(file).hosts) == 5)


async def test_words_behind_the_name_do_it_at_once(tmp_path: Path) -> None:
    file = tmp_path / "hosts.toml"
    async with fleet(file, "kvm01", "kvm02") as seen:
        await seen.pilot.press("T", *"+x", "enter")
        await seen.until(lambda: load(file).hosts[0].tags == ("prod", "x"))
        seen.pilot.app.type_command("edit-host @all metadata.site=south")  # type: ignore[attr-defined]
        await seen.until(lambda: [host.metadata.get("site") for host in load(file).hosts] == ["south", "south"])


async def test_a_change_made_outside_meanwhile_is_not_written_over(tmp_path: Path) -> None:
    file = tmp_path / "hosts.toml"
    async with fleet(file, "kvm01", "kvm02") as seen:
        await form(seen, "e")
        await fill(seen, "tags", "prod lab")
        file.write_text(text_of("kvm01", "kvm02") + "# somebody else's line\n")
        await seen.pilot.press("ctrl+s")
        await seen.until(lambda: "saved: kvm01" in seen.text)
        assert file.read_text().endswith("# somebody else's line\n") and load(file).hosts[0].tags == ("prod", "lab")


async def test_hosts_of_several_files_are_edited_where_they_stand_and_moved(tmp_path: Path) -> None:
    other = tmp_path / "rack1.toml"
    other.write_text(text_of("kvm02").removeprefix(HEAD))
    text = 'include = ["rack1.toml"]\n' + text_of("kvm01")
    async with opened(source_of(tmp_path / "hosts.toml", text)) as seen:
        await seen.until(lambda: seen.ids(S.CONNECTED) == {"kvm01", "kvm02"})
        await seen.pilot.press("a")
        await form(seen, "e")
        await seen.until(lambda: "edit 2 hosts in rack1.toml" in seen.text)
        await fill(seen, "metadata", "site=north")
        await seen.until(lambda: "hosts.toml:" in seen.text and "rack1.toml:" in seen.text)
        await seen.pilot.press("ctrl+s")
        await seen.until(lambda: other.read_text().count('site = "north"') == 1)
        await seen.until(lambda: not isinstance(seen.pilot.app.screen, HostForm))
        await seen.pilot.press("u")
        seen.hosts.show_host("kvm01")
        await seen.until(lambda: seen.hosts.cursor_hosts == ("kvm01",) and seen.hosts.has_focus)
        await seen.pilot.press("colon", *"move-to-file r")
        await seen.until(lambda: "move-to-file rack1.toml" in seen.text)
        await seen.pilot.press("tab", "enter")
        await seen.until(lambda: other.read_text().count("[[hosts]]") == 2)
        assert seen.ids(S.CONNECTED) == {"kvm01", "kvm02"}
