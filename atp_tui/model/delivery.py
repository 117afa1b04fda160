"""What goes along with a command besides its line: where and as whom it runs, its environment, a script, its input."""

from __future__ import annotations

import re
from dataclasses import field

from .data_class import dataclass

_USER = re.compile(r"[\w.#][\w.@\\-]{0,63}\$?")


def check_user(name: str) -> str:
    """The name of a user there. Raises ValueError, which says what would be right."""
    if _USER.fullmatch(name) is None:
        raise ValueError("the name of a user there, such as postgres")
    return name


@dataclass(frozen=True, slots=True)
class Delivery:
    """All of it is for every target. `chdir` "" is the directory after login. `names` are those of the environment.

    `script` is the name of a file of this machine, `digest` the SHA-256 of its `text` in hexadecimal digits, and
    `arguments` are what it is called with. `input_size` is the number of bytes of standard input; None: it is empty.

    `values` of the environment, `text` and `source` are neither kept nor shown: they may hold passwords. `source` is a
    descriptor of this process from which the input is read, by each target from its beginning.

    `sudo` is the user that it runs as, by sudo; "": that of the login.
    `login`: it runs in the login shell as after a login, which reads its profile. `tty`: on a terminal that the far
    side makes, with all of its output in one.
    """

    chdir: str = ""
    names: tuple[str, ...] = ()
    script: str = ""
    digest: str = ""
    arguments: tuple[str, ...] = ()
    input_size: int | None = None
    values: tuple[str, ...] = field(default=(), repr=False)
    text: str = field(default="", repr=False)
    source: int | None = field(default=None, repr=False)
    sudo: str = ""
    login: bool = False
    tty: bool = False

    @property
    def is_carried(self) -> bool:
        """Whether a line alone does not do: a shell on the far side has to make something ready first."""
        return bool(self.chdir or self.names or self.script or self.login)

    @property
    def missing(self) -> tuple[str, ...]:
        """What is not there any more, in words, where this was read back from a place that keeps no secrets."""
        lost = (
            ("its environment", bool(self.names) and len(self.values) != len(self.names)),
            ("the text of its script", bool(self.script) and not self.text),
            ("its standard input", self.input_size is not None and self.source is None),
        )
        return tuple(words for words, is_lost in lost if is_lost)


NOTHING_MORE = Delivery()
