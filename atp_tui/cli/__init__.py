"""The command line: composition root of the program. Modules load what they need when their verb runs."""
