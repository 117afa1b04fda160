"""The command line that is really sent: a remote command that dies with its owner.

sshd does nothing to a command whose channel is closed or whose connection is lost; it only closes the pipe that was
the command's stdin. So a guard, a forked shell in the command's own process group, reads that pipe, and when it ends
while the command still runs, sends TERM to all that it has started, and after three seconds KILL. The command gets
another stdin, and its shell keeps the process id that sshd waits for, so exit status and signal stay its own.

sshd starts each command as the leader of a session and a process group (session.c, do_exec_no_pty), so what the command
starts is in them too, pipelines and background jobs included. The whole session is killed: `timeout`, `set -m` and the
jobs of csh have groups of their own. Where there is no pkill (procps, busybox) it is the group alone; where a server
makes no such group, the shell alone. Only what leaves the session by itself (setsid, a daemon) lives on.

When the command has ended by itself, sshd closes the pipe after it has reaped it: the guard wakes up, finds nobody to
kill and leaves, and background jobs go on as they do with ssh. The guard's own membership keeps the group's number from
being given to anybody else.

A lost connection ends stdin and both outputs at once. A command that writes would die of SIGPIPE then, and a guard that
looks too late would take it for one that has ended by itself. So the guard holds readers of both output pipes, opened
through /proc/self/fd before the command starts, until it has done its work. It reads nothing from them: what nobody
takes any more blocks, as it does behind a slow network, and its writer is there to be killed. With a guard that has
left they are gone, and what a background job still writes ends it, as with ssh.

Where the outputs cannot be opened (no /proc; sockets; pipes of a server that runs as another user, as dropbear does)
the guard has no readers, and nothing is said. There a lost connection may leave the background jobs of a command that
was writing. What we end ourselves does not: who cuts a command off ends its stdin first and its output later.

Tried on bash, dash, busybox, mksh and zsh, where the line runs in place, and on fish and tcsh, which hand over to sh.
"""

from __future__ import annotations

from functools import lru_cache

from ...model.outcome import Command

KILL_AFTER = 3
"""Seconds between TERM and KILL."""

PIPE_LIMIT = 32 * 1024
"""Bytes of stdin that are sure to fit into a pipe at once (Linux: 64 KiB), whether or not the command reads them."""

LONGEST_DOUBLE = 16 * 1024
"""Characters of a command line that is sent twice. Linux takes 128 KiB for one argument, and quoting makes it more."""

_GUARD = (
    'g=-$$; kill -0 "$g" || g=$$; trap "" HUP INT TERM; {feed}read -r x || :; '
    'kill -0 $$ && {{ pkill -TERM -s $$ || kill -TERM "$g"; {tidy}sleep {after}; '
    'pkill -KILL -s $$ || kill -KILL "$g"; }}; '
)
_START = (
    'if [ -n "${{BASH_VERSION-}}" ]; then '
    "{{ command exec 4</proc/self/fd/1 5</proc/self/fd/6; }} 6>&2 2>/dev/null || :; "
    "{{ {guard}}} <&0 >/dev/null 2>&1 & disown -a; exec 4<&- 5<&-; "
    "else _guard() {{ {guard}}}; "
    "( exec 3<&0 </dev/null 6>&2 2>/dev/null; exec 4</proc/self/fd/1 5</proc/self/fd/6 >/dev/null 6>&- || exit; "
    "_guard <&3 3<&- & ) || ( exec 3<&0 </dev/null >/dev/null 2>&1; _guard <&3 3<&- & ); unset -f _guard; fi; "
)
# 4 and 5 are the guard's readers. They are opened before it is forked, so no command ever writes without them.
#
# A plain `wait` in the command must not wait for the guard. So it is forked twice; bash, whose forks are the dearest
# (0.6 ms of the 2.5 or so that a command takes on one host), can forget a job instead. It is told to forget all jobs:
# for one alone it makes its table of jobs that have ended, half a megabyte (0.4 ms). For the command's sake the guard
# does what it can after it is forked, and has no function in bash.
#
# In the background bash reads where `<&0` says, the others from /dev/null unless it is another descriptor.
#
# What cannot be opened ends `exec`, and in some shells the shell with it: here no more than a subshell, which another
# one stands in for, and bash not at all behind `command`. Either says nothing, because 2 is /dev/null meanwhile (for
# zsh that must be done by an `exec` before). mksh keeps a copy of what its first `exec` replaces, which must not be an
# output. For the same reason the outputs are not replaced where the guard is forked: all shells but bash and zsh would
# keep copies of them in the guard, and who reads there would not see them end.


def _guard(feed: str = "", tidy: str = "") -> str:
    return _START.format(guard=_GUARD.format(feed=feed, tidy=tidy, after=KILL_AFTER))


def _prologue(stdin_length: int) -> str:
    """The part before the command: starts the guard on what sshd gave as stdin, and gives the command its own.

    Short stdin goes through a named pipe. Longer stdin that the command does not read would keep its feeder from
    seeing the end, so it lies in a file without a name before the command starts. Nothing follows the announced
    length: `head` of busybox reads ahead.
    """
    if not stdin_length:
        return _guard() + "exec </dev/null"
    if stdin_length <= PIPE_LIMIT:
        made = 't=$(mktemp -d) && mkfifo "$t/in" || exit 255; '
        guard = _guard(f'head -c {stdin_length} >"$t/in" || :; ', 'rm -rf "$t"; ')
    else:
        made = (
            f't=$(mktemp -d) || exit 255; head -c {stdin_length} >"$t/in"; '
            f'[ "$(wc -c <"$t/in")" -eq {stdin_length} ] || {{ rm -r "$t"; exit 255; }}; '
        )
        guard = _guard()
    return made + guard + 'exec <"$t/in"; rm -r "$t"; unset t'


_QUOTED = str.maketrans({"'": "'\"'\"'", "\\": "'\"\\\\\"'"})


def _quote(text: str) -> str:
    """One word of that text in sh, fish and csh. shlex.quote's own is not: fish knows a backslash in single quotes."""
    return f"'{text.translate(_QUOTED)}'"


_PLAIN = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789 _./:=,@%+-"
_OCTAL = [chr(byte) if byte in _PLAIN else f"\\0{byte:03o}" for byte in range(256)]


def _octal(text: str) -> str:
    """Text for `printf %b`, in letters that no shell minds: csh minds `!` and newlines even in single quotes."""
    return "".join(map(_OCTAL.__getitem__, text.encode()))


_FISH_OR_CSH = "test \"\\\\\\\\\" = '\\\\\\\\'"


def wrapped(command: Command) -> str:
    """The line to send for a command. Its stdin is to be written right after, with no end of file.

    The login shell runs it. In fish and csh sh does the prologue, and the login shell then runs the command. They are
    told by their backslashes, which mean the same in both kinds of quotes: fish halves them in either, csh in neither,
    and no variable is asked for, which may be an error where none of that name is set (`set -u`). A line of over
    LONGEST_DOUBLE characters is for POSIX shells only.
    """
    other, in_place = _beginnings(len(command.stdin))
    in_place += _quote(command.line)
    if len(command.line) > LONGEST_DOUBLE:
        return in_place
    return f"{other}'{_octal(command.line)}'\n{in_place}"


@lru_cache(maxsize=16)  # most commands have no stdin; to quote a prologue anew takes longer than all else here
def _beginnings(stdin_length: int) -> tuple[str, str]:
    """What stands before the command's line, for fish and csh, and for POSIX shells."""
    prologue = _prologue(stdin_length)
    other = _quote(prologue + '; exec "$SHELL" -c "$(printf %b "$1")"')
    return f"{_FISH_OR_CSH} && exec sh -c {other} sh ", "eval " + _quote(prologue + "\n")
