"""Digging, adherence, the morning list and attribution over HTTP and by command: figures, scope, rights."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlmodel import select
from typer.testing import CliRunner

from api import insight
from api.cli import app
from asr.repository import load_conversation, store_conversation
from dongke import db
from dongke.audit import AuditEntry
from dongke.clock import now
from dongke.directory import set_owner
from dongke.scope import Principal, Role
from dongke.settings import settings
from dongke.types import Conversation, Evidence, Explanation, Polarity, Reading, TagAssertion
from followup import rights as followup_rights
from followup import service
from nlp.pipeline import read
from profiles.identity import service as identity
from profiles.models import BehaviourEvent, StaticSnapshot, StoredAssertion
from profiles.rights.fold import Kind
from profiles.rights.store import Wish
from profiles.tagging import give_feedback, store_reading

Login = Callable[[str], dict[str, str]]
NOW = now()
BANK = {"institution": "招商银行", "institution_type": "bank", "product": None, "low": None, "high": None}
SUM = {**BANK, "low": 500_000, "high": 500_000, "matures_on": (NOW + timedelta(days=20)).date().isoformat()}


def say(
    ident: str, lines: list[str], tags: list[tuple[str, dict[str, Any], int]], *, days: float = -5, **more: Any
) -> None:
    """A call of `lines` ("A: …", "C: …"); `tags`: (tag, value, utterance that proves it)."""
    start = NOW + timedelta(days=days)
    turns = [
        {"speaker": "advisor" if x[0] == "A" else "customer", "text": x[3:], "start": 20 * n, "end": 20 * n + 19}
        for n, x in enumerate(lines)
    ]
    talk = Conversation.from_json(
        {"id": ident, "channel": "call", "started_at": start.isoformat(), "utterances": turns}
    )
    customer, advisor = more.get("customer", "C1"), more.get("advisor", "A1")
    with db.session_scope() as session:
        store_conversation(session, talk, customer_id=customer, advisor_id=advisor)
        stored, _ = load_conversation(session, ident)
        found = tuple(_assertion(talk, *tag) for tag in tags)
        store_reading(session, stored, Reading(found, read(talk).mentions, "test"), read_at=stored.known_at)
        service.refresh(session, customer)


def _assertion(talk: Conversation, tag: str, value: dict[str, Any], index: int) -> TagAssertion:
    turn = talk.utterances[index]
    proof = (Evidence(index, 0, len(turn.text), turn.speaker, turn.text),)
    return TagAssertion(tag, Polarity.AFFIRMED, value, proof, 0.9, Explanation("test", "1", "given"))


def event(ident: str, name: str, *, days: float = -1, customer: str = "C1", **properties: Any) -> None:
    at = NOW + timedelta(days=days)
    with db.session_scope() as session:
        session.add(
            BehaviourEvent(
                message_id=ident, customer_id=customer, event=name, at=at, known_at=at, properties=properties
            )
        )


def on_file(customer: str, **data: Any) -> None:
    at = NOW - timedelta(days=30)
    with db.session_scope() as session:
        data = {"risk_level": "C4", "questionnaire_on": at.date().isoformat(), "investment_term": "long"} | data
        session.add(StaticSnapshot(id=f"F{customer}", customer_id=customer, effective_at=at, known_at=at, data=data))


def refuse(customer: str, purpose: str) -> None:
    with db.session_scope() as session:
        wish = Wish(kind=Kind.CONSENT, subject=purpose, status="denied")
        followup_rights.exercise(session, customer, wish, by="test")


@pytest.fixture
def told(broker: None) -> None:
    """C1 (A1): 50万 at 招行, a plan not told. C3 (A3): the same at his own branch."""
    on_file("C1")
    on_file("C3")
    lines = ["A: 您别处还有理财吗?", "C: 招行有五十万, 快到期了。", "A: 好的。"]
    say("K1", lines, [("assets.external", SUM, 1)])
    say("K3", lines, [("assets.external", SUM, 1)], customer="C3", advisor="A3")


def test_the_ladder_with_its_words(client: TestClient, login: Login, told: None) -> None:
    page = client.get("/v1/insight/digging", headers=login("a1")).json()
    (customer,) = page["items"]
    (asset,) = customer["assets"]
    assert (customer["customer_id"], customer["advisor_id"], page["next_cursor"]) == ("C1", "A1", None)
    assert [s["rung"] for s in asset["steps"]] == ["mention", "institution", "amount", "maturity"]
    assert {s["quote"] for s in asset["steps"]} == {"招行有五十万, 快到期了。"}
    assert (asset["missing"], asset["stage"], asset["text"]) == ("kind", "known", "招商银行 50万元")
    assert client.get("/v1/insight/digging/customers/C1", headers=login("a1")).json()["assets"] == [asset]


def test_pages_of_customers(client: TestClient, login: Login, told: None) -> None:
    head = login("head")
    first = client.get("/v1/insight/digging?limit=1", headers=head).json()
    second = client.get(f"/v1/insight/digging?limit=1&cursor={first['next_cursor']}", headers=head).json()
    assert [first["items"][0]["customer_id"], second["items"][0]["customer_id"]] == ["C1", "C3"]
    assert second["next_cursor"] is None
    assert client.get("/v1/insight/digging?cursor=x", headers=head).status_code == 422


def test_known_but_untouched(client: TestClient, login: Login, told: None) -> None:
    found = client.get("/v1/insight/digging/untouched", headers=login("boss")).json()
    assert (found["count"], found["total"]["low"], found["items"][0]["customer_id"]) == (1, 500_000, "C1")
    assert found["items"][0]["quote"] == "招行有五十万, 快到期了。"
    assert client.get("/v1/insight/digging/untouched", headers=login("head")).json()["count"] == 2
    assert client.get("/v1/insight/digging/untouched?within=1", headers=login("head")).json()["count"] == 0
    assert client.get("/v1/insight/digging/untouched?branch=B2", headers=login("head")).json()["count"] == 1
    say("K2", ["A: 招行那笔到期了可以转到我们这边做收益凭证。", "C: 嗯, 收益多少?", "A: 三个点。"], [], days=-2)
    assert client.get("/v1/insight/digging/untouched", headers=login("boss")).json()["count"] == 0


def test_money_whose_maturity_nobody_knows_on_request(client: TestClient, login: Login, told: None) -> None:
    other = {**BANK, "institution": "工商银行", "low": 1e5, "high": 1e5}
    say("K4", ["A: 还有吗?", "C: 工行有十万。"], [("assets.external", other, 1)])
    assert client.get("/v1/insight/digging/untouched", headers=login("a1")).json()["count"] == 1
    both = client.get("/v1/insight/digging/untouched?undated=true", headers=login("a1")).json()
    assert [row["trading_days"] is None for row in both["items"]] == [False, True]


def test_a_corrected_maturity_is_on_the_list_by_its_new_day(client: TestClient, login: Login, told: None) -> None:
    soon = (NOW + timedelta(days=3)).date().isoformat()
    assert client.get("/v1/insight/digging/untouched?within=4", headers=login("head")).json()["count"] == 0
    with db.session_scope() as session:
        row = session.exec(select(StoredAssertion).where(StoredAssertion.conversation_id == "K1")).one()
        give_feedback(session, Principal("root", Role.ADMIN), row.id, "corrected", {**SUM, "matures_on": soon})
    found = client.get("/v1/insight/digging/untouched?within=4", headers=login("head")).json()
    assert [(row["customer_id"], row["matures_on"]) for row in found["items"]] == [("C1", soon)]


def test_what_is_too_much_for_one_answer_says_how_to_ask(
    client: TestClient, login: Login, told: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(insight, "MAX_TALKS", 1)
    monkeypatch.setattr(insight, "MAX_PEOPLE", 1)
    for path in ("adherence", "digging/scores", "digging/untouched"):
        whole = client.get(f"/v1/insight/{path}", headers=login("head"))
        assert (whole.status_code, whole.json()["type"]) == (422, "urn:dongke:scope-too-large"), path
        assert "请" in whole.json()["detail"]
        assert client.get(f"/v1/insight/{path}?advisor=A1", headers=login("head")).status_code == 200, path


def test_scores_by_advisor_with_their_lists(client: TestClient, login: Login, told: None) -> None:
    event("E1", "transfer_in", amount=500_000, institution="招商银行")
    (row,) = client.get("/v1/insight/digging/scores", headers=login("a1")).json()["advisors"]
    assert (row["contacts"], row["rungs"], row["per_contact"], row["conversation_ids"]) == (1, 4, 4.0, ["K1"])
    assert row["converted"] == {"yuan": 500_000, "assets": [row["won"][0]["asset"]]}
    assert (row["discovered"]["low"], row["untouched"]["low"]) == (500_000, 0)


def test_a_deleted_tag_and_a_refusal_take_it_off_the_board(client: TestClient, login: Login, told: None) -> None:
    refuse("C1", "marketing")
    assert client.get("/v1/insight/digging", headers=login("a1")).json()["items"] == []
    assert client.get("/v1/insight/digging/customers/C1", headers=login("a1")).json()["assets"] == []
    assert client.get("/v1/insight/digging/untouched", headers=login("head")).json()["count"] == 1


def test_a_merged_customer_has_one_ladder_of_both_ids(client: TestClient, login: Login, told: None) -> None:
    with db.session_scope() as session:
        set_owner(session, "C9", "A3", NOW - timedelta(days=90))
    more = [("assets.external", {**SUM, "low": 6e5, "high": 6e5}, 1)]
    say("K9", ["A: 招行那笔多少?", "C: 招行六十万。"], more, days=-3, customer="C9", advisor="A3")
    with db.session_scope() as session:
        identity.merge(session, "C1", "C9", NOW - timedelta(days=1), "test")
    found = client.get("/v1/insight/digging", headers=login("a1")).json()["items"]
    assert [(c["customer_id"], [a["value"]["low"] for a in c["assets"]]) for c in found] == [("C1", [600_000])]
    assert [c["customer_id"] for c in client.get("/v1/insight/digging", headers=login("head")).json()["items"]] == [
        "C1",
        "C3",
    ]


PITCH = [
    "A: 我推荐您看看这款债基, 久期两年, 近一年收益百分之三。",
    "C: 哦, 这样啊。",
    "A: 费率千分之五。",
    "C: 我想想。",
]


def test_one_talk_is_judged_by_what_the_customer_told_of_himself(client: TestClient, login: Login, told: None) -> None:
    say("K5", PITCH, [])
    unknown = client.get("/v1/insight/adherence/conversations/K5", headers=login("a1")).json()
    assert (unknown["score"], unknown["level_label"], unknown["deductions"]) == (None, "经验未知", [])
    assert [t["term"] for t in unknown["facts"]["jargon"]] == ["久期"]
    say("K6", ["A: 您好。", "C: 我刚开户什么都不懂。"], [("experience.level", {"level": "novice"}, 1)], days=-6)
    novice = client.get("/v1/insight/adherence/conversations/K5", headers=login("a1")).json()
    assert novice["level"] == "novice"
    assert {d["rule"] for d in novice["deductions"]} == {"unexplained", "risk_first", "check_back"}
    assert all(d["quotes"] for d in novice["deductions"])
    assert novice["facts"]["interaction"]["basis"] == "time"


def test_what_he_tells_later_judges_no_earlier_talk(client: TestClient, login: Login, told: None) -> None:
    say("K5", PITCH, [])
    say("K6", ["A: 您好。", "C: 我炒了十几年股。"], [("experience.level", {"level": "experienced"}, 1)], days=-1)
    assert client.get("/v1/insight/adherence/conversations/K5", headers=login("a1")).json()["level"] is None
    assert client.get("/v1/insight/adherence/conversations/K6", headers=login("a1")).json()["level"] == "experienced"


def test_adherence_by_advisor(client: TestClient, login: Login, told: None) -> None:
    say("K6", ["A: 您好。", "C: 我刚开户什么都不懂。"], [("experience.level", {"level": "novice"}, 1)], days=-6)
    say("K5", PITCH, [])
    rows = client.get("/v1/insight/adherence", headers=login("head")).json()["advisors"]
    assert [(r["advisor_id"], r["novice"]["n"], r["unscored"]) for r in rows] == [("A1", 3, []), ("A3", 0, ["K3"])]
    assert [m["conversation_id"] for m in rows[0]["moments"]] == ["K5", "K5"]
    mine = client.get("/v1/insight/adherence?advisor=A3", headers=login("head")).json()["advisors"]
    assert [r["advisor_id"] for r in mine] == ["A3"]
    assert client.get("/v1/insight/adherence?branch=B2", headers=login("head")).json()["advisors"] == mine
    assert client.get("/v1/insight/adherence?start=2020-01-01", headers=login("head")).status_code == 422


def test_who_refuses_a_profile_has_no_card_and_who_refuses_the_analysis_nothing(
    client: TestClient, login: Login, told: None
) -> None:
    say("K6", ["A: 您好。", "C: 我刚开户什么都不懂。"], [("experience.level", {"level": "novice"}, 1)], days=-6)
    refuse("C1", "profiling")
    assert client.get("/v1/insight/adherence/conversations/K6", headers=login("a1")).json()["level"] is None
    refuse("C1", "analysis")
    answer = client.get("/v1/insight/adherence/conversations/K6", headers=login("a1"))
    assert (answer.status_code, answer.json()["type"]) == (404, "urn:dongke:analysis-refused")
    assert client.get("/v1/insight/adherence?advisor=A1", headers=login("head")).json()["advisors"] == []


def test_the_morning_list(client: TestClient, login: Login, told: None) -> None:
    found = client.get("/v1/advisors/A1/morning", headers=login("a1")).json()
    (item,) = found["items"]
    assert (item["customer_id"], item["playbook"], found["blocked"]) == ("C1", "external_assets", None)
    assert [f["name"] for f in item["factors"]][:2] == ["value", "certainty"]
    assert all(f["reason"] for f in item["factors"])


def test_what_is_not_on_the_list_and_why(client: TestClient, login: Login, told: None) -> None:
    wish = [("intent.permission", {"permission": "star"}, 1)]
    say("K7", ["A: 您说。", "C: 我想开科创板权限。"], wish, customer="C2", advisor="A2")
    blocked = client.get("/v1/advisors/A2/morning?blocked=true", headers=login("a2")).json()
    assert (blocked["items"], blocked["blocked_count"]) == ([], 1)
    assert (blocked["blocked"][0]["kind"], blocked["blocked"][0]["label"]) == ("suitability", "权限开通")
    refuse("C1", "marketing")
    rights = client.get("/v1/advisors/A1/morning?blocked=true", headers=login("a1")).json()["blocked"]
    assert [(b["kind"], b["opportunity_id"]) for b in rights] == [("rights", None)]


def test_a_random_holdout_is_left_out_and_measured(
    client: TestClient, login: Login, told: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "holdouts.yaml"
    first, last = (NOW - timedelta(days=20)).date(), (NOW + timedelta(days=5)).date()
    salt = next(s for s in map(str, range(99)) if _holds("C1", s) and not _holds("C3", s))
    path.write_text(
        f"holdouts: [{{name: 实验, salt: '{salt}', share: 0.5, unit: household, playbooks: [external_assets],"
        f" starts_on: {first}, ends_on: {last}}}]",
        encoding="utf-8",
    )
    monkeypatch.setenv("DONGKE_HOLDOUTS_FILE", str(path))
    settings.cache_clear()
    found = client.get("/v1/advisors/A1/morning?blocked=true", headers=login("a1")).json()
    (blocked,) = found["blocked"]
    assert (blocked["kind"], blocked["reason"]) == ("holdout", "随机对照组 (实验): 实验期间不主动联系")
    event("E1", "transfer_in", amount=300_000, customer="C3")
    (row,) = client.get("/v1/insight/attribution", headers=login("head")).json()["experiments"]
    assert (row["treated_n"], row["holdout_n"], row["effect"], row["low"]) == (1, 1, 300_000, None)
    assert "太少" in row["text"]


def _holds(unit: str, salt: str) -> bool:
    from followup.attribution import draw

    return draw(unit, salt) < 0.5


def test_attribution_side_by_side_and_no_cause_without_a_holdout(client: TestClient, login: Login, told: None) -> None:
    event("E1", "transfer_in", amount=300_000)
    event("E2", "withdraw", amount=100_000)
    event("E3", "deposit", amount=70_000, customer="C3", days=-20)
    event("E4", "deposit", amount=999, days=-300)
    found = client.get("/v1/insight/attribution", headers=login("head")).json()
    assert (found["total"], found["notice"][:6]) == (270_000, "相关,非因果")
    rows = {r["key"]: (r["label"], r["credit"]["first"], r["conversation_ids"]) for r in found["lines"]}
    assert rows == {"A1": ("顾问A1", 200_000, ["K1"]), "": ("此前没有触达", 70_000, [])}
    by_tag = client.get("/v1/insight/attribution?by=tag", headers=login("a1")).json()["lines"]
    assert [(r["label"], r["credit"]["linear"]) for r in by_tag] == [("外部资产", 200_000)]
    event("E5", "permission_opened", permission="star")
    opened = client.get("/v1/insight/attribution?outcome=permissions&by=channel", headers=login("a1")).json()
    assert [(r["label"], r["credit"]["last"]) for r in opened["lines"]] == [("电话", 1)]


@pytest.mark.parametrize(
    ("path", "who", "status"),
    [
        ("/v1/insight/digging/customers/C3", "a1", 404),
        ("/v1/insight/digging/customers/C3", "boss", 404),
        ("/v1/insight/digging/customers/C3", "law", 200),
        ("/v1/insight/adherence/conversations/K3", "a1", 404),
        ("/v1/insight/adherence/conversations/none", "root", 404),
        ("/v1/advisors/A3/morning", "a1", 404),
        ("/v1/advisors/A2/morning", "a1", 404),
        ("/v1/advisors/A2/morning", "boss", 200),
        ("/v1/advisors/A3/morning", "boss", 404),
        ("/v1/advisors/none/morning", "root", 404),
        ("/v1/advisors/A1/morning", "pipe", 403),
        ("/v1/insight/digging", "pipe", 403),
        ("/v1/insight/attribution?by=moon", "root", 422),
        ("/v1/advisors/A1/morning?at=9999-12-31T23:59:59-08:00", "root", 422),
        ("/v1/advisors/A1/morning?at=0001-01-01T00:00:00%2B08:00", "root", 422),
        ("/v1/insight/digging/scores?end=0001-01-01", "root", 422),
        ("/v1/insight/attribution?start=2026-02-01&end=2026-01-01", "root", 422),
    ],
)
def test_who_reads_what(client: TestClient, login: Login, told: None, path: str, who: str, status: int) -> None:
    answer = client.get(path, headers=login(who))
    assert answer.status_code == status, answer.text


def test_reading_is_on_record(client: TestClient, login: Login, told: None) -> None:
    for path in (
        "/v1/insight/digging/customers/C1",
        "/v1/insight/adherence/conversations/K1",
        "/v1/advisors/A1/morning",
        "/v1/insight/attribution",
    ):
        assert client.get(path, headers=login("a1")).status_code == 200
    with db.session_scope() as session:
        actions = {(row.action, row.target) for row in session.exec(select(AuditEntry))}
    assert {("digging.read", "C1"), ("adherence.read", "K1"), ("morning.read", "A1")} <= actions
    assert ("report.read", "attribution/advisor") in actions


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (["morning", "A1", "--blocked"], "1. C1 外部资产"),
        (["digging"], "外部资产深挖"),
        (["digging", "--untouched"], "已知未动 2 笔, 100万元"),
        (["adherence"], "服务策略执行"),
        (["adherence", "K1"], "会话 K1: 经验未知, 不评分 客户的投资经验未知, 不评分, 只列事实"),
        (["attribution", "--by", "tag"], "相关,非因果"),
    ],
)
def test_the_command_line(told: None, call: list[str], words: str) -> None:
    answer = CliRunner().invoke(app, ["insight", *call], catch_exceptions=False)
    assert answer.exit_code == 0
    assert words in answer.output


@pytest.mark.parametrize(
    ("call", "code"),
    [
        (["morning", "nobody"], "advisor-unknown"),
        (["adherence", "nothing"], "conversation-unknown"),
        (["digging", "--start", "soon"], "date-invalid"),
        (["attribution", "--by", "moon"], "dimension-unknown"),
        (["attribution", "--outcome", "moon"], "outcome-unknown"),
        (["morning", "A1", "--at", "2026-06-01T09:00"], "time-naive"),
    ],
)
def test_a_wrong_call_says_what_is_wrong(told: None, call: list[str], code: str) -> None:
    answer = CliRunner().invoke(app, ["insight", *call])
    assert answer.exit_code != 0
    assert code in str(getattr(answer.exception, "code", answer.exception))
