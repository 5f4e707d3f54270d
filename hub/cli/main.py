"""The commands of `hub` that talk to a running hub, in one typer application."""

from collections.abc import Iterator, Sequence
from typing import Annotated

import typer

from hub import __version__
from hub.cli import doctor, install, look, pins, recording, rehearse, steer, talk
from hub.cli.api import NoHub
from hub.cli.show import complain, line
from hub.core.errors import HubError

FAILED, NO_HUB = 1, 3
ABOUT = """A voice call with your MCP tools in it, and an MCP server that can place the call.

These keep running, and have a --help of their own: [bold]hub serve[/bold] (the hub), [bold]hub connect[/bold]
(joins a desktop client to it), [bold]hub worker[/bold] (a voice worker on another machine),
[bold]hub practice[/bold] (the stand-ins alone), [bold]hub bench[/bold] (latency and throughput).
"""
EPILOG = (
    "The running hub is found by HUB_HOME, or by HUB_PORT and HUB_TOKEN. Exit status 3: no hub is running."
)


def application() -> typer.Typer:
    """All commands, in the order that help shows them."""
    app = typer.Typer(
        name="hub",
        help=ABOUT,
        epilog=EPILOG,
        rich_markup_mode="rich",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
    )
    app.callback()(_options)
    watching, doing, around = "See", "Do", "Around the hub"
    for command, panel in (
        (talk.talk, doing),
        (rehearse.rehearse, doing),
        (look.status, watching),
        (look.servers, watching),
        (look.calls, watching),
        (recording.recording, watching),
        (look.tools, watching),
        (look.why, watching),
        (look.plan, watching),
        (pins.pins, watching),
        (steer.restart, doing),
        (pins.approve, doing),
        (steer.stop, doing),
        (doctor.doctor, around),
        (install.install, around),
        (steer.schema, around),
    ):
        app.command(rich_help_panel=panel)(command)
    app.command("open", rich_help_panel=doing)(steer.open_dashboard)
    return app


def _version(wanted: bool) -> None:
    if wanted:
        line(f"voice-hub {__version__}")
        raise typer.Exit


def _options(
    *,
    version: Annotated[
        bool, typer.Option("--version", help="Print the version.", callback=_version, is_eager=True)
    ] = False,
) -> None:
    pass


def main(argv: Sequence[str]) -> int:
    """Run one command; what a user did is answered in a sentence, never with a traceback."""
    try:
        application()(args=list(argv), prog_name="hub")
    except SystemExit as over:
        return over.code if isinstance(over.code, int) else FAILED
    except HubError as error:
        return _explained(error)
    except ExceptionGroup as group:
        # Of tasks that ran side by side; the first one that knows what is wrong is enough to be told.
        known, unknown = group.split(HubError)
        if known is None or unknown is not None:
            raise
        return _explained(next(_flat(known)))
    return 0


def _explained(error: HubError) -> int:
    complain(f"{error.message} {error.next_step}".rstrip())
    return NO_HUB if isinstance(error, NoHub) else FAILED


def _flat(group: ExceptionGroup[HubError]) -> Iterator[HubError]:
    for error in group.exceptions:
        if isinstance(error, ExceptionGroup):
            yield from _flat(error)
        else:
            yield error
