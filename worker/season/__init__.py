"""A county's season, replayed with real servers and workers against simulated neighbours."""
