"""The frame around the views, which is left open all day: status line, command line, the jobs' answers, the keys."""

from __future__ import annotations

import logging
from collections.abc import Coroutine, Iterable, Sequence
from dataclasses import replace
from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container, Vertical

from .. import bindings
from ..copying import NOT_COPIED
from ..focus import FocusInSight
from ..frame.navigation import Navigation
from ..frame.pane_room import PaneRoom
from ..frame.remember import Remembering
from ..frame.results import ResultsRegion
from ..frame.showing import Showing
from ..frame.views import ViewStack
from ..frame.zoom import Zoom
from ..glyphs import ASCII, UNICODE
from ..history import History
from ..job_control import JobControl
from ..keymap import Keymap
from ..marks import Marks
from ..messages import (
    CancelRequested,
    CommandLineRequested,
    Copied,
    FilterChanged,
    FleetChanged,
    JobAdvanced,
    JobChosen,
    JobEnded,
    LinesFiltered,
    MarkRequested,
    ModeChanged,
    PaneLeft,
    RerunRequested,
    RunRequested,
)  # fmt: skip
from ..reload_words import reload_sign, reload_told
from ..services import Services
from ..sizes import HEIGHTS, WIDTHS
from ..targeting import Targeting
from ..told import Told
from ..views.keys import CHANGEABLE, commands_of
from ..views.registry import VIEWS
from ..views.view import ResultsRoom, View, ViewServices
from ..widgets.answers import Answers
from ..widgets.command_pane import CommandPane, Mode
from ..widgets.footer import Fitted, KeyLine, Keys
from ..widgets.status_bar import StatusBar
from ..widgets.too_small import TooSmall
from .dispatch import Dispatch
from .keys import calling_keys, keys_of
from .offering import Offering
from .palette import Offer, path_completed

_log = logging.getLogger(__name__)

TICK = 1.0


class MainScreen(FocusInSight[None]):
    """Routes messages between the view in sight and the regions around it. What commands do is in `dispatch`."""

    AUTO_FOCUS = "#tree"  # rather than on_mount, which also comes where the end came first, and there is no tree
    HORIZONTAL_BREAKPOINTS = WIDTHS
    VERTICAL_BREAKPOINTS = HEIGHTS
    BINDINGS: ClassVar[list[BindingType]] = [*bindings.FLEET]

    def __init__(self, services: Services, theme_names: Sequence[str]) -> None:
        super().__init__(classes="-no-answers")
        self._services = services
        self._fleet = services.fleet
        self._clock = services.fleet.now
        self.keys = Keymap(commands_of(services.actions), dict(services.keys), CHANGEABLE)
        self._glyphs = replace(ASCII if services.ascii_only else UNICODE, keys=self.keys)
        self._targeting = Targeting(services.fleet, services.accents)
        self._calls: Keys = ()
        self._in_line = False
        self._covered = self._pointed = False
        self._told_of_file = 0
        self._told = Told()
        self.jobs = JobControl(services.fleet, self._glyphs, self.post_message, self.spawn)
        self._marks = Marks()
        self._results = ResultsRegion(self._glyphs, self._marks)
        given = ViewServices(
            services, self._glyphs, lambda text, wrong: self.tell(text, wrong=wrong),
            self._results, self._told, self.jobs, self._marks,
        )  # fmt: skip
        self._views = ViewStack(VIEWS, given)
        self._offering = Offering(services.fleet, self.keys, theme_names, self._views, self.jobs)
        self.zoom = Zoom(self, self._results)
        self.room = PaneRoom(self, self._results)
        self.showing = Showing(self, self._views, self._results)
        self.navigation = Navigation(self._views, self)
        self._remembering = Remembering(
            services.memory, self.navigation, self._views.first, self._views.specs, services.view, self.room
        )
        self._dispatch = Dispatch(self, services, self.keys, self._targeting)

    def compose(self) -> ComposeResult:
        yield TooSmall(id="too-small")
        services = self._services
        yield StatusBar(
            services.source, self._glyphs, read_only=services.read_only, frozen=self._fleet.frozen, id="status"
        )
        with Container(id="workspace"):
            with Vertical(id="left"):
                yield self._views
                yield CommandPane(
                    self._targeting.select,
                    History(services.history_file, secrets=services.history_secrets, tell=self._tell_soon),
                    self._offering.completions,
                    paths=lambda text: path_completed(text, services.path_like),
                    words=self._fleet.target_words,
                    keys=self.keys,
                    id="pane",
                )
            yield self._results
        yield KeyLine(self.keys, id="keys")

    def on_mount(self) -> None:
        self._show_keys()
        self.set_interval(TICK, self._tick)
        self.spawn(self._dispatch.jobs.follow())
        self.call_after_refresh(self._remembering.open)

    def on_unmount(self) -> None:
        self._remembering.keep()

    def keep_focus(self) -> None:
        """As below; nothing has it where nothing can be seen."""
        if self._shows_nothing:
            self.set_focus(None)
        else:
            super().keep_focus()

    def place_focus(self) -> None:
        """The line has it again as soon as it can be seen: what is typed on is no command for the view."""
        if self._in_line and self.is_in_sight(self.pane.line):
            self.pane.go_on()
        elif self.is_in_sight(self.view):
            self.view.take_focus()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Where nothing can be seen no command has a key but the one that is told there."""
        return action != "command" or parameters == ("quit",) or not self._shows_nothing

    @property
    def _shows_nothing(self) -> bool:
        return self.query_one(TooSmall).display

    # The regions

    @property
    def view(self) -> View:
        """The view in sight."""
        return self._views.view

    @property
    def status(self) -> StatusBar:
        return self.query_one("#status", StatusBar)

    @property
    def pane(self) -> CommandPane:
        return self.query_one("#pane", CommandPane)

    @property
    def is_typed_in(self) -> bool:
        """Whether the command line has the focus."""
        return self._in_line

    @property
    def answers(self) -> Answers:
        return self._results.answers

    def tell(self, text: str, *, wrong: bool = False, fitted: Fitted | None = None) -> None:
        """Say something in the line at the bottom for a while; `fitted`: how it is said in so many cells."""
        self._told.add(text, self._clock(), wrong=wrong)
        for line in self.query("#keys").results(KeyLine):  # none any more where an edit comes to its end as one quits
            line.tell(text, self._clock(), wrong=wrong, fitted=fitted)

    def _tell_soon(self, text: str) -> None:
        """As `tell`, of what went wrong before that line was there. It has room for one thing: all stand in the log."""
        _log.warning("%s", text)
        self.call_after_refresh(self.tell, text, wrong=True)

    def spawn(self, work: Coroutine[None, None, None]) -> None:
        """Run work as a task of this screen: it is cancelled with it, and its defects end the program."""
        self.run_worker(work)

    # The views

    @on(View.PlaceRequested)
    def _place_requested(self, message: View.PlaceRequested) -> None:
        self.navigation.deeper(message.place)

    def arrived(self) -> None:
        """Another view is in sight: it has the focus, and commands go to what it points at."""
        self.zoom.end()
        self._pointed = self._in_line = False
        self.set_class(self.view.RESULTS is ResultsRoom.ALL, "-only-results")
        self.room.settle()
        self.pane.take_filter(self.view.filter)
        self.point()
        self.status.crumbs = self._views.crumbs
        self.set_focus(None)  # what has it is out of sight, and a new view takes it a moment later
        self.view.take_focus()

    def ask_for(self, command: str) -> None:
        """Open the line for what stands behind the name of a `:` command."""
        self.pane.enter(Mode.COMMAND, f"{command} ")

    # The fleet

    @on(FleetChanged)
    def _fleet_changed(self, message: FleetChanged) -> None:
        summary = self._fleet.summary()
        self.view.look(message.described)
        self._tell_of_file()
        self._dispatch.logins.look()
        if summary.hosts:
            self._remembering.begin()
        self.status.snapshot = summary
        calls = calling_keys(summary.calls, self.keys)
        if calls != self._calls:
            self._calls = calls
            self._show_keys()
        self.point()

    def _tell_of_file(self) -> None:
        """Say once what a change of the file of the hosts came to; and all the time that it is wrong, where it is."""
        news, name = self._fleet.reload(), self._services.source
        if news.number != self._told_of_file:
            self._told_of_file = news.number
            self.tell(reload_told(news, name), wrong=news.wrong, fitted=lambda room: reload_told(news, name, room))
            self.status.wrong = reload_sign(news, name)

    @on(View.Moved)
    def _moved(self) -> None:
        self.answers.look_at_marks()
        self.point()

    @on(MarkRequested)
    def _mark_requested(self, message: MarkRequested) -> None:
        if message.hosts is None:
            self._marks.hosts = frozenset()
        elif message.hosts:
            self._marks.toggle(message.hosts)
        else:
            self.tell("the hosts of that answer are not kept any more", wrong=True)
        self.view.look(False)
        self._moved()

    @on(FilterChanged)
    def _filter_changed(self, message: FilterChanged) -> None:
        self.view.search(message.text)
        self.point()

    @on(LinesFiltered)
    def _lines_filtered(self, message: LinesFiltered) -> None:
        self.pane.tell(self.answers.filter_lines(message.text))

    def point(self) -> None:
        """Take over what the view points at: what is marked in it and under its cursor.
        Not while a command is being typed, after `:` too, or something lies over the view, such as the palette: a host
        that the filter hides by itself hands the cursor to a neighbour, and a group under the cursor grows. The hosts
        of a command are those that were chosen for it; only before there is a fleet can nobody have chosen."""
        is_typed = self._in_line and self.pane.mode is not Mode.FILTER
        is_covered = self._covered or self.app.screen is not self
        if not (self._pointed and (is_typed or is_covered)):
            self._pointed = self.view.is_ready
            if self._targeting.point(*self.view.pointed):
                self.pane.show_target()

    @on(events.ScreenSuspend)
    def _is_covered(self) -> None:
        self._covered = True

    @on(events.ScreenResume)
    def _resumed(self) -> None:
        """The palette goes first, and has the application do what was chosen in it next: with the hosts of before."""
        self.app.call_later(self._uncovered)

    def _uncovered(self) -> None:
        self._covered = self.app.screen is not self
        if self.query("#pane"):
            self.point()

    # Commands and their answers

    @on(RunRequested)
    def _run_requested(self, message: RunRequested) -> None:
        self._dispatch.run_line(message.line, message.targets)

    @on(CommandLineRequested)
    def _command_line_requested(self, message: CommandLineRequested) -> None:
        self._dispatch.do(message.name, message.argument)

    @on(RerunRequested)
    def _rerun_requested(self) -> None:
        self._dispatch.do("rerun")

    @on(CancelRequested)
    def _cancel_requested(self) -> None:
        if not self._dispatch.jobs.cancel():
            self.view.take_focus()

    @on(PaneLeft)
    def _pane_left(self, message: PaneLeft) -> None:
        (self.answers.focus if message.of_answers else self.view.take_focus)()

    @on(Copied)
    def _copied(self, message: Copied) -> None:
        told = f"copied {message.lines} line{'s' * (message.lines != 1)}" if message.taken else NOT_COPIED
        self.tell(told, wrong=not message.taken)

    @on(JobAdvanced)
    def _job_advanced(self, message: JobAdvanced) -> None:
        self.showing.news(message.job)
        self._dispatch.jobs.advanced(message.job)

    @on(JobEnded)
    def _job_ended(self, message: JobEnded) -> None:
        self.showing.news(message.job)
        self._dispatch.jobs.ended(message.job)

    @on(JobChosen)
    def _job_chosen(self, message: JobChosen) -> None:
        self._dispatch.jobs.show(self.jobs.job(message.job))
        if message.opened:
            self.answers.focus()

    # Keys

    def action_command(self, name: str) -> None:
        """A key of the registry was pressed."""
        self._dispatch.do(name)

    def action_back(self) -> None:
        """Esc: what is open within the view closes, then the view has the focus again, then its filter goes, then it is
        left for the one below."""
        view = self.view
        if self.zoom.end() or (view.has_focus_within and view.step_back()):
            return
        # a view that was opened a moment ago has not got the focus yet, and is left all the same
        beside = self._results.has_focus_within and view.RESULTS is not ResultsRoom.ALL
        if beside or self.pane.has_focus_within:
            view.take_focus()
        elif view.filter:
            self.pane.clear_filter()
        else:
            self.navigation.back()

    def action_interrupt(self) -> None:
        """Ctrl+C outside the command line."""
        if not self._dispatch.jobs.cancel():
            self.tell(f"{self.keys.sign('screen.quit')} quits")

    @on(events.DescendantFocus)
    def _focus_moved(self) -> None:
        """Not called where the terminal's window loses the focus, and where it comes back."""
        if self._shows_nothing:  # the list that has it where nothing else does, as a palette goes
            self.keep_focus()
            return
        self._in_line = self.focused is self.pane.line
        self.room.settle()
        self.point()
        self._show_keys()

    @on(ModeChanged)
    def _show_keys(self) -> None:
        for line in self.query("#keys").results(KeyLine):  # none where the program was ended before it was made
            line.calls, line.keys = self._calls, keys_of(self.focused, self._views.spec, self.keys)

    def _tick(self) -> None:
        self.status.tick()
        self.query_one("#keys", KeyLine).tick(self._clock())
        self.answers.tick()
        if self.jobs.running:
            self.showing.jobs()
        self.pane.tick()
        self.view.tick()

    # The palette

    def offers(self) -> Iterable[Offer]:
        """What Ctrl+P finds."""
        return self._offering.offers()

    def type_command(self, line: str) -> None:
        """Do what a `:` line says."""
        self._dispatch.do(*line.partition(" ")[::2])
