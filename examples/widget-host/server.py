"""A customer's backend as small as it can be: one page, and a token for its signed-in user.

    python examples/widget-host/server.py --mock http://127.0.0.1:8787

The app's secret stays here: the browser only ever sees a token that ends. Open http://127.0.0.1:8000, or with
`?hostile` the same page under styles that would break any widget they could reach.
"""

import argparse
import json
import os
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

HERE = Path(__file__).parent
FILES = {
    "/": ("index.html", "text/html; charset=utf-8"),
    "/host.js": ("host.js", "text/javascript; charset=utf-8"),
    "/hostile.js": ("hostile.js", "text/javascript; charset=utf-8"),
    "/favicon.ico": ("favicon.svg", "image/svg+xml"),
    "/host.css": ("host.css", "text/css; charset=utf-8"),
    "/hostile.css": ("hostile.css", "text/css; charset=utf-8"),
}


class Backend(BaseHTTPRequestHandler):
    """Answers the page's requests."""

    mock = ""
    app_id, app_secret = "app_local", "local-only-app-secret"

    def do_GET(self) -> None:
        """Serve the page, or exchange the app's credentials for a token of the signed-in user."""
        path = self.path.partition("?")[0]
        if path == "/api/chat-token":
            return self.answer(*self.token(), "application/json")
        if path not in FILES:
            return self.answer(404, b"not found", "text/plain")
        name, kind = FILES[path]
        content = (HERE / name).read_bytes().replace(b"{{mock}}", self.mock.encode())
        return self.answer(200, content, kind)

    def token(self) -> tuple[int, bytes]:
        """Return what the platform answers. A real backend takes `endUserId` from its own session."""
        credentials = {
            "appId": self.app_id,
            "appSecret": self.app_secret,
            "endUserId": "customer-42",
            "expiresIn": "15m",
        }
        body, kind = json.dumps(credentials).encode(), {"Content-Type": "application/json"}
        request = urllib.request.Request(f"{self.mock}/api/v1/auth/token", body, kind)
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as refusal:
            return refusal.code, refusal.read()

    def answer(self, status: int, content: bytes, kind: str) -> None:
        """Send one answer under a strict policy: for the widget it names the platform, no more."""
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.send_header(
            "Content-Security-Policy",
            f"default-src 'none'; script-src 'self' {self.mock}; connect-src 'self' {self.mock};"
            " style-src 'self'; img-src 'self' blob:;"
            " require-trusted-types-for 'script'; trusted-types 'none'",
        )
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing about each request."""


def main() -> None:
    """Serve until Ctrl-C."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mock", default="http://127.0.0.1:8787", help="where the platform is")
    parser.add_argument("--port", type=int, default=8000, help="8000 is an allowed origin of the local app")
    chosen = parser.parse_args()
    Backend.mock = chosen.mock.rstrip("/")
    Backend.app_id = os.environ.get("SIGMIC_APP_ID", Backend.app_id)
    Backend.app_secret = os.environ.get("SIGMIC_APP_SECRET", Backend.app_secret)
    server = ThreadingHTTPServer(("127.0.0.1", chosen.port), Backend)
    print(f"http://127.0.0.1:{server.server_port}", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
