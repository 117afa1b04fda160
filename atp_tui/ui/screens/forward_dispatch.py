"""`:forward SPEC…` of the screen: ports and sockets of this machine that lead to what the host pointed at reaches."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Protocol

from ...actions.action import Invocation, Value
from ...actions.forward import specs_of
from ...engine.fleet import Fleet
from ...model.errors import ActionFailed
from ..text import safe
from ..words import sentence


class ForwardSurface(Protocol):
    """The main screen, as far as forwards need it."""

    def tell(self, text: str, *, wrong: bool = False) -> None: ...
    def ask_for(self, command: str) -> None: ...
    def spawn(self, work: Coroutine[None, None, None]) -> None: ...


class Starting(Protocol):
    """What asks a person first: Dispatch."""

    def hosts_for(self, named: str) -> tuple[str, ...]: ...
    def invocation(self, action: str, hosts: Sequence[str], arguments: Mapping[str, Value]) -> Invocation: ...
    def if_confirmed(
        self, invocation: Invocation, title: str, yes: str, act: Callable[[Invocation], object], words: str
    ) -> None: ...


def start(screen: ForwardSurface, fleet: Fleet, starting: Starting, line: str) -> None:
    """Open what a line says: `@kvm07 8080:localhost:80`, or without the host."""
    word, _, rest = line.strip().partition(" ")
    named, rest = (word, rest) if word.startswith("@") else ("", line)
    if not rest.strip():
        screen.ask_for(f"forward {named}".rstrip())
        return
    hosts = starting.hosts_for(named)
    if not hosts:
        return
    invocation = starting.invocation("forward", hosts, {"specs": rest.strip()})
    try:
        specs_of(invocation)
    except ActionFailed as error:
        screen.tell(sentence(error.reason), wrong=True)
        return

    def act(agreed: Invocation) -> None:
        screen.spawn(_opened(screen, fleet, agreed))

    starting.if_confirmed(invocation, "forward", "open it", act, f"forward {rest.strip()}")


async def _opened(screen: ForwardSurface, fleet: Fleet, invocation: Invocation) -> None:
    before = {each.number for each in fleet.forwards()}
    problem = (await fleet.perform(invocation)).problem
    if problem is not None:
        screen.tell(sentence(problem.reason), wrong=True)
        return
    mine = [each for each in fleet.forwards() if each.number not in before and each.host == invocation.hosts[0]]
    led = ", ".join(f"{each.near} leads to {each.far}" for each in mine)
    screen.tell(safe(f"{invocation.hosts[0]}: {led}"))
