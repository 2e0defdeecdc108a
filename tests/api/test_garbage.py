"""Garbage at every operation: an answer below 500, and a problem where it is a refusal."""

import json
import re
from collections.abc import Callable
from typing import Any

from fastapi.testclient import TestClient

from api.app import create_app

Login = Callable[[str], dict[str, str]]

TEXTS = [
    "",
    " ",
    "%00",
    "..%2F..%2Fetc%2Fpasswd",
    "%27%20or%201%3D1%20--",
    "%F0%9F%92%A5",
    "%ff%fe",
    "x" * 3000,
    "-1",
    "1e309",
    "null",
]
BODIES: list[bytes] = [
    b"",
    b"\xff\xfe\x00",
    b"null",
    b"{}",
    b"[[]]",
    b"[" * 5_000,
    b'{"a": NaN}',
    b'{"outcome": "done", "comment": "\\u0000"}',
    b'{"outcome": "done", "comment": "\\ud800"}',
    b'{"login": "\\ud800", "password": "x"}',
    b'{"verdict": "corrected", "value": {"low": "\\u0000"}}',
    json.dumps({"id": "K", "utterances": [], "channel": "call", "started_at": "2026-01-01T00:00:00+08:00"}).encode(),
    b'{"id": "K\\u0000", "utterances": [], "channel": "call", "customer_id": "C1", "advisor_id": "A1",'
    b' "started_at": "2026-01-01T00:00:00+08:00"}',
    b'{"type": "track", "messageId": "\\u0000", "userId": "C1", "event": "x", "timestamp": "2026-01-01T00:00:00Z"}',
    b'{"customer_id": "C1", "advisor_id": "A1", "at": "2026-01-01T00:00:00Z", "text": "\\u0000 \\ud800"}',
    b'{"msgid": "\\u0000", "action": "send", "from": 1, "tolist": "x", "msgtime": "y"}',
    b'{"batch": [1, null, {"batch": []}]}',
    b'{"path": "a\\u0000b", "customer_id": "C1", "advisor_id": "A1", "started_at": "2026-01-01T00:00:00Z"}',
]
KINDS = ["application/json", "application/x-ndjson", "text/plain", "multipart/form-data; boundary=x", "x"]


def check(answer: Any, what: object) -> None:
    assert answer.status_code < 500, (what, answer.text)
    if answer.status_code >= 400:
        assert answer.headers["content-type"] == "application/problem+json", what


def test_garbage_in_addresses(client: TestClient, login: Login) -> None:
    root = login("root")
    for template, methods in create_app().openapi()["paths"].items():
        names = [p["name"] for p in methods.get("get", {}).get("parameters", ()) if p["in"] == "query"]
        for text in TEXTS if "get" in methods else ():
            paths = {re.sub(r"\{\w+\}", text, template)} if "{" in template else set()
            paths |= {re.sub(r"\{\w+\}", "C1", template) + f"?{name}={text}" for name in names}
            for path in paths:
                check(client.get(path, headers=root), path)


def test_garbage_in_bodies(client: TestClient, login: Login) -> None:
    root = login("root")
    for template, methods in create_app().openapi()["paths"].items():
        for body in BODIES if "post" in methods else ():
            for kind in KINDS if template not in ("/v1/token",) else KINDS[:1]:
                path = re.sub(r"\{\w+\}", "1", template)
                check(client.post(path, content=body, headers=root | {"content-type": kind}), (path, body[:60], kind))


def test_garbage_in_headers(client: TestClient, login: Login) -> None:
    for value in ("Bearer", "Basic eDp5", "Bearer  ", "bearer x.y.z", "Bearer " + "x" * 5000):
        answer = client.get("/v1/me", headers={"Authorization": value})
        check(answer, value)
        assert answer.status_code == 401
    for key in ("x" * 201, " "):
        headers = login("a1") | {"idempotency-key": key}
        check(client.post("/v1/tags/x/feedback", json={"verdict": "right"}, headers=headers), key)
