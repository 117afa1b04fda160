"""The outputs of a job, each kept once, however many targets gave it."""

from __future__ import annotations

import hashlib

from ..model.data_class import dataclass


@dataclass(frozen=True, slots=True)
class Text:
    """One output. `digest` is the SHA-256 of its standard output, a zero byte, its standard error.

    `said` is the digest of what it says to a reader, who sees no difference in a last line without its line feed; empty
    where there is no output.
    """

    digest: bytes
    said: bytes
    stdout: bytes
    stderr: bytes

    @property
    def output(self) -> bytes:
        """Standard output and then the errors, without the last line feed of each."""
        return _read(self.stdout, self.stderr)


def copied_text(stdout: bytes, stderr: bytes) -> Text:
    """The text of an output that is for the log alone, and is folded with no other one."""
    return Text(_digest_of(stdout, stderr), b"", stdout, stderr)


class Texts:
    """Finds the text that is kept already."""

    def __init__(self) -> None:
        self._texts: dict[bytes, Text] = {}

    def __getitem__(self, digest: bytes) -> Text:
        return self._texts[digest]

    def __len__(self) -> int:
        return len(self._texts)

    def keep(self, stdout: bytes, stderr: bytes) -> tuple[Text, bool]:
        """The text of an output, and whether it is a new one."""
        digest = _digest_of(stdout, stderr)
        kept = self._texts.get(digest)
        if kept is not None:
            return kept, False
        said = hashlib.sha256(_read(stdout, stderr)).digest() if stdout or stderr else b""
        text = self._texts[digest] = Text(digest, said, stdout, stderr)
        return text, True


def _digest_of(stdout: bytes, stderr: bytes) -> bytes:
    return hashlib.sha256(b"\0".join((stdout, stderr))).digest()


def _read(stdout: bytes, stderr: bytes) -> bytes:
    return b"\n".join([stream.removesuffix(b"\n") for stream in (stdout, stderr) if stream])
