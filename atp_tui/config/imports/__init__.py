"""Hosts out of other programs' files: text in, plain data out. Nothing is contacted, and nothing is run."""
