"""Customers, profiles, timelines, opportunities, verdicts, reports: what is shown to whom."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any
from urllib.parse import quote
from zipfile import ZipFile

import pytest
from fastapi.testclient import TestClient
from sqlmodel import select

from api import paging, pipeline
from dongke import db
from dongke.audit import AuditEntry, broken_at
from dongke.clock import now
from dongke.directory import Customer
from followup.models import ManualAction, Notice, StoredOpportunity
from profiles.models import BehaviourEvent, TagFeedback

Talk = Callable[..., dict[str, Any]]
Login = Callable[[str], dict[str, str]]


def code(answer: Any) -> str:
    assert answer.headers["content-type"] == "application/problem+json"
    row = answer.json()
    assert row["status"] == answer.status_code
    return str(row["type"]).removeprefix("urn:dongke:")


@pytest.fixture
def read(client: TestClient, login: Login, talk: Talk) -> TestClient:
    """K1 of C1 with A1 and K2 of C2 with A2, both read; C3 of A3 has said nothing."""
    when = (now() - timedelta(days=1)).isoformat()
    rows = [talk("K1", started_at=when), talk("K2", customer_id="C2", advisor_id="A2", started_at=when)]
    client.post("/v1/conversations", json=rows, headers=login("pipe"))
    with db.session_scope() as session:
        for ident in ("K1", "K2"):
            pipeline.process_conversation(session, ident)
    return client


def ids(answer: Any) -> list[str]:
    return [row["id"] for row in answer.json()["items"]]


@pytest.mark.parametrize(
    ("who", "seen"),
    [
        ("a1", ["C1"]),
        ("a2", ["C2"]),
        ("boss", ["C1", "C2"]),
        ("head", ["C1", "C2", "C3"]),
        ("law", ["C1", "C2", "C3"]),
        ("root", ["C1", "C2", "C3"]),
    ],
)
def test_everybody_sees_his_own_customers(read: TestClient, login: Login, who: str, seen: list[str]) -> None:
    assert ids(read.get("/v1/customers", headers=login(who))) == seen
    for ident in ("C1", "C2", "C3"):
        expected = 200 if ident in seen else 404
        assert read.get(f"/v1/customers/{ident}/profile", headers=login(who)).status_code == expected
        assert read.get(f"/v1/customers/{ident}/timeline", headers=login(who)).status_code == expected
    owners = {o["customer_id"] for o in read.get("/v1/opportunities", headers=login(who)).json()["items"]}
    assert owners == set(seen) - {"C3"}


def test_who_brings_data_reads_none(read: TestClient, login: Login) -> None:
    for path in ("customers", "customers/C1/profile", "opportunities", "conversations/K1", "reports/follow-up"):
        answer = read.get(f"/v1/{path}", headers=login("pipe"))
        assert (answer.status_code, code(answer)) == (403, "role-forbidden")


def test_a_deputy_sees_the_customers_he_stands_in_for(read: TestClient, login: Login) -> None:
    from dongke.directory import Advisor

    with db.session_scope() as session:
        session.get_one(Advisor, "A2").deputies = ["A1"]
    assert ids(read.get("/v1/customers", headers=login("a1"))) == ["C1", "C2"]
    assert ids(read.get("/v1/customers", headers=login("a2"))) == ["C2"]


def test_the_list_can_be_searched_and_paged(read: TestClient, login: Login) -> None:
    with db.session_scope() as session:
        for number in range(4, 10):
            session.add(Customer(id=f"C{number}", name=f"林{number}%_", advisor_id="A1"))
    head = login("head")
    found: list[str] = []
    cursor = ""
    while cursor is not None:
        answer = read.get(f"/v1/customers?limit=4{f'&cursor={cursor}' if cursor else ''}", headers=head)
        found += ids(answer)
        cursor = answer.json()["next_cursor"]
    assert found == [f"C{n}" for n in range(1, 10)]
    assert ids(read.get("/v1/customers?search=林7", headers=head)) == ["C7"]
    assert ids(read.get("/v1/customers?search=c7", headers=head)) == ["C7"]
    assert len(ids(read.get("/v1/customers?search=%25_", headers=head))) == 6
    assert ids(read.get("/v1/customers?search=_1", headers=head)) == []


def test_a_wrong_cursor_is_a_problem(client: TestClient, login: Login) -> None:
    foreign = [paging.encode("opportunities", "C1"), paging.encode("customers", "C1", "C2")]
    for cursor in ["x", "!!!!", "W10", "A" * 400, *foreign]:
        answer = client.get(f"/v1/customers?cursor={quote(cursor)}", headers=login("a1"))
        assert (answer.status_code, code(answer)) == (422, "cursor-invalid")


def test_a_cursor_with_a_place_that_is_none(read: TestClient, login: Login) -> None:
    for path, cursor in (
        ("opportunities", paging.encode("opportunities", "yesterday", "x")),
        ("customers/C1/timeline", paging.encode("timeline", "2026-01-01T00:00:00", "a", "b")),
        ("notices", paging.encode("notices", "never", "x")),
        ("quarantine", paging.encode("quarantine", "-1")),
    ):
        answer = read.get(f"/v1/{path}?cursor={cursor}", headers=login("root"))
        assert (answer.status_code, code(answer)) == (422, "cursor-invalid")


def test_a_page_has_a_limit(client: TestClient, login: Login) -> None:
    for limit in ("0", "201", "x"):
        assert code(client.get(f"/v1/customers?limit={limit}", headers=login("a1"))) == "request-invalid"


def test_a_profile_shows_tags_with_their_sentence_and_is_audited(read: TestClient, login: Login) -> None:
    profile = read.get("/v1/customers/C1/profile", headers=login("a1")).json()
    idle = next(t for t in profile["tags"] if t["tag"] == "funds.idle")
    assert idle["status"] == "active"
    assert any("五十万" in e["sentence"] for e in idle["evidence"])
    with db.session_scope() as session:
        entries = session.exec(select(AuditEntry).where(AuditEntry.action == "profile.read")).all()
        assert [(e.actor, e.target) for e in entries] == [("a1", "C1")]
        assert broken_at(session) is None


def test_an_unchanged_profile_is_not_sent_again(read: TestClient, login: Login) -> None:
    path = "/v1/customers/C1/profile"
    first = read.get(path, headers=login("a1"))
    etag = first.headers["etag"]
    again = read.get(path, headers=login("a1") | {"if-none-match": f'"other", W/{etag}'})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", etag)
    assert read.get(path, headers=login("a1") | {"if-none-match": '"other"'}).status_code == 200
    (tag,) = [t for t in first.json()["tags"] if t["tag"] == "funds.idle"]
    read.post(f"/v1/tags/{quote(tag['id'], safe='')}/feedback", json={"verdict": "wrong"}, headers=login("a1"))
    changed = read.get(path, headers=login("a1") | {"if-none-match": etag})
    assert changed.status_code == 200
    assert changed.headers["etag"] != etag


def test_a_profile_of_the_past_knows_nothing_of_later(read: TestClient, login: Login) -> None:
    before = quote((now() - timedelta(days=9)).isoformat())
    for query in (f"as_of={before}", f"known_at={before}"):
        profile = read.get(f"/v1/customers/C1/profile?{query}", headers=login("a1")).json()
        assert profile["tags"] == []
    naive = read.get("/v1/customers/C1/profile?as_of=2026-01-01T00:00:00", headers=login("a1"))
    assert (naive.status_code, code(naive)) == (422, "request-invalid")
    assert naive.json()["errors"][0]["reason"] == "时间没有时区"


def test_a_timeline_holds_everything_newest_first(read: TestClient, login: Login) -> None:
    with db.session_scope() as session:
        for number, event in enumerate(("page_view", "deposit", "login")):
            at = datetime(2026, 2, 1 + number, tzinfo=UTC)
            session.add(
                BehaviourEvent(
                    message_id=f"e{number}", customer_id="C1", event=event, at=at, known_at=at, properties={}
                )
            )
    path = "/v1/customers/C1/timeline"
    rows = read.get(path, headers=login("a1")).json()["items"]
    assert [r["at"] for r in rows] == sorted((r["at"] for r in rows), reverse=True)
    assert {r["kind"] for r in rows} == {"conversation", "opportunity", "event", "browse"}
    assert [r["id"] for r in rows if r["kind"] == "event"] == ["e1"]
    paged: list[str] = []
    cursor = ""
    while cursor is not None:
        page = read.get(f"{path}?limit=2{f'&cursor={cursor}' if cursor else ''}", headers=login("a1")).json()
        paged += [r["id"] for r in page["items"]]
        cursor = page["next_cursor"]
    assert paged == [r["id"] for r in rows]
    only = read.get(f"{path}?kind=event&kind=conversation", headers=login("a1")).json()["items"]
    assert [r["id"] for r in only] == ["K1", "e1"]
    assert read.get(f"{path}?kind=rumour", headers=login("a1")).status_code == 422


def test_opportunities_can_be_filtered(read: TestClient, login: Login) -> None:
    head = login("head")
    every = read.get("/v1/opportunities", headers=head).json()["items"]
    assert [o["due_at"] for o in every] == sorted(o["due_at"] for o in every)
    idle = [o for o in every if o["playbook"] == "idle_funds"]
    assert {o["customer_id"] for o in idle} == {"C1", "C2"}
    assert idle[0]["playbook_label"] == "闲置资金"
    assert idle[0]["state_label"] == "待跟进"

    def found(query: str) -> set[str]:
        return {o["id"] for o in read.get(f"/v1/opportunities?{query}", headers=head).json()["items"]}

    assert found("playbook=idle_funds&advisor=A1") == {o["id"] for o in idle if o["owner_id"] == "A1"}
    assert found("customer=C2") == {o["id"] for o in every if o["customer_id"] == "C2"}
    assert found("branch=B2") == set()
    assert found("state=open&state=won") == {o["id"] for o in every if o["state"] in ("open", "won")}
    assert found(f"id={idle[0]['id']}") == {idle[0]["id"]}
    assert read.get("/v1/opportunities?state=lost", headers=head).status_code == 422


@pytest.mark.parametrize(
    ("due_in", "discharged", "closed", "overdue"),
    [
        (-1, None, None, True),
        (1, None, None, False),
        (-1, -2, None, False),
        (-2, -1, None, True),
        (-1, None, -2, False),
    ],
)
def test_overdue_is_the_same_in_sql_and_in_a_row(
    read: TestClient, login: Login, due_in: int, discharged: int | None, closed: int | None, overdue: bool
) -> None:
    def when(days: int | None) -> datetime | None:
        return None if days is None else now() + timedelta(days=days)

    with db.session_scope() as session:
        for row in session.exec(select(StoredOpportunity)):
            if row.customer_id == "C1" and row.playbook == "idle_funds":
                ident = row.id
                row.due_at = when(due_in) or now()
                row.discharged_at, row.closed_at = when(discharged), when(closed)
            else:
                session.delete(row)
    path = "/v1/opportunities?overdue="
    assert ids(read.get(f"{path}true", headers=login("a1"))) == ([ident] if overdue else [])
    assert ids(read.get(f"{path}false", headers=login("a1"))) == ([] if overdue else [ident])
    (customer,) = read.get("/v1/customers", headers=login("a1")).json()["items"]
    assert customer["overdue_opportunities"] == int(overdue and discharged is None)
    assert customer["open_opportunities"] == 1


@pytest.fixture
def chance(read: TestClient, login: Login) -> str:
    rows = read.get("/v1/opportunities?customer=C1&playbook=idle_funds", headers=login("a1")).json()["items"]
    return str(rows[0]["id"])


def test_an_opportunity_shows_its_words(read: TestClient, login: Login, chance: str) -> None:
    shown = read.get(f"/v1/opportunities/{chance}", headers=login("a1")).json()
    assert (shown["conversation_id"], shown["actions"]) == ("K1", [])
    assert any("五十万" in e["sentence"] for e in shown["evidence"])
    assert shown["causes"]
    for who in ("a2", "pipe"):
        assert read.get(f"/v1/opportunities/{chance}", headers=login(who)).status_code in (403, 404)
    assert code(read.get("/v1/opportunities/nothing", headers=login("a1"))) == "opportunity-unknown"


def test_an_outcome_noted_by_hand_is_self_reported_and_noted_once(read: TestClient, login: Login, chance: str) -> None:
    path, headers = f"/v1/opportunities/{chance}/actions", login("a1") | {"idempotency-key": "k-1"}
    body = {"outcome": "done", "comment": "当面谈过"}
    first = read.post(path, json=body, headers=headers)
    again = read.post(path, json=body, headers=headers)
    assert first.status_code == again.status_code == 200
    assert first.json() == again.json()
    assert (first.json()["state"], first.json()["self_reported"]) == ("discussed", True)
    with db.session_scope() as session:
        assert len(session.exec(select(ManualAction)).all()) == 1
    other = read.post(path, json={"outcome": "refused"}, headers=headers)
    assert (other.status_code, code(other)) == (409, "idempotency-key-reused")
    with db.session_scope() as session:
        assert [a.comment for a in session.exec(select(ManualAction))] == ["当面谈过"]


def test_an_outcome_that_is_none(client: TestClient, login: Login) -> None:
    none: list[Any] = [
        {},
        {"outcome": "won"},
        {"outcome": "done", "comment": "x" * 2001},
        {"outcome": "done", "x": 1},
        [],
    ]
    for body in none:
        answer = client.post("/v1/opportunities/x/actions", json=body, headers=login("a1"))
        assert (answer.status_code, code(answer)) == (422, "request-invalid")


def test_text_that_no_database_holds_is_refused(read: TestClient, login: Login, chance: str) -> None:
    for comment in ("\\u0000", "\\ud800"):
        body = f'{{"outcome": "done", "comment": "{comment}"}}'
        headers = login("a1") | {"content-type": "application/json"}
        answer = read.post(f"/v1/opportunities/{chance}/actions", content=body, headers=headers)
        assert answer.status_code == 422
        assert code(answer) in ("data-refused", "request-invalid")
    with db.session_scope() as session:
        assert session.exec(select(ManualAction)).all() == []


def test_who_may_note_an_outcome(read: TestClient, login: Login, chance: str) -> None:
    for who, status in (("a2", 404), ("law", 403), ("pipe", 403), ("boss", 200)):
        answer = read.post(f"/v1/opportunities/{chance}/actions", json={"outcome": "done"}, headers=login(who))
        assert answer.status_code == status


@pytest.fixture
def tag(read: TestClient, login: Login) -> str:
    rows = read.get("/v1/customers/C1/profile", headers=login("a1")).json()["tags"]
    return quote(next(t["id"] for t in rows if t["tag"] == "funds.idle"), safe="")


def test_a_wrong_tag_disappears_at_once(read: TestClient, login: Login, tag: str) -> None:
    answer = read.post(f"/v1/tags/{tag}/feedback", json={"verdict": "wrong"}, headers=login("a1"))
    assert answer.status_code == 201
    profile = read.get("/v1/customers/C1/profile", headers=login("a1")).json()
    assert [t["status"] for t in profile["tags"] if t["tag"] == "funds.idle"] == ["removed"]


def test_a_corrected_tag_has_the_new_value(read: TestClient, login: Login, tag: str) -> None:
    body = {"verdict": "corrected", "value": {"low": 800000, "high": 800000}}
    headers = login("a1") | {"idempotency-key": "f-1"}
    first = read.post(f"/v1/tags/{tag}/feedback", json=body, headers=headers)
    assert first.json() == read.post(f"/v1/tags/{tag}/feedback", json=body, headers=headers).json()
    profile = read.get("/v1/customers/C1/profile", headers=login("a1")).json()
    active = [t for t in profile["tags"] if t["tag"] == "funds.idle" and t["status"] == "active"]
    assert [t["value"]["low"] for t in active] == [800000]
    with db.session_scope() as session:
        assert len(session.exec(select(TagFeedback)).all()) == 1
        assert len(session.exec(select(AuditEntry).where(AuditEntry.action == "tag.feedback")).all()) == 1


NO_VERDICTS: list[tuple[Any, str]] = [
    ({"verdict": "perhaps"}, "request-invalid"),
    ({"verdict": "corrected"}, "feedback-invalid"),
    ({"verdict": "right", "value": {"low": 1}}, "feedback-invalid"),
    ({"verdict": "corrected", "value": {"colour": "red"}}, "value-invalid"),
    ({}, "request-invalid"),
]


def test_a_verdict_that_is_none(read: TestClient, login: Login, tag: str) -> None:
    for body, expected in NO_VERDICTS:
        answer = read.post(f"/v1/tags/{tag}/feedback", json=body, headers=login("a1"))
        assert (answer.status_code, code(answer)) == (422, expected)


def test_who_may_judge_a_tag(read: TestClient, login: Login, tag: str) -> None:
    for who, status in (("a2", 404), ("law", 403), ("pipe", 403)):
        answer = read.post(f"/v1/tags/{tag}/feedback", json={"verdict": "wrong"}, headers=login(who))
        assert answer.status_code == status
    assert read.post("/v1/tags/none/feedback", json={"verdict": "wrong"}, headers=login("a1")).status_code == 404


def test_the_report_counts_what_one_may_see(read: TestClient, login: Login) -> None:
    path = "/v1/reports/follow-up"
    mine = read.get(path, headers=login("a1")).json()
    assert [row["id"] for row in mine["rows"]] == ["A1"]
    behind = read.get(f"{path}/list?number=opened", headers=login("a1")).json()["items"]
    assert mine["total"]["opened"] == len(behind) > 0
    branch = read.get(f"{path}?group=branch", headers=login("boss")).json()
    assert [row["id"] for row in branch["rows"]] == ["B1"]
    assert branch["total"]["opened"] == 2 * mine["total"]["opened"]
    assert read.get(f"{path}?start=2020-01-01&end=2020-02-01", headers=login("head")).json()["rows"] == []


def test_the_report_as_csv_and_excel(read: TestClient, login: Login) -> None:
    sheet = read.get("/v1/reports/follow-up?format=csv", headers=login("boss"))
    assert sheet.headers["content-disposition"].endswith('.csv"')
    assert "顾问A1" in sheet.content.decode("utf-8-sig")
    book = read.get("/v1/reports/follow-up?format=xlsx", headers=login("boss"))
    assert "xl/workbook.xml" in ZipFile(BytesIO(book.content)).namelist()


NO_REPORTS = {
    "start=2026-03-02&end=2026-03-01": "period-invalid",
    "start=2000-01-01": "period-invalid",
    "end=9999-12-31&start=9999-12-31": "period-invalid",
    "group=city": "request-invalid",
    "format=doc": "request-invalid",
    "start=gestern": "request-invalid",
    "as_of=2026-03-01T00:00:00": "request-invalid",
}


def test_a_report_that_cannot_be_made(client: TestClient, login: Login) -> None:
    for query, expected in NO_REPORTS.items():
        answer = client.get(f"/v1/reports/follow-up?{query}", headers=login("boss"))
        assert (answer.status_code, code(answer)) == (422, expected)


def test_notices_are_for_those_who_may_see_the_customer(read: TestClient, login: Login) -> None:
    at = datetime(2026, 3, 1, tzinfo=UTC)
    with db.session_scope() as session:
        for number in (1, 2):
            row = {
                "kind": "overdue",
                "customer_id": f"C{number}",
                "advisor_id": f"A{number}",
                "due_at": at,
                "made_at": at,
            }
            session.add(Notice(id=f"n{number}", text="逾期未跟进", **row))
    assert ids(read.get("/v1/notices", headers=login("a1"))) == ["n1"]
    page = read.get("/v1/notices?limit=1", headers=login("boss")).json()
    assert [r["id"] for r in page["items"]] == ["n2"]
    assert ids(read.get(f"/v1/notices?cursor={page['next_cursor']}", headers=login("boss"))) == ["n1"]
    assert ids(read.get("/v1/notices?kind=maturity", headers=login("boss"))) == []


def test_an_answer_shows_nothing_but_what_its_model_names(read: TestClient, login: Login, chance: str) -> None:
    shown = json.dumps(read.get(f"/v1/opportunities/{chance}", headers=login("a1")).json())
    assert "computed_at" not in shown
