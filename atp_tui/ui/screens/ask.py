"""A question that is answered with y or n."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from ..services import KeyQuestion
from ..text import safe


class AskScreen(ModalScreen[bool]):
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


def ask_about_key(question: KeyQuestion) -> AskScreen:
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
    title = "host key changed" if question.changed else "unknown host key"
    yes = "replace the key on file" if question.changed else "trust and store it"
    return AskScreen(title, [*shown, Content("")], yes=yes, no="refuse", grave=question.changed)


def _key(kind: str, fingerprint: str = "") -> Content:
    """Type and fingerprint, always in the same columns: keys that stand below each other are easily compared."""
    return Content("").join([Content.styled(f"  {kind:<19} ", "$dim"), Content.styled(fingerprint, "bold")])
