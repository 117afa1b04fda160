"""Answers that are the same but for what is masked, as groups: made of results that a fold has joined already."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Generator, Iterable, Sequence
from dataclasses import replace

from ..model.data_class import dataclass
from ..model.outcome import CommandResult
from ..model.target import TargetId
from .fold import Fold, Part
from .masking import Mask, shown, without_names
from .texts import Text, Texts

SHOWN_BYTES = 64 << 10
"""Of a masked output that is kept to be shown."""

_ALL_SHOWN = 8 << 20
"""Of all of them: where it is used up, a group shows what its first host said."""

_REMEMBERED = 1 << 20
"""Bytes of the last masked output that is remembered, before names: it is often that of the next host, too."""

Names = Callable[[TargetId], tuple[str, ...]]
"""The names that a target may say of itself."""


@dataclass(slots=True)
class _Masked:
    """What is known of a group. `said` are the outputs that it has joined, as digests of what they say; `clipped`: what
    is shown of them is not all."""

    said: set[bytes]
    digest: bytes
    clipped: bool = False


class MaskedFold:
    """As Fold, for the results of one job: `take` what has come, in slices; `mask` is what was taken out.

    A part that joins several outputs says so by its `variants`; its output has `<address>` and the like in place of
    what was masked, and is cut after SHOWN_BYTES. One that does not shows the output as it is.
    """

    def __init__(self, mask: Mask, names: Names) -> None:
        self.mask = mask
        self._names = names
        self._fold = Fold()
        self._texts = Texts()
        self._groups: dict[int, _Masked] = {}
        self._shown: dict[bytes, bytes] = {}
        self._left = _ALL_SHOWN
        self._taken = 0
        self._last: tuple[bytes, bytes] = (b"", b"")

    @property
    def number(self) -> int:
        """That of the last change."""
        return self._fold.number

    def taking(self, results: Sequence[CommandResult]) -> Generator[None, None, None]:
        """Take those of the job's results that came since the last time; a pause may be made at each yield.

        `results` are all that the job has, in the order in which they came.
        """
        while self._taken < len(results):
            result = results[self._taken]
            text, _ = self._texts.keep(result.stdout, result.stderr)
            masked = yield from self._masked(text)
            self._taken += 1
            self._put(result, text, without_names(masked, *self._names(result.target)))
            yield

    def parts(self, since: int = 0) -> tuple[Part, ...]:
        """As Fold.parts."""
        return tuple(map(self._part, self._fold.parts(since)))

    def members(self, group: int) -> frozenset[TargetId]:
        """As Fold.members."""
        return self._fold.members(group)

    def output(self, digest: bytes) -> bytes | None:
        """What is shown of a part that joins several outputs; None for the digest of another output."""
        return self._shown.get(digest)

    async def name(self) -> bool:
        """As Fold.name."""
        return await self._fold.name()

    def name_at_once(self, most: int) -> None:
        """As Fold.name_at_once."""
        self._fold.name_at_once(most)

    def _masked(self, text: Text) -> Generator[None, None, bytes]:
        if self._last[0] == text.digest:
            return self._last[1]
        masked = yield from self.mask.masking(text.output)
        self._last = (text.digest, masked) if len(masked) <= _REMEMBERED else (b"", b"")
        return masked

    def _put(self, result: CommandResult, text: Text, masked: bytes) -> None:
        said = hashlib.sha256(masked).digest() if text.said else b""
        group = self._fold.take(result.target, result, replace(text, said=said))
        found = self._groups.get(group)
        if found is None:
            self._groups[group] = _Masked({text.said}, text.digest)
        elif text.said not in found.said:
            found.said.add(text.said)
            if len(found.said) == 2 and (kept := masked[:SHOWN_BYTES]) and len(kept) <= self._left:
                self._left -= len(kept)
                found.clipped = len(masked) > len(kept)
                # the digest of a masked output, which is that of no other one
                found.digest = hashlib.sha256(b"masked" + said + group.to_bytes(4, "big")).digest()
                self._shown[found.digest] = shown(kept.removesuffix(b"\0"))

    def _part(self, part: Part) -> Part:
        found = self._groups[part.group]
        return replace(part, digest=found.digest, variants=len(found.said), clipped=found.clipped)


def masked_parts(results: Iterable[CommandResult], mask: Mask, names: Names) -> MaskedFold:
    """All of it at once, named: for a verb, which has nothing else to do."""
    fold, came = MaskedFold(mask, names), list(results)
    for _ in fold.taking(came):
        pass
    fold.name_at_once(len(came))
    return fold
