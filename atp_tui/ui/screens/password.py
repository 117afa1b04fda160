"""The dialogue that takes a name and a password for a host."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual import on
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.widget import Widget
from textual.widgets import Input

from ...model.credential import Credential, Secret
from ...model.questions import PasswordQuestion
from .. import bindings
from ..keymap import OWN
from ..question_words import Ask, asked
from ..shown import Words, styled
from ..widgets.one_line import OneLine
from .dialogue import Dialogue


class HiddenInput(OneLine):
    """Takes a password: shows a dot for each character, and gives none of it to the clipboard."""

    def __init__(self, *, id: str) -> None:
        super().__init__(password=True, compact=True, id=id)

    def action_copy(self) -> None:
        """Nothing: the clipboard is everybody's."""

    def action_cut(self) -> None:
        """Nothing, as action_copy."""


class PasswordScreen(Dialogue[Credential | None]):
    """Asks for what `question` says; Esc gives None."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings.PASSWORD]

    def __init__(self, question: PasswordQuestion) -> None:
        refused = (styled(asked(Ask.LAST_WAS_REFUSED), "bold $failed"),) if question.refused else ()
        lines = (
            asked(Ask.PASSWORD_FOR, host=question.host_id, address=question.address),
            *refused,
            "",
            *asked(Ask.PASSWORD_KEPT).splitlines(),
            "",
        )
        title = asked(Ask.PASSWORD_REFUSED if question.refused else Ask.PASSWORD)
        keys = asked(Ask.LOG_IN, leave_key=OWN.sign("password.leave"))
        super().__init__(title, lines, keys, grave=question.refused)
        self._question = question

    def parts(self) -> Iterable[Widget]:
        return (
            Horizontal(Words(styled(asked(Ask.NAME_FIELD))), OneLine(self._question.user, compact=True, id="user")),
            Horizontal(Words(styled(asked(Ask.PASSWORD_FIELD))), HiddenInput(id="password")),
            Words(classes="gap"),
        )

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
