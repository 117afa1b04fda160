"""What one login does about questions: passwords that a person types, and what an sshd asks for in its own words."""

from __future__ import annotations

from collections.abc import Sequence

from ...model.message import Message, told
from ...model.questions import Prompt, Wants
from ...model.say import Say
from ...transport.login_desk import Asks, Lent, LoginDesk
from .endpoint import MOST_TRIES
from .prompts import bounded, is_password

MOST_ROUNDS = 12
"""Questions of one login, those without a prompt included: a server may ask for ever."""


class Answering:
    """The questions of one login at one sshd. `ended` is to be called when it is over, whichever way. `tries` bounds
    how often each method is begun.

    `wanted` is what nobody has answered, `notes` says more of it. `refused`: something that was typed was not taken.
    `has_expired`: the sshd wants a new password in the place of the one that it has got.
    """

    def __init__(self, desk: LoginDesk, asks: Asks, tries: int = MOST_TRIES) -> None:
        self.desk = desk
        self.asks = asks
        self.wanted: set[Wants] = set()
        self.refused = False
        self.has_expired = False
        self.notes: list[Message] = []
        self._lent: Lent | None = None
        self._left_tries = {Wants.PASSWORD: tries, Wants.ANSWERS: tries}
        self._rounds = 0
        self._wrong = 0
        self._said = ""
        self._left = self._asked_more = self._is_asking = False

    # -- what asyncssh asks --------------------------------------------------------------------------------------

    async def password(self) -> str | None:
        """For the method `password`. None: there is none, and the next method is tried."""
        if self._left or not self._left_tries[Wants.PASSWORD]:
            return None
        self._left_tries[Wants.PASSWORD] -= 1
        return await self._password()

    def begins(self) -> bool:
        """Whether keyboard-interactive is begun: not where nobody could answer, as it may send somebody a message."""
        if self._left or not self._left_tries[Wants.ANSWERS]:
            return False
        if not self.desk.may_have(self.asks, Wants.PASSWORD):
            self._unanswered(Wants.PASSWORD)
            return False
        self._left_tries[Wants.ANSWERS] -= 1
        return True

    async def answers(self, name: str, instruction: str, prompts: Sequence[tuple[str, bool]]) -> list[str] | None:
        """For one question of keyboard-interactive. None: it is left."""
        self._rounds += 1
        shown = bounded(name, instruction, prompts)
        # a second question before the answer to the first is none that an sshd may ask (RFC 4256, 3.2)
        if shown is None or self._rounds > MOST_ROUNDS or self._is_asking:
            self._left = True
            self.notes.append(told(Say.ASKS_ON, where=self.asks.where))
            return None
        self._is_asking = True
        try:
            return await self._answers(*shown)
        finally:
            self._is_asking = False

    async def _answers(self, said: str, asked: tuple[Prompt, ...]) -> list[str] | None:
        if not asked:  # PAM's own messages come as a question without a prompt
            self._said = said
            return []
        said, self._said = "\n".join(filter(None, (self._said, said))), ""
        if is_password(asked):
            self.failed()  # asked once more in the same breath, it was wrong
            password = await self._password()
            return None if password is None else [password]
        self._asked_more = True
        answers = await self.desk.answers(self.asks, asked, said, self._wrong)
        if answers is None:
            self._left = True
            self.ended(by_us=True)
            self._unanswered(Wants.ANSWERS, asked)
            return None
        return list(answers)

    async def _password(self) -> str | None:
        lent = self._lent = await self.desk.secret(self.asks, Wants.PASSWORD)
        if lent is None:
            self._left = True
            self._unanswered(Wants.PASSWORD)
            return None
        return lent.secret.reveal()

    def _unanswered(self, wants: Wants, prompts: Sequence[Prompt] = ()) -> None:
        self.wanted.add(wants)
        if prompts:
            what = ", ".join(prompt.words.rstrip(": ") for prompt in prompts)
            self.notes.append(told(Say.WANTS_ANSWERS, where=self.asks.where, what=what))

    # -- what becomes of it --------------------------------------------------------------------------------------

    def taken(self) -> None:
        """The sshd has taken a login, or a part of one."""
        lent, self._lent = self._lent, None
        self._asked_more = False
        if lent is not None:
            lent.accepted()

    def expired(self, said: str) -> None:
        """The sshd wants a new password (RFC 4252, 8), in these words: what it has got is right, and of no use."""
        lent, self._lent = self._lent, None
        if lent is not None:
            lent.left()
        self.has_expired = True
        self._left_tries[Wants.PASSWORD] = 0  # PAM may ask for the new one by keyboard-interactive
        shown = bounded("", said, ())
        assert shown is not None, "it has no prompts"
        self.notes.append(told(Say.PASSWORD_EXPIRED, where=self.asks.where, said=shown[0]))

    def failed(self) -> None:
        """The sshd has refused a login, or asks the same once more."""
        lent, self._lent = self._lent, None
        more, self._asked_more = self._asked_more, False
        if lent is None:
            self._wrong += more
            self.refused = self.refused or more
        elif more and lent.trusted:
            lent.left()  # the code may have been wrong, and the password is right elsewhere
            self._wrong += 1
            self.refused = True
        else:
            lent.refused()
            self.refused = True

    def ended(self, *, by_us: bool) -> None:
        """The login is over, and was not taken. `by_us`: cut short, which says nothing of what was typed."""
        if by_us:
            lent, self._lent, self._asked_more = self._lent, None, False
            if lent is not None:
                lent.unsure()
        else:
            self.failed()
