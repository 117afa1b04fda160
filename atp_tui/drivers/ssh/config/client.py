"""OpenSSH's client as the judge of ssh_config: `ssh -G` prints what it would do, and connects nowhere."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import socket
import subprocess
from pathlib import Path

from ....model.data_class import dataclass
from ....model.quoting import redacted_words
from .programs import Programs
from .said import ConfigBroken, Question, Said, Values, parse_dump, without_defaults
from .tokens import account_home, local_user

_LAST_WORDS = 4000
"""Characters of its complaints that are looked at."""

_PLACE = re.compile(r"^(?P<file>.*?):? line (?P<line>\d+): (?P<words>.*?)\r?$", re.MULTILINE)

_ESCAPED = re.compile(rb"\\(\\|[0-3][0-7]{2})")

_PROBED = ("UserKnownHostsFile", "IdentityAgent", "IdentityFile", "CertificateFile", "RevokedHostKeys", "ProxyCommand")
"""Keywords of which some version prints the value with its tokens expanded, and some as it stands in the file."""


class Refusal(Exception):
    """ssh could not read the files: what it said, and for each line that it named (file, number) its words."""

    def __init__(self, words: str, lines: dict[tuple[str, int], str]) -> None:
        super().__init__(words)
        self.lines = lines


@dataclass(frozen=True, slots=True)
class _Habits:
    """What one version of ssh prints: its defaults, and which values are expanded already."""

    defaults: Values
    expanded: frozenset[str]
    jump_hashed: bool


class SshClient:
    """Asks the `ssh` in PATH. Any thread may; a question blocks it. `close` ends what is asked.

    `programs` has what is run for it, and for our own reading.
    """

    def __init__(self) -> None:
        self.programs = Programs()
        self._habits: dict[tuple[str, int], _Habits] = {}

    def can_answer(self, question: Question) -> str | None:
        """The path of the client, if it is there and would read the files that count here; else None.

        Without an account it answers nobody. It looks for the user's file in the account's home directory: where HOME
        is another one, the file below HOME counts, and we read it.
        """
        home = account_home()
        if home is None:
            return None
        if question.config_file is None and os.path.realpath(os.path.expanduser("~")) != os.path.realpath(home):
            return None
        return shutil.which("ssh")

    def works(self, binary: str) -> bool:
        """Whether it is OpenSSH's (6.8 on), and knows -G."""
        try:
            self._habits_of(binary)
        except (Refusal, OSError):
            return False
        return True

    def answer(self, binary: str, question: Question) -> Said:
        """What ssh would do for a host. Raises Refusal, ConfigBroken when its time is up, OSError."""
        habits = self._habits_of(binary)
        arguments = [] if question.config_file is None else ["-F", os.path.abspath(question.config_file)]
        arguments += [] if question.user is None else ["-l", question.user]
        arguments += [] if question.port is None else ["-p", str(question.port)]
        values = without_defaults(self._ask(binary, [*arguments, "--", question.host]), habits.defaults)
        return Said(values, habits.expanded, habits.jump_hashed, account_home() or "")

    def close(self) -> None:
        """Kill what is still asked, with all that it runs; no question is put any more."""
        self.programs.close()

    def _habits_of(self, binary: str) -> _Habits:
        key = (binary, os.stat(binary).st_mtime_ns)
        habits = self._habits.get(key)
        if habits is None:
            defaults = self._ask(binary, ["-F", "none", "--", "x"])
            probe = [word for keyword in _PROBED for word in ("-o", f"{keyword}=/%%")]
            printed = self._ask(binary, ["-F", "none", *probe, "--", "x"])
            hashed = self._ask(binary, ["-F", "none", "-p", "22", "-o", "ControlPath=/%C", "-J", "j", "--", "x"])
            name, user = socket.gethostname(), local_user() or ""
            with_jump = hashlib.sha1(os.fsencode(f"{name}x22{user}j")).hexdigest()
            habits = self._habits[key] = _Habits(
                defaults,
                frozenset(key.lower() for key in _PROBED if printed.get(key.lower()) == ("/%",)),
                hashed.get("controlpath") == (f"/{with_jump}",),
            )
        return habits

    def _ask(self, binary: str, arguments: list[str]) -> Values:
        try:
            # -N: without a command, it takes no ForkAfterAuthentication and no SessionType subsystem.
            status, out, complaints = self.programs.run([binary, "-G", "-N", *arguments])
        except subprocess.TimeoutExpired as error:
            words = f"ssh -G gave no answer for {arguments[-1]} in {error.timeout:g} s"
            raise ConfigBroken(f"{words}: does a Match exec in ssh_config hang?", permanent=False) from None
        if status:
            end = f"exit status {status}" if status > 0 else f"signal {-status}"
            raise _refusal(complaints.decode("utf-8", "surrogateescape")[-_LAST_WORDS:], f"ssh -G ended with {end}")
        return parse_dump(out)


def _refusal(complaints: str, end: str) -> Refusal:
    """What ssh said; of one that said nothing, its `end`."""
    # ssh names a file as the Include has it: `//` and `/./` are not in the names that our reading has
    lines = {
        (str(Path(_as_it_is(match["file"]))), int(match["line"])): redacted_words(match["words"])
        for match in _PLACE.finditer(complaints)
    }
    complaints = redacted_words(complaints)
    told = [line.strip() for line in complaints.splitlines() if line.strip() and "terminating, " not in line]
    return Refusal("; ".join(line for line in told if not line.startswith("Pseudo-terminal")) or end, lines)


def _as_it_is(name: str) -> str:
    """A name of which ssh has written the bytes that are no ASCII, and each backslash, with a backslash."""
    plain = _ESCAPED.sub(lambda found: b"\\" if found[1] == b"\\" else bytes([int(found[1], 8)]), os.fsencode(name))
    return os.fsdecode(plain)
