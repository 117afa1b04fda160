"""Questions: answered with y or n, or, where a mistake is dear, by typing a word."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from ...model.questions import KeyQuestion
from ..early_keys import HearsNothingAtFirst
from ..text import safe
from ..typeable import TYPEABLE


class AskScreen(HearsNothingAtFirst[bool], ModalScreen[bool]):
    """Shows lines and waits for y or n; Esc and Enter mean n, so that nothing is agreed to by accident."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "answer(True)", "Yes"),
        Binding("n,escape,enter,q,ctrl+c", "answer(False)", "No"),
    ]

    def __init__(self, title: str, lines: Sequence[Content | str], *, yes: str, no: str, grave: bool = False) -> None:
        super().__init__()
        self._title = title
        self._lines = lines
        self._answers = f"y {yes}    n {no}"
        self._grave = grave

    def compose(self) -> ComposeResult:
        with Vertical(id="ask", classes="grave" if self._grave else "") as box:
            box.border_title = Content(self._title)
            for line in self._lines:
                yield Static(line if isinstance(line, Content) else Content(line))
            yield Static(Content.styled(self._answers, "bold"), id="choices")

    def action_answer(self, answer: bool) -> None:
        self.dismiss(answer)


class TypedAskScreen(HearsNothingAtFirst[bool], ModalScreen[bool]):
    """Shows lines and waits until `word` is typed and entered: no key that repeats agrees. Esc means no."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,ctrl+c", "leave", "No", priority=True)]

    def __init__(self, title: str, lines: Sequence[Content | str], *, word: str, yes: str, grave: bool = False) -> None:
        super().__init__()
        self._title = title
        self._lines = lines
        self._word = word
        self._yes = yes
        self._grave = grave

    def compose(self) -> ComposeResult:
        with Vertical(id="ask", classes="grave" if self._grave else "") as box:
            box.border_title = Content(self._title)
            for line in self._lines:
                yield Static(line if isinstance(line, Content) else Content(line))
            with Horizontal():
                yield Static(Content("type it"))
                yield Input(compact=True, id="word", restrict=TYPEABLE)
            yield Static("")
            yield Static(
                Content.styled(f"{safe(self._word)} and enter: {self._yes}    esc leave it", "bold"), id="choices"
            )

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        if event.value.strip() == self._word:
            self.dismiss(True)
        else:
            self.query_one("#choices", Static).update(
                Content.styled(
                    f"That is not {safe(self._word)}: type it to {self._yes}, or esc to leave it", "bold $failed"
                )
            )

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
