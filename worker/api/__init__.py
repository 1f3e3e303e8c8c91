"""The machine door: other systems of the bureau push lists, ask for decisions and follow what changes, by key."""
