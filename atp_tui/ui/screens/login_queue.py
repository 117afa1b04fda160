"""What logins wait for, shown one question at a time: never over what a person is typing, nor over another question."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import TYPE_CHECKING, Protocol

from textual.app import App
from textual.timer import Timer

from ...actions.action import Invocation
from ...engine.fleet import Fleet
from ...model.questions import LoginQuestion, Touch, Wants
from ...model.target import on_hosts
from ..keymap import Keymap
from ..question_words import Ask, asked
from ..words import sentence

if TYPE_CHECKING:
    from ..widgets.command_pane import CommandPane
    from .login import LoginAnswer, LoginScreen

LOOK_AGAIN = 0.5
"""Seconds between two looks whether what is in the way of a question has gone."""


class QueueSurface(Protocol):
    """The main screen, as far as the questions need it."""

    @property
    def app(self) -> App[object]: ...
    @property
    def pane(self) -> CommandPane: ...
    @property
    def is_typed_in(self) -> bool: ...
    def spawn(self, work: Coroutine[None, None, None]) -> None: ...
    def tell(self, text: str, *, wrong: bool = False) -> None: ...


class LoginQueue:
    """`look` at each change of the fleet. `person` is who answers."""

    def __init__(self, screen: QueueSurface, fleet: Fleet, person: str, keys: Keymap) -> None:
        self._screen = screen
        self._fleet = fleet
        self._person = person
        self._keys = keys
        self._open: LoginScreen | None = None
        self._told = 0
        self._touched: Touch | None = None
        self._waits: Timer | None = None

    def look(self) -> None:
        """Bring the dialogue up to date, or open one where nothing is in its way."""
        touch = self._fleet.touch()
        if touch != self._touched:
            self._touched = touch
            if touch is not None:
                self._screen.tell(asked(Ask.TOUCH_NOW, host=touch.host_id, token=touch.key))
        if self._open is not None:
            self._open.look(self._fleet.login_question(self._open.question.host_id))
            return
        question = self._fleet.login_question("")
        if question is None:
            return
        in_front: object = self._screen.app.screen
        # a command that has just been run there is what sudo asks about: nothing else is typed
        for_command = question.wants is Wants.SUDO and not self._screen.pane.line.value
        is_typing = self._screen.is_typed_in and not for_command
        if in_front is self._screen and not is_typing:
            self.ask(question)
            return
        if self._waits is None:  # it comes as soon as nothing is in its way
            self._waits = self._screen.app.set_timer(LOOK_AGAIN, self._look_again)
        if question.number != self._told:
            self._told = question.number
            self._screen.tell(asked(Ask.IS_ASKED, host=question.host_id, answer_key=self._keys.sign("action.log-in")))

    def _look_again(self) -> None:
        self._waits = None
        self.look()

    def ask(self, question: LoginQuestion) -> None:
        """Show this question now."""
        from .login import LoginScreen

        asks = self._open = LoginScreen(question)

        def answered(answer: LoginAnswer | None) -> None:
            self._open = None
            if answer is None:
                self._screen.app.call_later(self.look)
            else:
                self._screen.spawn(self._answer(asks.question, answer))

        self._screen.app.push_screen(asks, answered)

    async def _answer(self, question: LoginQuestion, answer: LoginAnswer) -> None:
        arguments: dict[str, str | int | float | bool] = {"question": question.number}
        if answer.everywhere:
            arguments["everywhere"] = True
        invocation = Invocation(
            "log-in", on_hosts(question.host_id), arguments, self._person, answer.secret, confirmed=1
        )
        problem = (await self._fleet.perform(invocation)).problem
        if problem is not None:
            self._screen.tell(sentence(problem.reason), wrong=True)
        self.look()
