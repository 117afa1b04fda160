"""Real daemons that the tests start for themselves, on loopback and in their own directories."""
