"""The domains of all hosts in one list."""
