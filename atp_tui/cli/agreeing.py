"""What `run` asks a person first, at the terminal, or refuses where nobody can be asked."""

from __future__ import annotations

import asyncio
import contextlib
import os
import termios
from collections.abc import Iterator
from dataclasses import replace
from typing import NoReturn

from ..actions.action import Invocation
from ..actions.policy import Agreement
from ..engine.engine import Engine
from ..engine.targets import Reading
from ..executor.folding import fold_names
from ..model.errors import ActionFailed, ConfirmationWanted
from ..model.message import told
from ..model.say import Say
from ..model.target import on_hosts
from .act import require
from .output import complain
from .words import sentence

LONGEST_ANSWER = 4096
"""Bytes of a line that a terminal takes."""


async def passes(engine: Engine, reading: Reading, invocation: Invocation, *, yes: bool) -> None:
    """Look at an invocation before a host is contacted, with the hosts that are certain.

    Raises ActionFailed where the door would not let it pass, or a person would have to be asked, and there is none.
    """
    probe = replace(invocation, targets=on_hosts(*(reading.ids or _one_that_passes(engine, reading, invocation))))
    await engine.look()
    await require(engine, probe)
    asks = engine.fleet.admit(probe).confirm
    if asks is not None and not reading.ids:  # which hosts it is for is not known, and its command line is
        dangers = tuple(why for why in asks.reasons if why.id == Say.ASKS_DANGER)
        asks = replace(asks, number=len(reading.undecided), reasons=dangers) if dangers else None
        probe = replace(probe, targets=on_hosts(*reading.undecided))
    if asks is not None and not yes and not can_ask():
        async with engine.door.audit:
            _refuse(engine, probe, asks)


async def agreed(engine: Engine, invocation: Invocation, *, yes: bool) -> Invocation | None:
    """The invocation as it may be carried out; None where a person was asked and has not agreed.

    Raises ActionFailed where nobody can be asked. For use while the engine runs: the question waits beside it.
    """
    await engine.look()
    await require(engine, invocation)
    asks = engine.fleet.admit(invocation).confirm
    if asks is None or yes:
        return invocation if asks is None else replace(invocation, confirmed=asks.number, beforehand=True)
    with terminal() as descriptor:
        if descriptor is None:
            _refuse(engine, invocation, asks)
        termios.tcflush(descriptor, termios.TCIFLUSH)  # what was typed before the question is no answer to it
        for line in question(invocation, asks):
            complain(line)
        complain(f"type {asks.number} to go on:" if asks.typed else "go on? y or n:")
        try:
            answer = await line_typed(descriptor)
        except asyncio.CancelledError:
            engine.fleet.decline(invocation)
            raise
    if answer == str(asks.number) if asks.typed else answer.lower() in ("y", "yes"):
        return replace(invocation, confirmed=asks.number)
    engine.fleet.decline(invocation)
    complain("nothing was run")
    return None


def question(invocation: Invocation, asks: Agreement) -> Iterator[str]:
    """What is asked about, in lines: the hosts, and why."""
    number = len(invocation.hosts)
    if number:
        yield f"{invocation.action} on {number} host{'s' * (number != 1)}: {fold_names(invocation.hosts)}"
    else:
        yield f"{invocation.action} {invocation.text('set')}".rstrip()
    for why in asks.reasons:
        yield f"  {sentence(why)}"


def _one_that_passes(engine: Engine, reading: Reading, invocation: Invocation) -> tuple[str, ...]:
    """Where no host is certain: one of those that may be meant, if there is one on which it would not be refused."""
    for host in reading.undecided:
        if engine.fleet.admit(replace(invocation, targets=on_hosts(host))).problem is None:
            return (host,)
    return reading.undecided[:1]


def _refuse(engine: Engine, invocation: Invocation, asks: Agreement) -> NoReturn:
    for line in question(invocation, asks):
        complain(line)
    if invocation.hosts:
        error = ConfirmationWanted(told(Say.NOBODY_TO_ASK, action=invocation.action, number=asks.number))
    else:
        error = ConfirmationWanted(told(Say.NOBODY_TO_ASK_OF_NO_HOST, action=invocation.action))
    engine.door.decline(invocation, error)
    raise ActionFailed(error.reason)


def can_ask() -> bool:
    """Whether there is a terminal at which a person sees standard error and can answer."""
    with terminal() as descriptor:
        return descriptor is not None


@contextlib.contextmanager
def terminal() -> Iterator[int | None]:
    """The descriptor of the terminal at which a person sees standard error and can answer; None where there is none."""
    if not os.isatty(2):
        yield None
    elif os.isatty(0):
        yield 0
    else:
        try:
            descriptor = os.open("/dev/tty", os.O_RDONLY | os.O_NOCTTY)
        except OSError:  # a service, or a job of its own session
            yield None
            return
        try:
            yield descriptor
        finally:
            os.close(descriptor)


async def line_typed(descriptor: int) -> str:
    """The next line that is typed, without the blanks around it; "" at the end of input. The event loop goes on."""
    loop = asyncio.get_running_loop()
    typed = asyncio.Event()
    loop.add_reader(descriptor, typed.set)
    try:
        await typed.wait()
    finally:
        loop.remove_reader(descriptor)
    return os.read(descriptor, LONGEST_ANSWER).decode(errors="replace").strip()
