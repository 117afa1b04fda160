"""The forwards that are open: where they listen, where they lead, and what they have carried."""
