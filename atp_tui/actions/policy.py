"""Which invocations pass the door as they are, which need a person's word before, and which never pass. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import field

from ..executor.carrying import line_for
from ..executor.folding import fold_names
from ..model.data_class import dataclass
from ..model.errors import ActionFailed, ConfirmationWanted, ReadOnly
from ..model.freeze import local_time
from ..model.guard import GuardSettings
from ..model.host import HostInfo
from ..model.message import Message, told
from ..model.problem import Problem
from ..model.say import Say
from .action import Action, Danger, Invocation
from .at_work import JobAtWork, told_of
from .dangers import MOST, Span, dangers, dangers_of_push
from .held import Held

MOST_NAMED = 5
"""Domains that a question names."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of the targets' hosts, by their ids: their tags, how many domains run there, and which of these are
    being moved or saved, each with its reason. `sets` are those of `[guard]` that they are in.

    A host whose domains nobody has counted is not in `running`. `jobs` are those that run. `held` are the freezes that
    have not come to their end; `unreadable` says why what is frozen is not known. `hosts` are what the placeholders of
    a command are filled from.
    """

    tags: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    running: Mapping[str, int] = field(default_factory=dict)
    under_way: Mapping[str, tuple[tuple[str, str], ...]] = field(default_factory=dict)
    jobs: tuple[JobAtWork, ...] = ()
    held: tuple[Held, ...] = ()
    unreadable: str = ""
    hosts: Mapping[str, HostInfo] = field(default_factory=dict)
    sets: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


NOTHING_KNOWN = Facts()


@dataclass(frozen=True, slots=True)
class Agreement:
    """What a person has to agree to: so many targets, for these `reasons`.

    `typed`: by typing the number; else by a yes, and whatever is no yes is a no. `spans` are the dangerous parts of
    the invocation's argument `command`.
    """

    number: int
    typed: bool
    reasons: tuple[Message, ...] = ()
    spans: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True)
class Admission:
    """Whether an invocation would pass the door: not for `problem`; or once a person has agreed to `confirm`."""

    problem: Problem | None = None
    confirm: Agreement | None = None


@dataclass(frozen=True, slots=True)
class Policy:
    """`read_only`: nothing passes that changes a host, known_hosts or hosts.toml.

    `asks`: a person is there to be asked, by the limits of `guard`. Where not, all that is written counts.
    """

    read_only: bool = False
    asks: bool = False
    guard: GuardSettings = field(default_factory=GuardSettings)

    def wants(self, action: Action, invocation: Invocation, facts: Facts = NOTHING_KNOWN) -> Agreement | None:
        """What a person has to agree to first; None where nobody is to be asked, or has agreed to this number."""
        number = len(invocation.targets)
        if not self.asks or invocation.confirmed == number:
            return None
        if action.danger is Danger.TRUST:
            return Agreement(number, False, (told(Say.NOT_AGREED, action=action.name),))
        reasons = [_many(number, self.guard)] if number > self._limit(action) else []
        reasons += _thawed(invocation, facts) if action.name == "thaw" else []
        reasons += _cut_short(invocation, facts) if action.lets_go else []
        reasons += self._protected(invocation, facts) if action.changes_hosts else []
        reasons += _exposed(invocation) if action.name == "forward" else []
        line = invocation.text("command")
        spans = dangers(line, self.guard) if action.changes_hosts and line else ()
        more = list(self._dangers_beside(invocation, facts)) if action.changes_hosts and line else []
        if action.name == "push":
            parts = dangers_of_push(invocation.text("files"), invocation.text("path"), self.guard)
            more += [told(Say.ASKS_DANGER, part=part) for part in parts]
        grave = bool(spans or more) or len(reasons) > (number > self._limit(action))
        reasons += [told(Say.ASKS_DANGER, part=line[begin:end]) for begin, end in spans]
        reasons += more
        others = list(told_of(facts.jobs, invocation.hosts, others=True)) if action.changes_hosts else []
        if not reasons and not (others and self.guard.running_jobs):
            return None
        reasons += others
        typed = number > self.guard.count_above or (grave and number > 1)
        own = () if action.lets_go else told_of(facts.jobs, invocation.hosts, others=False)
        return Agreement(number, typed, (*reasons, *_beside(invocation, facts), *own), spans)

    def allow(self, action: Action, invocation: Invocation, facts: Facts = NOTHING_KNOWN) -> None:
        """Raise ReadOnly where it never passes."""
        if self.read_only and action.changes:
            raise ReadOnly(told(Say.READ_ONLY, action=action.name))
        if action.changes and not action.of_freezes:
            _require_thawed(action, invocation, facts)
        if not action.changes_hosts or not self.guard.read_only:
            return
        names_of = {host: (host, *facts.tags.get(host, ()), *facts.sets.get(host, ())) for host in invocation.hosts}
        named = {host: _among(self.guard.read_only, names) for host, names in names_of.items()}
        hosts = [host for host, names in named.items() if names]
        if hosts:
            names = ", ".join(dict.fromkeys(name for host in hosts for name in named[host]))
            raise ReadOnly(told(Say.READ_ONLY_HOSTS, action=action.name, hosts=fold_names(hosts), names=names))

    def require_confirmation(self, action: Action, invocation: Invocation, facts: Facts = NOTHING_KNOWN) -> None:
        """Raise ConfirmationWanted where a person has to be asked first."""
        wanted = self.wants(action, invocation, facts)
        if wanted is None:
            return
        if action.danger is Danger.TRUST:
            raise ConfirmationWanted(told(Say.NOT_AGREED, action=action.name))
        raise ConfirmationWanted(told(Say.UNCONFIRMED, action=action.name, number=wanted.number))

    def _dangers_beside(self, invocation: Invocation, facts: Facts) -> Iterable[Message]:
        """What is dangerous in a script, in a gate's command, and in what placeholders come to on the hosts."""
        delivery, line = invocation.delivery, invocation.text("command")
        for begin, end in dangers(delivery.text, self.guard) if delivery.text else ():
            yield told(Say.ASKS_DANGER_OF_SCRIPT, script=delivery.script, part=delivery.text[begin:end])
        gate = invocation.text("gate_run")
        yield from (told(Say.ASKS_DANGER, part=gate[begin:end]) for begin, end in dangers(gate, self.guard))
        lines = set()
        for host in invocation.hosts:
            if host in facts.hosts:
                with suppress(ActionFailed):  # the action refuses it
                    lines.add(line_for(line, delivery, facts.hosts[host]))
        known = len(dangers(line, self.guard))  # these are told as they were typed
        found: dict[str, None] = {}
        for each in sorted(lines - {line}):
            spans = dangers(each, self.guard)
            found |= {each[begin:end]: None for begin, end in spans if len(spans) > known}
        yield from (told(Say.ASKS_DANGER, part=part) for part in list(found)[:MOST])

    def _limit(self, action: Action) -> int:
        """The number of targets above which a person is asked. What changes nothing is asked about later."""
        return self.guard.preview_above if action.changes else self.guard.count_above

    def _protected(self, invocation: Invocation, facts: Facts) -> list[Message]:
        reasons = []
        for tag in self.guard.protected:
            hosts = [host for host in invocation.hosts if tag in facts.tags.get(host, ())]
            if hosts:
                reasons.append(told(Say.ASKS_PROTECTED, hosts=fold_names(hosts), tag=tag))
            in_set = [host for host in invocation.hosts if tag in facts.sets.get(host, ())]
            if in_set:
                reasons.append(told(Say.ASKS_PROTECTED_SET, hosts=fold_names(in_set), set=tag))
        return reasons


def _require_thawed(action: Action, invocation: Invocation, facts: Facts) -> None:
    """Raise ReadOnly for what a freeze holds back: of the whole fleet every act that changes something, of a set those
    whose targets are in it, edits of their entries too."""
    if facts.unreadable:
        raise ReadOnly(told(Say.FROZEN_UNREADABLE, action=action.name, why=facts.unreadable))
    for held in facts.held:
        freeze = held.freeze
        words = {"until": local_time(freeze.until), "who": freeze.who, "reason": freeze.reason}
        if freeze.of_all:
            raise ReadOnly(told(Say.FROZEN_ALL, action=action.name, **words))
        hosts = [host for host in invocation.hosts if host in held.hosts]
        if hosts:
            raise ReadOnly(told(Say.FROZEN, action=action.name, hosts=fold_names(hosts), set=freeze.words, **words))


def _thawed(invocation: Invocation, facts: Facts) -> list[Message]:
    """The freezes of other persons that it would end."""
    ended = [held.freeze for held in facts.held if held.freeze.words == invocation.text("set")]
    return [
        told(
            Say.ASKS_THAW,
            who=each.who,
            set=each.words,
            since=local_time(each.since),
            until=local_time(each.until),
            reason=each.reason,
        )
        for each in ended
        if each.who != invocation.who
    ]


def _exposed(invocation: Invocation) -> list[Message]:
    """The places of a forward to which other machines can come."""
    from .forward import specs_of

    with suppress(ActionFailed):  # the action refuses it
        specs = [each for each in specs_of(invocation) if each.near.exposed]
        host = invocation.hosts[0]
        return [told(Say.FORWARD_EXPOSED, near=str(each.near), far=str(each.far), host=host) for each in specs]
    return []


def _cut_short(invocation: Invocation, facts: Facts) -> list[Message]:
    """This program's jobs that may be cut short where hosts are let go; of an undo nobody knows which, so all."""
    hosts = invocation.hosts or tuple(sorted({host for job in facts.jobs for host in job.hosts}))
    found = list(told_of(facts.jobs, hosts, others=False))
    return [told(Say.ASKS_CUTS), *found] if found else []


def _many(number: int, guard: GuardSettings) -> Message:
    limit = guard.count_above if number > guard.count_above else guard.preview_above
    return told(Say.ASKS_MANY, number=number, limit=limit)


def _beside(invocation: Invocation, facts: Facts) -> Iterable[Message]:
    """As whom it runs, and what else is known of the hosts: how many domains run there, and which are on their way."""
    if user := invocation.text("sudo") or invocation.delivery.sudo:
        yield told(Say.ASKS_SUDO, user=user)
    known = [facts.running[host] for host in invocation.hosts if host in facts.running]
    missing = len(invocation.hosts) - len(known)
    if known and missing:
        yield told(Say.ASKS_RUNNING_PARTLY, number=sum(known), missing=missing)
    elif sum(known):
        yield told(Say.ASKS_RUNNING, number=sum(known))
    moved = [(host, *each) for host in invocation.hosts for each in facts.under_way.get(host, ())]
    if moved:
        names = ", ".join(f"{host}/{name} ({why})" for host, name, why in moved[:MOST_NAMED])
        more = f" and {len(moved) - MOST_NAMED} more" if len(moved) > MOST_NAMED else ""
        yield told(Say.ASKS_UNDER_WAY, number=len(moved), names=names + more)


def _among(wanted: Iterable[str], names: tuple[str, ...]) -> list[str]:
    return [name for name in wanted if name in names]
