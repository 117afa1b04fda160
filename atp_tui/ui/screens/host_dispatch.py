"""What the keys of host management do: forms and questions in front of the registry's actions on hosts.toml."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from ...actions.action import Invocation, Value
from ...config.forges import is_forge
from ...config.form import FILE, OF_ONE, FormField, words_of
from ...config.imports.offer import TYPED, ImportAsked, Offered, OfferKind
from ...engine.fleet import Fleet, Preview
from ...engine.try_out import TryStep
from ...model.message import told
from ...model.problem import Problem
from ...model.quoting import redacted
from ...model.say import Say
from ...model.target import on_hosts
from ..keymap import OWN, Keymap
from ..text import safe
from ..words import sentence
from .ask import AskScreen, TypedAskScreen
from .form_surface import FormSurface
from .host_form import SETTLES, Changes, HostForm
from .import_hosts import FORGE, ChoiceLine, Chosen, ImportScreen
from .import_source import SourceLine, SourceScreen

_ARGUMENTS: Mapping[str, tuple[str, ...]] = {"add-host": ("id", "host"), "copy-host": ("id",), "edit-host": ()}
"""The fields that an action takes as arguments of its own; the others are KEY=VALUE words."""

NOTHING_TYPED = Problem(told(Say.TEXT, text="nothing was changed: type something, or leave the form"))

NOTHING_TO_TRY = "Type an id and an address first."
ONE_AT_A_TIME = "The connection is tested to one host at a time."

HOSTS = "hosts.toml"

ASK_NUMBER_ABOVE = 3
"""Hosts that are taken out by y alone; of more their number is typed."""


class HostDispatch:
    """One method a command. `person` is the one at the screen."""

    def __init__(self, screen: FormSurface, fleet: Fleet, keys: Keymap, person: str) -> None:
        self._screen = screen
        self._fleet = fleet
        self._keys = keys
        self._person = person
        self._opens = False
        self._note = ""

    def add(self) -> None:
        """Open the form of a new host."""
        self._open_soon("add-host", (), "new host")

    def edit(self, hosts: Sequence[str]) -> None:
        """Open the form of a host, or of what several have in common."""
        title = f"edit {hosts[0]}" if len(hosts) == 1 else f"edit {len(hosts)} hosts"
        self._open_soon("edit-host", tuple(hosts), title)

    def copy(self, host: str) -> None:
        """Open the form of a new host that is like this one."""
        self._open_soon("copy-host", (host,), f"copy of {host}")

    def remove(self, hosts: Sequence[str]) -> None:
        """Ask, then take hosts out of the file."""
        rows = self._fleet.rows(hosts)
        domains = sum(row.domains or 0 for row in rows)
        what = hosts[0] if len(hosts) == 1 else f"{len(hosts)} hosts"
        view = f", and {domains} VM{'s' * (domains != 1)} with it out of view" if domains else ""
        lines = [f"  {', '.join(map(safe, hosts[:12]))}{' …' if len(hosts) > 12 else ''}", ""]
        goes, whom = ("It goes", "the host itself") if len(hosts) == 1 else ("They go", "the hosts themselves")
        lines += [f"{goes} out of hosts.toml{view}.", f"Nothing happens to {whom}.", ""]
        question = (
            AskScreen(f"remove {safe(what)}", lines, yes="remove it", no="keep it")
            if len(hosts) <= ASK_NUMBER_ABOVE
            else TypedAskScreen(f"remove {what}", lines, word=str(len(hosts)), yes="remove them")
        )

        asked = self._invocation("remove-host", tuple(hosts), {})

        def answered(yes: bool | None) -> None:
            if yes:
                self._screen.spawn(self._removed(asked))
            else:
                self._fleet.decline(asked)

        self._screen.app.push_screen(question, answered)

    async def _removed(self, asked: Invocation) -> None:
        hosts = asked.hosts
        problem = await self._performed(asked)
        if problem is None:
            self._tell_done(f"removed: {hosts[0] if len(hosts) == 1 else f'{len(hosts)} hosts'}")
        else:
            self._screen.tell(sentence(problem.reason), wrong=True)

    def take_over(self, source: str, where: str = "") -> None:
        """Show what a source of hosts has to offer, and take over what is chosen; without a source, ask for one.

        `where` is its file, or the names of a list; of those that have no file of their own it has to be typed.
        """
        from ...config.imports.sources import SOURCES

        problem = self._fleet.admit(self._invocation("import", (), {"source": source or TYPED})).problem
        if problem is not None:
            self._screen.tell(sentence(problem.reason), wrong=True)
            return

        def chosen(name: str | None) -> None:
            if not name:
                return
            if SOURCES[name].defaults:
                self.take_over(name)
            else:
                self._screen.ask_for(f"import {name}")

        if source:
            self._screen.spawn(self._offer(ImportAsked(source, where.strip())))
            return
        typed = {TYPED: "the names, typed"}
        lines = [
            SourceLine(each.name, each.about, ", ".join(each.defaults) or typed.get(each.name, "a file, named"))
            for each in SOURCES.values()
        ]
        self._screen.app.push_screen(SourceScreen(lines), chosen)

    async def _offer(self, asked: ImportAsked) -> None:
        found = await self._fleet.importable(asked)
        if found.problem is not None:
            self._screen.tell(found.problem.sentence, wrong=True)
            return
        if not found.entries:
            self._screen.tell(f"no host is in {safe(asked.source)}")
            return

        def asks(chosen: Chosen) -> Invocation:
            given = {"source": asked.source, "where": asked.where, "hosts": " ".join(chosen.keys)}
            more = {"tags": " ".join(chosen.tags), "user": chosen.user}
            return self._invocation("import", (), {key: text for key, text in (given | more).items() if text})

        async def look(chosen: Chosen) -> Preview:
            await asyncio.sleep(SETTLES)
            return await self._fleet.preview(asks(chosen))

        def closed(chosen: Chosen | None) -> None:
            if chosen is not None and chosen.keys:
                self._screen.spawn(self._taken_over(asks(chosen), len(chosen.keys)))

        typed = asked.source == TYPED or not asked.where
        title = f"hosts of {asked.source if typed else Path(asked.where).name}"
        lines = [choice_of(each) for each in found.entries]
        self._screen.app.push_screen(ImportScreen(lines, title, HOSTS, look, difference=True), closed)

    async def _taken_over(self, invocation: Invocation, number: int) -> None:
        problem = await self._performed(invocation)
        if problem is None:
            self._tell_done(f"imported: {number:,} host{'s' * (number != 1)}")
        else:
            self._screen.tell(sentence(problem.reason), wrong=True)

    def _open_soon(self, action: str, hosts: tuple[str, ...], title: str) -> None:
        """The file is read before the form is there: a key that is held meanwhile opens no second one below it."""
        if not self._opens:
            self._opens = True
            self._screen.spawn(self._opened(action, hosts, title))

    async def _opened(self, action: str, hosts: tuple[str, ...], title: str) -> None:
        try:
            await self._open(action, hosts, title)
        finally:
            self._opens = False

    async def _open(self, action: str, hosts: tuple[str, ...], title: str) -> None:
        forms = await self._fleet.forms(hosts or ("",))
        if forms.problem is not None:
            self._screen.tell(forms.problem.sentence, wrong=True)
            return
        fields, differing = common(forms.fields)
        heading = f"{title} in {', '.join(sorted(forms.files))}" if forms.files else title
        known = {each.key: each for each in fields}
        if action == "copy-host":
            fields = tuple(replace(each, value="") if each.key == "id" else each for each in fields)

        async def preview(values: Mapping[str, str], changes: Changes) -> Preview:
            asked = self._asked(action, hosts, values, changes)
            return Preview() if asked is None else await self._fleet.preview(asked)

        async def save(values: Mapping[str, str], changes: Changes) -> Problem | None:
            asked = self._asked(action, hosts, values, changes)
            if asked is None:
                return NOTHING_TYPED
            overtaken = await self._overtaken(hosts, known, changes) if action == "edit-host" else None
            return overtaken or await self._performed(asked)

        def try_out(values: Mapping[str, str], changes: Changes) -> AsyncIterator[TryStep] | str:
            if "id" not in values:
                return ONE_AT_A_TIME
            asked = self._asked(action, hosts, values, changes)
            if not values["id"] or (asked is None and action != "edit-host"):
                return NOTHING_TO_TRY
            return self._fleet.try_out(values["id"], asked)

        form = HostForm(heading, fields, differing, preview, save, try_out, self._keys)

        def closed(written: bool | None) -> None:
            if written:
                self._tell_done(f"saved: {hosts[0] if action == 'edit-host' and len(hosts) == 1 else title}")

        self._screen.app.push_screen(form, closed)

    async def _overtaken(self, hosts: tuple[str, ...], known: dict[str, FormField], changes: Changes) -> Problem | None:
        """What somebody else has made of the same keys since the form was opened, or since this was told last: a list
        is written as a whole, and what has come to it meanwhile would be lost unseen. `known` is brought up to date."""
        forms = await self._fleet.forms(hosts)
        if forms.problem is not None:
            return None  # the edit itself says it
        now, _ = common(forms.fields)
        before = dict(known)
        known.update((each.key, each) for each in now)
        for field in now:
            others = words_of(field.key, before[field.key].value, field.value)
            if names_of(others) & names_of(changes.get(field.key, ())):
                value = redacted(field.value) if "@" in field.value else field.value
                again = f"{OWN.sign('form.save')} again writes what is typed here"
                return Problem(told(Say.TEXT, text=f"{field.key} was changed meanwhile, to {value!r}: {again}"))
        return None

    def _tell_done(self, done: str) -> None:
        note, self._note = self._note, ""
        if note:
            self._screen.tell(f"{safe(done)}: {safe(note)}", wrong=True)
            return
        undo = self._keys.sign("action.undo")
        self._screen.tell(f"{safe(done)}{f'   {undo} undoes' if undo else ''}")

    def _asked(
        self, action: str, hosts: tuple[str, ...], values: Mapping[str, str], changes: Changes
    ) -> Invocation | None:
        """What the fields ask for; None where they ask for nothing yet."""
        own = _ARGUMENTS[action]
        if not all(values.get(key) for key in own) or not (own or changes):
            return None
        words = " ".join(word for key, each in changes.items() if key not in (*own, FILE) for word in each)
        arguments: dict[str, Value] = {key: values[key] for key in (*own, FILE) if values.get(key)}
        return self._invocation(action, hosts, {**arguments, "keys": words} if words else arguments)

    def _invocation(self, action: str, hosts: tuple[str, ...], arguments: Mapping[str, Value]) -> Invocation:
        return Invocation(action, on_hosts(*hosts), arguments, self._person)

    async def _performed(self, invocation: Invocation) -> Problem | None:
        number = len(invocation.targets) or None
        performed = await self._fleet.perform(replace(invocation, confirmed=number))
        self._note = performed.note
        return performed.problem


def choice_of(entry: Offered) -> ChoiceLine:
    """The line of an entry: what is new is chosen, but for what is a forge by its name; what differs can be."""
    is_new, forge = entry.kind is OfferKind.NEW, is_forge(entry.address)
    note = FORGE if is_new and forge else "" if is_new else f"{entry.kind}{': ' if entry.note else ''}{entry.note}"
    return ChoiceLine(
        entry.id, entry.address, is_new and not forge, note, free=is_new or entry.kind is OfferKind.CHANGED
    )


def names_of(words: Sequence[str]) -> frozenset[str]:
    """The keys of KEY=VALUE words."""
    return frozenset(word.lstrip("'").partition("=")[0] for word in words)


def common(forms: Sequence[Sequence[FormField]]) -> tuple[tuple[FormField, ...], frozenset[str]]:
    """The fields that several hosts can have in common, and the keys of those whose values differ."""
    if len(forms) == 1:
        return tuple(forms[0]), frozenset()
    found, differing = [], set()
    for fields in zip(*forms, strict=True):
        first = fields[0]
        if first.key in OF_ONE:
            continue
        if all(field.value == first.value for field in fields):
            same = all(field.inherited == first.inherited for field in fields)
            found.append(first if same else replace(first, inherited="", origin=""))
        else:
            found.append(FormField(first.key))
            differing.add(first.key)
    return tuple(found), frozenset(differing)
