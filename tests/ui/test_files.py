"""`:push` and `:pull` on the screen: what is typed becomes a job, and its line tells how far it is."""

from __future__ import annotations

import shlex
from collections.abc import Callable

import pytest

from atp_tui.actions.action import Invocation, Value
from atp_tui.executor.reader import TargetEnded, TargetMoved, TargetStarted
from atp_tui.model.moving import Moved
from atp_tui.model.outcome import CommandResult, Outcome
from atp_tui.model.target import TargetId, on_hosts
from atp_tui.ui.screens.file_dispatch import FileDispatch
from atp_tui.ui.screens.palette import path_completed

from .answered import Answering
from .test_answers import model_of


class Screen:
    """What was told, and what was started."""

    def __init__(self, *hosts: str) -> None:
        self.told: list[str] = []
        self.started: list[tuple[Invocation, str]] = []
        self.hosts = hosts
        self.named = ""
        self.asked = ""

    def tell(self, text: str, *, wrong: bool = False) -> None:
        self.told.append(text)

    def hosts_for(self, named: str) -> tuple[str, ...]:
        self.named = named
        return self.hosts

    def invocation(self, action: str, hosts: tuple[str, ...], arguments: dict[str, Value]) -> Invocation:
        return Invocation(action, on_hosts(*hosts), arguments, "me")

    @property
    def jobs(self) -> Screen:
        return self

    def has_room(self) -> bool:
        return True

    def start(self, invocation: Invocation) -> None:
        self.started.append((invocation, self.asked))

    def if_confirmed(
        self, invocation: Invocation, title: str, yes: str, act: Callable[[Invocation], object], words: str
    ) -> None:
        self.asked = words
        act(invocation)


def test_a_typed_line_becomes_a_job_with_absolute_paths_of_this_machine() -> None:
    screen = Screen("a", "b")
    files = FileDispatch(screen, screen, lambda: "/work here")  # type: ignore[arg-type]
    files.start("push", "@rack1 --preserve --retry 2 'a b' /c.d /there/")
    files.start("pull", "'/var/log/*.log' logs/")
    (push, words), (pull, _) = screen.started
    assert (push.action, push.hosts, screen.named) == ("push", ("a", "b"), "")
    expected = {"files": shlex.join(["/work here/a b", "/c.d"]), "path": "/there/", "preserve": True, "retries": 2}
    assert push.arguments == expected and words == "push /work here/a b /c.d /there/"
    assert (pull.action, pull.arguments) == ("pull", {"path": "/var/log/*.log", "folder": "/work here/logs"})
    assert screen.told == []


@pytest.mark.parametrize(
    ("verb", "line", "why"),
    [
        ("push", "", "files here and a path there are needed"),
        ("push", "a", "files here and a path there are needed"),
        ("pull", "/a", "a path there and a folder here are needed"),
        ("pull", "/a b c", "a path there and a folder here are needed"),
        ("push", "--nosuch a /b", "no option --nosuch"),
        ("pull", "--follow /a b", "no option --follow"),
        ("push", "'a /b", "No closing quotation"),
    ],
)
def test_a_line_that_says_too_little_is_told(verb: str, line: str, why: str) -> None:
    screen = Screen("a")
    FileDispatch(screen, screen).start(verb, line)  # type: ignore[arg-type]
    assert screen.started == [] and why in screen.told[0]


async def test_paths_of_this_machine_are_completed_and_no_others() -> None:
    async def like(beginning: str) -> str:
        return f"{beginning}-whole"

    found = {line: await path_completed(line, like) for line in (
        "push a", "push @rack1 a /b", "push --pres", "push ", "pull /var", "pull /var lo", "pull @all /var lo",
        "pull /a b c", "theme x",
    )}  # fmt: skip
    assert found == {
        "push a": "push a-whole", "push @rack1 a /b": "push @rack1 a /b-whole", "push --pres": None, "push ": None,
        "pull /var": None, "pull /var lo": "pull /var lo-whole", "pull @all /var lo": "pull @all /var lo-whole",
        "pull /a b c": None, "theme x": None,
    }  # fmt: skip


def test_the_line_of_a_job_tells_how_far_its_files_are() -> None:
    model: Answering = model_of("a", "b")
    for number, host in enumerate(("a", "b")):
        target = TargetId(host)
        model.apply(TargetStarted("job", 1, 0.0, target))
        model.apply(TargetMoved("job", 2, 0.0, target, Moved(2_000_000 * number, 4_000_000, 0)))
    assert "2.0 MB of 8.0 MB" in model.summary()
    assert ("2.0 MB of 8.0 MB" in " ".join(words for words, _ in model.counts_told())) is True
    for host in ("a", "b"):
        model.apply(TargetMoved("job", 3, 0.0, TargetId(host), Moved(4_000_000, 4_000_000, 1)))
        ended = CommandResult(host, Outcome.OK, 0, b"", b"", 1.0)
        model.apply(TargetEnded("job", 4, 0.0, TargetId(host), ended))
    model.finish()
    assert " 8.0 MB " in model.summary() and "MB of" not in model.summary()
