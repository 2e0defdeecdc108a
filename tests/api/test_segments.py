"""Segments over HTTP: two ways to say a condition, previews, saved segments, scope, rights, export, maturities."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient

from api import pipeline
from dongke import db
from dongke.clock import TradingCalendar, beijing, now
from dongke.directory import Customer
from profiles.behaviour.intake import take_events
from profiles.identity import persons
from profiles.rights import store as rights_store
from profiles.rights.fold import Kind
from profiles.snapshots import take_snapshots

Talk = Callable[..., dict[str, Any]]
Login = Callable[[str], dict[str, str]]

IDLE = "闲置资金不低于20万元"


def code(answer: Any) -> str:
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    return str(answer.json()["type"]).removeprefix("urn:dongke:")


@pytest.fixture
def house(client: TestClient, login: Login, talk: Talk) -> TestClient:
    """C1 (A1) and C2 (A2) have 500,000 idle; C3 (A3) has said nothing. C1 may be offered R3."""
    when = (now() - timedelta(days=1)).isoformat()
    rows = [talk("K1", started_at=when), talk("K2", customer_id="C2", advisor_id="A2", started_at=when)]
    client.post("/v1/conversations", json=rows, headers=login("pipe"))
    with db.session_scope() as session:
        for ident in ("K1", "K2"):
            pipeline.process_conversation(session, ident)
        asked = (now() - timedelta(days=30)).date().isoformat()
        take_snapshots(session, [{"customer_id": "C1", "risk_level": "C3", "questionnaire_on": asked}])
        session.get_one(Customer, "C1").name = "=HYPERLINK(1)"
    return client


def preview(client: TestClient, headers: dict[str, str], **body: Any) -> Any:
    return client.post("/v1/segments/preview", json=body, headers=headers)


def members(answer: Any) -> list[str]:
    return [row["customer_id"] for row in answer.json()["items"]]


def test_the_vocabulary_tells_a_page_all_it_needs(client: TestClient, login: Login) -> None:
    told = client.get("/v1/segments/vocabulary", headers=login("a1")).json()
    idle = next(a for a in told["attributes"] if a["id"] == "tag.funds.idle")
    assert (idle["label"], idle["group"], idle["kind"]) == ("闲置资金", "口头标签", "collection")
    amount = next(f for f in idle["fields"] if f["name"] == "amount")
    assert (amount["type"], amount["unit"]) == ("money", "元")
    assert set(told["types"]["money"]["operators"]) == {"at_least", "at_most", "above", "below", "known"}
    assert {f["type"] for a in told["attributes"] for f in a["fields"]} <= set(told["types"])


def test_a_condition_is_said_in_two_ways(client: TestClient, login: Login) -> None:
    words = f"{IDLE}, 且 (生命周期是预流失 或 外部资产在30天内到期), 且没有逾期商机"
    told = client.post("/v1/segments/translate", json={"sentence": words}, headers=login("a1")).json()
    assert told["sentence"] == words
    again = client.post("/v1/segments/translate", json={"tree": told["tree"]}, headers=login("a1")).json()
    assert again == told


def test_what_cannot_be_read_is_told_with_its_place(client: TestClient, login: Login) -> None:
    wrong = client.post("/v1/segments/translate", json={"sentence": "生命周期是预留失"}, headers=login("a1"))
    assert (wrong.status_code, code(wrong)) == (422, "segment-sentence-invalid")
    assert wrong.json()["detail"].startswith("第 5 个字 “是预留失”")
    tree = {"all": [{"attribute": "x"}, {"attribute": "tag.funds.idle", "where": {"amount": {"at_least": "a"}}}]}
    wrong = client.post("/v1/segments/translate", json={"tree": tree}, headers=login("a1"))
    assert code(wrong) == "segment-attribute-unknown"
    assert [e["where"] for e in wrong.json()["errors"]] == ["/all/0/attribute", "/all/1/where/amount"]
    for body in ({}, {"tree": {"all": []}, "sentence": "全部客户"}):
        assert code(client.post("/v1/segments/translate", json=body, headers=login("a1"))) == "request-invalid"


@pytest.mark.parametrize(
    ("who", "seen"),
    [("a1", ["C1"]), ("a2", ["C2"]), ("boss", ["C1", "C2"]), ("head", ["C1", "C2"]), ("law", ["C1", "C2"])],
)
def test_everybody_previews_his_own_customers(house: TestClient, login: Login, who: str, seen: list[str]) -> None:
    answer = preview(house, login(who), sentence=IDLE)
    assert (answer.json()["count"], members(answer)) == (len(seen), seen)
    assert "50万元" in answer.json()["items"][0]["because"]
    assert preview(house, login("pipe"), sentence=IDLE).status_code == 403


def test_the_complement_holds_the_rest(house: TestClient, login: Login) -> None:
    assert members(preview(house, login("head"), sentence="没有闲置资金")) == ["C3"]
    assert members(preview(house, login("head"), sentence="全部客户")) == ["C1", "C2", "C3"]


def test_a_list_that_suggests_says_who_may_be_offered_it(house: TestClient, login: Login) -> None:
    answer = preview(house, login("head"), sentence=IDLE, suggests="R3").json()
    found = {row["customer_id"]: row["suitability"] for row in answer["items"]}
    assert found["C1"]["status"] == "allowed"
    assert (found["C2"]["status"], found["C2"]["rule"]) == ("blocked", "questionnaire.level")
    by_product = preview(house, login("head"), sentence=IDLE, suggests="private_fund").json()["items"]
    assert {row["suitability"]["status"] for row in by_product} == {"blocked"}
    for row in [*answer["items"], *by_product]:
        assert row["suitability"]["rule_version"]
        assert row["suitability"]["text"]
    assert code(preview(house, login("head"), sentence=IDLE, suggests="moon")) == "suggestion-unknown"


@pytest.mark.parametrize(
    ("age", "suggests", "rule"),
    [(16, "R1", "person.minor"), (16, "equity_fund", "person.minor"), (72, "R4", "person.elder"),
     (72, "equity_fund", "person.elder"), (72, "R3", "matrix.allowed"), (44, "R5", "matrix.allowed")],
)  # fmt: skip
def test_a_risk_class_is_decided_as_a_product_is(
    house: TestClient, login: Login, age: int, suggests: str, rule: str
) -> None:
    with db.session_scope() as session:
        asked = (now() - timedelta(days=3)).date().isoformat()
        file = {"customer_id": "C1", "risk_level": "C5", "questionnaire_on": asked, "age": str(age)}
        take_snapshots(session, [file])
    found = preview(house, login("a1"), sentence=IDLE, suggests=suggests).json()["items"]
    assert [row["suitability"]["rule"] for row in found] == [rule]
    asked_for = f"可推荐的产品风险含{suggests}" if suggests.startswith("R") else "可以推荐产品"
    is_in = members(preview(house, login("a1"), sentence=asked_for)) == ["C1"]
    assert is_in is (rule == "matrix.allowed" or (suggests == "equity_fund" and age > 18))


def test_why_in_and_why_not(house: TestClient, login: Login) -> None:
    body = {"sentence": f"{IDLE}, 且账户现金不低于1万元", "customer_id": "C1"}
    told = house.post("/v1/segments/explain", json=body, headers=login("a1")).json()
    assert told["is_member"] is False
    first, second = told["finding"]["parts"]
    assert (first["is_met"], "50万元" in first["actual"]) == (True, True)
    assert (second["is_met"], second["actual"], told["because"]) == (False, "没有记录", "账户现金不低于1万元: 没有记录")
    other = house.post("/v1/segments/explain", json=body | {"customer_id": "C2"}, headers=login("a1"))
    assert (other.status_code, code(other)) == (404, "customer-unknown")


def save(client: TestClient, headers: dict[str, str], name: str = "有闲钱", **body: Any) -> Any:
    return client.post("/v1/segments", json={"name": name, "sentence": IDLE} | body, headers=headers)


def test_a_segment_is_saved_once_changed_and_deleted(house: TestClient, login: Login) -> None:
    headers = login("a1") | {"Idempotency-Key": "x"}
    made = save(house, headers)
    assert (made.status_code, made.json()["version"], made.json()["owner"]) == (201, 1, "a1")
    assert save(house, headers).json() == made.json()
    path = f"/v1/segments/{made.json()['id']}"
    assert len(house.get("/v1/segments", headers=login("a2")).json()["items"]) == 1
    body = {"name": "有闲钱", "sentence": "有闲置资金", "version": 1}
    assert code(house.put(path, json=body, headers=login("a2"))) == "segment-foreign"
    assert house.put(path, json=body, headers=login("a1")).json()["version"] == 2
    assert code(house.put(path, json=body, headers=login("a1"))) == "segment-changed"
    assert code(house.delete(path, headers=login("law"))) == "role-forbidden"
    assert house.delete(path, headers=login("a1")).status_code == 204
    assert code(house.get(path, headers=login("a1"))) == "segment-unknown"


def test_who_enters_and_leaves_is_on_record_with_the_reason(house: TestClient, login: Login) -> None:
    ident = save(house, login("head")).json()["id"]
    path = f"/v1/segments/{ident}/changes"
    first = house.get(path, headers=login("head")).json()
    assert [(c["customer_id"], c["change"]) for c in first["items"]] == [("C1", "entered"), ("C2", "entered")]
    assert "50万元" in first["items"][0]["because"]
    with db.session_scope() as session:
        bought = {"side": "buy", "product": "bond_fund", "amount": 400_000}
        row = {"message_id": "m1", "customer_id": "C1", "event": "trade", "at": now().isoformat()}
        take_events(session, [row | {"properties": bought}], now())
    resume = f"{path}?cursor={first['resume_cursor']}"
    later = house.get(resume, headers=login("head")).json()
    assert [(c["customer_id"], c["change"]) for c in later["items"]] == [("C1", "left")]
    assert "买入" in later["items"][0]["because"]
    assert house.get(resume, headers=login("a2")).json()["items"] == []
    assert house.get(f"/v1/segments/{ident}/members", headers=login("a1")).json()["items"] == []


def test_members_come_in_pages(house: TestClient, login: Login) -> None:
    with db.session_scope() as session:
        session.add_all([Customer(id=f"D{n}", advisor_id="A1") for n in range(7)])
    ident = save(house, login("a1"), sentence="没有闲置资金").json()["id"]
    found, cursor = [], ""
    while cursor is not None:
        page = house.get(f"/v1/segments/{ident}/members?limit=3{cursor}", headers=login("a1")).json()
        found += [m["customer_id"] for m in page["items"]]
        cursor = f"&cursor={page['next_cursor']}" if page["next_cursor"] else None
    assert found == [f"D{n}" for n in range(7)]


def test_an_export_holds_no_formula(house: TestClient, login: Login) -> None:
    ident = save(house, login("head"), suggests="R3").json()["id"]
    answer = house.get(f"/v1/segments/{ident}/export", headers=login("head"))
    assert answer.headers["content-type"].startswith("text/csv")
    text = answer.content.decode("utf-8-sig")
    assert text.splitlines()[0] == "客户号,姓名,投资顾问,投资顾问号,入选原因,适当性,规则"
    assert "C1,'=HYPERLINK(1),顾问A1,A1," in text
    assert house.get(f"/v1/segments/{ident}/export", headers=login("a2")).text.count("\n") == 2


@pytest.mark.parametrize(
    "wish",
    [
        rights_store.Wish(kind=Kind.CONSENT, subject="profiling", status="denied", source="口头"),
        rights_store.Wish(kind=Kind.STATE, status="restricted", source="书面", reason="争议"),
        rights_store.Wish(kind=Kind.STATE, status="erased", source="书面", reason="请求"),
    ],
    ids=["refused", "restricted", "erased"],
)
def test_who_may_not_be_profiled_is_nowhere(house: TestClient, login: Login, wish: rights_store.Wish) -> None:
    head = login("head")
    ident = save(house, head, sentence="全部客户").json()["id"]
    assert len(house.get(f"/v1/segments/{ident}/members", headers=head).json()["items"]) == 3
    with db.session_scope() as session:
        rights_store.record(session, "C1", wish, by="law")
    assert members(preview(house, head, sentence="全部客户")) == ["C2", "C3"]
    for path in ("members", "changes", "export"):
        assert "C1" not in house.get(f"/v1/segments/{ident}/{path}", headers=head).text
    told = house.get(f"/v1/segments/{ident}/explain/C1", headers=head)
    assert (told.status_code, code(told)) == (404, "customer-unknown")


def test_a_deleted_tag_is_gone_at_once(house: TestClient, login: Login) -> None:
    assert members(preview(house, login("a1"), sentence=IDLE)) == ["C1"]
    with db.session_scope() as session:
        wish = rights_store.Wish(kind=Kind.TAG, subject="funds.idle", status="deleted", source="口头")
        rights_store.record(session, "C1", wish, by="law")
    assert members(preview(house, login("a1"), sentence=IDLE)) == []


def test_a_merged_customer_is_one_member_until_unmerged(house: TestClient, login: Login) -> None:
    head = login("head")
    with db.session_scope() as session:
        persons.merge(session, "C1", "C2", now() - timedelta(minutes=1), "root", reason="同一人")
    assert members(preview(house, head, sentence=IDLE)) == ["C1"]
    body = {"sentence": IDLE, "customer_id": "C2"}
    assert house.post("/v1/segments/explain", json=body, headers=head).json()["customer_id"] == "C1"
    with db.session_scope() as session:
        persons.unmerge(session, "C1", "C2", now(), "root", reason="不是")
    assert members(preview(house, head, sentence=IDLE)) == ["C1", "C2"]


def test_maturities_in_trading_days_until_bought(house: TestClient, login: Login) -> None:
    calendar, today = TradingCalendar(), beijing(now()).date()
    on = {n: calendar.add_days(today, n) for n in (3, 5, 7)}
    with db.session_scope() as session:
        for number, (who, left) in enumerate([("C1", 7), ("C2", 3), ("C1", 5)]):
            properties = {"side": "buy", "product": "deposit", "amount": 100_000, "matures_on": on[left].isoformat()}
            row = {"message_id": f"m{number}", "customer_id": who, "event": "trade", "properties": properties}
            take_events(session, [row | {"at": (now() - timedelta(days=60)).isoformat()}], now())
    path = "/v1/segments/maturities"
    found = house.get(f"{path}?suggests=R3", headers=login("head")).json()["items"]
    assert [(m["customer_id"], m["trading_days_left"], m["source"]) for m in found] == [
        ("C2", 3, "own"),
        ("C1", 7, "own"),
    ]
    assert found[0]["suitability"]["status"] == "blocked"
    assert members(house.get(path, headers=login("a1"))) == ["C1"]
    page = house.get(f"{path}?limit=1", headers=login("head")).json()
    assert members(house.get(f"{path}?cursor={page['next_cursor']}", headers=login("head"))) == ["C1"]
    with db.session_scope() as session:
        properties = {"side": "buy", "product": "bond_fund", "amount": 90_000}
        row = {"message_id": "m9", "customer_id": "C2", "event": "trade", "at": now().isoformat()}
        take_events(session, [row | {"properties": properties}], now())
    assert members(house.get(path, headers=login("head"))) == ["C1"]


def send(client: TestClient, headers: dict[str, str], path: str, **body: Any) -> Any:
    """As bytes: what no well-behaved client would send."""
    told = headers | {"Content-Type": "application/json"}
    return client.post(f"/v1/segments{path}", content=json.dumps(body), headers=told)


@pytest.mark.parametrize("bad", [15, "24:59", "１５:３０", {"x": 1}, [], None, 10**400, float("nan"), "\ud800"])
def test_a_bad_operand_is_a_problem_wherever_a_tree_is_taken(client: TestClient, login: Login, bad: Any) -> None:
    tree = {"attribute": "tag.contact.time", "where": {"from": {"at_least": bad}}}
    for path, more in (("/translate", {}), ("/preview", {}), ("/explain", {"customer_id": "C1"}), ("", {"name": "x"})):
        answer = send(client, login("a1"), path, tree=tree, **more)
        assert (answer.status_code, code(answer)) == (422, "segment-operand-invalid"), path


def test_garbage_is_a_problem(client: TestClient, login: Login) -> None:
    deep: Any = {"all": []}
    for _ in range(40):
        deep = {"not": deep}
    rows: list[Any] = [[], "x", 1, {"any": []}, {"all": 1}, {"attribute": 1}, {"attribute": "file.age"}, deep]
    rows += [{"a": "\0"}, {"attribute": "\ud800"}, {"all": [], "\ud800": 1}, {"attribute": "file.age", "\ud800": 1}]
    for tree in rows:
        answer = send(client, login("a1"), "/preview", tree=tree)
        assert answer.status_code == 422, tree
        assert code(answer).startswith("segment-"), tree
    assert send(client, login("a1"), "/preview", sentence="\ud800").status_code == 422
    for words in ("", "(", "((((", "并非" * 50, "闲置资金(", "闲置资金(强度不低于9)", "，" * 100, "生命周期是“"):
        assert preview(client, login("a1"), sentence=words).status_code == 422, words
