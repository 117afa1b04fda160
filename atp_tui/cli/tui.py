"""The screen: its services are wired here, for the hosts of a file or for the demo."""

from __future__ import annotations

import errno
import logging
import os
import resource
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, AbstractContextManager, asynccontextmanager, suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TypeVar

from ..actions.policy import Policy
from ..config.fleet import FleetConfig
from ..config.histories import history_of
from ..config.load import load
from ..config.paths import (
    default_config,
    find_config,
    screen_file,
    ssh_config_file,
    state_dir,
    theme_folders,
)
from ..config.remembered import ScreenMemory
from ..drivers.aside import off_loop
from ..drivers.ring_command import RingCommand
from ..drivers.sources import DemoOptions, DemoSource, FileSource
from ..engine.engine import Engine
from ..engine.person import user_name
from ..engine.source import FleetSource
from ..engine.targets import first_reading
from ..executor.earlier import Earlier, names_in
from ..model.errors import ConfigError
from ..model.exhausted import hosts_that_fit, too_many_files
from ..model.host import HostInfo
from ..model.sets import NO_SETS, Sets, reached
from ..model.spans import span
from ..model.text import Printed
from ..storage.audit import audit_of
from ..storage.jobs import JobStore
from ..transport.clock import run_awake
from ..ui.app import AtpApp
from ..ui.ascii import needs_ascii
from ..ui.key_check import key_problems
from ..ui.locator import locator_of
from ..ui.services import Services
from ..ui.terminal import run_until_left
from ..ui.text import safe
from ..ui.theme import AUTO, load_themes, themes_folder
from ..ui.views.registry import VIEWS
from .arguments import Arguments
from .collector import collect_from_now_on
from .job_log import opened, user_log
from .output import complain

_log = logging.getLogger(__name__)


T = TypeVar("T")

Start = Callable[[], AbstractAsyncContextManager[None]]


def open_screen(arguments: Arguments) -> int:
    """Show the configured hosts; without a configuration, the guided start. The exit status. Raises ConfigError."""
    _require_terminal()
    path = find_config(arguments.config)
    if path is None:
        return _first_start(arguments)
    return _show(FileSource(load(path, key_problems)), arguments)


def only(
    expression: str, hosts: Sequence[HostInfo], sets: Sets = NO_SETS, earlier: Earlier | None = None
) -> tuple[HostInfo, ...]:
    """Those of the hosts that an expression names. Raises ConfigError where it names none, or what changes.

    Hosts of an earlier job, which were read before, stay those that they were: the screen is watched, and does not
    follow what is run meanwhile.
    """
    reading = first_reading([expression], hosts, earlier, sets)
    if reading.undecided:
        hint = "name hosts, tags, metadata or earlier jobs: all else changes while they are watched"
        raise ConfigError(f"hangs on what hosts say now: {reading.moving}", key="--only", hint=hint)
    wanted = set(reading.ids)
    return tuple(host for host in hosts if host.id in wanted)


def open_demo(arguments: Arguments) -> int:
    """Show the embedded fleet; the exit status."""
    _require_terminal()
    return _show(DemoSource(DemoOptions(arguments.hosts, arguments.faults, arguments.seed)), arguments)


def _first_start(arguments: Arguments) -> int:
    from ..config.store import append_hosts, text_with
    from ..ui.screens.guide import GuideAnswer, GuideApp, GuideChoice, GuideLook

    path = default_config()
    found = _importable()
    notice = ""
    while True:
        look = GuideLook(arguments.theme, (path.parent / "themes",), notice, _ascii_only())
        guide = GuideApp(found, path, partial(text_with, path), look)
        collect_from_now_on()
        run_awake(run_until_left(guide))
        guide.leaving.over()
        match guide.return_value:
            case GuideAnswer(choice=GuideChoice.IMPORT, hosts=hosts):
                return _show(FileSource(append_hosts(path, hosts)), arguments)
            case GuideAnswer(choice=GuideChoice.DEMO):
                return open_demo(arguments)
            case GuideAnswer(choice=GuideChoice.EXAMPLE):
                from .editor import edited_example

                if edited_example(path):
                    return _show(FileSource(load(path, key_problems)), arguments)
                notice = f"{path} is there, as the example has it: no host of yours is in it yet."
            case _:
                return guide.return_code or 0


def _importable() -> tuple[HostInfo, ...]:
    from ..config.ssh_import import candidates

    try:
        return candidates(ssh_config_file())
    except ConfigError as error:
        complain(str(error))  # the guide has other ways to begin
        return ()


def _show(source: FleetSource, arguments: Arguments) -> int:
    for warning in source.config.warnings:
        _log.warning("%s", warning)
    if arguments.view is not None:
        locator_of(arguments.view, [spec.name for spec in VIEWS])  # before the screen is there
    earlier = None
    if arguments.only is not None:
        earlier = _earlier(arguments.only, source.config)
        only(arguments.only, (*source.config.hosts, *source.config.disabled), source.config.sets, earlier)
    policy = Policy(read_only=arguments.read_only, asks=True)
    told: list[str] = []
    audit = audit_of(source.config, told.append, "screen")

    def tell(words: str) -> None:
        _log.warning("%s", words)  # the screen may have gone by then
        app.warn(words)

    log = None if isinstance(source, DemoSource) else user_log(tell)  # nothing of the demo is worth keeping
    app = screen_of(Engine(source, policy=policy, audit=audit, log=log), arguments, log, earlier)
    collect_from_now_on()
    run_awake(run_until_left(app))
    for words in told:  # an act that could not be recorded was refused on the screen; this is of how acts ended
        complain(f"warning: {words}")
    return app.return_code or 0


def _earlier(expression: str, config: FleetConfig) -> Earlier:
    """The jobs that --only names, as they are now; none where it names none."""
    if not names_in(reached((expression,), config.sets)):
        return Earlier()
    from .asked import read_jobs

    return run_awake(read_jobs((expression,), config))[0]


def _warned(app: AtpApp, host: str, words: str) -> None:
    """A warning of the drivers goes to the log, and to the line at the bottom."""
    _log.warning("%s: %s", host, words)
    app.warn(safe(f"{host}: {words}"))


def screen_of(
    engine: Engine, arguments: Arguments, log: JobStore | None = None, earlier: Earlier | None = None
) -> AtpApp:
    """The application for an engine, which it brings to life and ends, and with it the log of jobs that it has.

    `earlier` are the jobs that --only names.
    """

    def select(hosts: tuple[HostInfo, ...]) -> tuple[HostInfo, ...]:
        return hosts if arguments.only is None else only(arguments.only, hosts, engine.sets, earlier)

    @asynccontextmanager
    async def start() -> AsyncIterator[None]:
        narrows = None if arguments.only is None else select
        engine.source.drivers.host_keys.warn = partial(_warned, app)
        try:
            async with opened(log, app.warn), engine.running(watch=True, select=narrows):
                yield
        finally:
            ring.close()

    config = engine.source.config
    ring = RingCommand(config.jobs, config.path)
    services = replace(_services(engine, arguments, start), ring_command=ring.run if config.jobs.ring_command else None)
    app = AtpApp(services)
    app.theme_chosen = lambda name: services.memory.keep(theme=name)

    def warn(host: str, words: str) -> None:
        _log.warning("%s: %s", host, words)
        app.warn(f"{host}: {words}")

    engine.source.drivers.host_keys.warn = warn
    engine.source.drivers.terminal.around = partial(_without_screen, app, engine.source.drivers.terminal.give_back)
    return app


def _without_screen(app: AtpApp, give_back: Callable[[], object], host: str) -> AbstractContextManager[Printed]:
    from ..ui.lent import lent

    return lent(app, give_back, host)


def _services(engine: Engine, arguments: Arguments, start: Start) -> Services:
    config = engine.source.config
    told: list[str] = []
    memory = _memory(engine.source, told.append)
    return Services(
        fleet=engine.fleet,
        actions=engine.door.actions,
        read_only=engine.door.policy.read_only,
        who=user_name(),
        source=engine.source.name if arguments.only is None else f"{engine.source.name}: {arguments.only}",
        view=arguments.view,
        dump_folder=lambda: state_dir() / "screens",
        file=config.path,
        refresh=config.ui.refresh,
        period=config.monitor.interval,
        lock_after=span("ui.lock_after", config.ui.lock_after),
        keys=config.ui.keys,
        accents=config.ui.accents,
        ring=config.jobs,
        path_like=_path_like,
        aside=_aside,
        memory=memory,
        shell_ended=lambda: engine.source.drivers.terminal.ended,
        theme=arguments.theme or _still_there(memory.now.theme) or config.ui.theme,
        theme_folders=theme_folders(),
        notice=_notice(config.warnings) or _above_the_limit(config.hosts) or "".join(told),
        ascii_only=_ascii_only(),
        history_file=None if engine.source.name == "demo" else _history(config.path),
        history_secrets=config.ui.history_secrets,
        start=start,
    )


async def _aside(work: Callable[[], T]) -> T:
    """As ui.services.Aside. Raises OSError where the system has no thread left."""
    try:
        return await off_loop("files", work)
    except RuntimeError as error:
        raise OSError(errno.EAGAIN, "the system has no thread left") from error


async def _path_like(beginning: str) -> str:
    """A path completed on a thread of its own: its directory may be one that does not answer."""
    from ..config.imports.sources import path_like

    return await off_loop("path", partial(path_like, beginning))


def _memory(source: FleetSource, tell: Callable[[str], object]) -> ScreenMemory:
    """What is remembered of how this fleet was looked at; nothing lasts where there is no home."""

    def heard(words: str) -> None:
        _log.warning("%s", words)
        tell(words)

    path = source.config.path
    try:
        file = screen_file()
    except ConfigError:
        file = None
    return ScreenMemory(file, source.name if path is None else str(path.absolute()), tell=heard)


def _still_there(theme: str | None) -> str | None:
    """A theme that was chosen once, if it can be shown: its file may have gone."""
    if theme is None or theme in (AUTO, *load_themes((themes_folder(), *theme_folders()))[0]):
        return theme
    return None


def _history(fleet: Path | None) -> Path | None:
    try:
        return None if fleet is None else history_of(fleet)
    except ConfigError:  # no home: what is typed is not kept
        return None


def _notice(warnings: Sequence[ConfigError]) -> str:
    """The first warning: the line at the bottom has room for one. All of them are in the log."""
    if not warnings:
        return ""
    number = f" 1 of {len(warnings)}" if len(warnings) > 1 else ""
    return f"warning{number}: {warnings[0]}"


def _above_the_limit(hosts: Sequence[HostInfo]) -> str:
    """What is said where not all hosts can be watched at a time."""
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    number = sum(host.connection_uri is not None for host in hosts)
    return "" if number <= hosts_that_fit(limit) else f"{too_many_files(limit)}, and there are {number:,}"


def _ascii_only() -> bool:
    environment = dict(os.environ)
    with suppress(OSError):  # no /proc: Python's own view has to do
        given = Path("/proc/self/environ").read_text(errors="replace").split("\0")
        environment = dict(entry.split("=", 1) for entry in given if "=" in entry)
    return needs_ascii(environment, sys.stdout.encoding)


def _require_terminal() -> None:
    if os.environ.get("TERM") == "dumb":
        raise ConfigError(
            "TERM=dumb: the screen needs a terminal that can move its cursor",
            hint="use run, stats, hosts list or domains, with --json for programs",
        )
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise ConfigError(
            "the screen needs a terminal", hint="use run, stats, hosts list or domains, with --json for programs"
        )
    if sys.stderr is None or not sys.stderr.isatty():  # Textual draws there: keys would act on what nobody sees
        raise ConfigError(
            "the screen is drawn on standard error, which is not the terminal",
            hint="leave 2> away: warnings are in the log that atp-tui info names",
        )
