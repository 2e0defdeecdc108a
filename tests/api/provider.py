"""An identity provider 单点登录服务 for tests: a real HTTP server with its own keys; answers can be bent."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

from dongke.clock import now


@dataclass
class Provider:
    """Hands out one ID token for one code. `claims` and `key` may be changed by a test."""

    issuer: str = ""
    login: str = "a1"
    claims: dict[str, Any] = field(default_factory=dict)  #: put over the honest ones; None removes one
    key: Any = field(default_factory=lambda: rsa.generate_private_key(65537, 2048))
    signer: Any = None  #: signs instead of `key`
    asked: dict[str, str] = field(default_factory=dict)  #: what the browser brought to the log-in
    form: dict[str, str] = field(default_factory=dict)  #: what the service sent for the token
    untold: str = ""  #: what its description of itself leaves out

    def seen(self, url: str) -> str:
        """The browser has logged in at `url`; the code that it brings back."""
        self.asked = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
        return "code-1"

    def id_token(self) -> str:
        honest = {
            "iss": self.issuer,
            "sub": "4711",
            "aud": "dongke",
            "exp": now() + timedelta(minutes=5),
            "iat": now(),
            "nonce": self.asked.get("nonce", ""),
            "preferred_username": self.login,
        }
        claims = {name: value for name, value in (honest | self.claims).items() if value is not None}
        return jwt.encode(claims, self.signer or self.key, "RS256", headers={"kid": "k1"})

    def answer(self, path: str, form: dict[str, str]) -> tuple[int, dict[str, Any]]:
        if path == "/.well-known/openid-configuration":
            told = {
                "issuer": self.issuer,
                "authorization_endpoint": f"{self.issuer}/authorize",
                "token_endpoint": f"{self.issuer}/token",
                "jwks_uri": f"{self.issuer}/keys",
            }
            return 200, {name: value for name, value in told.items() if name != self.untold}
        if path == "/keys":
            public = json.loads(RSAAlgorithm.to_jwk(self.key.public_key()))
            return 200, {"keys": [public | {"kid": "k1", "use": "sig", "alg": "RS256"}]}
        self.form = form
        if form.get("code") != "code-1":
            return 400, {"error": "invalid_grant"}
        return 200, {"access_token": "x", "token_type": "Bearer", "id_token": self.id_token()}


@contextmanager
def running(provider: Provider) -> Iterator[Provider]:
    """The provider on a port of its own while the block runs."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._send(*provider.answer(urlsplit(self.path).path, {}))

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"])).decode()
            form = {name: values[0] for name, values in parse_qs(body).items()}
            self._send(*provider.answer(urlsplit(self.path).path, form))

        def _send(self, status: int, row: dict[str, Any]) -> None:
            data = json.dumps(row).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    provider.issuer = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
