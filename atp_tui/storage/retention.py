"""How much of the log of jobs is kept."""

from __future__ import annotations

from dataclasses import replace

from ..model.data_class import dataclass

DAY = 86_400.0


@dataclass(frozen=True, slots=True)
class Retention:
    """The limits of the log: `jobs`, their `endings` together, `text_bytes` of their outputs, and `age` in seconds.

    The oldest go first. The age of a job is that against the newest job: a clock that goes wrong, or a program that is
    only opened, takes nothing away. The newest job is kept whole, however many endings it has. An ending takes some
    300 bytes with its indexes, so that the defaults come to 500 MB. Where there is no file, memory keeps an eighth of
    this. Raises ValueError for a limit below 1.
    """

    jobs: int = 10_000
    endings: int = 500_000
    text_bytes: int = 350_000_000
    age: float = 30 * DAY

    def __post_init__(self) -> None:
        if min(self.jobs, self.endings, self.text_bytes, self.age) < 1:
            raise ValueError("a limit of the log is at least 1")

    def in_memory(self) -> Retention:
        """The limits for a database in memory."""
        jobs, endings, text_bytes = (max(1, limit // 8) for limit in (self.jobs, self.endings, self.text_bytes))
        return replace(self, jobs=jobs, endings=endings, text_bytes=text_bytes)
