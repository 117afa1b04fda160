"""The entry point. It loads argparse and nothing else of weight: --version and --help answer at once."""

from __future__ import annotations

import atexit
import gc
import os
import signal
import sys
from contextlib import suppress

_status: int | None = None
"""The exit status, once the program has come to its end."""


def main() -> int:
    """Run the program on sys.argv; the exit status."""
    atexit.register(_leave)
    global _status
    _status = _run()
    return _status


def _leave() -> None:
    """The last of all that is done at the end: what is registered later is done before.

    Python's own end would stop the daemon threads that still run. One that is just loading a library written in Rust or
    C++ takes the program down by that: "FATAL: exception not rethrown", status 134, in place of ours.
    """
    if _status is None:
        return
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError, AttributeError):  # nobody reads it any more, or it is closed
            stream.flush()
    os._exit(_status)


def _run() -> int:
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        # Ctrl+C while modules are loaded ends the program without a traceback; what runs later has handlers of its own
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    _fill_closed_streams()
    gc.disable()  # until the modules are loaded, see cli/collector: what they make stays

    from .cli.crash import survived

    try:
        from .cli.arguments import parse

        arguments = parse(sys.argv[1:])

        from .cli.dispatch import dispatch

        return dispatch(arguments)
    except (SystemExit, KeyboardInterrupt):
        raise
    except BaseException as error:  # noqa: BLE001 - the net: no traceback reaches a person
        return survived(error)


def _fill_closed_streams() -> None:
    """A closed standard stream (`2>&-`) leaves its number to some socket, which would get what is written there."""
    for descriptor in (0, 1, 2):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest free number, which is this one
    if sys.stderr is None:  # sys.stdout stays None: that is how a verb knows that nobody will see its answer
        sys.stderr = os.fdopen(2, "w", encoding="utf-8", closefd=False)


if __name__ == "__main__":
    sys.exit(main())
