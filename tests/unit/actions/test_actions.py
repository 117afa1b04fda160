"""Each action through the door, over the real transport."""

from __future__ import annotations

import asyncio
import shlex
import tempfile
import tomllib
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from atp_tui.actions.action import Action, Context, Invocation, Subject, Value
from atp_tui.actions.door import Door
from atp_tui.actions.follow import MOST_HOSTS
from atp_tui.actions.forward import FORWARD
from atp_tui.actions.hosts import HOSTS_FILE
from atp_tui.actions.policy import Policy
from atp_tui.actions.registry import ACTIONS
from atp_tui.actions.trust_key import fingerprint_of, key_question
from atp_tui.config.fleet import FleetConfig
from atp_tui.config.freeze_file import read_frozen
from atp_tui.drivers.hosts_file import HostsFileAside
from atp_tui.drivers.near.look import NearLook
from atp_tui.executor.reader import TargetOutput
from atp_tui.executor.runner import JobRunner
from atp_tui.executor.spec import JobOptions
from atp_tui.model.connection import ConnectionState
from atp_tui.model.credential import Credential, Secret
from atp_tui.model.errors import (
    ActionFailed,
    AtpError,
    AuthFailed,
    ConnectFailed,
    HostKeyRejected,
    HostUnknown,
    ReadOnly,
)
from atp_tui.model.forward import Forward, ForwardSpec
from atp_tui.model.host import HostInfo
from atp_tui.model.moving import MoveRules, Pull, Push
from atp_tui.model.outcome import ExitStatus, Stream
from atp_tui.model.questions import Wants
from atp_tui.model.shell import Shell
from atp_tui.model.target import TargetId, on_hosts
from atp_tui.transport.driver import FarShell, NearShell
from atp_tui.transport.login_desk import LoginDesk
from atp_tui.transport.login_gate import Scope
from atp_tui.transport.manager import TransportManager
from tests.fakes.loopback import LoopbackDriver

# the key and the fingerprint that `ssh-keygen -lf` shows of it
PUBLIC = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl"
SEEN = "SHA256:+DiY3wvvV6TuJJhbpZisF/zLDA0zPMSvHdkr4UvCOqU"
KEY = HostKeyRejected("unknown host key", fingerprint=SEEN, public_key=PUBLIC, known=True)


class Kept:
    """Remembers what was trusted and typed, and lets the host in from then on."""

    def __init__(self, driver: LoopbackDriver) -> None:
        self.trusted: list[tuple[str, str, bool]] = []
        self.typed: list[tuple[str, str, Credential]] = []
        self.same_key: tuple[str, ...] = ()
        self._driver = driver

    def forget_all(self) -> None:
        self.typed.clear()

    async def trust(self, host: HostInfo, public_key: str, *, replace: bool = False) -> Path:
        self.trusted.append((host.id, public_key, replace))
        for name in (host.id, *self.same_key):
            self._driver.refuse.pop(name, None)
        return Path("known_hosts")

    def remember(self, host_id: str, uri: str, credential: Credential) -> None:
        self.typed.append((host_id, uri, credential))
        self._driver.refuse.pop(host_id, None)


class Forwarding:
    """Keeps what is asked of it."""

    def __init__(self) -> None:
        self.calls: list[object] = []

    async def open(self, host_id: str, specs: Sequence[ForwardSpec]) -> tuple[Forward, ...]:
        self.calls.append((host_id, *map(str, specs)))
        return ()

    async def shut(self, number: int) -> None:
        self.calls.append(number)


class Locks:
    """Counts how often it was locked."""

    locked = 0

    async def lock(self) -> None:
        self.locked += 1


@dataclass
class Rig:
    manager: TransportManager
    driver: LoopbackDriver
    kept: Kept
    door: Door
    file: Path
    followed: list[tuple[str, ...]]
    desk: LoginDesk
    forwards: Forwarding
    sat: Sat
    locks: Locks

    async def ask(self, action: str, *hosts: str, secret: Secret | None = None, **arguments: Value) -> None:
        job = await self.door.perform(Invocation(action, on_hosts(*hosts), arguments, "tester", secret))
        if job is not None:
            await job.wait()

    def in_file(self) -> list[str]:
        """The hosts of the file in its order, those that are disabled in brackets, each with its tags."""
        tables = tomllib.loads(self.file.read_text()).get("hosts", [])
        names = [" ".join([each["id"], *each.get("tags", [])]) for each in tables]
        return [name if each.get("enabled", True) else f"({name})" for name, each in zip(names, tables, strict=True)]

    async def until(self, host: str, state: ConnectionState) -> None:
        with self.manager.hub.subscribe() as news:
            while self.manager.host_state(host).state is not state:
                await news.batch()


Behaviour = Callable[..., Awaitable[None]]


def file_of(ids: Iterable[str], folder: str) -> Path:
    path = Path(folder, "hosts.toml")
    path.write_text("\n".join(f'[[hosts]]\nid = "{name}"\nhost = "192.0.2.1"\nuri = false\n' for name in ids))
    return path


@asynccontextmanager
async def rig(
    *ids: str, refuse: Mapping[str, Exception] | None = None, actions: tuple[Action, ...] = ACTIONS
) -> AsyncIterator[Rig]:
    driver = LoopbackDriver()
    driver.refuse.update(refuse or {})  # type: ignore[arg-type]
    async with TransportManager(None, lambda host, channel: driver) as manager:
        for name in ids:
            await manager.add_host(HostInfo(name, "192.0.2.1", uri=None))
        jobs, kept = JobRunner(manager), Kept(driver)
        followed: list[tuple[str, ...]] = []

        async def follow(config: FleetConfig, touched: Collection[str]) -> None:
            followed.append(tuple(touched))

        try:
            with tempfile.TemporaryDirectory() as folder:
                file = file_of(ids, folder)
                desk = LoginDesk()
                forwards, sat = Forwarding(), Sat()
                context = Context(
                    manager, jobs, kept, kept, HostsFileAside(file), follow, desk=desk, near=NearLook(),
                    forwards=forwards, terminal=sat, lock=(locks := Locks()),
                )  # fmt: skip
                async with asyncio.timeout(30):
                    await asyncio.sleep(0.05)
                    door = Door(context, actions=actions)
                    yield Rig(manager, driver, kept, door, file, followed, desk, forwards, sat, locks)
        finally:
            await jobs.close()


def test_names_and_keys_are_unique() -> None:
    names = [action.name for action in ACTIONS]
    keys = [action.key for action in ACTIONS if action.key]
    assert len(set(names)) == len(names)
    assert len(set(keys)) == len(keys)
    assert all(action.help and action.title for action in ACTIONS)


async def a_refused_host_comes_back_by_retry(actions: tuple[Action, ...] = ACTIONS) -> None:
    async with rig("a", refuse={"a": AuthFailed("permission denied")}, actions=actions) as there:
        await there.until("a", ConnectionState.FAILED)
        there.driver.refuse.clear()
        await there.ask("retry", "a")
        await there.until("a", ConnectionState.CONNECTED)


async def disconnect_holds(actions: tuple[Action, ...] = ACTIONS) -> None:
    async with rig("a", "b", actions=actions) as there:
        await there.ask("disconnect", "a", "b")
        assert there.manager.host_state("a").state is ConnectionState.DISCONNECTED


async def connect_ends_it(actions: tuple[Action, ...] = ACTIONS) -> None:
    async with rig("a", "b", actions=actions) as there:
        await there.manager.disconnect("a")
        await there.ask("connect", "a", "b")
        assert there.manager.host_state("a").state is ConnectionState.CONNECTED


async def run_runs(actions: tuple[Action, ...] = ACTIONS) -> None:
    async with rig("a", actions=actions) as there:
        job = await there.door.perform(Invocation("run", on_hosts("a"), {"command": "uname -r"}))
        assert job is not None
        (result,) = await job.wait()
        assert result.stdout == b"a: uname -r\n"


async def follow_follows(actions: tuple[Action, ...] = ACTIONS) -> None:
    async with rig("a", actions=actions) as there:
        job = await there.door.perform(Invocation("follow", on_hosts("a"), {"command": "journalctl -f"}))
        assert job is not None
        said = [event.data async for event in job if isinstance(event, TargetOutput)]
        assert said == [b"a: journalctl -f\n"]
        options = job.spec.options
        assert (options.follows, options.streamed, options.kept, options.restart) == (True, True, 0, False)


async def test_what_is_followed_has_a_bound() -> None:
    async with rig("a") as there:
        hosts = on_hosts(*(f"h{number}" for number in range(MOST_HOSTS + 1)))
        with pytest.raises(ActionFailed, match=r"1,001 hosts are too many: a job follows 1,000 at most"):
            await there.door.perform(Invocation("follow", hosts, {"command": "true"}))


async def push_sends(actions: tuple[Action, ...] = ACTIONS) -> None:
    async with rig("a", actions=actions) as there:
        with tempfile.NamedTemporaryFile(prefix="a b") as file:
            asked: dict[str, Value] = {
                "files": shlex.quote(file.name),
                "path": "/srv/{host}/x",
                "preserve": True,
                "no_replace": True,
            }
            job = await there.door.perform(Invocation("push", on_hosts("a"), asked))
        assert job is not None
        (result,) = await job.wait()
        assert result.stdout == b"moved\n"
        ((host, moved),) = there.driver.moves
        assert isinstance(moved, Push)
        assert (host, moved.far, moved.rules) == ("a", "/srv/a/x", MoveRules(preserve=True, replace=False))
        assert [each.path for each in moved.sources] == [file.name]


async def pull_fetches(actions: tuple[Action, ...] = ACTIONS) -> None:
    async with rig("a", actions=actions) as there:
        asked: dict[str, Value] = {"path": "/etc/{host}.conf", "folder": "/tmp/conf"}
        job = await there.door.perform(Invocation("pull", on_hosts("a"), asked))
        assert job is not None
        await job.wait()
        assert there.driver.moves == [("a", Pull("/etc/a.conf", "/tmp/conf/a"))]


async def a_forward_is_opened(actions: tuple[Action, ...] = ACTIONS) -> None:
    async with rig("a", actions=actions) as there:
        await there.ask("forward", "a", specs="8080:localhost:80 '/near s:/far'")
        assert there.forwards.calls == [("a", "127.0.0.1:8080:localhost:80", "/near s:/far")]


async def a_forward_is_closed(actions: tuple[Action, ...] = ACTIONS) -> None:
    async with rig("a", actions=actions) as there:
        await there.ask("close-forward", number=7)
        assert there.forwards.calls == [7]


async def test_what_is_no_forward_opens_nothing() -> None:
    async with rig("a", "b") as there:
        for specs, why in {"8080": "not a forward", "'8080:x:80": "No closing quotation"}.items():
            with pytest.raises(ActionFailed, match=why):
                await there.ask("forward", "a", specs=specs)
        with pytest.raises(ActionFailed, match="one"):
            await there.ask("forward", "a", "b", specs="8080:x:80")
        assert not there.forwards.calls


def test_a_forward_for_other_machines_is_asked_about_and_none_passes_read_only() -> None:
    lines = ("8080:x:80 [::1]:1:x:80", "8080:x:80 *:1:x:80")
    loopback, exposed = (Invocation("forward", on_hosts("a"), {"specs": each}) for each in lines)
    policy = Policy(asks=True)
    assert policy.wants(FORWARD, loopback) is None
    asks = policy.wants(FORWARD, exposed)
    assert asks is not None and [str(each) for each in asks.reasons] == [
        "other machines can connect to 0.0.0.0:1, and so to x:80 by way of a"
    ]
    with pytest.raises(ReadOnly):
        Policy(read_only=True).allow(FORWARD, loopback)


async def a_key_is_trusted_by_the_fingerprint_that_was_seen(actions: tuple[Action, ...] = ACTIONS) -> None:
    async with rig("a", refuse={"a": KEY}, actions=actions) as there:
        await there.until("a", ConnectionState.FAILED)
        await there.ask("trust-key", "a", fingerprint=SEEN)
        await there.until("a", ConnectionState.CONNECTED)
        assert there.kept.trusted == [("a", PUBLIC, True)]
        assert key_question(there.manager, "a") is None


async def a_password_goes_to_its_host(actions: tuple[Action, ...] = ACTIONS) -> None:
    async with rig("a", refuse={"a": AuthFailed("a password is wanted")}, actions=actions) as there:
        await there.until("a", ConnectionState.FAILED)
        await there.ask("log-in", "a", secret=Secret("qr-7e7e"), user="admin", uri="qemu+tls://a/system")
        await there.until("a", ConnectionState.CONNECTED)
        ((host, uri, credential),) = there.kept.typed
        assert (host, uri, credential.name) == ("a", "qemu+tls://a/system", "admin")
        assert credential.password.reveal() == "qr-7e7e"


async def what_was_typed_is_forgotten(actions: tuple[Action, ...] = ACTIONS) -> None:
    async with rig("a", actions=actions) as there:
        there.kept.typed.append(("a", "qemu+tls://a/system", Credential("admin", Secret("qr-7e7e"))))
        there.desk.carry_out(there.desk.gate.typed(Scope(Wants.PASSWORD, "root", "a"), Secret("qr-7e7e"), 9e9))
        await there.ask("forget")
        assert there.kept.typed == []
        assert there.desk.gate.next_end() is None


async def what_was_typed_is_forgotten_and_the_screen_locked(actions: tuple[Action, ...] = ACTIONS) -> None:
    async with rig("a", actions=actions) as there:
        await there.ask("lock")
        assert there.locks.locked == 1


def edits(action: str, *hosts: str, expected: list[str], touched: tuple[str, ...], **arguments: Value) -> Behaviour:
    """That an action makes the hosts of a file, which are a and b, into those expected, and what follows it."""

    async def behaves(actions: tuple[Action, ...] = ACTIONS) -> None:
        async with rig("a", "b", actions=actions) as there:
            await there.door.perform(Invocation(action, on_hosts(*hosts), arguments))
            assert (there.in_file(), there.followed) == (expected, [touched])

    return behaves


class Sat:
    """A terminal that somebody sits at."""

    def __init__(self) -> None:
        self.shown = b""
        self.ended: ExitStatus | None = None

    def asked(self, line: str) -> Shell:
        return Shell(line)

    async def lend(
        self, host: str, asked: Shell, carried: Callable[[Shell, NearShell], Awaitable[ExitStatus | None]]
    ) -> None:
        self.shown += f"{host} has it\n".encode()
        self.ended = await carried(asked, self)

    def begun(self, far: FarShell) -> None: ...

    def output(self, stream: Stream, data: bytes) -> None:
        self.shown += data

    def pause_writing(self) -> None: ...
    def resume_writing(self) -> None: ...


async def a_shell_has_the_terminal(actions: tuple[Action, ...] = ACTIONS) -> None:
    async with rig("a", "b", actions=actions) as there:
        await there.ask("shell", "b", command="top")
        assert (there.sat.shown, there.sat.ended) == (b"b has it\nb: top\n", ExitStatus(3))


async def a_disabled_host_is_enabled(actions: tuple[Action, ...] = ACTIONS) -> None:
    async with rig("a", "b", actions=actions) as there:
        there.file.write_text(there.file.read_text() + "enabled = false\n")
        await there.ask("enable-host", hosts="b")
        assert (there.in_file(), there.followed) == (["a", "b"], [("b",)])


async def a_host_moves_into_another_file(actions: tuple[Action, ...] = ACTIONS) -> None:
    async with rig("a", "b", actions=actions) as there:
        other = there.file.with_name("other.toml")
        other.touch()
        there.file.write_text('include = ["other.toml"]\n' + there.file.read_text())
        await there.ask("move-to-file", "b", file="other.toml")
        assert (there.in_file(), there.followed) == (["a"], [("b",)])
        assert 'id = "b"' in other.read_text()


async def undo_takes_back(actions: tuple[Action, ...] = ACTIONS) -> None:
    async with rig("a", actions=actions) as there:
        before = there.file.read_bytes()
        await there.ask("tag-host", "a", tags="+x")
        await there.ask("undo")
        assert (there.file.read_bytes(), there.followed) == (before, [("a",), ("a",)])


async def redo_does_it_again(actions: tuple[Action, ...] = ACTIONS) -> None:
    async with rig("a", actions=actions) as there:
        await there.ask("tag-host", "a", tags="+x")
        await there.ask("undo")
        await there.ask("redo")
        assert (there.in_file(), len(there.followed)) == (["a x"], 3)


def in_a_day() -> str:
    return (datetime.now(UTC) + timedelta(days=1)).isoformat(timespec="minutes")


async def a_freeze_is_kept_beside_the_file_and_thawed(actions: tuple[Action, ...] = ACTIONS) -> None:
    async with rig("a", "b", actions=actions) as there:
        beside = there.file.with_name("hosts.toml.freeze")
        for words in ("@all", "a,b"):
            await there.ask("freeze", set=words, until=in_a_day(), reason="the release")
        found = read_frozen(beside).freezes
        assert [(each.words, each.hosts, each.who) for each in found] == [
            ("@all", (), "tester"),
            ("a,b", ("a", "b"), "tester"),
        ]
        await there.ask("freeze", set="a,b", until=in_a_day(), reason="another")
        assert [each.reason for each in read_frozen(beside).freezes] == ["the release", "another"], (
            "one's own is replaced"
        )
        await there.ask("thaw", set="@all")
        with pytest.raises(ActionFailed, match="no freeze has the set a; there are a,b"):
            await there.ask("thaw", set="a")
        await there.ask("thaw", set="a,b")
        assert not beside.exists()


BEHAVIOUR: Mapping[str, Behaviour] = {
    "retry": a_refused_host_comes_back_by_retry,
    "disconnect": disconnect_holds,
    "connect": connect_ends_it,
    "run": run_runs,
    "follow": follow_follows,
    "push": push_sends,
    "pull": pull_fetches,
    "forward": a_forward_is_opened,
    "close-forward": a_forward_is_closed,
    "shell": a_shell_has_the_terminal,
    "trust-key": a_key_is_trusted_by_the_fingerprint_that_was_seen,
    "log-in": a_password_goes_to_its_host,
    "forget": what_was_typed_is_forgotten,
    "lock": what_was_typed_is_forgotten_and_the_screen_locked,
    "add-host": edits(
        "add-host", id="c", host="192.0.2.3", keys="tags=x ssh.port=2", expected=["a", "b", "c x"], touched=("c",)
    ),
    "copy-host": edits("copy-host", "a", id="c", keys="tags=y", expected=["a", "c y", "b"], touched=("c",)),
    "edit-host": edits("edit-host", "a", "b", keys="tags=x", expected=["a x", "b x"], touched=("a", "b")),
    "move-host": edits("move-host", "a", where="after", other="b", expected=["b", "a"], touched=("a",)),
    "move-to-file": a_host_moves_into_another_file,
    "remove-host": edits("remove-host", "a", expected=["b"], touched=("a",)),
    "tag-host": edits("tag-host", "a", "b", tags="+x +y -z", expected=["a x y", "b x y"], touched=("a", "b")),
    "disable-host": edits("disable-host", "b", expected=["a", "(b)"], touched=("b",)),
    "enable-host": a_disabled_host_is_enabled,
    "import": edits(
        "import",
        source="list",
        where="c d",
        hosts="c",
        tags="x",
        user="root",
        expected=["a", "b", "c x"],
        touched=("c",),
    ),
    "undo": undo_takes_back,
    "redo": redo_does_it_again,
    "freeze": a_freeze_is_kept_beside_the_file_and_thawed,
    "thaw": a_freeze_is_kept_beside_the_file_and_thawed,
}


@pytest.mark.parametrize("action", ACTIONS, ids=lambda action: str(action.name))
async def test_each_action_does_what_it_says_and_is_missed_where_it_is_not_registered(action: Action) -> None:
    assert action.name in BEHAVIOUR, f"BEHAVIOUR, above, wants a test of what {action.name} does"
    behaves = BEHAVIOUR[action.name]
    await behaves()
    with pytest.raises(ActionFailed, match=f"no action '{action.name}'"):
        await behaves(tuple(each for each in ACTIONS if each is not action))


def test_what_the_file_says_of_hosts_is_edited_of_disabled_ones_too() -> None:
    assert all(action.of_file for action in HOSTS_FILE if action.subject is Subject.HOSTS)


async def test_connect_says_why_not() -> None:
    refused = {"a": ConnectFailed("refused"), "b": ConnectFailed("refused")}
    async with rig("a", "b", "c", refuse=refused) as there:
        with pytest.raises(ConnectFailed, match="refused"):
            await there.ask("connect", "a")
        with pytest.raises(ActionFailed, match="connect failed on 2 of 3 hosts; a: refused"):
            await there.ask("connect", "a", "b", "c")


async def test_nothing_is_trusted_but_what_was_seen() -> None:
    async with rig("a", "b", refuse={"a": KEY}) as there:
        await there.until("a", ConnectionState.FAILED)
        wrong: list[tuple[tuple[str, ...], dict[str, Value]]] = [
            (("a",), {}),
            (("a",), {"fingerprint": "SHA256:other"}),
            (("b",), {"fingerprint": SEEN}),
            (("a", "b"), {"fingerprint": SEEN}),
            (("a",), {"fingerprint": SEEN, "key": "ssh-ed25519 AAAA"}),
            (("a",), {"fingerprint": SEEN, "key": "no key"}),
        ]
        for hosts, arguments in wrong:
            with pytest.raises(ActionFailed):
                await there.door.perform(Invocation("trust-key", on_hosts(*hosts), arguments))
        assert not there.kept.trusted


async def test_hosts_behind_one_jump_host_come_back_with_its_key() -> None:
    """Each of them was refused for it: a person is asked once."""
    jump = HostKeyRejected("unknown host key", fingerprint=SEEN, public_key=PUBLIC, name="bastion")
    other = HostKeyRejected("unknown host key", fingerprint="SHA256:x", public_key="x y")
    refused = {"a": jump, "b": jump, "c": other, "d": AuthFailed("no")}
    async with rig("a", "b", "c", "d", refuse=refused) as there:
        for host in refused:
            await there.until(host, ConnectionState.FAILED)
        there.kept.same_key = ("b", "c", "d")
        await there.ask("trust-key", "a", fingerprint=SEEN)
        await there.until("a", ConnectionState.CONNECTED)
        await there.until("b", ConnectionState.CONNECTED)
        assert [there.manager.host_state(host).state for host in ("c", "d")] == [ConnectionState.FAILED] * 2
        assert len(there.kept.trusted) == 1


async def test_a_key_that_was_on_the_screen_is_stored_whatever_the_host_shows_by_now() -> None:
    async with rig("a", refuse={"a": HostKeyRejected("another", fingerprint="SHA256:x", public_key="x y")}) as there:
        await there.until("a", ConnectionState.FAILED)
        await there.ask("trust-key", "a", fingerprint=SEEN, key=PUBLIC, changed=False)
        assert there.kept.trusted == [("a", PUBLIC, False)]


def test_a_fingerprint_is_that_of_ssh_keygen() -> None:
    assert fingerprint_of(PUBLIC) == fingerprint_of(PUBLIC + " root@host") == SEEN


async def test_the_arguments_of_run_are_the_options_of_its_job() -> None:
    async with rig("a") as there:
        asked: dict[str, Value] = {"timeout": 5.0, "deadline": 9.0, "fanout": 3, "retries": 2, "streamed": False}
        job = await there.door.perform(Invocation("run", on_hosts("a"), {"command": "true", **asked}))
        plain = await there.door.perform(Invocation("run", on_hosts("a"), {"command": "true"}))
        assert job is not None
        assert plain is not None
        assert job.spec.options == JobOptions(timeout=5.0, deadline=9.0, fanout=3, retries=2)
        assert plain.spec.options == JobOptions()


@pytest.mark.parametrize(("option", "value"), [("fanout", 0), ("retries", -1), ("timeout", -0.5), ("deadline", -1.0)])
async def test_an_option_out_of_range_is_told_and_starts_nothing(option: str, value: Value) -> None:
    async with rig("a") as there:
        with pytest.raises(ActionFailed, match="run cannot be done so: a "):
            await there.door.perform(Invocation("run", on_hosts("a"), {"command": "true", option: value}))
        with pytest.raises(ActionFailed, match="run cannot be done so: a job needs targets, each once"):
            await there.door.perform(Invocation("run", on_hosts("a", "a"), {"command": "true"}))


async def test_what_is_not_there() -> None:
    async with rig("a") as there:
        with pytest.raises(ActionFailed, match="no action 'fly'; there are run"):
            await there.ask("fly", "a")
        with pytest.raises(ActionFailed, match="needs hosts"):
            await there.ask("retry")
        with pytest.raises(HostUnknown):
            await there.ask("retry", "nosuch")
        with pytest.raises(ActionFailed, match="needs a command line"):
            await there.ask("run", "a", command=" ")
        with pytest.raises(ActionFailed, match="has no argument colour"):
            await there.ask("retry", "a", colour="red")
        with pytest.raises(ActionFailed, match="timeout of run is a float"):
            await there.ask("run", "a", command="id", timeout="soon")
        with pytest.raises(ActionFailed, match="not for their domains"):
            await there.door.perform(Invocation("retry", (TargetId("a", "web1"),)))
        with pytest.raises(ActionFailed, match="password is typed on the screen"):
            await there.ask("log-in", "a", user="admin", uri="qemu+tls://a/system")


@pytest.mark.parametrize(
    ("action", "hosts", "arguments", "words"),
    [
        ("edit-host", ("a", "b"), {"keys": "id=c"}, "an id is one host's"),
        ("edit-host", ("a",), {"keys": "'host"}, "no closing quotation"),
        ("edit-host", ("a",), {"keys": "host"}, "write KEY=VALUE"),
        ("edit-host", ("a",), {"keys": "host=b", "seen": "host=c"}, "was 'c'"),
        ("tag-host", ("a",), {"tags": "new"}, r"write \+new or -new"),
        ("tag-host", ("a",), {"tags": "+ ''"}, r"write \+tag or -tag"),
        ("move-host", ("a",), {"where": "near", "other": "b"}, "near is not before or after"),
        ("enable-host", (), {"hosts": "nobody"}, "nobody"),
        ("add-host", (), {"id": "a", "host": "a"}, "there is a host 'a' already"),
        ("add-host", (), {"id": "a"}, "needs its name or address"),
        ("freeze", (), {"set": "@all", "until": "noon", "reason": "x"}, "'noon' is no date with a time"),
        ("freeze", (), {"set": "c", "until": in_a_day(), "reason": "x"}, "c"),
        ("freeze", (), {"set": "a", "until": in_a_day(), "reason": "x" * 201}, "one line of 200"),
        ("freeze", (), {"set": "a", "until": in_a_day()}, "needs the reason"),
        ("thaw", (), {}, "needs the hosts"),
    ],
)
async def test_an_edit_of_the_file_that_means_nothing_is_refused(
    action: str, hosts: tuple[str, ...], arguments: dict[str, Value], words: str
) -> None:
    async with rig("a", "b") as there:
        before = there.file.read_bytes()
        with pytest.raises(AtpError, match=words):
            await there.door.perform(Invocation(action, on_hosts(*hosts), arguments))
        assert (there.file.read_bytes(), there.followed) == (before, [])


async def test_hosts_of_no_file_cannot_be_edited() -> None:
    async with rig("a") as there:
        context = Context(there.manager, JobRunner(there.manager), there.kept, there.kept)
        when = {"set": "@all", "until": in_a_day(), "reason": "x"}
        for action, given in (("undo", {}), ("redo", {}), ("freeze", when), ("thaw", {"set": "@all"})):
            with pytest.raises(ActionFailed, match=r"come from no hosts\.toml"):
                await Door(context).perform(Invocation(action, (), given))
