"""What holds for every route: errors as problems, limits, headers, OpenAPI, a small process."""

import logging
import re
import subprocess
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from api.app import create_app
from dongke.settings import settings

Login = Callable[[str], dict[str, str]]
ROOT = Path(__file__).parents[2]
HEAVY = "faster_whisper ctranslate2 av jieba rjieba onnxruntime transformers ahocorasick_rs opencc torch".split()


def code(answer: Any) -> str:
    assert answer.headers["content-type"] == "application/problem+json"
    row = answer.json()
    assert row["status"] == answer.status_code
    return str(row["type"]).removeprefix("urn:dongke:")


def test_every_error_is_a_problem(client: TestClient, login: Login) -> None:
    assert code(client.get("/v1/nowhere")) == "path-unknown"
    wrong = client.delete("/v1/customers")
    assert (wrong.status_code, code(wrong)) == (405, "method-unknown")
    assert "GET" in wrong.headers["allow"]
    invalid = client.get("/v1/customers?limit=0", headers=login("a1"))
    assert (invalid.status_code, code(invalid)) == (422, "request-invalid")
    assert invalid.json()["errors"] == [{"where": "query.limit", "reason": "太小"}]


def test_an_unexpected_fault_tells_nothing(client: TestClient, login: Login, monkeypatch: pytest.MonkeyPatch) -> None:
    from api import listing

    def crash(*_: Any, **__: Any) -> None:
        raise RuntimeError("secret of the house")

    monkeypatch.setattr(listing, "customers", crash)
    answer = client.get("/v1/customers", headers=login("a1"))
    assert (answer.status_code, code(answer)) == (500, "internal")
    assert "secret" not in answer.text


def test_a_body_over_the_limit_is_not_read(client: TestClient, login: Login, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DONGKE_MAX_BODY_BYTES", "1000")
    settings.cache_clear()
    told = client.post("/v1/conversations", content=b"x" * 1001, headers=login("pipe"))
    assert (told.status_code, code(told)) == (413, "body-too-large")

    def stream() -> Any:
        yield from [b"x" * 400] * 4

    untold = client.post("/v1/conversations", content=stream(), headers=login("pipe"))
    assert (untold.status_code, code(untold)) == (413, "body-too-large")
    assert client.post("/v1/conversations", content=b"x" * 1000, headers=login("pipe")).status_code == 422


PAGES = ["/", "/advisor", "/manager", "/playbooks", "/system", "/wecom", "/embed", "/docs"]


@pytest.mark.parametrize("path", [*PAGES, "/static/dongke-profile.js"])
def test_pages_stand_alone_under_a_strict_policy(client: TestClient, path: str) -> None:
    page = client.get(path)
    assert page.status_code == 200
    assert page.headers["content-security-policy"].startswith("default-src 'self';")
    assert page.headers["x-content-type-options"] == "nosniff"
    assert "http://" not in page.text.replace("http://www.w3.org", "")
    if "html" in page.headers["content-type"]:
        assert " style=" not in page.text
        assert "<script>" not in page.text
        for file in re.findall(r'(?:src|href)="(/static/[^"]+)"', page.text):
            assert client.get(file).status_code == 200


def test_scripts_never_write_html(client: TestClient) -> None:
    sources = [path for path in (ROOT / "web/src").rglob("*.ts")]
    assert len(sources) > 20
    for path in sources:
        for forbidden in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "unsafeHTML"):
            assert forbidden not in path.read_text(encoding="utf-8"), path.name


def test_static_files_do_not_lead_out_of_their_folder(client: TestClient) -> None:
    for path in ("/static/../app.py", "/static/%2e%2e/app.py", "/static/..%2fapp.py"):
        assert client.get(path).status_code == 404


def test_openapi_is_whole_and_made_without_a_warning(client: TestClient) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        schema = create_app().openapi()
    assert schema["openapi"].startswith("3.1")
    assert client.get("/openapi.json").json() == schema
    operations = [o for methods in schema["paths"].values() for o in methods.values()]
    assert len({o["operationId"] for o in operations}) == len(operations)
    for operation in operations:
        assert operation["description"]
        assert "application/problem+json" in operation["responses"]["default"]["content"]
    assert "HTTPValidationError" not in str(schema)
    _resolve(schema, schema)


def _resolve(node: Any, schema: dict[str, Any]) -> None:
    """Every reference leads somewhere."""
    if isinstance(node, dict):
        if "$ref" in node:
            assert node["$ref"].removeprefix("#/components/schemas/") in schema["components"]["schemas"]
        for child in node.values():
            _resolve(child, schema)
    elif isinstance(node, list):
        for child in node:
            _resolve(child, schema)


OPEN = {
    "/v1/token",
    "/v1/session",
    "/v1/session/ways",
    "/v1/oidc/start",
    "/v1/oidc/callback",
    "/livez",
    "/readyz",
    "/metrics",
}


def test_every_route_but_the_open_ones_asks_who_is_there(client: TestClient) -> None:
    checked = 0
    for template, methods in client.get("/openapi.json").json()["paths"].items():
        for method in methods if template not in OPEN else ():
            answer = client.request(method, re.sub(r"\{\w+\}", "1", template))
            assert (answer.status_code, code(answer)) == (401, "not-logged-in"), template
            checked += 1
    assert checked > 15


def test_live_ready_and_counts(client: TestClient, login: Login) -> None:
    assert client.get("/livez").json() == client.get("/readyz").json() == {"status": "ok"}
    client.get("/v1/customers", headers=login("a1"))
    page = client.get("/metrics").text
    assert 'dongke_http_requests_total{method="GET",route="/v1/customers",status="200"} 1.0' in page
    assert client.get("/v1/system", headers=login("boss")).json()["quarantine"] == {}
    assert client.get("/v1/system", headers=login("a1")).status_code == 403


def test_not_ready_without_tables(client: TestClient) -> None:
    from sqlalchemy import text

    from dongke import db

    with db.session_scope() as session:
        session.execute(text("drop table procrastinate_jobs cascade"))
    answer = client.get("/readyz")
    assert (answer.status_code, code(answer)) == (503, "schema-old")


_PROBE = """
import sys
from fastapi.testclient import TestClient
from api.app import create_app
with TestClient(create_app()) as client:
    token = client.post("/v1/token", data={"login": "probe", "password": "probe-password"}).json()["access_token"]
    headers = {"Authorization": f"Bearer {token}"}
    talk = {"id": "K1", "channel": "chat", "customer_id": "C1", "advisor_id": "A1",
            "started_at": "2026-03-02T10:05:00+08:00", "utterances": []}
    assert client.post("/v1/conversations", json=talk, headers=headers).status_code == 202
    for path in ("customers", "customers/C1/profile", "customers/C1/timeline", "conversations/K1", "opportunities",
                 "reports/follow-up", "reports/follow-up?format=xlsx", "quarantine", "system"):
        assert client.get(f"/v1/{path}", headers=headers).status_code == 200, path
print(*sorted(name for name in sys.argv[1:] if name in sys.modules))
"""


@pytest.mark.usefixtures("broker")
def test_the_api_process_never_loads_the_engines() -> None:
    from dongke import db
    from dongke.scope import Role
    from dongke.users import save_user

    with db.session_scope() as session:
        save_user(session, "probe", "probe-password", Role.ADMIN)
    done = subprocess.run([sys.executable, "-c", _PROBE, *HEAVY], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1].split() == []


def test_the_access_log_shows_no_query(client: TestClient) -> None:
    record = logging.LogRecord("uvicorn.access", 20, "", 1, '%s - "%s %s HTTP/%s" %d', (), None)
    record.args = ("1.2.3.4", "GET", "/v1/conversations/K1/audio?ticket=secret", "1.1", 200)
    logging.getLogger("uvicorn.access").filter(record)
    assert record.getMessage() == '1.2.3.4 - "GET /v1/conversations/K1/audio HTTP/1.1" 200'
