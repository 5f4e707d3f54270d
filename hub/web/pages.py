"""The static pages: dashboard and join page, their assets, and the headers that keep them to this machine.

The pages carry no data: what they show comes from the API, which checks who asks.
"""

import os
from pathlib import Path, PurePosixPath

from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

PAGES = Path(__file__).with_name("pages")
ASSET_FOLDERS = frozenset({"css", "js", "vendor"})
LIBRARIES = ("livekit-client.umd.js", "standalone.module.js")
"""What scripts/pages puts into vendor/."""

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "media-src 'self' blob:; font-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)


def security_headers() -> dict[str, str]:
    """The headers of every page: nothing from elsewhere, nothing inline, the microphone for us alone."""
    return {
        "Content-Security-Policy": CONTENT_SECURITY_POLICY,
        "Permissions-Policy": "microphone=(self), camera=(), geolocation=(), display-capture=()",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Cache-Control": "no-cache",
    }


class _Assets(StaticFiles):
    """Styles, modules and libraries; a browser asks again each time (ETag): a new version shows at once."""

    def lookup_path(self, path: str) -> tuple[str, os.stat_result | None]:
        if PurePosixPath(path).parts[:1] and PurePosixPath(path).parts[0] in ASSET_FOLDERS:
            return super().lookup_path(path)
        return "", None

    def file_response(
        self,
        full_path: str | os.PathLike[str],
        stat_result: os.stat_result,
        scope: Scope,
        status_code: int = 200,
    ) -> Response:
        response = super().file_response(full_path, stat_result, scope, status_code)
        response.headers.update(security_headers())
        return response


def _page(name: str, status_code: int = 200) -> Response:
    return FileResponse(PAGES / name, status_code=status_code, headers=security_headers())


def _shell(name: str, pages: Path) -> Response:
    if all((pages / "vendor" / library).is_file() for library in LIBRARIES):
        return _page(name)
    return _page("missing.html", 503)


def signed_out_page() -> Response:
    """What the dashboard shows to a browser without a valid cookie: how to get a link."""
    return _page("signed-out.html", 401)


def page_routes(pages: Path = PAGES) -> list[BaseRoute]:
    """The pages and their assets. Who may see the dashboard is decided above."""

    def dashboard(_: Request) -> Response:
        return _shell("dashboard.html", pages)

    def join(_: Request) -> Response:
        return _shell("join.html", pages)

    return [
        Route("/", dashboard, name="dashboard"),
        Route("/calls/{call_id}", dashboard, name="call"),
        Route("/servers/{server}", dashboard, name="server"),
        Route("/join/{call_id}", join, name="join"),
        Mount("/assets", _Assets(directory=pages), name="assets"),
    ]
