"""Going over to new keys while the service runs: what is encrypted, what is indexed, and which keys are in use."""
