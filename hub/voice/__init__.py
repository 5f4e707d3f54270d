"""The voice worker, a process of its own: joins LiveKit rooms as the agent and reaches the hub only over HTTP."""
