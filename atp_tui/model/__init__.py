"""The words of the program: frozen data, enums, errors and events. Standard library only."""
