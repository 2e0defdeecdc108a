"""标签登记 through the API and the command line."""

from collections.abc import Callable
from pathlib import Path

from fastapi.testclient import TestClient
from typer.testing import CliRunner

from api.app import create_app
from api.cli import app
from profiles.registry import FILE, registry, tag_names

Login = Callable[[str], dict[str, str]]


def test_who_may_read_a_customer_may_read_the_register(client: TestClient, login: Login) -> None:
    answer = client.get("/v1/tags", headers=login("a1"))
    assert answer.status_code == 200
    body = answer.json()
    assert [row["name"] for row in body["items"]] == [e.name for e in registry().entries]
    assert client.get("/v1/tags").status_code == 401
    assert client.get("/v1/tags", headers=login("pipe")).status_code == 403


def test_the_codes_are_the_enum_of_the_schema() -> None:
    shapes = create_app().openapi()["components"]["schemas"]
    assert shapes["TagOut"]["properties"]["tag"]["enum"] == list(tag_names())


def test_lint_of_the_command_line(tmp_path: Path) -> None:
    assert CliRunner().invoke(app, ["tags", "lint"]).exit_code == 0
    broken = tmp_path / "registry.yaml"
    broken.write_text(FILE.read_text("utf-8").replace("owner: service", "owner: nobody"), "utf-8")
    done = CliRunner().invoke(app, ["tags", "lint", str(broken)])
    assert done.exit_code == 1
    assert "churn.risk: owner 不认识 nobody" in done.output
