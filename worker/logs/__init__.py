"""Reading our own log lines: which are meant, in the order of time, and those that come."""
