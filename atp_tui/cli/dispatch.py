"""From arguments to the verb: configuration is found and read, errors become messages and exit statuses."""

from __future__ import annotations

import logging
import resource
import signal
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

from ..config.fleet import FleetConfig
from ..config.load import load
from ..config.paths import default_config, find_config, theme_folders
from ..drivers.private import sweep
from ..model.errors import AtpError, ConfigError, ConfigErrors
from ..model.sets import reached
from .arguments import Arguments
from .collector import collect_from_now_on
from .interrupt import Interrupt, run_verb
from .log import open_log
from .output import ReaderGone, complain
from .words import sentence

if TYPE_CHECKING:
    from ..drivers.host_programs import HostPrograms
    from ..drivers.sources import FileSource
    from ..executor.earlier import Earlier

_log = logging.getLogger(__name__)

USAGE = 2

BROKEN_PIPE = 128 + signal.SIGPIPE
"""What a shell says of a program whose reader has gone (`| head`)."""

SCREENS = frozenset({"tui", "demo"})
"""Verbs that open the screen."""

LEAVE_NO_TRACE = frozenset({"doctor", "completion", "complete-words", "man"})
"""Verbs for which no log is opened and nothing is swept: a shell asks while a line is typed, and `doctor` is to see the
directories as they are."""


def dispatch(arguments: Arguments) -> int:
    """Do what was asked for; the exit status."""
    _raise_descriptor_limit()
    _forbid_core_dumps()
    if arguments.verb not in SCREENS:  # their modules come later, and are many
        collect_from_now_on()
    # Where there is no log file records go nowhere: Python's last resort would write over the screen.
    logging.getLogger().addHandler(logging.NullHandler())
    if arguments.verb not in LEAVE_NO_TRACE:
        no_log = open_log(arguments.verbose)
        if no_log is not None:
            complain(f"warning: {no_log}")
        sweep()
    try:
        _check_theme(arguments)
        if arguments.lists:
            arguments = _with_lists(arguments)
        return _VERBS.get(arguments.verb, _act)(arguments)
    except ReaderGone:
        return BROKEN_PIPE
    except ConfigErrors as error:
        for each in error.errors:
            complain(str(each))
        return USAGE
    except ConfigError as error:
        complain(str(error))
        return USAGE
    except AtpError as error:
        complain(sentence(error.reason))
        return USAGE
    except KeyboardInterrupt:
        return 130


def _check_theme(arguments: Arguments) -> None:
    """Raise ConfigError where a headless verb is given a theme that is not there; the screen tells by itself."""
    if arguments.theme is None or arguments.verb in SCREENS:
        return
    from ..ui.theme import AUTO, load_themes, themes_folder

    themes, problems = load_themes((themes_folder(), *theme_folders()))
    if arguments.theme not in (*themes, AUTO):
        for problem in problems:  # one of them may be why
            complain(f"warning: {problem}")
        raise ConfigError(
            f"no theme {arguments.theme}", key="--theme", hint=f"there are {', '.join(sorted((*themes, AUTO)))}"
        )


def _with_lists(arguments: Arguments) -> Arguments:
    """The lists of hosts are read before anything else runs: a person may type one."""
    from .host_lists import read_lists

    return replace(arguments, listed=read_lists(arguments.lists))


def configuration(arguments: Arguments) -> FleetConfig:
    """The configuration that is meant. Raises ConfigError, also where there is none."""
    path = find_config(arguments.config)
    if path is None:
        raise ConfigError(
            "there is no configuration",
            file=default_config(),
            hint="write one (hosts.example.toml shows how), name one with --config, or start atp-tui without a verb",
        )
    checks = arguments.verb == "hosts" and arguments.hosts_verb == "check"
    config = load(path, _wrong_keys if checks else None)
    if config.programs:
        config = _with_answers(config, path, every=checks)
    for warning in config.warnings:
        complain(f"warning: {warning}")
        _log.warning("%s", warning)
    return config


def _wrong_keys(keys: Mapping[str, str]) -> Iterable[tuple[str, str, str]]:
    """A KeyCheck that loads the screen's for a file that has keys alone."""
    from .doctor.verdict import key_check

    check = key_check() if keys else None
    return () if check is None else check(keys)


def _with_answers(config: FleetConfig, path: Path, *, every: bool) -> FleetConfig:
    """The configuration once its programs have answered, those whose answers are too old, or every one."""
    from ..drivers.host_programs import due, refreshed

    programs = _programs(path)
    if not every and not due(programs, config, ()):
        return config

    async def run(_interrupt: Interrupt) -> int:
        await refreshed(programs, config, every=every)
        return 0

    if interrupted := run_verb(run):
        raise SystemExit(interrupted)
    return load(path, answers=programs.answer)


@cache
def _programs(path: Path) -> HostPrograms:
    """The programs that name hosts for this configuration; their answers are the verb's."""
    from ..drivers.host_programs import HostPrograms

    return HostPrograms(path)


def _raise_descriptor_limit() -> None:
    """A libvirt connection has three descriptors, and the usual soft limit of 1,024 is soon reached."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def _forbid_core_dumps() -> None:
    """Passwords that were typed are in memory. What this program starts writes no core file either."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))


def _source(arguments: Arguments) -> FileSource:
    from ..drivers.sources import FileSource

    config = configuration(arguments)
    assert config.path is not None, "it was found by its path"
    source = FileSource(config, _programs(config.path))
    source.drivers.host_keys.warn = lambda host, words: complain(f"warning: {host}: {words}")
    return source


def _read_anew(source: FileSource) -> FileSource:
    from ..drivers.sources import FileSource

    path = source.config.path
    assert path is not None, "it was read there"
    return FileSource(load(path, answers=_programs(path).answer), _programs(path))


def _run(arguments: Arguments) -> int:
    """Of `follow`, too."""
    from .run import run

    source = _source(arguments)
    return run_verb(lambda interrupt: run(arguments, source, interrupt))


def _move(arguments: Arguments) -> int:
    from .files import move

    source = _source(arguments)
    return run_verb(lambda interrupt: move(arguments, source, interrupt))


def _forward(arguments: Arguments) -> int:
    from .forward import forward

    source = _source(arguments)
    return run_verb(lambda interrupt: forward(arguments, source, interrupt))


def _shell(arguments: Arguments) -> int:
    from .shell import shell

    source = _source(arguments)
    return run_verb(lambda interrupt: shell(arguments, source))


def _act(arguments: Arguments) -> int:
    from .act import act

    source = _source(arguments)
    return run_verb(lambda interrupt: act(arguments, source))


def _stats(arguments: Arguments) -> int:
    from .ask_hosts import stats

    source = _source(arguments)
    return run_verb(lambda interrupt: stats(arguments, source))


def _domains(arguments: Arguments) -> int:
    from .ask_hosts import domains

    source = _source(arguments)
    return run_verb(lambda interrupt: domains(arguments, source))


def _hosts(arguments: Arguments) -> int:
    from .hosts_list import list_hosts, words_of_hosts

    if arguments.importing is not None:
        from .importing import import_hosts

        return import_hosts(arguments.importing, arguments)

    match arguments.hosts_verb:
        case "list":
            config = configuration(arguments)
            earlier, gone = _earlier(words_of_hosts(arguments), config)
            return list_hosts(arguments, config, earlier) or gone
        case "check":
            from .hosts import check

            source = _source(arguments)
            earlier, gone = _earlier(words_of_hosts(arguments), source.config)
            return run_verb(lambda interrupt: check(arguments, source, earlier)) or gone
    from .hosts import agreed, edit, invocation_of

    source = _edited(arguments)
    earlier, gone = _earlier(words_of_hosts(arguments), source.config)
    invocation = agreed(arguments, invocation_of(arguments, source.config, earlier))
    return USAGE if invocation is None else run_verb(lambda interrupt: edit(arguments, source, invocation)) or gone


def _earlier(expressions: Sequence[str], config: FleetConfig) -> tuple[Earlier, int]:
    """The jobs that expressions name, and the exit status where the file has some of their hosts no more."""
    from ..executor.earlier import Earlier, names_in

    if not names_in(reached(expressions, config.sets)):
        return Earlier(), 0
    from .asked import read_jobs

    found: list[tuple[Earlier, int]] = []

    async def read(_interrupt: Interrupt) -> int:
        found.append(await read_jobs(expressions, config))
        return 0

    if interrupted := run_verb(read):
        raise SystemExit(interrupted)
    return found[0]


def _edited(arguments: Arguments) -> FileSource:
    """The configuration that is to be edited: it need not be there for a first host, nor be right to be taken back."""
    from ..drivers.sources import FileSource

    path = find_config(arguments.config)
    if arguments.hosts_verb in ("undo", "redo") and path is not None:
        return FileSource(FleetConfig(path))
    if arguments.hosts_verb == "add" and path is None:
        return FileSource(FleetConfig(default_config()))
    return _source(arguments)


def _info(arguments: Arguments) -> int:
    from .info import info

    return info(arguments)


def _jobs(arguments: Arguments) -> int:
    match arguments.jobs_verb:
        case "show":
            from .jobs_show import show

            return run_verb(lambda interrupt: show(arguments))
        case "rerun":
            from .jobs_rerun import rerun

            source = _source(arguments)
            return run_verb(lambda interrupt: rerun(arguments, source, interrupt))
        case "away":
            from .jobs_away import run_away

            source = _source(arguments)
            return run_verb(lambda interrupt: run_away(arguments, source, partial(_read_anew, source)))
        case "cancel":
            from .away import cancel

            return run_verb(lambda interrupt: cancel(arguments))
    from .jobs import list_jobs, prune

    verb = prune if arguments.jobs_verb == "prune" else list_jobs
    return run_verb(lambda interrupt: verb(arguments))


def _audit(arguments: Arguments) -> int:
    from .audit import audit

    return audit(arguments)


def _freeze(arguments: Arguments) -> int:
    from .freeze import freeze, thaw

    source = _source(arguments)
    verb = freeze if arguments.verb == "freeze" else thaw
    return run_verb(lambda interrupt: verb(arguments, source))


def _doctor(arguments: Arguments) -> int:
    from .doctor import doctor

    return doctor(arguments)


def _completion(arguments: Arguments) -> int:
    from .completion import completion

    return completion(arguments)


def _complete_words(arguments: Arguments) -> int:
    from .complete_words import complete_words

    return complete_words(arguments)


def _man(arguments: Arguments) -> int:
    from .man import man

    return man(arguments)


def _demo(arguments: Arguments) -> int:
    from .tui import open_demo

    return open_demo(arguments)


def _tui(arguments: Arguments) -> int:
    from .tui import open_screen

    return open_screen(arguments)


_VERBS: dict[str, Callable[[Arguments], int]] = {
    "tui": _tui,
    "demo": _demo,
    "run": _run,
    "follow": _run,
    "shell": _shell,
    "push": _move,
    "pull": _move,
    "forward": _forward,
    "stats": _stats,
    "hosts": _hosts,
    "domains": _domains,
    "info": _info,
    "jobs": _jobs,
    "audit": _audit,
    "freeze": _freeze,
    "thaw": _freeze,
    "doctor": _doctor,
    "completion": _completion,
    "complete-words": _complete_words,
    "man": _man,
}
"""The program's own verbs. Any other that the parser lets pass is the name of an action."""
