"""Data that outlives the program: a SQLite file, used by a single thread, behind ports that lower layers define."""
