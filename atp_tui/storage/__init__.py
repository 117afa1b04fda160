"""What outlives the program: one SQLite file, written and read on one thread, behind ports that lower layers define."""
