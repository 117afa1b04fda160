"""The heads of blocks of answers, and what their words and colours are."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from ...executor.difference import changes
from ...executor.fold import FIRST_NAMES, Part
from ...executor.folding import fold_names
from ...executor.live_groups import LiveGroup
from ...model.connection import ConnectionState
from ...model.order import NaturalKey, natural
from ...model.outcome import Outcome
from ..glyphs import Glyphs
from ..text import fit, safe
from ..words import outcome_word, sentence
from .answer_blocks import Block
from .group_body import GroupBody, told_change
from .lines import Spans, drawn
from .live_filter import Row
from .live_lines import Live
from .output_line import shown_line, shown_spans

LABEL_WIDTH = 32
"""Cells for the node set of a group; its first line of output stands behind it."""

WORST = (
    Outcome.ERROR, Outcome.AUTH, Outcome.UNCONFIRMED, Outcome.UNKNOWN, Outcome.UNREACHABLE, Outcome.TIMEOUT,
    Outcome.FAILED, Outcome.CANCELLED, Outcome.NOTRUN, Outcome.OK,
)  # fmt: skip

MOST_NAMED = 300
"""Hosts of a group at work whose names are folded while it is looked at; a larger one has the first of them."""

DROPPED = "not kept any more: newer jobs needed the room"
"""What stands in place of the output of a job that the engine has dropped."""

_S = ConnectionState

_LIKE = {
    Outcome.OK: _S.CONNECTED,
    Outcome.TIMEOUT: _S.RECONNECTING,
    Outcome.CANCELLED: _S.DISCONNECTED,
    Outcome.NOTRUN: _S.DISCONNECTED,
}
"""Outcomes wear the glyphs and colours of states; those not named here that of a failed one."""

IN_WORK = {"running": _S.CONNECTING, "cancelling": _S.DRAINING, "waiting": _S.DISCONNECTED}
"""As do hosts that have not ended."""


def sign_of(outcome: Outcome) -> ConnectionState:
    """The state whose glyph and colour an outcome wears."""
    return _LIKE.get(outcome, _S.FAILED)


def status_word(outcome: Outcome, exit_status: int | None) -> str:
    """`exit 3`, or the outcome in a word."""
    return f"exit {exit_status}" if exit_status is not None else outcome_word(outcome)


def group_key(part: Part) -> str:
    """The name of a group's block."""
    return f"group {part.group}"


def worst_first(part: Part) -> tuple[int, int, NaturalKey]:
    """The worst first, and of those that ended alike the smallest: what most hosts say is read last."""
    return WORST.index(part.outcome), part.count, natural(str(part.first[0]))


def head_of(
    glyphs: Glyphs,
    state: ConnectionState,
    unfolded: bool | None,
    label: str,
    word: str,
    figure: str,
    text: str,
    joined: str = "",
) -> Spans:
    """The head of a block; `joined` says how many answers it has joined, where they are not the same."""
    glyph, role = glyphs.state(state), state.value
    fold = glyphs.unfolded if unfolded else glyphs.folded
    return drawn(
        (f"{fold} ", "dim"), (f"{glyph} ", role), (label, "strong"), (f" {figure}  ", "dim"), (f"{word:<12}", role),
        (joined, "mark"), (text, "text"),
    )  # fmt: skip


def group_block(
    glyphs: Glyphs,
    part: Part,
    said: Callable[[], bytes],
    width: int,
    *,
    unfolded: bool,
    dropped: bool,
    against: str | None,
    compared: bytes | None,
    spilled: str = "",
) -> Block:
    """The block of a group. `said` gives its output, `spilled` is where all of it is that is not kept; `compared` is
    that of the largest, which is called `against` where the difference is to be told below the output."""
    key = group_key(part)

    def head() -> Spans:
        output = said().rstrip(b"\n")
        first, _, rest = output.partition(b"\n")
        text = sentence(part.error) if part.error is not None and not output else shown_line(first)
        if dropped and part.error is None:
            text = safe(DROPPED)
        others = rest.count(b"\n") + 1 if rest else 0
        more = f"  … {others} more line{'s' * (others > 1)}" if others else ""
        joined = f"masked: {part.variants} answers  " if part.variants > 1 else ""
        state, word = sign_of(part.outcome), status_word(part.outcome, part.exit_status)
        label = fit(safe(part.label), width)
        spans = head_of(glyphs, state, unfolded, label, word, f"{part.count:>5}", text, joined)
        return (*spans, *drawn((more, "dim"), *_change(output, compared)))

    if not unfolded:
        return Block(key, head, 0, _nothing)
    body = GroupBody(part, said(), against, compared, spilled)
    return Block(key, head, body.count, body)


def filtered_block(glyphs: Glyphs, part: Part, lines: tuple[bytes, ...], told: str, width: int) -> Block:
    """The block of a group of which only these lines are shown; `told` says how many they are."""
    key, state = group_key(part), sign_of(part.outcome)
    word = status_word(part.outcome, part.exit_status)

    def head() -> Spans:
        return head_of(glyphs, state, True, fit(safe(part.label), width), word, f"{part.count:>5}", told)

    return Block(key, head, len(lines), lambda number: shown_spans(lines[number]))


def live_block(
    glyphs: Glyphs, key: str, label: Callable[[], str], group: LiveGroup, live: Live, width: int, *, unfolded: bool
) -> Block:
    """The block of hosts at work that have said the same so far; `live` is what the first of them has said."""
    rows = live.rows() if unfolded else []

    def head() -> Spans:
        names = fit(safe(label()), width)
        return head_of(glyphs, IN_WORK[group.word], unfolded, names, group.word, f"{len(group.hosts):>5}", live.last())

    def body(number: int) -> Spans:
        line, role = rows[number]
        return shown_spans(line, role)

    return Block(key, head, len(rows), body)


def live_label(names: Sequence[str]) -> str:
    """The names of hosts at work, folded, or the first of them and how many more there are."""
    if len(names) <= MOST_NAMED:
        return fold_names(names)
    return ",".join(names[:FIRST_NAMES]) + f" and {len(names) - FIRST_NAMES} more"


def filtered_live_block(
    glyphs: Glyphs, key: str, label: Callable[[], str], group: LiveGroup, rows: Sequence[Row], told: str, width: int
) -> Block:
    """The block of hosts at work of which only these lines are shown; `told` says how many they are."""

    def head() -> Spans:
        names = fit(safe(label()), width)
        return head_of(glyphs, IN_WORK[group.word], True, names, group.word, f"{len(group.hosts):>5}", told)

    return Block(key, head, len(rows), lambda number: shown_spans(*rows[number]))


def _change(output: bytes, reference: bytes | None) -> Iterator[tuple[str, str]]:
    """The difference of two one-line answers, short enough for the head."""
    if reference and output and b"\n" not in output + reference:
        for change in changes(output, reference):
            yield "   ", "text"
            yield from told_change(change)


def _nothing(number: int) -> Spans:
    raise IndexError(number)
