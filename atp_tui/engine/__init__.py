"""The engine: everything below a surface, wired for a source of hosts. It knows neither a command line nor a screen."""
