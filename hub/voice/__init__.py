"""The voice worker, a process of its own: the agent in LiveKit rooms, reaches the hub only over HTTP."""
