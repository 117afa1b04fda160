"""What one key in the command line costs at 1,000 hosts: python -m tests.bench.bench_targets [hosts]

Each beginning of a long expression is resolved as the screen does it, over rows that have all changed since the last
key. Prints CPU milliseconds a key.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Collection

from atp_tui.engine.resolved import Resolved
from atp_tui.executor.targets import Targets
from atp_tui.model.errors import ConfigError
from atp_tui.model.host import HostInfo
from atp_tui.model.problem import problem_of
from atp_tui.monitor.facts import HostFacts
from atp_tui.monitor.rows import HostRow
from atp_tui.ui.targeting import Targeting
from tests.ui.rows import host_row

LINE = "@prod&!state:failed&cpu>80&site:north,@rack[1-9]!rtt>5,*0042 uname -a"
ROUNDS = 5


class Current:
    """The target language over what is known now."""

    def __init__(self, ids: list[str]) -> None:
        self.hosts = [
            HostInfo(name, "192.0.2.1", tags=("prod", f"rack{n % 25}"), metadata={"site": ("north", "south")[n % 2]})
            for n, name in enumerate(ids)
        ]
        self.known = tuple(
            host_row(host.id, tags=host.tags, metadata=tuple(host.metadata.items()), cpu=n % 100 / 100)
            for n, host in enumerate(self.hosts)
        )
        self.targets = Targets(self.hosts)

    def anew(self) -> None:
        self.targets = self.targets.knowing(HostFacts(self.known))

    def resolve(self, expression: str) -> Resolved:
        try:
            return Resolved(self.targets.resolve(expression))
        except ConfigError as error:
            return Resolved(problem=problem_of(error))

    def runnable(self, ids: Collection[str]) -> tuple[str, ...]:
        return tuple(ids)

    def rows(self, ids: Collection[str]) -> tuple[HostRow, ...]:
        wanted = set(ids)
        return tuple(row for row in self.known if row.id in wanted)


def main(number: int) -> None:
    for kind, ids in (
        ("kvm0042", [f"kvm{n:04}" for n in range(number)]),
        ("dc2-r17-u09-n3", [f"dc{n % 3}-r{n % 40:02}-u{n % 37:02}-n{n:04}" for n in range(number)]),
    ):
        current = Current(ids)
        targeting = Targeting(current)
        keys: dict[str, list[float]] = {}
        for _ in range(ROUNDS):
            for end in range(1, len(LINE) + 1):
                current.anew()
                begun = time.process_time()
                targeting.select(LINE[:end])
                keys.setdefault(LINE[:end], []).append(1000 * (time.process_time() - begun))
        costs = {line: statistics.median(times) for line, times in keys.items()}
        worst = max(costs, key=costs.__getitem__)
        middle = statistics.median(costs.values())
        print(f"{number} hosts as {kind:<16} median {middle:5.2f} ms   worst {costs[worst]:5.2f} ms at {worst!r}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000)
