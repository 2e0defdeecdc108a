"""A foreign CRM 客户关系系统, as small as can be: it stands on an origin of its own and carries the widget.

    python samples/crm/server.py --dongke http://127.0.0.1:8600 --port 8601 --password dongke-demo

What a real CRM does is in `widget_token`: its server, not its page, asks Dongke for a token of the customer whose page
is open, for the advisor who is signed in. The page gets nothing but that token. `dongke demo` starts this beside the
service.
"""

import argparse
import json
import urllib.error
import urllib.request
from functools import partial
from http import HTTPStatus
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any


class Dongke:
    """The CRM server's side of the log-in: its own account, a token for each customer page and its advisor."""

    def __init__(self, base: str, login: str, password: str, advisor: str) -> None:
        self.base = base.rstrip("/")
        self.advisor = advisor  #: who is signed in to the CRM; here always the same
        self._account = {"login": login, "password": password}
        self._bearer = ""

    def widget_token(self, customer_id: str) -> dict[str, Any]:
        """A short-lived token for the card of that customer. Raises HTTPError as Dongke answered."""
        for fresh in (not self._bearer, True):
            if fresh:
                self._bearer = self._post("/v1/token", self._account)["access_token"]
            try:
                return self._post("/v1/widget/tokens", {"customer_id": customer_id, "login": self.advisor})
            except urllib.error.HTTPError as refused:
                if fresh or refused.code != HTTPStatus.UNAUTHORIZED:
                    raise
        raise AssertionError("unreachable")

    def _post(self, path: str, body: dict[str, str]) -> dict[str, Any]:
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {self._bearer}"}
        asked = urllib.request.Request(self.base + path, json.dumps(body).encode(), headers)
        with urllib.request.urlopen(asked, timeout=10) as answer:
            found: dict[str, Any] = json.load(answer)
        return found


class Pages(SimpleHTTPRequestHandler):
    """The files of this folder, and `POST /token` for its page."""

    def __init__(self, *args: Any, dongke: Dongke, **kwargs: Any) -> None:
        self.dongke = dongke
        super().__init__(*args, directory=str(Path(__file__).parent), **kwargs)

    def do_GET(self) -> None:
        if self.path == "/config.json":
            self._answer(HTTPStatus.OK, {"dongke": self.dongke.base})
        else:
            super().do_GET()

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        try:
            self._answer(HTTPStatus.OK, self.dongke.widget_token(str(body["customer"])))
        except urllib.error.HTTPError as refused:
            self._answer(HTTPStatus(refused.code), {"detail": json.load(refused).get("detail", "")})

    def _answer(self, status: HTTPStatus, body: dict[str, Any]) -> None:
        text = json.dumps(body, ensure_ascii=False).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json; charset=utf-8")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: an address may hold what a log should not."""


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--dongke", default="http://127.0.0.1:8600")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8601)
    parser.add_argument("--login", default="crm")
    parser.add_argument("--password", default="dongke-demo")
    parser.add_argument("--advisor", default="advisor")
    asked = parser.parse_args()
    handler = partial(Pages, dongke=Dongke(asked.dongke, asked.login, asked.password, asked.advisor))
    ThreadingHTTPServer((asked.host, asked.port), handler).serve_forever()


if __name__ == "__main__":
    main()
