"""The hub's own local processes: how each is configured, when it is ready, how it is stopped."""
