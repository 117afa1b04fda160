"""The application: wires themes, the main screen, the engine's life and quitting. The rest is the screens' part."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Iterable
from contextlib import AsyncExitStack, ExitStack
from typing import Any, ClassVar

from textual import events, on
from textual.await_complete import AwaitComplete
from textual.binding import BindingsMap, BindingType
from textual.command import CommandPalette, Provider

from . import bindings
from .bridge import carry
from .locking import Locking
from .messages import FleetChanged, QuitRequested, ThemeRequested
from .screens.form_surface import MayStay
from .screens.main import MainScreen
from .screens.palette import FleetCommands, Offer, Palette, actions
from .services import Services
from .sizes import classes_for
from .terminal import has_job_control, terminal_gone
from .theme import no_such_theme
from .themed_app import ThemedApp
from .words import state_word

QUIT_LIMIT = 2.0
"""Seconds that the engine has for its end; the terminal is given back before."""


class AtpApp(ThemedApp):
    """Shows the fleet of `services`. The engine starts after the first frame and ends with the application."""

    TITLE = "atp"
    CSS_PATH = "app.tcss"
    # Textual's own are about widgets and key bindings
    COMMANDS: ClassVar[set[type[Provider] | Callable[[], type[Provider]]]] = {FleetCommands}
    BINDINGS: ClassVar[list[BindingType]] = [*bindings.APP]

    def __init__(self, services: Services) -> None:
        super().__init__(services.theme_folders, theme=services.theme, ascii_only=services.ascii_only)
        self._services = services
        self._engine: asyncio.Task[None] | None = None
        self._unseen = ExitStack()
        self._main = MainScreen(services, tuple(self._themes))
        # a widget that has a use of its own for a command's key is asked first
        self._bindings = BindingsMap.merge((self._bindings, self._main.keys.of_commands()))
        self.set_keymap(self._main.keys.chosen)
        self._lock = Locking(self, services.fleet, services.who, services.lock_after, self._main.spawn)

    def first_screen(self) -> MainScreen:
        self._main.add_class(*classes_for(self.size), update=False)
        self._unseen.enter_context(self.batch_update())
        return self._main

    def on_mount(self) -> None:
        self._main.call_after_refresh(self._paint)
        if not self.is_headless:
            self.set_interval(1.0, self._leave_dead_terminal)

    async def on_unmount(self) -> None:
        self._lock.end()
        if self._engine is not None:
            self._engine.cancel()
            await asyncio.wait((self._engine,), timeout=QUIT_LIMIT)

    def _paint(self) -> None:
        """The main screen is whole: the first frame is painted, and what comes after it is begun."""
        self._unseen.close()
        self._main.call_after_refresh(self._start_engine)

    # The engine

    def _start_engine(self) -> None:
        if self._services.theme and self._services.theme not in self._themes:
            self._choose_theme(self._services.theme)  # says which there are
        for problem in self._theme_problems:
            self._main.tell(str(problem), wrong=True)
        if self._services.notice:
            self._main.tell(self._services.notice, wrong=True)
        # From Python 3.12 on Textual has every task of the loop begin at once, inside create_task. asyncssh is not made
        # for that: its server answers before it is ready for what comes back, and nobody gets into the demo's hosts.
        asyncio.get_running_loop().set_task_factory(None)
        self._engine = asyncio.create_task(self._run_engine(), name="engine")
        self._engine.add_done_callback(self._engine_ended)
        self._lock.begin()

    async def _run_engine(self) -> None:
        services = self._services
        async with AsyncExitStack() as stack:
            if services.start is not None:
                await stack.enter_async_context(services.start())
            # left first: a fleet that ends has a thousand changes of state that nobody need see
            await carry(services.fleet.changes(), self._changed, services.refresh)
            raise RuntimeError("the fleet tells of no changes any more")  # the screen would show what was, for ever

    def _changed(self, message: FleetChanged) -> None:
        self._lock.look()
        self._main.post_message(message)

    async def on_event(self, event: events.Event) -> None:
        if not isinstance(event, events.InputEvent) or self._lock.active():
            await super().on_event(event)

    def push_screen(self, *arguments: Any, **named: Any) -> Any:
        """As App.push_screen; while it is locked, the lock stays on top."""
        pushed = super().push_screen(*arguments, **named)
        if self._main in self.screen_stack:
            self._lock.look()
        return pushed

    def pop_screen(self) -> AwaitComplete:
        """As App.pop_screen; while it is locked, the lock stays on top, whichever screen asks to go."""
        popped = super().pop_screen()
        self._lock.look()
        return popped

    def _engine_ended(self, task: asyncio.Task[None]) -> None:
        error = None if task.cancelled() else task.exception()
        if isinstance(error, Exception):
            self._handle_exception(error)

    def warn(self, text: str) -> None:
        """Say in the line at the bottom what went wrong without stopping anything. Only while the screen is there."""
        if self._main.is_mounted:
            self._main.tell(text, wrong=True)

    # Themes and the end

    @on(ThemeRequested)
    def _theme_requested(self, message: ThemeRequested) -> None:
        names = sorted(self._themes)
        after = names.index(self.theme) + 1 if self.theme in names else 0
        self._choose_theme(message.name or names[after % len(names)])

    def _choose_theme(self, name: str) -> None:
        if name in self._themes:
            self.theme = name
            self._main.tell(f"theme {name}")
        else:
            self._main.tell(no_such_theme(name, self._themes), wrong=True)

    @on(QuitRequested)
    def _quit_requested(self) -> None:
        self.exit()

    def _leave_dead_terminal(self) -> None:
        # Textual would go on drawing for nobody, and its reader spins.
        if terminal_gone():
            self.exit(return_code=128 + signal.SIGHUP)

    def action_ask_to_quit(self) -> None:
        self.type_command("quit")

    def action_suspend_process(self) -> None:
        """Ctrl+Z: the shell that started the program gets the terminal, until its `fg`."""
        if self._lock.is_locked:
            return
        if self.is_headless or not has_job_control():
            self.refuse(f"{self._main.keys.sign('app.suspend')}: no shell is there that could bring the program back")
        else:
            super().action_suspend_process()

    # The palette, which opens over every screen

    def action_command_palette(self) -> None:
        """Ctrl+P."""
        if not self._lock.is_locked and not CommandPalette.is_open(self):
            self.push_screen(Palette(id="--command-palette"))

    def actions(self) -> Iterable[Offer]:
        """What Ctrl+P shows before anything is typed."""
        return actions(self._main.keys.commands)

    def offers(self) -> Iterable[Offer]:
        """What Ctrl+P finds."""
        return self._main.offers()

    def state_of(self, host_id: str) -> str:
        """The state of a host in one word; empty for one that has gone."""
        return "".join(state_word(row.state) for row in self._services.fleet.rows((host_id,)))

    def type_command(self, line: str) -> None:
        """Do what a `:` line says. What lies over the fleet is left first; a question is answered with no, and a form
        in which something was typed is left by the second command only."""
        while self.screen is not self._main and self._main in self.screen_stack:
            if isinstance(self.screen, MayStay) and not self.screen.may_be_left():
                return
            self.pop_screen()
        self._main.type_command(line)
