"""Which host gets what a person has typed, and when: a secret is tried on one host, and the rest get it once that has
taken it. Pure: events in, plans out. Nothing here reads a secret."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import field
from typing import NamedTuple

from ..model.credential import Secret
from ..model.data_class import dataclass
from ..model.questions import Wants

MOST_WRONG = 3
"""Wrong answers after which a question ends, as ssh's NumberOfPasswordPrompts has it."""

EVERYWHERE = "*"
"""The place of a password that a person has given for all hosts that want one of the same user."""


@dataclass(frozen=True, slots=True)
class Scope:
    """What one answer is good for. `place` is a key file, a realm, a host under its address, or a jump host (`hop`)."""

    wants: Wants
    user: str
    place: str
    hop: bool = False

    @property
    def everywhere(self) -> Scope:
        """The same of all places."""
        return Scope(self.wants, self.user, EVERYWHERE, self.hop)


class Give(NamedTuple):
    """A waiter gets a secret, and is to tell what became of it."""

    waiter: int
    secret: Secret


class Deny(NamedTuple):
    """A waiter gets none, for this scope."""

    waiter: int
    scope: Scope


Plan = list[Give | Deny]


@dataclass(frozen=True, slots=True)
class Waiter:
    """One login that wants a secret. `own` is the scope of its host alone. `asked_at` is the number of the request of a
    person that it goes back to, 0 where it goes back to none: then nobody is asked for it."""

    id: int
    host: str
    scope: Scope
    own: Scope
    asked_at: int


@dataclass(slots=True, eq=False)
class _Kept:
    """A secret. `tried` have it and have not told yet. `doubted`: a host has refused it, and none took it since;
    `once_more`: others took it before, so that it is tried on one more. `taken_by` are the hosts that took it, as the
    scopes of them alone."""

    secret: Secret
    until: float
    trusted: bool = False
    doubted: bool = False
    once_more: bool = False
    tried: set[int] = field(default_factory=set)
    refused_by: set[str] = field(default_factory=set)
    taken_by: set[Scope] = field(default_factory=set)


@dataclass(slots=True, eq=False)
class _Topic:
    """What is known of one scope. Who asked before or at request number `closed` gets no answer any more. `excluded`
    hosts have refused what others took. `first` is the host that a new answer goes to, where it waits; `refused_by` are
    hosts that have refused one since any was taken: it goes to another one, where one waits."""

    waiting: dict[int, Waiter] = field(default_factory=dict)
    kept: _Kept | None = None
    wrong: int = 0
    closed: int = 0
    excluded: set[str] = field(default_factory=set)
    first: str = ""
    refused_by: set[str] = field(default_factory=set)

    @property
    def is_empty(self) -> bool:
        """Whether nothing is lost with it."""
        return not (self.waiting or self.kept or self.wrong or self.closed or self.excluded)

    def next_waiter(self) -> Waiter | None:
        """The login that a secret is tried on."""
        waiting = [each for each in self.waiting.values() if each.host not in self.excluded]
        fresh = [each for each in waiting if each.host not in self.refused_by]
        return next((each for each in waiting if each.host == self.first), next(iter(fresh or waiting), None))


class Open(NamedTuple):
    """A question that is open: for these waiters, the first of which gets the answer, after so many wrong ones."""

    scope: Scope
    waiters: tuple[Waiter, ...]
    wrong: int


class LoginGate:
    """All secrets and all logins that wait for one. Each method gives what is to be done now."""

    def __init__(self) -> None:
        self.requests = 0
        """How often a person has asked for hosts."""
        self._topics: dict[Scope, _Topic] = {}
        self._lent: dict[int, tuple[Scope, Waiter, _Kept]] = {}

    # -- what can be read ----------------------------------------------------------------------------------------

    def open(self) -> Iterator[Open]:
        """The questions to a person, in the order in which they came up."""
        for scope, topic in self._topics.items():
            if topic.kept is None and topic.waiting:
                first = topic.next_waiter()
                waiters = sorted(topic.waiting.values(), key=lambda each: each is not first)
                yield Open(scope, tuple(waiters), topic.wrong)

    def has(self, waiter: Waiter) -> bool:
        """Whether there is a secret that this login may get without anybody being asked."""
        topic = self._topics.get(self._scope_of(waiter))
        return topic is not None and topic.kept is not None

    def is_trusted(self, waiter: int) -> bool:
        """Whether what a login has got was taken by some host, and refused by none since."""
        lent = self._lent.get(waiter)
        return lent is not None and lent[2].trusted

    def scope_of(self, waiter: int) -> Scope | None:
        """For which scope a login has got what it has."""
        lent = self._lent.get(waiter)
        return None if lent is None else lent[0]

    # -- events --------------------------------------------------------------------------------------------------

    def wait(self, waiter: Waiter) -> Plan:
        """A login wants a secret."""
        scope = self._scope_of(waiter)
        self._topic(scope).waiting[waiter.id] = waiter
        return self._settled(scope)

    def typed(self, scope: Scope, secret: Secret, until: float, *, everywhere: bool = False) -> Plan:
        """A person has answered the question of a scope; `everywhere`: for all that want the same of the same user."""
        topic = self._topic(scope)
        asked = topic.next_waiter()
        if everywhere and scope.place != EVERYWHERE:
            wrong, topic.wrong = topic.wrong, 0  # they count on: it is the same person at the same host
            scope = self._gathered(scope)
            topic = self._topic(scope)
            topic.wrong = max(topic.wrong, wrong)
            topic.excluded.clear()
        topic.kept = _Kept(secret, until)
        topic.first = topic.first if asked is None else asked.host
        return self._settled(scope)

    def closed(self, scope: Scope) -> Plan:
        """A person will not answer: nobody is asked again until hosts are asked for again."""
        topic = self._topic(scope)
        topic.closed, topic.wrong, topic.refused_by = self.requests, 0, set()
        return self._settled(scope)

    def accepted(self, waiter: int) -> Plan:
        """A login was let in with what it got."""
        lent = self._lent.pop(waiter, None)
        if lent is None:
            return []
        scope, of, kept = lent
        kept.tried.discard(waiter)
        kept.trusted, kept.doubted, kept.once_more = True, False, False
        kept.taken_by.add(of.own)
        topic = self._topic(scope)
        if topic.kept is not kept:  # forgotten, or another one was typed since
            return []
        topic.wrong, topic.refused_by = 0, set()
        return self._set_apart(scope, kept.refused_by - {of.host})

    def refused(self, waiter: int) -> Plan:
        """A login was refused with what it got: no host gets that any more, unless one takes it that has it already.

        Where other hosts took it before, the refusal counts for that host alone, which is asked for by itself; one more
        host gets it, whose word decides for all others: it may have been changed everywhere since."""
        lent = self._lent.pop(waiter, None)
        if lent is None:
            return []
        scope, of, kept = lent
        kept.tried.discard(waiter)
        kept.refused_by.add(of.host)
        kept.once_more = not kept.doubted and bool(kept.taken_by - {of.own})
        kept.trusted, kept.doubted = False, True
        if not kept.once_more or self._topic(scope).kept is not kept:
            return self._dropped(scope, kept, of.host)
        own = self._topic(of.own)
        own.wrong += 1
        return self._set_apart(scope, {of.host})

    def unsure(self, waiter: int) -> Plan:
        """A login was cut short when it may have sent what it got, and nobody knows whether that is right. What no host
        has taken yet goes to no other host then: it is asked for anew, and counts as no wrong answer."""
        lent = self._lent.get(waiter)
        if lent is not None:
            scope, of, kept = lent
            topic = self._topic(scope)
            if topic.kept is kept and not kept.trusted and (not kept.doubted or kept.once_more):
                topic.kept, topic.first = None, of.host
        return self.left(waiter)

    def left(self, waiter: int) -> Plan:
        """A login has ended before it sent what it had, or it waits no more."""
        lent = self._lent.pop(waiter, None)
        if lent is None:
            scopes = [scope for scope, topic in self._topics.items() if topic.waiting.pop(waiter, None) is not None]
            return [each for scope in scopes for each in self._settled(scope)]
        scope, of, kept = lent
        kept.tried.discard(waiter)
        dropped = kept.doubted and not kept.once_more
        return self._dropped(scope, kept, of.host) if dropped else self._settled(scope)

    def forget(self, now: float | None = None) -> Plan:
        """Drop all secrets, or those whose time is over `now`. What is out with a host is not called back."""
        plan: Plan = []
        for scope, topic in tuple(self._topics.items()):
            if topic.kept is not None and (now is None or topic.kept.until <= now):
                topic.kept = None
                topic.excluded.clear()
                plan += self._settled(scope)
        return plan

    def taken(self) -> list[Secret]:
        """The secrets that some host has taken, or some key."""
        return [topic.kept.secret for topic in self._topics.values() if topic.kept is not None and topic.kept.taken_by]

    def next_end(self) -> float | None:
        """When the next secret is to be forgotten; None: there is none."""
        return min((topic.kept.until for topic in self._topics.values() if topic.kept is not None), default=None)

    # -- what follows --------------------------------------------------------------------------------------------

    def _topic(self, scope: Scope) -> _Topic:
        return self._topics.setdefault(scope, _Topic())

    def _scope_of(self, waiter: Waiter) -> Scope:
        """The widest scope that has something for a login, or asks for it. What was given for all goes to hosts that a
        person has asked for, and to those again: another one may be anybody's, as may the same under a new address."""
        wide = self._topics.get(waiter.scope.everywhere)
        in_use = wide is not None and (wide.kept is not None or bool(wide.waiting) or bool(wide.wrong))
        known_there = wide is not None and wide.kept is not None and waiter.own in wide.kept.taken_by
        if wide is not None and in_use and waiter.host not in wide.excluded and (waiter.asked_at or known_there):
            return waiter.scope.everywhere
        known = self._topics.get(waiter.scope)
        return waiter.own if known is not None and waiter.host in known.excluded else waiter.scope

    def _gathered(self, scope: Scope) -> Scope:
        """Bring all that wait for a secret of the same kind and user together."""
        wide = scope.everywhere
        together = self._topic(wide)
        for other, topic in tuple(self._topics.items()):
            if other != wide and other.everywhere == wide and topic.kept is None:
                together.waiting.update(topic.waiting)
                topic.waiting.clear()
        return wide

    def _dropped(self, scope: Scope, kept: _Kept, host: str) -> Plan:
        """A refused secret goes once nobody has it any more who could still be let in with it."""
        topic = self._topic(scope)
        if topic.kept is not kept or kept.tried:
            return []
        topic.kept, topic.first = None, ""
        topic.wrong += 1
        topic.refused_by.add(host)
        self._bring_back(topic, kept.refused_by)
        return self.closed(scope) if topic.wrong >= MOST_WRONG else self._settled(scope)

    def _bring_back(self, topic: _Topic, hosts: set[str]) -> None:
        """These hosts are asked for with the others again: what they refused was right nowhere any more."""
        topic.excluded -= hosts
        for other in tuple(self._topics.values()):
            for waiter in tuple(other.waiting.values()):
                if other is not topic and waiter.host in hosts and self._topics.get(self._scope_of(waiter)) is topic:
                    del other.waiting[waiter.id]
                    topic.waiting[waiter.id] = waiter
                    other.wrong = 0

    def _set_apart(self, scope: Scope, hosts: set[str]) -> Plan:
        """These hosts are asked for by themselves: what others take is not right there."""
        topic = self._topic(scope)
        topic.excluded |= hosts
        plan = self._settled(scope)
        for apart in [each for each in topic.waiting.values() if each.host in topic.excluded]:
            del topic.waiting[apart.id]
            plan += self.wait(apart)
        return plan

    def _settled(self, scope: Scope) -> Plan:
        topic, plan = self._topic(scope), Plan()
        if topic.kept is None:
            for waiter in [each for each in topic.waiting.values() if each.asked_at <= topic.closed]:
                del topic.waiting[waiter.id]
                plan.append(Deny(waiter.id, waiter.scope))
        elif topic.kept.trusted:
            ready = [each for each in topic.waiting.values() if each.host not in topic.excluded]
            plan += [self._give(scope, topic, topic.kept, waiter) for waiter in ready]
        elif (
            not topic.kept.tried
            and (not topic.kept.doubted or topic.kept.once_more)
            and (next_one := topic.next_waiter()) is not None
        ):
            plan.append(self._give(scope, topic, topic.kept, next_one))
        if topic.is_empty:
            del self._topics[scope]
        return plan

    def _give(self, scope: Scope, topic: _Topic, kept: _Kept, waiter: Waiter) -> Give:
        del topic.waiting[waiter.id]
        kept.tried.add(waiter.id)
        self._lent[waiter.id] = scope, waiter, kept
        return Give(waiter.id, kept.secret)
