"""The schema of the log of jobs, step by step: see schema."""

from __future__ import annotations

STEPS = (
    (
        # `spec` is null where a job began while the file could not be written, and its end comes alone
        "CREATE TABLE jobs (id TEXT PRIMARY KEY, asked_at REAL, ended_at REAL, spec TEXT)",
        "CREATE INDEX jobs_by_time ON jobs (asked_at)",
        """CREATE TABLE endings (
            number INTEGER PRIMARY KEY AUTOINCREMENT, job TEXT NOT NULL, target TEXT NOT NULL, outcome TEXT NOT NULL,
            exit_status INTEGER, signal TEXT, error TEXT, at REAL NOT NULL, duration REAL NOT NULL,
            digest BLOB NOT NULL, truncated INTEGER NOT NULL, UNIQUE (job, target))""",
        "CREATE INDEX endings_by_outcome ON endings (job, outcome)",
        "CREATE INDEX endings_by_digest ON endings (digest)",
        # `at`: when it was last given; `size` stands before the output so that a sum reads none of it
        """CREATE TABLE texts (
            digest BLOB PRIMARY KEY, at REAL NOT NULL, size INTEGER NOT NULL, stdout BLOB NOT NULL,
            stderr BLOB NOT NULL)""",
        "CREATE INDEX texts_by_time ON texts (at, size)",
        # the database keeps these sums: several programs write to it, and to add all rows up is dear
        "CREATE TABLE sums (endings INTEGER NOT NULL, texts INTEGER NOT NULL)",
        "INSERT INTO sums VALUES (0, 0)",
        "CREATE TRIGGER ending_came AFTER INSERT ON endings BEGIN UPDATE sums SET endings = endings + 1; END",
        "CREATE TRIGGER ending_went AFTER DELETE ON endings BEGIN UPDATE sums SET endings = endings - 1; END",
        "CREATE TRIGGER text_came AFTER INSERT ON texts BEGIN UPDATE sums SET texts = texts + new.size; END",
        "CREATE TRIGGER text_went AFTER DELETE ON texts BEGIN UPDATE sums SET texts = texts - old.size; END",
    ),
    (
        "ALTER TABLE endings ADD COLUMN may_still_run INTEGER NOT NULL DEFAULT 0",
        # a time limit said so in its words alone
        """UPDATE endings SET may_still_run = 1 WHERE outcome IN ('unconfirmed', 'unknown')
        OR (outcome = 'timeout' AND error LIKE '%it may still run%')""",
    ),
    (
        # What a list shows of a job, apart from the spec, which may be long. A number is never given twice: it is not
        # the row's place. Triggers make and remove the rows, for a program of the version before does not know them.
        """CREATE TABLE heads (
            number INTEGER PRIMARY KEY AUTOINCREMENT, job TEXT NOT NULL UNIQUE, runner TEXT, who TEXT, title TEXT,
            targets INTEGER, names TEXT, counts TEXT, told INTEGER NOT NULL DEFAULT 0)""",
        "INSERT INTO heads (job) SELECT id FROM jobs ORDER BY asked_at, id",
        "CREATE TRIGGER job_came AFTER INSERT ON jobs BEGIN INSERT INTO heads (job) VALUES (new.id); END",
        "CREATE TRIGGER job_went AFTER DELETE ON jobs BEGIN DELETE FROM heads WHERE job = old.id; END",
    ),
    (
        # What waits for hosts that are away, see away. A program of the version before writes endings without `away`.
        "ALTER TABLE endings ADD COLUMN away INTEGER NOT NULL DEFAULT 0",
        "CREATE INDEX endings_away ON endings (job) WHERE away",
        "ALTER TABLE heads ADD COLUMN until REAL",
        "ALTER TABLE heads ADD COLUMN fleet TEXT",
        """CREATE TABLE pickups (
            job TEXT NOT NULL, target TEXT NOT NULL, at REAL NOT NULL, taken_by TEXT,
            cancelled INTEGER NOT NULL DEFAULT 0, ran_in TEXT, PRIMARY KEY (job, target))""",
        "CREATE TRIGGER pickups_went AFTER DELETE ON jobs BEGIN DELETE FROM pickups WHERE job = old.id; END",
    ),
    # Whether what its killed program had not begun was told, see settling: then each target may have an ending.
    ("ALTER TABLE heads ADD COLUMN cut INTEGER NOT NULL DEFAULT 0",),
)
