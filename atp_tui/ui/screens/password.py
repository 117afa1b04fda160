"""The dialogue that takes a name and a password for a host."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from ...model.credential import Credential, Secret
from ...model.questions import PasswordQuestion
from ..early_keys import HearsNothingAtFirst
from ..text import safe


class HiddenInput(Input):
    """Takes a password: shows a dot for each character, and gives none of it to the clipboard."""

    def __init__(self, *, id: str) -> None:
        super().__init__(password=True, compact=True, id=id)

    def action_copy(self) -> None:
        """Nothing: the clipboard is everybody's."""

    def action_cut(self) -> None:
        """Nothing, as action_copy."""


class PasswordScreen(HearsNothingAtFirst[Credential | None], ModalScreen[Credential | None]):
    """Asks for what `question` says; Esc gives None."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,ctrl+c", "leave", "Leave it", priority=True)]

    def __init__(self, question: PasswordQuestion) -> None:
        super().__init__()
        self._question = question

    def compose(self) -> ComposeResult:
        question = self._question
        with Vertical(id="ask", classes="grave" if question.refused else "") as box:
            box.border_title = Content("password refused" if question.refused else "password")
            yield Static(Content(f"{safe(question.host_id)} wants a name and a password for {safe(question.address)}"))
            if question.refused:
                yield Static(Content.styled("It did not take the last ones.", "bold $failed"))
            yield Static("")
            with Horizontal():
                yield Static(Content("name"))
                yield Input(question.user, compact=True, id="user")
            with Horizontal():
                yield Static(Content("password"))
                yield HiddenInput(id="password")
            yield Static("")
            yield Static(Content("Kept in memory for all connections to this host, until the program ends."))
            yield Static(Content("auth.conf, as virsh reads it, saves you the question."))
            yield Static("")
            yield Static(Content.styled("enter log in    esc leave it", "bold"), id="choices")

    def on_mount(self) -> None:
        super().on_mount()
        self.query_one("#password" if self._question.user else "#user", Input).focus()

    @on(Input.Submitted)
    def _submitted(self) -> None:
        user, password = self.query_one("#user", Input), self.query_one("#password", HiddenInput)
        name = user.value.strip()
        if name and password.value:
            credential = Credential(name, Secret(password.value))
            password.clear()
            self.dismiss(credential)
        else:
            (password if name else user).focus()

    def action_leave(self) -> None:
        self.dismiss(None)
