"""The people who work with the service: accounts, what each role may do, passwords, sessions, waits after failures."""
