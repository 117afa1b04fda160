"""Where logins wait for a person, and where answers are kept: in memory alone.

The gate decides; here are the futures of those that wait, the questions' numbers, and the timer that forgets.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Collection, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import field, replace
from itertools import count
from typing import TypeVar

from ..model.credential import Secret, parted
from ..model.data_class import dataclass
from ..model.questions import LoginQuestion, Prompt, Touch, Wants
from .clock import instant
from .login_gate import Deny, Give, LoginGate, Open, Plan, Scope, Waiter

T = TypeVar("T")

KEEP = 8 * 3600.0
"""Seconds after which an answer is forgotten where `[ssh] forget_after` says nothing: a working day."""

ANSWER_WITHIN = 600.0
"""Seconds that a login waits for a person. sshd waits 120 s (LoginGraceTime); then the login is made anew."""

ATTENDED = 300.0
"""Seconds after a person has asked for a host in which its logins may ask. A question that comes later is nobody's."""

Unhurried = Callable[[], AbstractContextManager[None]]
"""Stops the time limit of an attempt as long as its block lasts."""


@dataclass(frozen=True, slots=True)
class Asks:
    """Who asks: an sshd, on the way to a host. `realm` is empty, or names what one answer is good for.

    `where` and `realm` are shown. `place` and `realm_place` tell apart what is shown alike, such as two machines with
    one address, each behind its own jump host; empty: what is shown does. `keep` are the seconds that an answer is kept
    for.
    """

    host_id: str
    user: str
    where: str
    hop: bool = False
    realm: str = ""
    keep: float = KEEP
    unhurried: Unhurried = field(default=nullcontext, compare=False)
    place: str = ""
    realm_place: str = ""

    def scope(self, wants: Wants, subject: str = "") -> Scope:
        """What an answer is good for; `subject` is the key file."""
        if wants is Wants.PASSPHRASE:
            return Scope(wants, "", subject)
        if self.hop or not self.realm:
            return self.own(wants)
        return Scope(wants, self.user, f"realm {self.realm_place or self.realm}")

    def own(self, wants: Wants, subject: str = "") -> Scope:
        """That of this sshd alone."""
        if wants is Wants.PASSPHRASE:
            return Scope(wants, "", subject)
        place = self.place or self.where
        # under another address the same id may be somebody else's machine
        return Scope(wants, self.user, place if self.hop else f"{self.host_id} at {place}", self.hop)


class Lent:
    """A secret that a login has got. One of the methods is to be called once, when it is known what became of it."""

    def __init__(self, desk: LoginDesk, waiter: int, secret: Secret) -> None:
        self.secret = secret
        self._desk = desk
        self._waiter: int | None = waiter

    @property
    def trusted(self) -> bool:
        """Whether another host has taken it."""
        return self._waiter is not None and self._desk.gate.is_trusted(self._waiter)

    def accepted(self) -> None:
        """It was right."""
        if self._waiter is not None:
            self._desk.accepted(self._waiter)
            self._waiter = None

    def refused(self) -> None:
        """It was wrong."""
        self._tell(self._desk.gate.refused)

    def unsure(self) -> None:
        """It may have been sent, and nobody knows."""
        self._tell(self._desk.gate.unsure)

    def left(self) -> None:
        """It was not sent, or says nothing of what others may still get."""
        self._tell(self._desk.gate.left)

    def _tell(self, event: Callable[[int], Plan]) -> None:
        waiter, self._waiter = self._waiter, None
        if waiter is not None:
            self._desk.carry_out(event(waiter))


@dataclass(slots=True, eq=False)
class _Live:
    """A question that only the login which asks it can take the answer to."""

    question: LoginQuestion
    answered: asyncio.Future[Secret | None]


class LoginDesk:
    """Used on the event loop. `attends` None: a person is there for hosts that were asked for (`attend`) alone; True:
    for all of them, as in front of a verb; False: nobody is ever asked."""

    def __init__(self, now: Callable[[], float] = instant) -> None:
        self.gate = LoginGate()
        self.attends: bool | None = None
        self._now = now
        self._attended: dict[str, tuple[int, float]] = {}
        self._waiting: dict[int, asyncio.Future[Lent | None]] = {}
        self._of: dict[int, tuple[Asks, str]] = {}
        self._live: dict[int, _Live] = {}
        self._numbers = count(1)
        self._numbered: dict[tuple[Scope, int], int] = {}
        self._listeners: list[Callable[[], object]] = []
        self._forgetting: asyncio.TimerHandle | None = None
        self._touch: Touch | None = None
        self._missed: dict[Scope, set[str]] = {}
        self.helped: list[Callable[[Collection[str]], object]] = []
        """Are called with the hosts that have failed for want of an answer which has been found to be right since."""
        self.forgot: list[Callable[[], object]] = []
        """Are called when anything is forgotten: whoever keeps what was made of it lets go of that, too."""

    # -- for logins ----------------------------------------------------------------------------------------------

    def attended(self, asks: Asks) -> int:
        """The number of the request by which a person is there to be asked; 0: nobody is."""
        if self.attends is not None:
            self.gate.requests = self.gate.requests or 1
            return self.gate.requests if self.attends else 0
        number, until = self._attended.get(asks.host_id, (0, 0.0))
        return number if self._now() < until else 0

    def may_have(self, asks: Asks, wants: Wants) -> bool:
        """Whether a login has any prospect of an answer."""
        if self.attended(asks) or self.gate.has(self._waiter(asks, wants, "")):
            return True
        if wants is not Wants.SUDO:  # its host is connected: nothing to be tried again by itself
            self._missed.setdefault(asks.scope(wants), set()).add(asks.host_id)
        return False

    async def secret(self, asks: Asks, wants: Wants, subject: str = "") -> Lent | None:
        """What a person has typed, or types now; None: there is nobody, or nothing will come."""
        waiter = self._waiter(asks, wants, subject)
        future: asyncio.Future[Lent | None] = asyncio.get_running_loop().create_future()
        self._waiting[waiter.id], self._of[waiter.id] = future, (asks, subject)
        try:
            self.carry_out(self.gate.wait(waiter))
            if not future.done():
                with asks.unhurried():
                    await self._in_time(future)
            return None if future.cancelled() else future.result()
        except BaseException:
            if future.done() and not future.cancelled() and (lent := future.result()) is not None:
                lent.left()  # it came in the moment of the cancel
            raise
        finally:
            del self._waiting[waiter.id]
            if not future.done() or future.cancelled() or future.result() is None:
                self.carry_out(self.gate.left(waiter.id))
            del self._of[waiter.id]

    async def answers(
        self, asks: Asks, prompts: tuple[Prompt, ...], instruction: str = "", refused: int = 0
    ) -> tuple[str, ...] | None:
        """What a person types for prompts of an sshd; None: there is nobody, or no answer."""
        if not self.attended(asks):
            return None
        number = next(self._numbers)
        question = LoginQuestion(
            number, Wants.ANSWERS, asks.host_id, asks.user, asks.where, asks.hop,
            instruction=instruction, prompts=prompts, refused=refused,
        )  # fmt: skip
        future: asyncio.Future[Secret | None] = asyncio.get_running_loop().create_future()
        self._live[number] = _Live(question, future)
        self._changed()
        try:
            with asks.unhurried():
                secret = await self._in_time(future)
        finally:
            self._live.pop(number, None)
            self._changed()
        if secret is None:
            return None
        given = parted(secret)
        return given if len(given) == len(prompts) else None

    @staticmethod
    async def _in_time(future: asyncio.Future[T]) -> T | None:
        try:
            async with asyncio.timeout(ANSWER_WITHIN):
                return await future
        except TimeoutError:
            return None

    def _waiter(self, asks: Asks, wants: Wants, subject: str) -> Waiter:
        scope, own = asks.scope(wants, subject), asks.own(wants, subject)
        return Waiter(next(self._numbers), asks.host_id, scope, own, self.attended(asks))

    @contextmanager
    def touching(self, asks: Asks, key: str) -> Iterator[None]:
        """A person is told to touch a security key while the block lasts."""
        self._touch = Touch(asks.host_id, asks.where, key)
        self._changed()
        try:
            yield
        finally:
            self._touch = None
            self._changed()

    def accepted(self, waiter: int) -> None:
        """As Lent.accepted."""
        scope, known = self.gate.scope_of(waiter), self.gate.is_trusted(waiter)
        self.carry_out(self.gate.accepted(waiter))
        if known:
            return
        found = [each for each in self._missed if scope in (each, each.everywhere)]
        hosts = {host for each in found for host in self._missed.pop(each)}
        if hosts:
            for heard in tuple(self.helped):
                heard(hosts)

    # -- for a person --------------------------------------------------------------------------------------------

    def listen(self, heard: Callable[[], object]) -> Callable[[], None]:
        """Call `heard` whenever the questions may be others; what is given back ends that."""
        self._listeners.append(heard)
        return lambda: self._listeners.remove(heard)

    def attend(self, hosts: Collection[str]) -> None:
        """A person has asked for these hosts, and is there to be asked."""
        self.gate.requests += 1
        until = self._now() + ATTENDED
        self._attended.update(dict.fromkeys(hosts, (self.gate.requests, until)))

    def touch(self) -> Touch | None:
        """The security key that is to be touched now: one at a time is."""
        return self._touch

    def question(self, host_id: str = "") -> LoginQuestion | None:
        """The question about a host; "" or where it has none: the one that is open for longest. None: none is."""
        live = [each.question for each in self._live.values() if not each.answered.done()]
        opened = self._opened()
        if not live and not opened:
            return None
        numbers = [each.number for each in live if each.host_id == host_id]
        numbers += [
            number for number, of in opened.items() if host_id and any(each.host == host_id for each in of.waiters)
        ]
        number = min(numbers or [*opened, *(each.number for each in live)])
        of = opened.get(number)
        found = self._live[number].question if of is None else self._asked(number, of, opened.values())
        return replace(found, more=len(live) + len(opened) - 1)

    def answer(self, number: int, secret: Secret, *, everywhere: bool = False) -> bool:
        """Answer a question: `secret` is one text, or the texts for all prompts, joined. False: it is not open."""
        live = self._live.get(number)
        if live is not None:
            if not live.answered.done():
                live.answered.set_result(secret)
            return True
        found = self._opened().get(number)
        if found is None:
            return False
        keep = min(self._of[each.id][0].keep for each in found.waiters)
        everywhere = everywhere and found.scope.wants in (Wants.PASSWORD, Wants.SUDO)
        self.carry_out(self.gate.typed(found.scope, secret, self._now() + keep, everywhere=everywhere))
        self._forget_in_time()
        return True

    def decline(self, number: int) -> None:
        """A person leaves a question: those that wait go on without an answer, and do not ask again by themselves."""
        live = self._live.get(number)
        if live is not None:
            self._attended.pop(live.question.host_id, None)
            if not live.answered.done():
                live.answered.set_result(None)
        elif (found := self._opened().get(number)) is not None:
            self.carry_out(self.gate.closed(found.scope))

    def forget(self) -> None:
        """Drop all that was typed. Who waits goes on waiting."""
        self.carry_out(self.gate.forget())
        self._forget_in_time()
        for heard in tuple(self.forgot):
            heard()

    def news(self) -> None:
        """Have whoever listens look anew."""
        self._changed()

    def close(self) -> None:
        """Nobody is there any more."""
        self.attends = False
        self.forget()
        for future in tuple(self._waiting.values()):
            if not future.done():
                future.set_result(None)
        for live in tuple(self._live.values()):
            if not live.answered.done():
                live.answered.set_result(None)

    # -- what follows --------------------------------------------------------------------------------------------

    def carry_out(self, plan: Plan) -> None:
        """Hand out what the gate has decided. A login that has just gone gives it back, which may lead to more."""
        rest = deque(plan)
        while rest:
            each = rest.popleft()
            future = self._waiting.get(each.waiter)
            match each:
                case Give(waiter, secret) if future is not None and not future.done():
                    future.set_result(Lent(self, waiter, secret))
                case Give(waiter, _):
                    rest.extend(self.gate.left(waiter))
                case Deny(waiter, scope):
                    if future is not None and not future.done():
                        if scope.wants is not Wants.SUDO:
                            self._missed.setdefault(scope, set()).add(self._of[waiter][0].host_id)
                        future.set_result(None)
        self._changed()

    def _changed(self) -> None:
        for heard in tuple(self._listeners):
            heard()

    def _opened(self) -> dict[int, Open]:
        """The gate's questions by their numbers. After a wrong answer it is another one: what is typed for the one is
        no answer to the other."""
        known, opened = self._numbered, list(self.gate.open())
        self._numbered = {
            (each.scope, each.wrong): known.get((each.scope, each.wrong)) or next(self._numbers) for each in opened
        }
        return dict(zip(self._numbered.values(), opened, strict=True))

    def _asked(self, number: int, of: Open, opened: Collection[Open]) -> LoginQuestion:
        asks, subject = self._of[of.waiters[0].id]
        hosts, others = {waiter.host for waiter in of.waiters}, set[str]()
        if of.scope.wants in (Wants.PASSWORD, Wants.SUDO) and of.scope != of.scope.everywhere:
            alike = [each for each in opened if each.scope.everywhere == of.scope.everywhere]
            others = {waiter.host for each in alike for waiter in each.waiters} - hosts
        realm = asks.realm if of.scope == asks.scope(of.scope.wants, subject) and not asks.hop else ""
        return LoginQuestion(
            number, of.scope.wants, asks.host_id, asks.user, subject or asks.where, asks.hop, realm,
            hosts=len(hosts), others=len(others), refused=of.wrong,
        )  # fmt: skip

    def _forget_in_time(self) -> None:
        if self._forgetting is not None:
            self._forgetting.cancel()
            self._forgetting = None
        at = self.gate.next_end()
        if at is not None and at < float("inf"):
            delay = max(0.0, at - self._now())
            self._forgetting = asyncio.get_running_loop().call_later(delay, self._time_is_over)

    def _time_is_over(self) -> None:
        self.carry_out(self.gate.forget(self._now()))
        self._forget_in_time()
        for heard in tuple(self.forgot):
            heard()
