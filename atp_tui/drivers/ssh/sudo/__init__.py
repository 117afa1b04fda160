"""A command as another user, by sudo (or doas): what is asked there, how a password gets there, and what came of it."""
