"""What a program that was killed has left of its jobs: the targets on which no command had begun are told as such."""

from __future__ import annotations

import sqlite3
from contextlib import suppress

from ..executor.log import Ending
from ..executor.texts import copied_text
from ..model.message import told
from ..model.outcome import Outcome
from ..model.say import Say
from .begun import Left
from .identity import Fate, fate_of
from .schema import bytes_of
from .tables import put_endings, read_endings, read_spec

_NOTHING = copied_text(b"", b"").digest


def settle(db: sqlite3.Connection, left: Left) -> None:
    """Give those targets their endings, and mark the job as cut short. What is in the file of jobs already, or never
    will be, is asked for no more. Memory is no place for it: another program would not see it.
    """
    if not db.execute("SELECT file FROM pragma_database_list WHERE name = 'main'").fetchone()[0]:
        return
    row = db.execute(
        """SELECT jobs.ended_at, heads.runner FROM jobs JOIN heads ON heads.job = jobs.id
        WHERE jobs.id = CAST(? AS TEXT)""",
        (bytes_of(left.job),),
    ).fetchone()
    if row is not None and row[0] is None and fate_of(row[1]) is not Fate.ENDED:
        return
    spec = None if row is None or row[0] is not None else read_spec([db], left.job)
    ended = {ending.target for ending in read_endings([db], left.job)}
    missing = [target for target in left.never_began(spec.targets) if target not in ended] if spec is not None else []
    if not missing:
        with suppress(OSError):
            left.path.unlink()
        return
    why = str(told(Say.NEVER_BEGAN))
    endings = [
        Ending(target, Outcome.NOTRUN, None, None, why, left.at, 0.0, _NOTHING, truncated=False) for target in missing
    ]
    put_endings(db, left.job, endings)
    db.execute("UPDATE heads SET cut = 1 WHERE job = CAST(? AS TEXT)", (bytes_of(left.job),))
