"""The dialogue that takes what a login over SSH waits for: a password, a passphrase, answers to an sshd's prompts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import ClassVar

from textual import on
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Input

from ...model.credential import Secret, joined
from ...model.data_class import dataclass
from ...model.questions import LoginQuestion, Prompt, Wants
from .. import bindings
from ..keymap import OWN
from ..question_words import Ask, asked
from ..shown import Words, below, styled
from .dialogue import Dialogue
from .password import HiddenInput


@dataclass(frozen=True, slots=True)
class LoginAnswer:
    """What was typed; None: the question was left. `everywhere`: for all hosts that want the same of the same user."""

    secret: Secret | None
    everywhere: bool = False


class LoginScreen(Dialogue[LoginAnswer | None]):
    """Asks for what `question` says; Esc leaves it. None: it was asked no longer."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings.LOGIN]

    def __init__(self, question: LoginQuestion) -> None:
        title = asked(Ask.PASSPHRASE if question.wants is Wants.PASSPHRASE else Ask.LOG_IN_TITLE)
        if question.wants is Wants.SUDO:
            title = asked(Ask.SUDO_TITLE)
        self._everywhere = self._gone = False
        self.question = question
        super().__init__(title, (_said(question),), self._keys(), grave=bool(question.refused))

    def _keys(self) -> str:
        leave = OWN.sign("login.leave")
        if not self.question.others:
            return asked(Ask.LOG_IN, leave_key=leave)
        all_key, others = OWN.sign("login.all"), self.question.others
        return asked(
            Ask.LOG_IN_ALL if self._everywhere else Ask.LOG_IN_ONE, leave_key=leave, all_key=all_key, number=others
        )

    def parts(self) -> Iterable[Widget]:
        for number, prompt in enumerate(_prompts(self.question)):
            if self.question.wants is Wants.ANSWERS:
                yield Words(styled(asked(Ask.PROMPT, words=prompt.words)))
            name = f"answer{number}"
            yield Horizontal(Input(compact=True, id=name) if prompt.shown else HiddenInput(id=name))
        yield Words(classes="gap")

    def on_mount(self) -> None:
        super().on_mount()
        self._inputs[0].focus()

    @property
    def _inputs(self) -> Sequence[Input]:
        return list(self.query(Input))

    def look(self, question: LoginQuestion | None) -> None:
        """The question as it is now; it goes where it is asked no longer, or has become another one. Where something is
        typed already, it stays until that is ended: the rest must not go into the next question."""
        if self._gone:
            return
        if question is None or question.number != self.question.number:
            self._gone = any(each.value for each in self._inputs)
            if self._gone:
                self.say(asked(Ask.ASKED_NO_LONGER, leave_key=OWN.sign("login.leave")))
            else:
                self.dismiss(None)
        elif question != self.question:
            self.question = question
            self._say_anew()

    def action_everywhere(self) -> None:
        if self.question.others and not self._gone:
            self._everywhere = not self._everywhere
            self._say_anew()

    def _say_anew(self) -> None:
        self.query_one("#ask-lines Words", Words).say(_said(self.question))
        self.query_one("#choices", Words).say(styled(self._keys(), "bold"))

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        inputs = self._inputs
        if self._gone:
            self.dismiss(None)
            return
        at = inputs.index(event.input)
        if at + 1 < len(inputs):
            inputs[at + 1].focus()
        elif self.question.wants is Wants.ANSWERS or inputs[0].value:
            secret = joined(each.value for each in inputs)
            for each in inputs:
                each.clear()
            self.dismiss(LoginAnswer(secret, self._everywhere))

    def action_leave(self) -> None:
        self.dismiss(None if self._gone else LoginAnswer(None))


def _prompts(question: LoginQuestion) -> tuple[Prompt, ...]:
    return question.prompts or (Prompt(""),)


def _said(question: LoginQuestion) -> Content:
    return below(*(each if isinstance(each, Content) else styled(each) for each in _lines(question)))


def _lines(question: LoginQuestion) -> Iterator[Content | str]:
    match question.wants:
        case Wants.PASSPHRASE:
            yield asked(Ask.PASSPHRASE_OF, file=question.where)
        case Wants.PASSWORD:
            yield asked(
                Ask.PASSWORD_AT_JUMP if question.hop else Ask.PASSWORD_AT,
                host=question.host_id, where=question.where, user=question.user,
            )  # fmt: skip
        case Wants.SUDO:
            yield asked(Ask.SUDO_AT, host=question.host_id, where=question.where, user=question.user)
        case Wants.ANSWERS:
            yield asked(
                Ask.ANSWERS_AT_JUMP if question.hop else Ask.ANSWERS_AT,
                host=question.host_id, where=question.where, user=question.user,
            )  # fmt: skip
    if question.refused:
        yield styled(asked(Ask.LAST_WAS_WRONG), "bold $failed")
    if question.hosts > 1:
        yield asked(Ask.HOSTS_WAIT, number=question.hosts - 1, s="s" * (question.hosts != 2))
    if question.realm:
        yield asked(Ask.FOR_REALM, realm=question.realm)
    if question.more:
        yield asked(Ask.MORE_QUESTIONS, number=question.more, s="s" * (question.more != 1))
    if question.instruction:
        yield ""
        yield from (asked(Ask.PROMPT, words=line) for line in question.instruction.splitlines())
    yield ""
    yield asked(Ask.ANSWER_ONCE if question.wants is Wants.ANSWERS else Ask.SECRET_KEPT)
    yield ""
