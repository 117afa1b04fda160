"""What is run on the far side for a command as another user. Pure.

Each session runs LINE, which no login shell reads differently; the first line of its standard input is a script of
these. sudo writes to standard error, as the command does; what a script tells stands between these as its token, a
random word, with a sign behind it:

    TOKEN?3?USER?   sudo waits for the password of USER, in the third place of the script that may ask
    TOKEN!          the command begins: what comes from here on is its own
    TOKEN+          the password was taken
    TOKEN=          the exact command begins next, without a shell around it, as soon as sudo has its password
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence

from ....executor.carrying import LINE, word
from ....model.data_class import dataclass

__all__ = ["LINE"]

BEGINS, TAKEN, EXACT = "!", "+", "="
"""The signs."""

_BARE = r"[\w@%+:,./-]"
_EXACT = re.compile(rf"""\s*(?:{_BARE}+|'[^']*'|"[^"$`\\!]*")(?:{_BARE}|=|'[^']*'|"[^"$`\\!]*"|[ \t])*""", re.ASCII)
"""A line that a shell takes apart into words, and does nothing else with."""

_END_OF_ALL = (
    "trap '' HUP INT TERM; LC_ALL=C; export LC_ALL;"
    ' while kill -0 $$ && case $(kill -0 "$3" 2>&1) in ""|*permitted*) ;; *) false;; esac; do sleep 0.5; done;'
    " pkill -TERM -s 0 || kill -TERM 0; command -v pgrep || sleep 2;"
    " for _atp_i in 1 2 3 4 5 6 7 8 9; do set -- $(pgrep -s 0); [ $# -gt 2 ] || break; sleep 0.2; done;"
    " pkill -KILL -s 0; kill -KILL 0"
)
"""Ends all of a command where the shell above it has died, or the login's own has. The guard is the login's, and cannot
signal root's processes; but sudo, which it can end, passes TERM on to the shell that it has started, and no further."""

_ROOT_SHELL = 'printf %s @TOKEN@! >&2; IFS= read -r _atp && eval "$_atp"'
"""What the other user's shell is started with: sudo's log has it, with the line that is run. It tells that the command
begins, and carries out WITHIN, which comes on standard input before the command's own."""

WITHIN = (
    f"_atp_w=$( ( {_END_OF_ALL} ) </dev/null >/dev/null 2>&1 & echo $! ); unset _atp;"
    ' if [ -n "$4" ]; then LC_ALL=$4; export LC_ALL; else unset LC_ALL; fi;'
    ' "$1" -c "$2"; _atp_s=$?; kill -KILL "$_atp_w"; exit "$_atp_s"\n'
).encode()
"""Beside the line, which runs in the shell of the login, is what ends it with its owner. At the command's own end,
what that left in the background goes on."""


@dataclass(frozen=True, slots=True)
class Form:
    """How one command is run as `user`. `token` is the random word of it."""

    token: str
    user: str
    line: str

    @property
    def words(self) -> tuple[str, ...]:
        """The words of the exact command; none where the line needs a shell."""
        if _EXACT.fullmatch(self.line) is None:
            return ()
        words = tuple(shlex.split(self.line))
        return () if not words or words[0].startswith("-") or "=" in words[0] else words

    # -- parts -------------------------------------------------------------------------------------------------------

    def _ask(self, place: int) -> str:
        return f"-S -p {self.token}?{place}?%p?"

    def _in_shell(self) -> str:
        root = _ROOT_SHELL.replace("@TOKEN@", self.token)
        return f'/bin/sh -c {word(root)} atp "${{SHELL:-/bin/sh}}" {word(self.line)} $$ "$_atp_l"'

    def _exact(self) -> str:
        return " ".join(map(word, self.words))

    def _sudo(self, options: str, what: str) -> str:
        return f"sudo {options} -u {word(self.user)} -- {what}"

    def _in_c(self, options: str, what: str) -> str:
        return f"LC_ALL=C {self._sudo(options, what)}"

    # -- scripts: each is one line -----------------------------------------------------------------------------------

    def probe(self) -> str:
        """Asks, without a password, what is allowed without one; the answers are lines on standard output, each behind
        the token: `none`, `doas shell`, `doas exact`, `doas -`, or `shell STATUS`, `exact STATUS`, `wants STATUS`, with
        what was said below."""
        told = f'printf "%s\\n" "{self.token} $1" "$2"'
        steps = [f"_atp_t() {{ {told}; }}", "exec </dev/null"]
        doas = ["command -v doas >/dev/null 2>&1 || { _atp_t none; exit 0; }", "_atp_w=-"]
        for name, what in (("shell", self._in_shell()), ("exact", self._exact())):
            if what:
                asked = f"doas -C /etc/doas.conf -u {word(self.user)} {what} 2>/dev/null"
                doas.append(f'if [ "$_atp_w" = - ]; then case $({asked}) in "permit nopass") _atp_w={name};; esac; fi')
        doas += ["[ -r /etc/doas.conf ] || _atp_w=shell", '_atp_t "doas $_atp_w"', "exit 0"]
        steps.append(f"command -v sudo >/dev/null 2>&1 || {{ {'; '.join(doas)}; }}")
        asked = self._in_c("-n -l", self._in_shell())
        steps += [f"_atp_r=$({asked} 2>&1 >/dev/null)", '_atp_s=$?; _atp_t "shell $_atp_s" "$_atp_r"']
        if self.words:
            asked = self._in_c("-n -l", self._exact())
            exact = [f"_atp_r=$({asked} 2>&1 >/dev/null)", '_atp_t "exact $?" "$_atp_r"']
            exact += [f"_atp_r=$(sudo -n -v -u {word(self.user)} 2>&1 >/dev/null)", '_atp_t "wants $?" "$_atp_r"']
            steps.append(f'if [ "$_atp_s" != 0 ]; then {"; ".join(exact)}; fi')
        return self._script(steps)

    def in_shell(self, *, asks: bool) -> str:
        """The command in a shell of that user; without `asks`, sudo fails where it wants a password."""
        return self._script([self._in_c(self._ask(1) if asks else "-n", self._in_shell())])

    def exact(self) -> str:
        """The exact command, where that needs no password."""
        return self._script([self._sudo("-n", self._exact())])

    def exact_asking(self) -> str:
        """The exact command, for which a password is needed: this is tried first, without the command."""
        tried = f"LC_ALL=C sudo {self._ask(1)} -v -u {word(self.user)} && printf %s {self.token}+ >&2 || exit 1"
        return self._script([tried, *self._exact_asked(2)])

    def either(self) -> str:
        """The command in a shell, or the exact command, as is allowed; sudo tells which only for a password."""
        shell, exact = (
            self._in_c(self._ask(1) + " -l", self._in_shell()),
            self._in_c(self._ask(2) + " -l", self._exact()),
        )
        run = self._in_c(self._ask(3), self._in_shell())
        refused = self._in_c(self._ask(4), self._exact())
        steps = [
            f"if {shell} >/dev/null; then {run}",
            f"elif {exact} >/dev/null; then {'; '.join(self._exact_asked(5))}",
            f"else {refused}",  # it says why
            "fi",
        ]
        return self._script(steps)

    def _exact_asked(self, place: int) -> Sequence[str]:
        return f"printf %s {self.token}= >&2", self._sudo("-k " + self._ask(place), self._exact())

    def by_doas(self, *, exact: bool) -> str:
        """By doas, without a password."""
        return self._script([f"doas -n -u {word(self.user)} {self._exact() if exact else self._in_shell()}"])

    def _script(self, steps: Sequence[str]) -> str:
        return "; ".join(['_atp_n=$(printf "\\nX"); _atp_n=${_atp_n%X}', "_atp_l=${LC_ALL-}", *steps])


@dataclass(frozen=True, slots=True)
class Probed:
    """What the probe has found. `way` is "none", "doas" or "sudo"; `shell` and `exact` say whether the command may be
    run so, as far as is known without a password. `said` is why not; `wants` how sudo says that it wants one, in the
    far side's language; None where it wants none."""

    way: str
    shell: bool = False
    exact: bool = False
    said: str = ""
    wants: str | None = ""


def probed(token: str, output: str) -> Probed | None:
    """The answers of a probe; None where there are none."""
    found: dict[str, tuple[str, str]] = {}
    for part in output.split(f"{token} ")[1:]:
        head, _, said = part.partition("\n")
        name, _, value = head.partition(" ")
        found[name] = value, said.strip()
    if "none" in found:
        return Probed("none")
    if "doas" in found:
        return Probed("doas", shell=found["doas"][0] == "shell", exact=found["doas"][0] == "exact")
    if "shell" not in found:
        return None
    none = ("", "")
    status, wants = found.get("wants", none)
    return Probed(
        "sudo",
        shell=found["shell"][0] == "0",
        exact=found.get("exact", none)[0] == "0",
        said=found["shell"][1],
        wants=None if status == "0" else wants,
    )
