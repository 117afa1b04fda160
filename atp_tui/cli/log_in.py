"""What logins ask, at the terminal of a verb: on /dev/tty, never on standard input, which may be the command's."""

from __future__ import annotations

import asyncio
import os
import termios
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from functools import partial

from ..actions.action import Invocation, Value
from ..engine.engine import Engine
from ..engine.person import user_name
from ..model.credential import Secret, joined
from ..model.questions import LoginQuestion, Prompt, Touch, Wants
from ..model.target import on_hosts
from ..model.text import safe
from .output import complain
from .typed import line_of_person
from .words import sentence

_TTY = "/dev/tty"


@asynccontextmanager
async def person_at_terminal(engine: Engine, *, batch: bool) -> AsyncIterator[None]:
    """Logins ask while the block runs, where there is a terminal and not `batch`; else they fail for want of an answer.

    For use while the engine runs.
    """
    desk = engine.source.drivers.desk
    with _terminal() as descriptor:
        if batch or descriptor is None:
            desk.attends = False
            yield
            return
        desk.attends = True
        changed = asyncio.Event()
        unheard = desk.listen(partial(_heard, engine, changed, set()))
        task = asyncio.create_task(_ask_all(engine, descriptor, changed), name="ask at the terminal")
        try:
            yield
        finally:
            unheard()
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


def _heard(engine: Engine, changed: asyncio.Event, told: set[Touch]) -> None:
    """The questions are others, or a security key is to be touched, which is said once of each host."""
    changed.set()
    touch = engine.fleet.touch()
    if touch is not None and touch not in told:
        told.add(touch)
        complain(f"touch the security key now: {touch.key}, for {touch.host_id}")


@contextmanager
def _terminal() -> Iterator[int | None]:
    """The terminal that this program is in front of; None where there is none."""
    try:
        descriptor = os.open(_TTY, os.O_RDWR | os.O_NOCTTY)
    except OSError:  # a service, or a job of its own session
        yield None
        return
    try:
        yield descriptor if _in_front(descriptor) else None
    finally:
        os.close(descriptor)


def _in_front(descriptor: int) -> bool:
    """Whether reading does not stop us, as it does what a shell has put behind an `&`."""
    with suppress(OSError):
        return os.tcgetpgrp(descriptor) == os.getpgrp()
    return False


async def _ask_all(engine: Engine, descriptor: int, changed: asyncio.Event) -> None:
    while True:
        changed.clear()
        question = engine.fleet.login_question("")
        if question is None:
            await changed.wait()
            continue
        asked = _Asked(engine, descriptor, question)
        unheard = engine.source.drivers.desk.listen(asked.look)
        try:
            invocation = await asked.answer()
        except (OSError, termios.error):  # the terminal has gone
            invocation = asked.invocation()
        finally:
            unheard()
        if invocation is not None and (problem := (await engine.fleet.perform(invocation)).problem) is not None:
            complain(sentence(problem.reason))


class _Asked:
    """One question at the terminal."""

    def __init__(self, engine: Engine, descriptor: int, question: LoginQuestion) -> None:
        self._engine = engine
        self._descriptor = descriptor
        self._question = question
        self._gone = asyncio.Event()

    def look(self) -> None:
        """The questions may be others now."""
        now = self._engine.fleet.login_question(self._question.host_id)
        if now is None or now.number != self._question.number:
            self._gone.set()

    def invocation(self, secret: Secret | None = None, **more: Value) -> Invocation:
        """The answer; without a secret the question is left."""
        question = self._question
        arguments: dict[str, Value] = {"question": question.number, **more}
        return Invocation("log-in", on_hosts(question.host_id), arguments, user_name(), secret, confirmed=1)

    async def answer(self) -> Invocation | None:
        """What a person types; None: it is asked no longer."""
        question = self._question
        for line in lines_of(question):
            complain(line)
        answers = []
        for prompt in question.prompts or (Prompt(_PROMPTS[question.wants]),):
            typed = await self._line(f"{prompt.words.rstrip()} ", shown=prompt.shown)
            if self._gone.is_set():
                return None
            if typed is None or (not typed and question.wants is not Wants.ANSWERS):
                return self.invocation()
            answers.append(typed)
        if question.others and await self._line(_FOR_OTHERS.format(number=question.others), shown=True) in ("y", "yes"):
            return self.invocation(joined(answers), everywhere=True)
        return self.invocation(joined(answers))

    async def _line(self, prompt: str, *, shown: bool) -> str | None:
        return await line_of_person(self._descriptor, safe(prompt), shown=shown, gone=self._gone)


_PROMPTS = {
    Wants.PASSPHRASE: "passphrase: ",
    Wants.PASSWORD: "password: ",
    Wants.SUDO: "password for sudo: ",
    Wants.ANSWERS: "answers: ",
}

_FOR_OTHERS = "for the {number} other hosts of that user, too, once this one has taken it? y or n: "


def lines_of(question: LoginQuestion) -> Iterator[str]:
    """Who asks, and for what."""
    at = (
        f"the jump host {question.where} on the way to {question.host_id}"
        if question.hop
        else (f"{question.host_id} ({question.where})")
    )
    match question.wants:
        case Wants.PASSPHRASE:
            yield f"the key {question.where} has a passphrase"
        case Wants.PASSWORD:
            yield f"{at} wants the password of {question.user}"
        case Wants.SUDO:
            yield f"sudo on {at} wants the password of {question.user}, for a command"
        case Wants.ANSWERS:
            yield f"{at} asks {question.user}:"
    if question.refused:
        yield "what was typed last was not taken"
    if question.hosts > 1:
        yield f"{question.hosts - 1} more host{'s' * (question.hosts != 2)} wait for the same answer"
    if question.realm:
        yield f"it is for all hosts of the realm {question.realm}, once this one has taken it"
    yield from question.instruction.splitlines()
