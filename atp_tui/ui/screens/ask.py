"""Questions: answered with y or n, or, where a mistake is dear, by typing a word."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import ClassVar

from textual import on
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Input

from ...actions.dangers import Span
from ...actions.policy import Agreement
from ...executor.folding import fold_names
from ...model.questions import KeyQuestion
from .. import bindings
from ..early_keys import HearsNothingAtFirst
from ..keymap import OWN
from ..question_words import Ask, asked
from ..shown import Words, assembled, styled, together
from ..text import cut, safe, width_of
from ..typeable import TYPEABLE
from ..widgets.one_line import OneLine
from ..words import sentence
from .dialogue import Dialogue

MOST_SHOWN = 400
"""Cells of a command line, of names or of a reason that a question shows: about five rows."""

LEAVE = OWN.sign("typed-question.leave")


class AskScreen(Dialogue[bool]):
    """Shows lines and waits for y or n; Esc and Enter mean n, so that nothing is agreed to by accident."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings.QUESTION]

    def __init__(self, title: str, lines: Sequence[Content | str], *, yes: str, no: str, grave: bool = False) -> None:
        yes_key, no_key = OWN.sign("question.yes"), OWN.sign("question.no")
        choices = asked(Ask.YES_OR_NO, yes=yes, no=no, yes_key=yes_key, no_key=no_key)
        super().__init__(title, lines, choices, grave=grave)
        self._no = f"{no_key} {safe(no)}"

    def choices_shown(self) -> Content:
        """The no is what Enter means, and looks like it."""
        before, no, behind = self._choices.rpartition(self._no)
        return assembled((before, "bold"), (f" {no} ", "bold reverse"), (behind, "bold"))

    def action_answer(self, answer: bool) -> None:
        if not answer or self.is_read():
            self.dismiss(answer)


class TypedAskScreen(Dialogue[bool]):
    """Shows lines and waits until `word` is typed and entered: no key that repeats agrees. Esc means no."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings.TYPED_QUESTION]

    def __init__(self, title: str, lines: Sequence[Content | str], *, word: str, yes: str, grave: bool = False) -> None:
        super().__init__(title, lines, asked(Ask.TYPE_A_WORD, word=word, yes=yes, leave_key=LEAVE), grave=grave)
        self._word = word
        self._yes = yes

    def parts(self) -> Iterable[Widget]:
        return (
            Horizontal(Words(styled(asked(Ask.TYPE_IT))), OneLine(compact=True, id="word", restrict=TYPEABLE)),
            Words(classes="gap"),
        )

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        if event.value.strip() != self._word:
            self.say(asked(Ask.ANOTHER_WORD, word=self._word, yes=self._yes, leave_key=LEAVE))
        elif self.is_read():
            self.dismiss(True)

    def action_leave(self) -> None:
        self.dismiss(False)


def ask_about_key(question: KeyQuestion) -> HearsNothingAtFirst[bool]:
    """The dialogue about an SSH host key. The fingerprint is what a person compares; all of it is remote text."""
    kind = safe(question.public_key.split(" ", 1)[0]) or asked(Ask.KEY_OF_UNKNOWN_TYPE)
    shown = [
        styled(asked(Ask.KEY_SHOWN, host=question.host_id, address=question.address)),
        _key(kind, safe(question.fingerprint)),
        styled(""),
    ]
    if question.changed:
        shown += [
            styled(asked(Ask.CHANGED_KEY_ON_FILE), "bold $failed"),
            *(_key(*safe(key).split(" ", 1)) for key in question.on_file),
            styled(""),
            *map(styled, asked(Ask.CHANGED_KEY_BEWARE).splitlines()),
            styled(""),
        ]
        title, word, yes = asked(Ask.CHANGED_KEY), question.host_id, asked(Ask.REPLACE)
        return TypedAskScreen(title, shown, word=word, yes=yes, grave=True)
    shown += [*map(styled, asked(Ask.NEW_KEY_COMPARE).splitlines()), styled("")]
    return AskScreen(asked(Ask.NEW_KEY), shown, yes=asked(Ask.TRUST), no=asked(Ask.REFUSE))


def ask_first(
    doing: str, what: Content, hosts: Sequence[str], asks: Agreement, yes: str, *, final: bool
) -> HearsNothingAtFirst[bool]:
    """The dialogue before something is done to hosts, with all reasons for it: a yes, or their number typed.

    `final`: nothing takes it back, which is told.
    """
    title = asked(Ask.ON_HOSTS, doing=doing, number=asks.number, s="s" * (asks.number != 1)) if hosts else safe(doing)
    which = cut(safe(asked(Ask.ON_WHICH, hosts=fold_names(hosts))), MOST_SHOWN) if hosts else ""
    reasons = [styled(cut(safe(asked(Ask.BECAUSE, why=sentence(why))), MOST_SHOWN)) for why in asks.reasons]
    lines: list[Content | str] = [
        what,
        which,
        "",
        *reasons,
        *([""] if reasons else []),
        *([asked(Ask.NO_UNDO), ""] if final else []),
    ]
    grave = bool(asks.spans)
    if not asks.typed:
        return AskScreen(title, lines, yes=yes, no=asked(Ask.LEAVE_IT), grave=grave)
    lines += [asked(Ask.TYPE_THE_NUMBER), ""]
    return TypedAskScreen(title, lines, word=str(asks.number), yes=yes, grave=grave)


def marked(line: str, spans: Sequence[Span]) -> Content:
    """A command line with its dangerous parts marked; of a long one about five rows."""
    shown, room, done = [], MOST_SHOWN, 0
    for begin, end in (*spans, (len(line), len(line))):
        for text, style in ((line[done:begin], ""), (line[begin:end], "bold reverse $failed")):
            piece = cut(safe(text), room)
            shown.append(styled(piece, style))
            room -= width_of(piece)
        done = end
    return together(*shown)


def _key(kind: str, fingerprint: str = "") -> Content:
    """Type and fingerprint, always in the same columns: keys that stand below each other are easily compared."""
    return together(styled(f"  {kind:<19} ", "$dim"), styled(fingerprint, "bold"))
