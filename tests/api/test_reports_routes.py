"""Reports and webhooks over HTTP and on the command line: who may ask for what, files, stored ones, the log."""

from datetime import date, datetime
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from fastapi.testclient import TestClient
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen
from typer.testing import CliRunner

from api.cli import app as cli
from dongke import db
from dongke.clock import now
from dongke.settings import settings
from followup import repository
from followup.models import State
from followup.opportunity import Cause, Opportunity
from followup.reports import storing
from followup.webhooks.delivery import Answer, send_waiting

PATH = "/v1/reports/follow-up"
AT = datetime.fromisoformat("2026-03-02T10:05:00+08:00")
MARCH = "start=2026-03-01&end=2026-03-31"
Login = Any


def code(answer: Any) -> str:
    return str(answer.json()["type"]).removeprefix("urn:dongke:")


def opportunity(customer: str, owner: str) -> Opportunity:
    values: dict[str, Any] = {
        "id": f"O{customer}", "customer": customer, "playbook": "permission", "playbook_version": "1", "key": "margin",
        "owner": owner, "opened_at": AT, "opened_by": f"K{customer}/0", "due_at": AT, "due_provisional": False,
        "state": State.OPEN, "overdue": False, "attempts": 0, "first_contact_at": None, "discharged_at": None,
        "won_at": None, "closed_at": None, "unassisted": False, "self_reported": False, "low_yuan": None,
        "high_yuan": None, "value": {}, "causes": (Cause(State.OPEN, AT, "客户的话开启", "K1", (0,)),),
    }  # fmt: skip
    return Opportunity(**values)


@pytest.fixture
def asked(client: TestClient) -> TestClient:
    """One overdue opportunity of each customer."""
    with db.session_scope() as session:
        for number in (1, 2, 3):
            repository.save(session, [opportunity(f"C{number}", f"A{number}")], [f"C{number}"], AT)
    return client


# --- reports


@pytest.mark.parametrize(
    ("query", "rows"),
    [
        ("group=firm", ["firm"]),
        ("group=branch", ["B1", "B2"]),
        ("group=advisor&branch=B1", ["A1", "A2"]),
        ("group=playbook&advisor=A3", ["permission"]),
    ],
)
def test_scopes(asked: TestClient, login: Login, query: str, rows: list[str]) -> None:
    found = asked.get(f"{PATH}?{MARCH}&{query}", headers=login("head")).json()
    assert [row["id"] for row in found["rows"]] == rows
    behind = asked.get(f"{found['list_path']}&number=overdue", headers=login("head")).json()["items"]
    assert len(behind) == found["total"]["overdue"] > 0


@pytest.mark.parametrize(
    ("who", "query", "status"),
    [
        ("boss", "branch=B2", 404),
        ("boss", "advisor=A3", 404),
        ("boss", "branch=B1", 200),
        ("a1", "advisor=A2", 404),
        ("a1", "advisor=A1", 200),
        ("head", "branch=B9", 404),
        ("pipe", "", 403),
        ("law", "branch=B2", 200),
    ],
)
def test_who_may_ask_for_whom(asked: TestClient, login: Login, who: str, query: str, status: int) -> None:
    assert asked.get(f"{PATH}?{query}", headers=login(who)).status_code == status
    assert asked.get(f"{PATH}/list?{query}", headers=login(who)).status_code == status


def test_periods(asked: TestClient, login: Login) -> None:
    found = asked.get(f"{PATH}?period=week&on=2026-03-04", headers=login("head")).json()
    assert (found["start"][:10], found["end"][:10], found["total"]["opened"]) == ("2026-03-02", "2026-03-09", 3)


def test_a_list_in_pages(asked: TestClient, login: Login) -> None:
    seen, cursor = [], None
    while True:
        place = f"&cursor={cursor}" if cursor else ""
        page = asked.get(f"{PATH}/list?{MARCH}&limit=2{place}", headers=login("head")).json()
        seen += [item["id"] for item in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert seen == ["OC1", "OC2", "OC3"]
    (item,) = asked.get(f"{PATH}/list?{MARCH}&line=A1", headers=login("a1")).json()["items"]
    assert (item["title"], item["opportunity"]["key_label"], item["opportunity"]["overdue"]) == (
        "权限开通", "融资融券", True,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("number=name", "number-unknown"),
        ("number=dig_rungs&group=playbook", "number-unknown"),
        ("cursor=x", "cursor-invalid"),
        ("as_of=2999-01-01T00:00:00Z", "time-future"),
        ("period=year", "request-invalid"),
    ],
)
def test_lists_that_cannot_be_made(asked: TestClient, login: Login, query: str, expected: str) -> None:
    answer = asked.get(f"{PATH}/list?{query}", headers=login("head"))
    assert (answer.status_code, code(answer)) == (422, expected)


def test_workbook_over_http(asked: TestClient, login: Login) -> None:
    book = asked.get(f"{PATH}?{MARCH}&format=xlsx", headers=login("boss"))
    with ZipFile(BytesIO(book.content)) as sheets:
        assert len([n for n in sheets.namelist() if n.startswith("xl/worksheets/sheet")]) == 4


# --- PDF


def font(path: Path) -> Path:
    """A font with a box for every character of GB2312: enough to make a page anywhere."""
    pen = TTGlyphPen(None)
    for point in ((0, 0), (0, 700), (700, 700), (700, 0)):
        (pen.moveTo if point == (0, 0) else pen.lineTo)(point)
    pen.closePath()
    box = pen.glyph()
    codes = [*range(32, 0x2100), *range(0x3000, 0x3100), *range(0x4E00, 0xA000), *range(0xFF00, 0xFFF0)]
    made = FontBuilder(1000, isTTF=True)
    made.setupGlyphOrder([".notdef", "box"])
    made.setupCharacterMap(dict.fromkeys(codes, "box"))
    made.setupGlyf({".notdef": box, "box": box})
    made.setupHorizontalMetrics({".notdef": (800, 0), "box": (800, 0)})
    made.setupHorizontalHeader(ascent=800, descent=-200)
    made.setupNameTable({"familyName": "Boxes", "styleName": "Regular"})
    made.setupOS2(sTypoAscender=800, sTypoDescender=-200)
    made.setupPost()
    made.save(path)
    return path


def test_a_page_with_an_embedded_font(
    asked: TestClient, login: Login, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DONGKE_PDF_FONT", str(font(tmp_path / "boxes.ttf")))
    settings.cache_clear()
    answer = asked.get(f"{PATH}?{MARCH}&format=pdf", headers=login("head"))
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/pdf")
    assert answer.content.startswith(b"%PDF-")
    assert b"/FontFile2" in answer.content
    assert answer.content.count(b"/Type /Page\n") == 1


@pytest.mark.parametrize("content", [None, b"", b"not a font"])
def test_without_a_font_it_says_what_to_install(
    asked: TestClient, login: Login, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes | None
) -> None:
    path = tmp_path / "none.ttf"
    if content is not None:
        path.write_bytes(content)
    monkeypatch.setenv("DONGKE_PDF_FONT", str(path))
    settings.cache_clear()
    answer = asked.get(f"{PATH}?{MARCH}&format=pdf", headers=login("head"))
    assert (answer.status_code, code(answer)) == (503, "pdf-font-missing")
    assert "fonts-noto-cjk" in answer.json()["detail"]


# --- stored reports


@pytest.fixture
def stored(asked: TestClient) -> list[str]:
    with db.session_scope() as session:
        days = (date(2026, 3, 1), date(2026, 3, 31), now(), settings())
        firm = storing.keep(session, "month", *days, group="branch")
        branch = storing.keep(session, "month", *days, group="advisor", branch="B1")
        return [firm.id, branch.id]


def test_stored_reports_belong_to_their_branch(asked: TestClient, login: Login, stored: list[str]) -> None:
    firm, branch = stored
    listed = {who: asked.get("/v1/reports/stored", headers=login(who)).json() for who in ("boss", "head", "law")}
    assert [row["id"] for row in listed["boss"]["items"]] == [branch]
    assert {row["id"] for row in listed["head"]["items"]} == {firm, branch}
    one = asked.get(f"/v1/reports/stored/{branch}", headers=login("boss")).json()
    assert (one["report"]["total"]["opened"], one["scope"]["branch"]) == (2, "B1")
    assert asked.get(f"/v1/reports/stored/{firm}", headers=login("boss")).status_code == 404
    assert asked.get(f"/v1/reports/stored/{firm}/check", headers=login("boss")).status_code == 404
    assert asked.get("/v1/reports/stored", headers=login("a1")).status_code == 403


def test_a_check_lists_what_differs(asked: TestClient, login: Login, stored: list[str]) -> None:
    """The opportunities of this test stand on no talk: made again from the facts, there are none."""
    found = asked.get(f"/v1/reports/stored/{stored[1]}/check", headers=login("boss")).json()
    assert found["is_same"] is False
    assert "total.opened: 2 → 0" in found["differences"]


# --- webhooks


@pytest.fixture
def hosts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DONGKE_WEBHOOK_HOSTS", "crm.internal")
    settings.cache_clear()


def test_only_administrators(client: TestClient, login: Login) -> None:
    for who in ("a1", "boss", "head", "law", "pipe"):
        assert client.get("/v1/webhooks", headers=login(who)).status_code == 403
        assert client.post("/v1/webhooks", json={"url": "https://crm.internal"}, headers=login(who)).status_code == 403


@pytest.mark.usefixtures("hosts")
def test_the_life_of_a_receiver(client: TestClient, login: Login) -> None:
    root = login("root")
    made = client.post("/v1/webhooks", json={"url": "https://crm.internal/x"}, headers=root)
    assert made.status_code == 201
    ident, secret = made.json()["id"], made.json()["secret"]
    assert secret.startswith("whsec_")
    assert "secret" not in client.get("/v1/webhooks", headers=root).text.replace("disabled_reason", "")
    assert client.post(f"/v1/webhooks/{ident}/rotate", headers=root).json()["secret"] != secret
    event = client.post(f"/v1/webhooks/{ident}/test", headers=root).json()["event_id"]
    assert send_waiting(lambda letter: Answer(503, took_ms=7)) == 1
    (row,) = client.get(f"/v1/webhooks/{ident}/deliveries", headers=root).json()["items"]
    assert (row["event_id"], row["state"], row["log"][0]["status"]) == (event, "waiting", 503)
    again = client.post(f"/v1/webhooks/deliveries/{row['id']}/redeliver", headers=root).json()
    assert again["attempts"] == 0
    assert send_waiting(lambda letter: Answer(204)) == 1
    off = client.patch(f"/v1/webhooks/{ident}", json={"is_enabled": False, "types": ["opportunity.won"]}, headers=root)
    assert (off.json()["is_enabled"], off.json()["types"]) == (False, ["opportunity.won"])
    assert code(client.post(f"/v1/webhooks/{ident}/test", headers=root)) == "webhook-disabled"
    since = {"since": "2026-01-01T00:00:00Z"}
    assert client.post(f"/v1/webhooks/{ident}/replay", json=since, headers=root).json() == {"deliveries": 0}
    assert client.delete(f"/v1/webhooks/{ident}", headers=root).status_code == 204
    assert client.get(f"/v1/webhooks/{ident}/deliveries", headers=root).status_code == 404


@pytest.mark.usefixtures("hosts")
@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"url": "https://example.com/x"}, "webhook-host-refused"),
        ({"url": "crm.internal"}, "webhook-url-invalid"),
        ({"url": "https://crm.internal", "types": ["x"]}, "event-type-unknown"),
        ({"url": "https://crm.internal", "secret": "mine"}, "request-invalid"),
    ],
)
def test_receivers_that_cannot_be(client: TestClient, login: Login, body: dict[str, Any], expected: str) -> None:
    answer = client.post("/v1/webhooks", json=body, headers=login("root"))
    assert (answer.status_code, code(answer)) == (422, expected)


def test_the_catalogue_names_every_field(client: TestClient, login: Login) -> None:
    found = client.get("/v1/webhooks/catalogue", headers=login("root")).json()
    assert {"opportunity.overdue", "report.ready", "tag.contradicted"} <= {row["type"] for row in found["types"]}
    assert "customer_id" in found["fields"]


# --- the command line


def run(*words: str) -> Any:
    return CliRunner().invoke(cli, list(words))


def test_reports_on_the_command_line(asked: TestClient) -> None:
    done = run("reports", "make", "month", "--on", "2026-03-10")
    assert done.exit_code == 0, done.output
    ident = done.stdout.splitlines()[0]
    assert ident in run("reports", "list").output.replace("\n", "") or ident[:20] in run("reports", "list").output
    checked = run("reports", "check", ident)
    assert (checked.exit_code, "total.opened: 3 → 0" in checked.output) == (1, True)
    assert type(run("reports", "check", "none").exception).__name__ == "NotFound"
    assert type(run("reports", "make", "month", "--branch", "B9").exception).__name__ == "NotFound"
    assert type(run("report", "--group", "city").exception).__name__ == "BadInput"


@pytest.mark.usefixtures("hosts")
def test_webhooks_on_the_command_line(client: TestClient) -> None:
    done = run("webhook", "add", "https://crm.internal/x", "--type", "opportunity.won")
    assert done.exit_code == 0, done.output
    ident, secret = done.stdout.split()
    assert run("webhook", "rotate", ident).stdout.strip() != secret
    assert run("webhook", "disable", ident).exit_code == 0
    assert "停用" in run("webhook", "list").output
    assert run("webhook", "enable", ident).exit_code == 0
    assert run("webhook", "replay", ident, "--days", "2").stdout == "0 件\n"
    assert run("webhook", "log", ident).stdout == ""
    assert run("webhook", "send").stdout == "试了 0 件\n"
    assert run("webhook", "remove", ident).exit_code == 0
    assert type(run("webhook", "log", ident).exception).__name__ == "NotFound"
    assert type(run("webhook", "add", "https://example.com").exception).__name__ == "BadInput"
