"""The console: pages for people, rendered here without scripts; the same functions as the command line."""
