"""How a session with a server can end while somebody waits for an answer."""


class ConnectionLost(Exception):
    """The session ended before the answer came; `written`: the request may have reached the server."""

    def __init__(self, message: str, *, written: bool) -> None:
        super().__init__(message)
        self.written = written
