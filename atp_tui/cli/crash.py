"""The net below every verb: what nobody foresaw becomes one line for the person, and a report in a file.

It is loaded at the very start and needs little, as it may have to work without descriptors, threads or memory.
"""

from __future__ import annotations

import contextlib
import os
import re
import sys

from ..model.exhausted import exhausted

STATUS = 70
"""The exit status where the program itself failed: EX_SOFTWARE of sysexits.h. 1 would say that a command failed."""

KEPT = 20
"""Reports that are kept; older ones are removed."""

_FRAMES = 60
_USER_INFO = re.compile(r"//[^/\s@]*@")
_QUOTED = re.compile(r"""(?<!\w)(b?)(['"])(.+?)\2(?!\w)""", re.DOTALL)
_BETWEEN = re.compile(r"""[\s=:;,@'"]+""")


def survived(error: BaseException) -> int:
    """Write the report of an error and say on standard error what happened and where it is; the exit status."""
    words = exhausted(error) or f"the program failed: {type(_leaf(error)).__name__}"
    try:
        where = f"the report is in {_written(error)}"
    except Exception as failure:  # noqa: BLE001 - below this net there is no other
        why = failure.strerror if isinstance(failure, OSError) and failure.strerror else type(failure).__name__
        where = f"no report could be written ({why})"
    line = f"atp-tui: {words}; {where}\n"
    with contextlib.suppress(OSError):  # else nobody can be told
        os.write(2, line.encode("utf-8", "backslashreplace"))
    return STATUS


def report(error: BaseException) -> str:
    """What a developer needs of an error, without values of variables and without what stood on the command line."""
    import platform

    from .. import __version__

    head = f"atp-tui {__version__}, Python {platform.python_version()}, {platform.platform()}"
    return "\n".join([head, "", described(error), ""])


def described(error: BaseException) -> str:
    """The way to an error in lines, and its message without values: for a report, and for the log."""
    return "\n".join(_described(error, set()))


def _described(error: BaseException, seen: set[int]) -> list[str]:
    import traceback

    if id(error) in seen or len(seen) > 50:
        return []
    seen.add(id(error))
    before = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    lines = [] if before is None else [*_described(before, seen), "", "which led to:", ""]
    frames = traceback.extract_tb(error.__traceback__)[-_FRAMES:]
    lines += "".join(traceback.format_list(frames)).splitlines()
    code = "\n".join(frame.line or "" for frame in frames)
    lines.append(f"{type(error).__module__}.{type(error).__qualname__}: {_scrubbed(str(error), code)}")
    if isinstance(error, BaseExceptionGroup):
        for one in error.exceptions:
            lines += ["", "one of them:", "", *_described(one, seen)]
    return lines


def _scrubbed(message: str, code: str) -> str:
    """A message without what may be a secret: a value that it quotes, words of the command line and of the
    environment, the name and password of a URI. What stands in `code`, the lines that led to the error, is no value.
    """
    message = _QUOTED.sub(lambda found: found[0] if found[3] in code else f"{found[1]}{found[2]}…{found[2]}", message)
    words = {part for word in sys.argv[1:] for part in (word, *_BETWEEN.split(word)) if len(part) > 3}
    words |= {value for value in os.environ.values() if len(value) > 5}
    for word in sorted((word for word in words if word not in code), key=len, reverse=True):
        message = message.replace(word, "…")
    message = _USER_INFO.sub("//…@", message)
    return "".join(each if each.isprintable() else ascii(each)[1:-1] for each in message)


def _written(error: BaseException) -> str:
    import time

    from ..config.paths import private_dir, reports

    folder, pattern = reports()
    private_dir(folder)
    name = pattern.replace("*", time.strftime("%Y%m%dT%H%M%S") + f"-{os.getpid()}")
    path = folder / name
    data = report(error).encode("utf-8", "backslashreplace")
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with open(descriptor, "wb") as file:
        file.write(data)
    for old in sorted(folder.glob(pattern))[:-KEPT]:
        old.unlink(missing_ok=True)
    return str(path)


def _leaf(error: BaseException) -> BaseException:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
