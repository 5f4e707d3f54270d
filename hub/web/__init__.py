"""The hub over HTTP for people and programs: pages, JSON, live updates, LiveKit's signalling."""
