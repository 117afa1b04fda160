"""What passes the door, what is kept of it, and how typed words become arguments."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

import pytest

from atp_tui.actions.action import Action, Argument, Context, Danger, Invocation, Subject
from atp_tui.actions.door import Door, NoAudit
from atp_tui.actions.policy import Facts, Policy
from atp_tui.actions.registry import ACTIONS
from atp_tui.executor.job import Job
from atp_tui.model.credential import Secret
from atp_tui.model.errors import ActionFailed, AtpError, ConfirmationWanted, ReadOnly
from atp_tui.model.guard import GuardSettings
from atp_tui.model.target import on_hosts

CONTEXT = cast(Context, None)


class Notes(NoAudit):
    """An action that notes what it does, and an audit that notes what it is told, in one list."""

    def __init__(self, fails: Exception | None = None) -> None:
        self.seen: list[tuple[Any, ...]] = []
        self.fails = fails
        self.full: ActionFailed | None = None

    async def run(self, context: Context, invocation: Invocation) -> Job | None:
        self.seen.append(("done", invocation.hosts))
        if self.fails is not None:
            raise self.fails
        return None

    async def asked(self, action: Action, invocation: Invocation) -> int | None:
        self.seen.append(("asked", action.name, invocation.who))
        if self.full is not None:
            raise self.full
        return 7

    def refused(self, action: Action, invocation: Invocation, error: AtpError) -> None:
        self.seen.append(("refused", type(error).__name__))

    def ended(self, record: int | None, error: BaseException | None) -> None:
        assert record == 7
        self.seen.append(("ended", type(error).__name__))

    def action(self, *, changes: bool) -> Action:
        return Action("paint", "paint", None, "paint it", Subject.HOSTS, changes, self.run)


async def test_the_audit_hears_before_and_after() -> None:
    notes = Notes()
    door = Door(CONTEXT, audit=notes, actions=(notes.action(changes=True),))
    await door.perform(Invocation("paint", on_hosts("a", "b"), who="ada"))
    assert notes.seen == [("asked", "paint", "ada"), ("done", ("a", "b")), ("ended", "NoneType")]


async def test_what_cannot_be_recorded_is_not_done() -> None:
    notes = Notes()
    notes.full = ActionFailed("the disk is full")
    door = Door(CONTEXT, audit=notes, actions=(notes.action(changes=True),))
    with pytest.raises(ActionFailed, match="full"):
        await door.perform(Invocation("paint", on_hosts("a"), who="ada"))
    assert notes.seen == [("asked", "paint", "ada")]


@pytest.mark.parametrize("error", [ActionFailed("no paint"), RuntimeError("a defect")])
async def test_the_audit_hears_of_a_failure(error: Exception) -> None:
    notes = Notes(error)
    door = Door(CONTEXT, audit=notes, actions=(notes.action(changes=True),))
    with pytest.raises(type(error)):
        await door.perform(Invocation("paint", on_hosts("a")))
    assert notes.seen[-1] == ("ended", type(error).__name__)


async def test_read_only_lets_nothing_pass_that_changes_something() -> None:
    notes = Notes()
    for changes in (True, False):
        door = Door(CONTEXT, Policy(read_only=True), notes, (notes.action(changes=changes),))
        if changes:
            with pytest.raises(ReadOnly, match="paint changes something"):
                await door.perform(Invocation("paint", on_hosts("a")))
        else:
            await door.perform(Invocation("paint", on_hosts("a")))
    assert [note[0] for note in notes.seen] == ["refused", "asked", "done", "ended"]


async def test_above_the_limit_the_number_must_have_been_confirmed() -> None:
    notes = Notes()
    policy = Policy(asks=True, guard=GuardSettings(preview_above=2, count_above=2))
    door = Door(CONTEXT, policy, notes, (notes.action(changes=False),))
    many, few = Invocation("paint", on_hosts("a", "b", "c")), Invocation("paint", on_hosts("a", "b"))
    asks = door.wants(many)
    assert asks is not None and (asks.number, asks.typed) == (3, True) and door.wants(few) is None
    for confirmed in (None, 2, 4):
        with pytest.raises(ConfirmationWanted):
            await door.perform(Invocation("paint", many.targets, confirmed=confirmed))
    await door.perform(Invocation("paint", many.targets, confirmed=3))
    assert [note[0] for note in notes.seen] == ["refused"] * 3 + ["asked", "done", "ended"]


async def test_what_is_declined_is_on_record_and_hosts_that_may_only_be_watched_are_refused_before_any_question() -> (
    None
):
    notes = Notes()
    policy = Policy(asks=True, guard=GuardSettings(preview_above=0, read_only=("prod",)))
    facts = Facts({"a": ("prod",), "b": ()})
    door = Door(CONTEXT, policy, notes, (notes.action(changes=True),), lambda _: facts)
    both = Invocation("paint", on_hosts("a", "b"), confirmed=2)
    for refuse in (door.admit, door.wants):
        with pytest.raises(ReadOnly, match=r"a may only be watched: .* names prod"):
            refuse(both)
    with pytest.raises(ReadOnly):
        await door.perform(both)
    door.decline(both, ActionFailed("no"))
    await door.perform(Invocation("paint", on_hosts("b"), confirmed=1))
    assert notes.seen[:2] == [("refused", "ReadOnly"), ("refused", "ActionFailed")]
    assert [note[0] for note in notes.seen[2:]] == ["asked", "done", "ended"]


async def test_an_action_that_starts_a_job_says_so_and_is_no_verb() -> None:
    """A surface knows before it asks: a job that it does not expect would be one that nobody sees."""
    promises = replace(Notes().action(changes=False), starts_job=True)
    with pytest.raises(RuntimeError, match="paint gave None, and its starts_job is True"):
        await Door(CONTEXT, actions=(promises,)).perform(Invocation("paint", on_hosts("a")))
    with pytest.raises(ValueError, match="shows no answers"):
        replace(promises, headless=True)


async def test_trust_is_asked_about_for_a_single_host_too_where_a_person_is_there() -> None:
    notes = Notes()
    believe = replace(notes.action(changes=True), danger=Danger.TRUST)
    with_a_person, alone = (Door(CONTEXT, Policy(asks=asks), notes, (believe,)) for asks in (True, False))
    with pytest.raises(ConfirmationWanted, match="matter of trust"):
        await with_a_person.perform(Invocation("paint", on_hosts("a")))
    await with_a_person.perform(Invocation("paint", on_hosts("a"), confirmed=1))
    await alone.perform(Invocation("paint", on_hosts("a")))
    assert [note[0] for note in notes.seen] == ["refused", *["asked", "done", "ended"] * 2]


@pytest.mark.parametrize("action", ACTIONS, ids=lambda action: str(action.name))
def test_what_no_number_of_hosts_excuses_is_a_host_key_and_a_password(action: Action) -> None:
    asked = Policy(asks=True).wants(action, Invocation(action.name, on_hosts("a")))
    assert (asked is not None and asked.number == 1) is (action.name in ("trust-key", "log-in"))


def test_a_secret_is_in_no_repr() -> None:
    assert "qr-7e7e" not in repr(Invocation("log-in", on_hosts("a"), {"user": "ada"}, secret=Secret("qr-7e7e")))


TYPED = Action(
    "tell",
    "tell",
    None,
    "tell it",
    Subject.NOTHING,
    changes=False,
    run=Notes().run,
    arguments=(
        Argument("number", "a number", kind=int),
        Argument("words", "words", required=False, rest=True),
    ),
)


@pytest.mark.parametrize(
    ("line", "arguments"),
    [("", {}), ("7", {"number": 7}), ("  7  two  words ", {"number": 7, "words": "two  words"})],
)
def test_typed_words_become_arguments(line: str, arguments: dict[str, object]) -> None:
    assert TYPED.typed(line) == arguments


def test_typed_words_that_fit_no_argument() -> None:
    with pytest.raises(ActionFailed, match="number is a int, and not seven"):
        TYPED.typed("seven")
    with pytest.raises(ActionFailed, match="takes no words: now is too much"):
        Notes().action(changes=False).typed("now")
