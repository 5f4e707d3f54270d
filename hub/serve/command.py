"""`hub serve` as a command: its options, its log, and one sentence for whatever the user can mend."""

import argparse
import gc
import logging
import logging.handlers
import os
import socket
import sys
from collections.abc import Sequence
from pathlib import Path

import anyio

from hub.core.errors import HubError, Unavailable
from hub.serve.home import home_of_its_own
from hub.serve.hub import Options, serve
from hub.settings import Settings, load_settings

LOG_BYTES, LOG_FILES = 2_000_000, 3
BACKLOG = 512
SWITCH_SECONDS = 0.0005
"""How long a thread (the Journal's) may keep the interpreter from the event loop, at which callers wait."""


def main(argv: Sequence[str]) -> int:
    """Serve until told to stop; 0 after a clean end, 1 when it could not."""
    arguments = _parser().parse_args(argv)
    config = Path(arguments.config).expanduser().absolute()
    options = Options(config=config, open_browser=arguments.open, voice=not arguments.no_voice)
    try:
        overrides = {"HUB_HOST": arguments.host, "HUB_PORT": arguments.port}
        settings = load_settings(config.parent, overrides)
        with home_of_its_own(settings.home):
            _log_to(settings.home / "logs" / "hub.log")
            with _listening(settings) as listener:
                _answer_soon()
                anyio.run(serve, settings, options, listener, backend_options={"use_uvloop": True})
    except HubError as error:
        sys.stderr.write(f"hub serve: {error.message} {error.next_step}".rstrip() + "\n")
        return 1
    except KeyboardInterrupt:
        return 130
    logging.shutdown()
    sys.stdout.flush()
    # Everything is closed; taking the heap apart object by object would cost seconds on a busy machine.
    os._exit(0)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="hub serve", description="Run the hub until it is told to stop.")
    parser.add_argument("--config", default="servers.json", help="the servers (default: servers.json here)")
    parser.add_argument("--host", help="address to listen on (default: HUB_HOST, else 127.0.0.1)")
    parser.add_argument("--port", type=int, help="port to listen on (default: HUB_PORT, else 7788)")
    parser.add_argument("--open", action="store_true", help="open the dashboard in a browser")
    parser.add_argument("--no-voice", action="store_true", help="only servers and /mcp, no calls")
    return parser


def _answer_soon() -> None:
    """Keep the pauses short in which nobody is answered."""
    gc.freeze()  # code and classes stay for good: a full collection would go over all of them
    sys.setswitchinterval(SWITCH_SECONDS)


def _listening(settings: Settings) -> socket.socket:
    """Take the port before anything is started.

    Raises:
        Unavailable: Somebody else has it, or there is no such address.
    """
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((settings.host, settings.port))
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        why = (error.strerror or str(error)).lower()
        raise Unavailable(
            f"Port {settings.port} on {settings.host} cannot be used: {why}.",
            next_step="Choose another with --port, or end what has it.",
        ) from error
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    listener.setblocking(False)
    return listener


def _log_to(path: Path) -> None:
    """Everything goes into the file; warnings are told at once."""
    form = logging.Formatter("%(asctime)s %(levelname)-7s %(name)s: %(message)s")
    file = logging.handlers.RotatingFileHandler(
        path, maxBytes=LOG_BYTES, backupCount=LOG_FILES, encoding="utf-8"
    )
    shown = logging.StreamHandler(sys.stderr)
    shown.setLevel(logging.WARNING)
    root = logging.getLogger()
    root.handlers = [file, shown]
    for target in root.handlers:
        target.setFormatter(form)
    root.setLevel(logging.WARNING)
    logging.getLogger("hub").setLevel(logging.INFO)
    logging.getLogger("sqlglot").setLevel(logging.ERROR)  # its warnings quote the statement
