"""The drivers against real daemons: one contract for all of them, and what is particular to each."""
