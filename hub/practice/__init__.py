"""The stand-ins: a process of its own that plays, on the real wire, every provider that has no key."""
