"""The command line: a thin client of the running hub's JSON API, and checks that need no hub."""
