"""Real drivers against real daemons, with a network between them that fails on demand."""
