"""What opens over the fleet: host panel, help, host keys, palette; and the guide of the first start."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from atp_tui.actions.action import Action
from atp_tui.actions.registry import ACTIONS
from atp_tui.model.connection import HostStatus, Standing
from atp_tui.model.errors import CredentialWanted, HostKeyRejected
from atp_tui.model.events import EventsLost
from atp_tui.model.message import text
from atp_tui.model.questions import KeyQuestion, PasswordQuestion
from atp_tui.monitor.query import Query
from atp_tui.ui.bridge import SHORTEST_GAP, carry
from atp_tui.ui.commands import FIRST, LAST, find
from atp_tui.ui.key_names import key_name, key_shown
from atp_tui.ui.messages import FleetChanged
from atp_tui.ui.screens.ask import AskScreen
from atp_tui.ui.screens.help import HelpScreen
from atp_tui.ui.screens.password import PasswordScreen
from atp_tui.ui.views.keys import IN_VIEWS, OPENING, commands_of
from atp_tui.ui.widgets.domain_list import DomainList

from .conftest import Opened, open_app
from .fleet_services import FleetServices, S, rack
from .keyboard import Keyboard

REVOKED = HostKeyRejected("revoked", known=True)
KEY = KeyQuestion("kvm02", "192.0.2.3", "SHA256:abcdef\x1b[31m", "ssh-ed25519 AAAA", changed=False)

WANTED = PasswordQuestion("kvm02", "192.0.2.3:16514\x1b[31m", "", refused=False, uri="qemu+tls://192.0.2.3/system")


async def test_in_a_narrow_terminal_enter_opens_the_panel_and_escape_closes_it(fakes: FleetServices) -> None:
    async with open_app(fakes, (80, 24)) as opened:
        assert not opened.panel.display
        await opened.press("down", "enter")
        assert opened.has("connections") and opened.has("192.0.2.3")
        assert not opened.hosts.display
        await opened.press("escape")
        assert opened.hosts.display and not opened.panel.display
        assert opened.app.focused is opened.hosts


async def test_in_a_wide_terminal_the_panel_follows_the_cursor(fakes: FleetServices) -> None:
    async with open_app(fakes, (120, 40)) as opened:
        assert opened.has("192.0.2.2")
        await opened.press("down")
        assert opened.has("192.0.2.3")
        fakes.transport.change("kvm02", S.RECONNECTING, "keepalive lost", attempt=3)
        await opened.until(lambda: "keepalive lost" in "".join(line[60:] for line in opened.lines()))


async def test_a_terminal_that_was_too_small_takes_keys_again(fakes: FleetServices) -> None:
    async with open_app(fakes, (80, 24)) as opened:
        await opened.pilot.resize_terminal(50, 12)
        await opened.until(lambda: opened.has("Needs 60x15"))
        await opened.pilot.resize_terminal(80, 24)
        await opened.until(lambda: opened.app.focused is opened.hosts)
        await opened.press("down", "enter")
        assert opened.has("connections") and opened.has("192.0.2.3")


async def test_a_line_that_was_hidden_for_a_while_is_typed_on(fakes: FleetServices) -> None:
    """The rest of it was taken for keys of the tree."""
    async with open_app(fakes, (80, 24)) as opened:
        keyboard = Keyboard(opened.app)
        keyboard.send(b"!sy")
        await keyboard.done()
        await opened.pilot.resize_terminal(50, 12)
        await opened.until(lambda: opened.has("Needs 60x15"))
        await opened.pilot.resize_terminal(80, 24)
        await opened.until(lambda: opened.screen.pane.line.is_on_screen and opened.app.focused)
        keyboard.send(b"nc\r")
        await keyboard.done()
        assert [job.title for job in fakes.jobs.started] == ["sync"]


async def test_a_terminal_that_is_too_small_has_no_command_but_to_quit(fakes: FleetServices) -> None:
    async with open_app(fakes, (80, 24)) as opened:
        await opened.pilot.resize_terminal(50, 12)
        await opened.until(lambda: opened.has("Needs 60x15"))
        theme = opened.app.theme
        await opened.press("r", "t", "question_mark")
        assert not fakes.door.passed
        assert (opened.app.theme, opened.app.screen) == (theme, opened.screen)
        await opened.press("q")
        assert opened.app._exit


async def test_what_closes_over_a_terminal_that_is_too_small_gives_no_list_its_keys(fakes: FleetServices) -> None:
    """All hosts were marked there without being seen, and a line that was begun had lost its place to the tree."""
    async with open_app(fakes, (80, 24)) as opened:
        keyboard = Keyboard(opened.app)
        for begun in (b"", b"!sy"):
            keyboard.send(begun + b"\x10")
            await keyboard.done()
            await opened.pilot.resize_terminal(50, 12)
            await opened.press("escape")
            await opened.until(lambda: opened.has("Needs 60x15"))
            keyboard.send(b"a")
            await keyboard.done()
            assert not opened.app.focused
            await opened.pilot.resize_terminal(80, 24)
            await opened.until(lambda: opened.app.focused and opened.app.focused.is_on_screen)
        assert not opened.hosts.asked.marked
        keyboard.send(b"nc\r")
        await keyboard.done()
        assert [job.title for job in fakes.jobs.started] == ["sync"]


async def test_a_panel_that_a_narrower_terminal_hides_gives_the_focus_back(fakes: FleetServices) -> None:
    async with open_app(fakes, (120, 40)) as opened:
        await opened.press("tab")
        assert opened.app.focused is not opened.hosts
        await opened.pilot.resize_terminal(80, 24)
        await opened.until(lambda: opened.app.focused is opened.hosts)


async def test_the_tree_has_no_keys_while_the_panel_lies_over_it(fakes: FleetServices) -> None:
    """`a` marked all hosts there, and `space` one, without being seen; from too small a terminal nothing had them."""
    async with open_app(fakes, (120, 40)) as opened:
        hosts, panel = opened.hosts, opened.panel.query_one(DomainList)
        await opened.press("down", "enter", "shift+tab", "shift+tab")
        assert opened.app.focused is hosts
        await opened.pilot.resize_terminal(80, 24)
        for keys in ("", "! escape", "too small"):
            if keys == "too small":
                await opened.pilot.resize_terminal(50, 12)
                await opened.until(lambda: opened.has("Needs 60x15"))
                await opened.pilot.resize_terminal(80, 24)
            else:
                await opened.press(*keys.split())
            await opened.until(lambda: opened.app.focused is panel)
            await opened.press("a", "space", "escape")
            assert opened.app.focused is hosts and hosts.display
            assert not hosts.asked.marked
            await opened.press("enter")


async def test_tab_goes_round_all_regions(fakes: FleetServices) -> None:
    async with open_app(fakes, (200, 60)) as opened:
        assert await seen_by_tab(opened) == {"HostTree", "ConnectionList", "DomainList", "CommandInput"}
        await opened.press("escape", "exclamation_mark", *"id", "enter", "escape")
        await opened.until(lambda: not opened.screen.has_class("-no-answers"))
        assert await seen_by_tab(opened) == {"HostTree", "ConnectionList", "DomainList", "CommandInput", "Answers"}
        await opened.press("shift+tab")


async def seen_by_tab(opened: Opened) -> set[str]:
    """The regions to which Tab leads."""
    seen = set()
    for _ in range(7):
        assert opened.app.focused is not None
        seen.add(type(opened.app.focused).__name__)
        await opened.press("tab")
    return seen


async def test_help_names_every_key_and_command_of_the_registry(fakes: FleetServices) -> None:
    async with open_app(fakes, (120, 120)) as opened:
        bound = {key: binding.action for key, binding in opened.app._bindings if binding.action.startswith("screen.")}
        await opened.press("question_mark")
        lines = [" ".join(line.split()) for line in opened.lines()]
        for command in commands_of(ACTIONS):
            row = f"{key_shown(command.key)} :{command.name} {command.help}".strip()
            assert any(row in line for line in lines), row
            assert command.key is None or bound.pop(command.key) == f"screen.command({command.name!r})"
        assert not bound, "no key that the help does not name"
        await opened.press("escape")
        assert opened.app.focused is opened.hosts


@pytest.mark.parametrize(("key", "trusted"), [("y", [KEY]), ("n", []), ("escape", []), ("enter", [])])
async def test_a_host_key_is_trusted_only_by_y(key: str, trusted: list[KeyQuestion]) -> None:
    fakes = FleetServices(rack(3))
    fakes.questions["kvm02"] = KEY
    async with open_app(fakes) as opened:
        fakes.transport.change(
            "kvm02", S.FAILED, "host key unknown", retries=False, trouble=HostKeyRejected("refused").trouble
        )
        await opened.until(lambda: opened.has("K kvm02: key unknown"))
        assert len(opened.app.screen_stack) == 1, "it says which key helps, and opens nothing by itself"
        await opened.press("K")
        assert opened.has("SHA256:abcdef␛[31m") and opened.has("ssh-ed25519") and opened.has("192.0.2.3")
        assert not opened.has("ANOTHER KEY")
        await opened.read()
        await opened.press(key)
        await opened.until(lambda: not isinstance(opened.app.screen, AskScreen))
        asked = [each.arguments for each in fakes.passed("trust-key")]
        assert asked == [
            {"fingerprint": each.fingerprint, "key": each.public_key, "changed": each.changed} for each in trusted
        ]


async def test_a_changed_host_key_is_warned_of() -> None:
    fakes = FleetServices(rack(1))
    fakes.questions["kvm01"] = KeyQuestion("kvm01", "192.0.2.2", "SHA256:x", "ssh-rsa AAAA", changed=True)
    async with open_app(fakes) as opened:
        await opened.press("K")
        assert opened.has("ANOTHER KEY IS ON FILE") and opened.has("kvm01 and enter: replace the key on file")
        await opened.read()
        await opened.press("y", "enter", *"kvm0", "enter")
        assert opened.has("That is not kvm01") and not fakes.door.passed
        await opened.press("ctrl+u", *"kvm01", "enter")
        await opened.until(lambda: fakes.passed("trust-key"))
        assert [(each.hosts, each.arguments["changed"]) for each in fakes.passed("trust-key")] == [(("kvm01",), True)]


async def test_a_changed_host_key_stands_above_the_one_on_file() -> None:
    fakes = FleetServices(rack(1))
    fakes.questions["kvm01"] = KeyQuestion(
        "kvm01", "[192.0.2.2]:2222", "SHA256:new", "ssh-rsa AAAA", changed=True, on_file=("ssh-ed25519 SHA256:old",)
    )
    async with open_app(fakes, (80, 24)) as opened:
        await opened.press("K")
        new, old = (next(line for line in opened.lines() if word in line) for word in ("SHA256:new", "SHA256:old"))
        assert "ssh-rsa" in new and "ssh-ed25519" in old
        assert new.index("SHA256") == old.index("SHA256")
        assert opened.has("[192.0.2.2]:2222 showed this key")


async def test_a_refused_key_that_nobody_may_trust_is_told() -> None:
    fakes = FleetServices(rack(1))
    async with open_app(fakes) as opened:
        fakes.transport.change("kvm01", S.FAILED, "revoked", retries=False, trouble=REVOKED.trouble)
        await opened.until(lambda: opened.has("key REVOKED"))
        await opened.press("K")
        assert opened.has("the key of kvm01 cannot be trusted from here")


async def test_a_jump_without_a_host_asks_for_its_name(fakes: FleetServices) -> None:
    """As the palette gives it, where it stands among the commands."""
    async with open_app(fakes) as opened:
        opened.app.type_command("jump")
        await opened.pilot.pause()
        await opened.type("kvm03")
        assert opened.screen.pane.line.value == "jump kvm03"
        await opened.press("enter")
        assert opened.hosts.cursor_hosts == ("kvm03",)


async def test_who_means_a_revoked_key_is_not_asked_about_another_host() -> None:
    fakes = FleetServices(rack(2))
    unknown = HostKeyRejected("refused", fingerprint="SHA256:new", public_key="ssh-rsa AAAA")
    fakes.questions["kvm02"] = KeyQuestion("kvm02", "192.0.2.3", "SHA256:new", "ssh-rsa AAAA", changed=False)
    async with open_app(fakes) as opened:
        fakes.transport.change("kvm01", S.FAILED, "revoked", retries=False, trouble=REVOKED.trouble)
        fakes.transport.change("kvm02", S.FAILED, "unknown", retries=False, trouble=unknown.trouble)
        await opened.until(lambda: opened.has("K kvm02: key unknown"))
        opened.hosts.show_host("kvm01")
        await opened.press("K")
        assert opened.has("the key of kvm01 cannot be trusted from here") and not opened.has("trust and store")


async def test_help_goes_on_below_itself_where_it_is_narrow(fakes: FleetServices) -> None:
    async with open_app(fakes, (80, 24)) as opened:
        await opened.press("question_mark")
        await opened.until(lambda: opened.has("show only hosts"))
        lines = opened.lines()
        row = next(number for number, line in enumerate(lines) if "show only hosts" in line)
        begin = lines[row].index("show only hosts")
        assert lines[row + 1][3:begin].strip() == "" and lines[row + 1][begin] != " "


@pytest.mark.parametrize("width", [60, 80, 120])
async def test_the_bottom_line_always_says_how_to_get_help_and_to_leave(fakes: FleetServices, width: int) -> None:
    async with open_app(fakes, (width, 24)) as opened:
        assert "space mark" in opened.lines()[-1]
        assert opened.lines()[-1].rstrip().endswith("? help   q quit")
        fakes.transport.change("kvm01", S.FAILED, "changed", retries=False, trouble=HostKeyRejected("refused").trouble)
        await opened.until(lambda: "K kvm01: key unknown" in opened.lines()[-1])
        assert opened.lines()[-1].rstrip().endswith("? help   q quit")


@pytest.mark.parametrize(
    ("key", "words"), [("slash", "enter keep it"), ("colon", "enter run it"), ("exclamation_mark", "enter run")]
)
async def test_the_bottom_line_speaks_of_what_the_line_is_for(fakes: FleetServices, key: str, words: str) -> None:
    async with open_app(fakes, (80, 24)) as opened:
        await opened.press(key)
        await opened.until(lambda: words in opened.lines()[-1])
        assert "esc" in opened.lines()[-1]
        await opened.press("escape")
        await opened.until(lambda: "space mark" in opened.lines()[-1])


async def test_no_refused_key_is_told(fakes: FleetServices) -> None:
    async with open_app(fakes) as opened:
        await opened.press("K")
        assert opened.has("no host key was refused")


async def test_a_password_is_asked_for_and_never_shown() -> None:
    fakes = FleetServices(rack(3))
    fakes.wanted["kvm02"] = WANTED
    async with open_app(fakes) as opened:
        fakes.transport.change(
            "kvm02", S.FAILED, "wants one", retries=False, trouble=CredentialWanted("wanted").trouble
        )
        await opened.until(lambda: "P kvm02: wants a password" in opened.lines()[-1])
        assert opened.has("press P")
        assert len(opened.app.screen_stack) == 1, "it says which key helps, and opens nothing by itself"
        await opened.press("P")
        assert opened.has("kvm02 wants a name and a password for 192.0.2.3:16514␛[31m")
        assert not opened.has("did not take")
        await opened.read()
        await opened.press("enter")
        await opened.type("admin")
        await opened.press("enter", "enter")
        await opened.type("qr-7e7e")
        await opened.until(lambda: opened.has("•" * 7))
        assert opened.has("admin") and not opened.has("qr-7e7e")
        await opened.press("enter")
        await opened.until(lambda: fakes.passed("log-in"))
        (asked,) = fakes.passed("log-in")
        assert (asked.hosts, asked.arguments) == (("kvm02",), {"user": "admin", "uri": WANTED.uri})
        assert asked.secret is not None and asked.secret.reveal() == "qr-7e7e"
        assert "qr-7e7e" not in repr(asked)
        await opened.until(lambda: opened.has("logging in: kvm02"))
        assert not isinstance(opened.app.screen, PasswordScreen)


async def test_escape_leaves_a_password_untold_and_a_refused_one_is_asked_for_again() -> None:
    fakes = FleetServices(rack(1))
    fakes.wanted["kvm01"] = replace(WANTED, host_id="kvm01", user="admin", refused=True)
    async with open_app(fakes, (80, 24)) as opened:
        for key in ("escape", "ctrl+c"):
            await opened.press("P")
            assert opened.has("did not take") and opened.has("admin")
            await opened.read()
            await opened.type("qr-7e7e")  # the name is there: the password has the focus
            await opened.press(key)
            await opened.until(lambda: not isinstance(opened.app.screen, PasswordScreen))
        assert not fakes.door.passed


async def test_a_password_goes_to_no_clipboard() -> None:
    fakes = FleetServices(rack(1))
    fakes.wanted["kvm01"] = replace(WANTED, host_id="kvm01", user="admin")
    async with open_app(fakes) as opened:
        await opened.press("P")
        await opened.read()
        await opened.type("qr-7e7e")
        await opened.press("shift+home", "super+c", "ctrl+x")
        assert opened.app.clipboard == ""
        await opened.press("enter")
        await opened.until(lambda: fakes.passed("log-in"))
        secret = fakes.passed("log-in")[0].secret
        assert secret is not None and secret.reveal() == "qr-7e7e"


async def test_no_wanted_password_is_told(fakes: FleetServices) -> None:
    async with open_app(fakes) as opened:
        await opened.press("P")
        assert opened.has("no host wants a password")
        await opened.type(":log-in nosuch")
        await opened.press("enter")
        await opened.until(lambda: opened.has("no such host: nosuch"))


async def test_the_palette_finds_commands_hosts_and_themes(fakes: FleetServices) -> None:
    async with open_app(fakes) as opened:
        await opened.press("ctrl+p")
        await opened.pilot.pause()
        await opened.press(*"kvm03")
        await opened.until(lambda: opened.has("host kvm03"))
        await opened.press("enter")
        await opened.until(lambda: len(opened.app.screen_stack) == 1)
        await opened.until(lambda: opened.hosts.cursor_hosts == ("kvm03",))
        await opened.press("ctrl+p", *"high")
        await opened.until(lambda: opened.has("theme high-contrast"))
        await opened.press("enter")
        await opened.until(lambda: opened.app.theme == "high-contrast")


@pytest.mark.parametrize("over", ["question_mark", "P", "K", "q"])
async def test_the_palette_works_over_every_screen(fakes: FleetServices, over: str) -> None:
    """What is chosen leaves what lay over the fleet, and a question that stood there is answered with no."""
    fakes.questions["kvm01"] = replace(KEY, host_id="kvm01")
    fakes.wanted["kvm01"] = replace(WANTED, host_id="kvm01")
    async with open_app(fakes) as opened:
        await opened.press("exclamation_mark", *"id", "enter")
        opened.hosts.focus()
        await opened.press(over)
        if over != "question_mark":
            await opened.read()
        await opened.press("ctrl+p")
        assert len(opened.app.screen_stack) == 3
        await opened.press(*"jump")
        await opened.until(lambda: opened.has("jump to host"))
        await opened.press(*["backspace"] * 4, *"kvm03", "enter")
        await opened.until(lambda: len(opened.app.screen_stack) == 1)
        await opened.until(lambda: opened.hosts.cursor_hosts == ("kvm03",))
        assert opened.app.is_running and not fakes.door.passed
        await opened.press("question_mark")
        assert isinstance(opened.app.screen, HelpScreen), "the help opens again"


async def test_an_action_on_many_hosts_is_asked_about() -> None:
    fakes = FleetServices(rack(25))
    async with open_app(fakes) as opened:
        await opened.press("a", "r")
        assert opened.has("25 hosts")
        await opened.read()
        await opened.press("n", "y", "enter", "2", "enter")
        assert not fakes.door.passed
        await opened.press("escape", "r")
        await opened.read()
        await opened.press(*"25", "enter")
        await opened.until(lambda: fakes.passed("retry"))
        (asked,) = fakes.passed("retry")
        assert (len(asked.hosts), asked.confirmed) == (25, 25)


async def test_read_only_refuses_what_changes_something_before_it_asks() -> None:
    fakes = FleetServices(rack(25))
    fakes.door.policy = replace(fakes.door.policy, read_only=True)
    async with open_app(fakes) as opened:
        await opened.press("a", "exclamation_mark", *"id", "enter")
        await opened.until(lambda: opened.has("run changes something"))
        assert not fakes.jobs.started and len(opened.app.screen_stack) == 1
        await opened.press("escape")
        await opened.press("r")
        await opened.read()
        await opened.press(*"25", "enter")
        await opened.until(lambda: fakes.passed("retry"))


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_a_screen_that_only_watches_opens_no_form_and_says_why_at_once(size: tuple[int, int]) -> None:
    fakes = FleetServices(rack(4))
    fakes.door.policy = replace(fakes.door.policy, read_only=True)
    fakes.services = replace(fakes.services, read_only=True)
    fakes.questions["kvm01"] = KEY
    async with open_app(fakes, size) as opened:
        for key, name in (("plus", "add-host"), ("e", "edit-host"), ("d", "copy-host"), ("T", "tag-host"),
                          ("D", "remove-host"), ("K", "trust-key")):  # fmt: skip
            opened.screen.tell("something else")
            await opened.press(key)
            await opened.until(lambda name=name: opened.has(f"{name} changes something"))  # type: ignore[misc]
            assert len(opened.app.screen_stack) == 1 and opened.hosts.has_focus
        await opened.press("exclamation_mark")
        assert opened.screen.pane.line.has_focus, "a line can be typed; what it would do is refused as it is entered"


def test_each_command_has_a_name_and_a_key_of_its_own() -> None:
    commands = commands_of(ACTIONS)
    names = [command.name for command in commands]
    keys = [command.key for command in commands if command.key]
    assert len(set(names)) == len(names)
    assert len(set(keys)) == len(keys)
    assert find(commands, "ret") == find(commands, "retry")
    assert find(commands, "re") is None, "rerun and retry begin so"
    assert find(commands, "") is None
    assert len(commands) == len(FIRST) + len(ACTIONS) + len(OPENING) + len(IN_VIEWS) + len(LAST)
    keys_of_actions = {action.key and key_name(action.key) for action in ACTIONS}
    assert {command.key for command in commands if command.action} == keys_of_actions


@pytest.mark.parametrize("gone", ACTIONS, ids=lambda action: str(action.name))
async def test_an_action_that_leaves_the_registry_leaves_the_screen(gone: Action) -> None:
    """No key, no `:` name and no line of the help is left of it: none of them is written anywhere else."""
    fakes = FleetServices(rack(3))
    fakes.questions["kvm01"] = replace(KEY, host_id="kvm01")
    fakes.wanted["kvm01"] = replace(WANTED, host_id="kvm01")
    fakes.door.actions = tuple(action for action in ACTIONS if action is not gone)
    fakes.services = replace(fakes.services, actions=fakes.door.actions)
    async with open_app(fakes, (120, 60)) as opened:
        if gone.key is not None:
            await opened.press(key_name(gone.key))
            assert not fakes.door.passed and len(opened.app.screen_stack) == 1
            assert opened.app.focused is opened.hosts
        await opened.press("colon")
        await opened.type(gone.name)
        await opened.press("enter")
        if find(commands_of(fakes.door.actions), gone.name) is None:  # `follow` is the beginning of `followed`, a view
            await opened.until(lambda: opened.has(f"no command {gone.name}"))
        assert not fakes.door.passed
        await opened.press("question_mark")
        assert not opened.has(f":{gone.name} ")


# The bridge


@asynccontextmanager
async def carried(fakes: FleetServices, refresh: float) -> AsyncIterator[list[FleetChanged]]:
    """The messages that the screen of these hosts is sent."""
    sent: list[FleetChanged] = []
    tasks = [
        asyncio.create_task(fakes.follower.run()),
        asyncio.create_task(carry(fakes.fleet.changes(), sent.append, refresh)),
    ]
    try:
        yield sent
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)


async def sent_are(sent: list[FleetChanged], number: int) -> None:
    async with asyncio.timeout(10):
        while len(sent) < number:  # noqa: ASYNC110 - the list has no event
            await asyncio.sleep(0.01)


async def test_many_samples_are_one_message_and_a_change_of_state_does_not_wait_for_them() -> None:
    fakes = FleetServices(rack(50))
    async with carried(fakes, 60.0) as sent:
        await sent_are(sent, 1)
        assert sent[0].described
        for round_ in range(20):
            for host in fakes.transport.list_hosts():
                fakes.transport.sample(host.id, busy=round_)
        await asyncio.sleep(0.25)
        assert len(sent) == 1, "samples wait for the refresh"
        fakes.transport.change("kvm07", S.FAILED, "refused")
        await sent_are(sent, 2)
        assert not sent[1].described
        assert dict(fakes.fleet.summary().states)[S.FAILED] == 1


async def test_a_storm_of_changes_is_ten_messages_a_second_at_most() -> None:
    fakes = FleetServices(rack(5))
    async with carried(fakes, 60.0) as sent:
        await sent_are(sent, 1)
        begun = asyncio.get_running_loop().time()
        while (lasted := asyncio.get_running_loop().time() - begun) < 1.0:
            fakes.transport.change("kvm01", S.FAILED if len(sent) % 2 else S.CONNECTED)
            await asyncio.sleep(0.005)
        assert 2 <= len(sent) <= 2 + lasted / SHORTEST_GAP


async def test_the_first_message_finds_the_hosts_that_were_added_before() -> None:
    fakes = FleetServices([])
    for host in rack(3):
        fakes.transport.add(host)
    async with carried(fakes, 60.0) as sent:
        await sent_are(sent, 1)
        assert fakes.fleet.hosts(Query()) == ("kvm01", "kvm02", "kvm03")


async def test_lost_events_refresh_the_screen() -> None:
    """The view reads anew what it has missed, and nothing else may come for long: the screen must hear of it at once,
    and of every host, since which of them have changed is what was lost."""
    fakes = FleetServices(rack(3))
    async with carried(fakes, 3600.0) as sent:
        await sent_are(sent, 1)
        refused = Standing(S.FAILED, text("refused"), 0.0, 0, None, True)
        fakes.transport.statuses["kvm02"] = HostStatus(refused, "kvm02")
        del fakes.transport.infos["kvm03"]
        fakes.transport.hub.publish(EventsLost(1.0, 7))
        await sent_are(sent, 2)
        assert sent[-1].described
        rows = fakes.fleet.rows(("kvm01", "kvm02", "kvm03"))
        assert [(row.id, row.state) for row in rows] == [("kvm01", S.CONNECTING), ("kvm02", S.FAILED)]
