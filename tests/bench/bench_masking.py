"""1,000 answers of 100 lines masked, and the worst that a person's own patterns can do to a line. Run by hand.

    python -m tests.bench.bench_masking

Both sides in one run: `each class` applies one expression after the other to the whole of each answer, as it would be
written first; `masking` is the package. CPU of this thread; `longest` is the longest stretch between two pauses.
"""

from __future__ import annotations

import re
import time

from atp_tui.executor import masking
from atp_tui.executor.masking import SLICE, Mask
from atp_tui.model.bounded import LINE, bounded

HOSTS, LINES = 1000, 100

_CLASSES = (
    masking._DATES, masking._WITH_UNIT, masking._PIDS, masking._PIDS_OF_LOGS, masking._UUID, masking._MAC,
    masking._IPV4, masking._DATE_TIME, masking._DURATION, masking._SIZE,
)  # fmt: skip


def answer(host: int) -> bytes:
    return b"".join(b"line %d of host %d: eth0 10.0.%d.%d up 3 days\n" % (n, host, n, host % 256) for n in range(LINES))


def each_class(said: bytes) -> None:
    for pattern in _CLASSES:
        said = re.sub(rb"(?<![0-9A-Za-z])(?:" + pattern.pattern + rb")(?![0-9A-Za-z])", b"x", said)


def main() -> None:
    answers = [answer(host) for host in range(HOSTS)]
    begun = time.thread_time()
    for said in answers:
        each_class(said)
    print(f"each class   {time.thread_time() - begun:6.2f} s for {sum(map(len, answers)) / 1e6:.1f} MB")
    mask, longest, begun = Mask(), 0.0, time.thread_time()
    for said in answers:
        steps, done = mask.masking(said), False
        while not done:
            before = time.thread_time()
            done = next(steps, "done") == "done"
            longest = max(longest, time.thread_time() - before)
    print(f"masking      {time.thread_time() - begun:6.2f} s   longest {longest * 1e3:.1f} ms of {SLICE} bytes")
    for text in (r"session-\d+", r"\w+x", r"\w++-\w++", r"a{1,60}a{1,60}b", r"(?:a|b){1,10}c"):
        pattern, begun = bounded("answers.mask", text), time.thread_time()
        pattern.findall((b"a" * LINE)[:LINE])
        print(f"one line by {text:<18} {(time.thread_time() - begun) * 1e3:6.2f} ms")


if __name__ == "__main__":
    main()
