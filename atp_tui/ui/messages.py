"""What widgets and the bridge tell the screen: past tense for facts, …Requested for asks."""

from __future__ import annotations

from dataclasses import dataclass

from textual.message import Message


@dataclass
class FleetChanged(Message):
    """There is something else to read of the fleet. `described`: hosts may have come or gone."""

    described: bool


@dataclass
class JobAdvanced(Message):
    """Something came back from the job of that id."""

    job: str


@dataclass
class JobEnded(Message):
    """The job of that id has its last result."""

    job: str


@dataclass
class JobChosen(Message):
    """The answers of the job of that id are asked for, in the list of jobs. `opened`: they are to have the focus."""

    job: str
    opened: bool = False


@dataclass
class RunRequested(Message):
    """A command line was entered for the hosts that the target line names."""

    line: str
    targets: tuple[str, ...]


class ModeChanged(Message):
    """The command line is for something else now, and its keys with it."""


@dataclass
class CommandLineRequested(Message):
    """A `:` command was entered: its name and the rest of the line."""

    name: str
    argument: str


@dataclass
class FilterChanged(Message):
    """The text of the `/` filter changed; empty shows every host."""

    text: str


@dataclass
class LinesFiltered(Message):
    """The text of the `|` filter of answers changed; empty shows every line."""

    text: str


@dataclass
class PaneLeft(Message):
    """The line is left: the focus goes back to the view, or to the answers where the line was about their lines."""

    of_answers: bool = False


class CancelRequested(Message):
    """Ctrl+C in the pane: end the job that is shown, or leave the pane where that does not run."""


@dataclass
class Copied(Message):
    """So many lines went to the terminal's clipboard; not `taken` by one that is known to have none."""

    lines: int
    taken: bool


@dataclass
class MarkRequested(Message):
    """Mark these hosts, or unmark them where all are marked; of None, unmark all that are."""

    hosts: frozenset[str] | None


class RerunRequested(Message):
    """Run the command whose answers are shown again on the hosts where it failed."""


@dataclass
class ThemeRequested(Message):
    """Change the colours: to the theme of that name, or to the next one for an empty name."""

    name: str


class QuitRequested(Message):
    """Leave the program."""
