"""The terminal of the person, lent to a session on a host."""
