"""Package registries on loopback that the real npm and uv install from, and that can be counted and shut."""

import base64
import hashlib
import io
import json
import tarfile
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import unquote


class PackageRegistry:
    """Serves npm packuments and PyPI's simple index out of a dict of paths."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.packages: dict[str, dict[str, Any]] = {}
        self.requests: list[str] = []
        self.url = ""

    def add_npm(self, name: str, version: str, files: dict[str, str], **manifest: Any) -> None:
        """Publish one version of an npm package; it becomes the latest."""
        whole = {"name": name, "version": version, **manifest}
        data = io.BytesIO()
        with tarfile.open(fileobj=data, mode="w:gz") as archive:
            for path, text in {"package.json": json.dumps(whole), **files}.items():
                entry = tarfile.TarInfo(f"package/{path}")
                entry.size, entry.mode = len(text.encode()), 0o755
                archive.addfile(entry, io.BytesIO(text.encode()))
        path = f"/tarballs/{name.replace('/', '-')}-{version}.tgz"
        self.files[path] = data.getvalue()
        digest = base64.b64encode(hashlib.sha512(data.getvalue()).digest()).decode()
        packument = self.packages.setdefault(name, {"name": name, "dist-tags": {}, "versions": {}})
        packument["dist-tags"]["latest"] = version
        packument["versions"][version] = {
            **whole,
            "hasInstallScript": "install" in manifest.get("scripts", {}),
            "dist": {"tarball": self.url + path, "integrity": f"sha512-{digest}"},
        }
        self.files[f"/{name}"] = json.dumps(packument).encode()

    def add_pypi(self, name: str, version: str, code: str, program: str) -> None:
        """Publish one version of a Python package with one program."""
        info = f"{name}-{version}.dist-info"
        data = io.BytesIO()
        with zipfile.ZipFile(data, "w") as wheel:
            wheel.writestr(f"{name}.py", code)
            wheel.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
            wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
            wheel.writestr(f"{info}/entry_points.txt", f"[console_scripts]\n{program} = {name}:main\n")
            wheel.writestr(f"{info}/RECORD", "")
        path = f"/wheels/{name}-{version}-py3-none-any.whl"
        self.files[path] = data.getvalue()
        index = self.files.get(f"/simple/{name}/", b"<!DOCTYPE html>").decode()
        self.files[f"/simple/{name}/"] = f'{index}<a href="{self.url}{path}">{path[8:]}</a>'.encode()


def _handler(registry: PackageRegistry) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            path = unquote(self.path)
            registry.requests.append(path)
            body = registry.files.get(path)
            self.send_response(HTTPStatus.NOT_FOUND if body is None else HTTPStatus.OK)
            kind = "text/html" if path.startswith("/simple/") else "application/json"
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body or b"")))
            self.end_headers()

        def do_GET(self) -> None:
            self.do_HEAD()
            self.wfile.write(registry.files.get(unquote(self.path), b""))

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # the name of the base class
            return

    return Handler


class RunningRegistry:
    """A registry that is being served until it is shut."""

    def __init__(self) -> None:
        self.registry = PackageRegistry()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self.registry))
        self.registry.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    def shut(self) -> Self:
        """Stop answering; more than once does no harm."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
        return self


@contextmanager
def serving() -> Iterator[RunningRegistry]:
    running = RunningRegistry()
    try:
        yield running
    finally:
        running.shut()
