"""What the key of the shell does: a session on the host under the cursor has the terminal until it ends."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Protocol

from ...actions.action import Invocation, Value
from ...engine.fleet import Fleet
from ...model.outcome import ExitStatus
from ..targeting import Targeting
from ..text import safe
from ..words import sentence


class ShellSurface(Protocol):
    """The main screen, as far as a shell needs it."""

    def tell(self, text: str, *, wrong: bool = False) -> None: ...
    def spawn(self, work: Coroutine[None, None, None]) -> None: ...


class Starting(Protocol):
    """What asks, where it is to be asked: Dispatch."""

    def hosts_for(self, named: str) -> tuple[str, ...]: ...
    def invocation(self, action: str, hosts: Sequence[str], arguments: Mapping[str, Value]) -> Invocation: ...
    def if_confirmed(
        self, invocation: Invocation, title: str, yes: str, act: Callable[[Invocation], object]
    ) -> None: ...


class ShellDispatch:
    """`ended` tells how the last session ended: None where it was left from here."""

    def __init__(
        self,
        screen: ShellSurface,
        fleet: Fleet,
        starting: Starting,
        targeting: Targeting,
        ended: Callable[[], ExitStatus | None],
    ) -> None:
        self._screen = screen
        self._fleet = fleet
        self._starting = starting
        self._targeting = targeting
        self._ended = ended

    def open(self, line: str) -> None:
        """`@kvm01 top`, `top` or nothing."""
        word, _, rest = line.strip().partition(" ")
        named, command = (word, rest.strip()) if word.startswith("@") else ("", line.strip())
        hosts = self._starting.hosts_for(named) if named else self._targeting.cursor
        if len(hosts) != 1:
            if hosts or not named:  # else it is told
                self._screen.tell("a shell is on one host: put the cursor on it", wrong=True)
            return
        asked = self._starting.invocation("shell", hosts, {"command": command} if command else {})
        self._starting.if_confirmed(asked, "shell", "open it", lambda agreed: self._screen.spawn(self._lent(agreed)))

    async def _lent(self, invocation: Invocation) -> None:
        (host,) = invocation.hosts
        self._screen.tell(safe(f"shell on {host}: it is being opened"))
        problem = (await self._fleet.perform(invocation)).problem
        if problem is not None:
            self._screen.tell(sentence(problem.reason), wrong=True)
            return
        ended = self._ended()
        how = "was left" if ended is None else f"has ended: {_told(ended)}"
        self._screen.tell(safe(f"the shell on {host} {how}"))


def _told(ended: ExitStatus) -> str:
    return f"exit status {ended.status}" if ended.signal is None else f"signal {ended.signal}"
