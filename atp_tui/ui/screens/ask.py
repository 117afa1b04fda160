"""Questions: answered with y or n, or, where a mistake is dear, by typing a word."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import ClassVar

from textual import on
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Input, Static

from ...model.questions import KeyQuestion
from .. import bindings
from ..early_keys import HearsNothingAtFirst
from ..keymap import OWN
from ..text import safe
from ..typeable import TYPEABLE
from .dialogue import Dialogue

LEAVE = OWN.sign("typed-question.leave")


class AskScreen(Dialogue[bool]):
    """Shows lines and waits for y or n; Esc and Enter mean n, so that nothing is agreed to by accident."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings.QUESTION]

    def __init__(self, title: str, lines: Sequence[Content | str], *, yes: str, no: str, grave: bool = False) -> None:
        super().__init__(
            title, lines, f"{OWN.sign('question.yes')} {yes}    {OWN.sign('question.no')} {no}", grave=grave
        )

    def action_answer(self, answer: bool) -> None:
        if not answer or self.is_read():
            self.dismiss(answer)


class TypedAskScreen(Dialogue[bool]):
    """Shows lines and waits until `word` is typed and entered: no key that repeats agrees. Esc means no."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings.TYPED_QUESTION]

    def __init__(self, title: str, lines: Sequence[Content | str], *, word: str, yes: str, grave: bool = False) -> None:
        super().__init__(title, lines, f"{safe(word)} and enter: {yes}    {LEAVE} leave it", grave=grave)
        self._word = word
        self._yes = yes

    def parts(self) -> Iterable[Widget]:
        return (
            Horizontal(Static(Content("type it")), Input(compact=True, id="word", restrict=TYPEABLE)),
            Static("", classes="gap"),
        )

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        if event.value.strip() != self._word:
            self.say(f"That is not {safe(self._word)}: type it to {self._yes}, or {LEAVE} to leave it")
        elif self.is_read():
            self.dismiss(True)

    def action_leave(self) -> None:
        self.dismiss(False)


def ask_about_key(question: KeyQuestion) -> HearsNothingAtFirst[bool]:
    """The dialogue about an SSH host key. The fingerprint is what a person compares; all of it is remote text."""
    kind = safe(question.public_key.split(" ", 1)[0] or "unknown type")
    shown = [
        Content(f"Connecting to {safe(question.host_id)}, {safe(question.address)} showed this key:"),
        _key(kind, safe(question.fingerprint)),
        Content(""),
    ]
    if question.changed:
        shown += [
            Content.styled("ANOTHER KEY IS ON FILE FOR THIS HOST.", "bold $failed"),
            *(_key(*safe(key).split(" ", 1)) for key in question.on_file),
            Content(""),
            Content("Either the host was installed anew, or someone stands in between and reads"),
            Content("and changes what you send. Ask whoever runs the host before you trust it."),
        ]
    else:
        shown += [
            Content("No key is on file for it yet. Compare the fingerprint with what the host"),
            Content("itself says: ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub"),
        ]
    if question.changed:
        return TypedAskScreen(
            "host key changed", [*shown, Content("")], word=question.host_id, yes="replace the key on file", grave=True
        )
    return AskScreen("unknown host key", [*shown, Content("")], yes="trust and store it", no="refuse")


def ask_about_many(doing: str, what: Sequence[str], hosts: int, yes: str) -> TypedAskScreen:
    """The dialogue before something is done to many hosts: their number is typed."""
    lines = [*what, "", f"This is for {hosts} hosts, and there is no undo. Type their number:", ""]
    return TypedAskScreen(f"{doing}: {hosts} hosts", lines, word=str(hosts), yes=yes)


def _key(kind: str, fingerprint: str = "") -> Content:
    """Type and fingerprint, always in the same columns: keys that stand below each other are easily compared."""
    return Content("").join([Content.styled(f"  {kind:<19} ", "$dim"), Content.styled(fingerprint, "bold")])
