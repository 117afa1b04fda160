"""The form of a host: its keys in hosts.toml, checked as they are typed, with the lines of the file as they would be.

┌─ edit kvm07 ──────────────────────────────────────────────────────────┐
│ id               kvm07                                                │
│ ssh.user         root                                                 │
│ ssh.port         22            from [tags.prod.ssh]                   │
├─ what would be written ───────────────────────────────────────────────┤
│ -tags = ["prod"]                                                      │
│ +tags = ["prod", "rack2"]                                             │
└ ctrl+s save   ctrl+t test connection   esc leave it ──────────────────┘
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from typing import ClassVar, NamedTuple

from textual import events, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.suggester import SuggestFromList
from textual.widget import Widget
from textual.widgets import Input

from ...config.form import FILE, FormField, words_of
from ...engine.fleet import Preview
from ...engine.try_out import TryStep
from ...model.problem import Problem
from ...model.quoting import redacted
from .. import bindings
from ..early_keys import HearsNothingAtFirst
from ..keymap import OWN, Keymap
from ..shown import Words, styled
from ..text import cut, safe
from ..typeable import TYPEABLE, typeable
from ..widgets.lines import LinesView, Spans, drawn
from ..widgets.one_line import OneLine
from ..widgets.try_lines import TryLines
from ..widgets.try_words import problem_words

SETTLES = 0.15
"""Seconds without a key before the file is asked what would be written."""

EXAMPLES: Mapping[str, str] = {
    "id": "kvm07", "host": "kvm07.example.org or an address", "tags": "prod rack1", "metadata": "site=north",
    "ssh.proxy_jump": "bastion", "ssh.identity_files": "~/.ssh/id_ed25519",
}  # fmt: skip
"""What stands greyed in an empty field that inherits nothing."""

DIFFERS = "they differ"

Changes = Mapping[str, tuple[str, ...]]
"""By the key of a field, the KEY=VALUE words that change it, each quoted as for a shell."""


class DifferenceLine(NamedTuple):
    key: str
    text: str


_ROLES = {"+": "connected", "-": "failed"}


class DifferenceLines(LinesView[DifferenceLine], can_focus=False):
    """A difference as `diff -u` has it, without its head: three lines name the file and the first place.

    Of several files each has its name above it.
    """

    SHOWS_CURSOR: ClassVar[bool] = False

    def __init__(self, *, id: str, can_focus: bool = False) -> None:
        super().__init__(id=id)
        self.can_focus = can_focus

    def show(self, difference: str) -> None:
        self.set_lines([DifferenceLine(str(number), line) for number, line in enumerate(_without_heads(difference))])

    def draw(self, line: DifferenceLine, width: int) -> Spans:
        if line.text.startswith("@@"):
            return drawn((" …", "dim"))
        shown = redacted(line.text) if "@" in line.text else line.text
        return drawn((" " + cut(safe(shown), width - 1), _ROLES.get(line.text[:1], "text")))

    def placeholder(self) -> Sequence[str]:
        return ("Nothing differs from the file.",)


def _without_heads(difference: str) -> list[str]:
    lines = difference.splitlines()
    heads = [at for at, line in enumerate(lines) if line.startswith("--- ") and lines[at + 1].startswith("+++ ")]
    if len(heads) < 2:
        return lines[3:]
    names = {at: f"  {lines[at].removeprefix('--- ').removesuffix(' before')}:" for at in heads}
    dropped = {at + offset for at in heads for offset in (1, 2)}
    return [names.get(at, line) for at, line in enumerate(lines) if at not in dropped]


class Fields(VerticalScroll, inherit_bindings=False):
    """Has no keys: where there is no room for all fields, ↑ and ↓ would scroll, and leave the focus out of sight."""


class HostForm(HearsNothingAtFirst[bool]):
    """Dismissed with whether something was written.

    `preview` says what the values would change, `save` writes them and gives the problem, if there is one. The keys
    in `differing` have several values among the hosts that the form is of: left empty, each keeps its own.
    `try_out` gives the steps of a trial of what the values describe, or says why there is nothing to try yet. It is
    forgotten where something else is typed, since it was about other values.
    """

    AUTO_FOCUS = "Input"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings.FORM]

    def __init__(
        self,
        title: str,
        fields: Sequence[FormField],
        differing: frozenset[str],
        preview: Callable[[Mapping[str, str], Changes], Awaitable[Preview]],
        save: Callable[[Mapping[str, str], Changes], Awaitable[Problem | None]],
        try_out: Callable[[Mapping[str, str], Changes], AsyncIterator[TryStep] | str],
        keys: Keymap = OWN,
    ) -> None:
        super().__init__()
        self._title = title
        self._fields = tuple(fields)
        self._differing = differing
        self._preview = preview
        self._save = save
        self._room = Fields(id="fields", can_focus=False)
        self._try_out = try_out
        self._difference = DifferenceLines(id="difference")
        self._trial = TryLines(_signs(keys), id="trial")
        self._look: asyncio.Task[None] | None = None
        self._leaves = False
        self._saving = False
        self._written = False

    def compose(self) -> ComposeResult:
        yield Words(styled(f" {safe(self._title)}", "bold $title-focus"), id="form-title")
        with self._room:
            for field in self._fields:
                with Horizontal():
                    yield Words(styled(f" {field.key}"), classes="label")
                    yield self._input(field)
                    yield Words(styled(safe(_origin(field)), "$dim"), classes="origin")
        yield self._difference
        yield self._trial
        yield Words(id="form-note")
        yield Words(styled(f" {self._keys()}", "$dim"), id="form-keys")

    def _input(self, field: FormField) -> Input:
        can_be = _is_typeable(field)
        return OneLine(
            field.value if can_be else safe(field.value), placeholder=self._placeholder(field), compact=True,
            id=_input_id(field.key), restrict=TYPEABLE, select_on_focus=False, disabled=not can_be,
            suggester=SuggestFromList(field.origin.split(", ")) if field.key == FILE else None,
        )  # fmt: skip

    def _placeholder(self, field: FormField) -> str:
        if field.key in self._differing:
            return DIFFERS
        return safe(redacted(field.inherited) if "@" in field.inherited else field.inherited) or EXAMPLES.get(
            field.key, ""
        )

    @staticmethod
    def _keys() -> str:
        return "   ".join(f"{OWN.sign(each.id or '')} {each.description}" for each in bindings.FORM if each.show)

    def on_mount(self) -> None:
        super().on_mount()
        self._difference.set_title(styled(" what would be written "))
        self._show_trial(False)
        self._look_soon()

    def is_in_sight(self, widget: Widget) -> bool:
        """As below; a field that is scrolled out of view comes into it with the focus, a moment later."""
        return super().is_in_sight(widget) or (isinstance(widget, Input) and super().is_in_sight(self._room))

    # What was typed

    @property
    def changes(self) -> Changes:
        """For each key that differs from the file, the KEY=VALUE words that say so."""
        found = {field.key: words_of(field.key, field.value, self._typed(field)) for field in self._fields}
        return {key: words for key, words in found.items() if words}

    @property
    def values(self) -> Mapping[str, str]:
        """What stands in each field, by its key."""
        return {field.key: self._typed(field).strip() for field in self._fields}

    def _typed(self, field: FormField) -> str:
        if not _is_typeable(field):
            return field.value
        return self.query_one(f"#{_input_id(field.key)}", Input).value

    @on(Input.Changed)
    def _look_soon(self) -> None:
        self._leaves = False
        self._trial.stop()
        self._show_trial(False)
        if self._look is not None:
            self._look.cancel()
        self._look = asyncio.create_task(self._looked())

    async def _looked(self) -> None:
        await asyncio.sleep(SETTLES)
        found = await self._preview(self.values, self.changes)
        self._difference.show(found.difference)
        if not self._leaves:  # what the next press of that key forgets stays told
            self._say(found.problem)

    def _say(self, problem: Problem | None) -> None:
        self.query_one("#form-note", Words).say(
            styled("" if problem is None else f" {problem_words(problem)}", "$failed")
        )

    def on_unmount(self) -> None:
        if self._look is not None:
            self._look.cancel()

    # Keys

    @on(Input.Submitted)
    def _submitted(self) -> None:
        self.focus_next()

    def action_save(self) -> None:
        if not (self._saving or self._written):
            self._saving = True
            self.run_worker(self._saved())

    async def _saved(self) -> None:
        if self._look is not None:
            self._look.cancel()  # what it finds would take the place of why nothing was written
        try:
            problem = await self._save(self.values, self.changes)
            if problem is not None:
                self._difference.show((await self._preview(self.values, self.changes)).difference)
        finally:
            self._saving = False
        self._written = problem is None
        if problem is not None:
            self._say(problem)
        elif self.app.screen is self:  # `is_current` is true below the palette as well
            self.dismiss(True)

    @on(events.ScreenResume)
    def _uncovered(self) -> None:
        """The palette or a question lay over the form as it was written: only the screen on top can be closed."""
        if self._written and self.app.screen is self:
            self.dismiss(True)

    def action_try_out(self) -> None:
        """Connect to the host as it is described here; once more, anew."""
        self._leaves = False
        steps = self._try_out(self.values, self.changes)
        self._show_trial(True)
        if isinstance(steps, str):
            self._trial.refuse(steps)
        else:
            self._trial.try_out(steps)

    def _show_trial(self, shown: bool) -> None:
        self._trial.display, self._difference.display = shown, not shown

    def action_leave(self) -> None:
        """A trial goes first. What is being written is not left: nothing would tell of it."""
        if self._trial.is_trying:
            self._trial.stop()
        elif self._trial.display:
            self._show_trial(False)
        elif not (self._saving or self._written) and self.may_be_left():
            self.dismiss(False)

    def may_be_left(self) -> bool:
        """Whether it can be closed: what was typed is lost by the second press only, and the first says so."""
        if not self.changes or self._leaves or self._saving or self._written:
            return True
        self._leaves = True
        words = f" {OWN.sign('form.leave')} again forgets what was typed, {OWN.sign('form.save')} saves it"
        self.query_one("#form-note", Words).say(styled(words, "bold"))
        return False


def _is_typeable(field: FormField) -> bool:
    """Whether an input can show a value as it is: control characters would reach the terminal, or be lost."""
    return typeable(field.value) == field.value


def _origin(field: FormField) -> str:
    """What stands right of a field, with the blank behind it."""
    if not _is_typeable(field):
        return "cannot be typed "
    if field.key == FILE:
        return f"or {field.origin} "
    return f"from {field.origin} " if field.origin and field.inherited else ""


def _signs(keys: Keymap) -> Mapping[str, str]:
    """The keys that help where a trial has failed."""
    return {
        "again": OWN.sign("form.try"),
        "trust": keys.sign("action.trust-key") or ":trust-key",
        "log_in": keys.sign("action.log-in") or ":log-in",
    }


def _input_id(key: str) -> str:
    return "field-" + key.replace(".", "-").replace("_", "-")
