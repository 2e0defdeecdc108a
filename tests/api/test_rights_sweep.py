"""After a right is exercised nothing shows it: a sweep over every GET route, the exports of the command line, the jobs.

One customer is given words, sounds, deeds and files that nobody else has. Before, the sweep finds each of these marks;
after, none that the right covers. New routes are swept by themselves: one that cannot be filled fails the test.
"""

import io
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from fastapi.testclient import TestClient
from sqlmodel import Session, col, select
from typer.testing import CliRunner

from api import pipeline
from api.cli import app as cli
from api.labels import DEMO_MODEL
from asr.models import Recording, RecordingState, StoredConversation
from dongke import db
from dongke.audit import AuditEntry
from dongke.clock import beijing, now
from dongke.directory import Customer, set_owner
from dongke.settings import settings
from followup import schedule
from followup.models import Notice, StoredOpportunity
from followup.reports import storing
from profiles.identity import service as identity
from profiles.models import Identifier, StoredAssertion

WHO, KIN, TALK, SOUND = "KH7788", "C1", "TALK7788", "REC7788"
NAME, PHONE = "瞿玄鹤", "139" + "7788" + "6655"
IDLE, BANK, FAMILY = "五十万闲着", "邮储银行", "孩子明年要出国"
DEED, PAGE, NOTE = "volcano_view", "火山岩专区", "青铜鼎"
ASSETS, COMMENT, NOISE = "7654321", "琥珀备注", "SOUND-OF-7788"
SENTENCE = "外部资产不低于1万元 或 闲置资金不低于1万元"
#: optional questions that make a route tell more
ASKED = {
    "/v1/customers": ["?search=瞿"],
    "/v1/customers/{customer_id}/profile": ["?as_of={past}&known_at={now}", "?fields=tags,three_lines"],
    "/v1/customers/{customer_id}/suitability-evidence": ["?format=zip", "?as_of={past}&known_at={past}"],
    "/v1/customers/{customer_id}/timeline": ["?kind=browse&kind=event", "?kind=feedback", "?limit=200"],
    "/v1/notices": ["?limit=200"],
    "/v1/opportunities": [f"?customer={WHO}", "?limit=200"],
    "/v1/reports/follow-up": ["?format=csv", "?format=xlsx", "?group=playbook", "?as_of={now}"],
    "/v1/reports/follow-up/list": [
        *("?number=opened&as_of={now}", "?number=overdue", "?number=voice:", "?number=dig_rungs"),
        *("?number=dig_talks&group=firm", "?number=yuan_known&group=playbook"),
    ],
    "/v1/segments/maturities": [f"?left={n}" for n in (0, 3, 7)],
    "/v1/segments/{segment_id}/members": ["?suggests=R2"],
    "/v1/segments/{segment_id}/export": ["?suggests=R2"],
}
#: routes that answer a question although they are POST
POSTED: dict[str, dict[str, Any]] = {
    "/v1/segments/preview": {"sentence": SENTENCE},
    "/v1/segments/explain": {"sentence": SENTENCE, "customer_id": WHO},
    "/v1/conversations/search": {"words": "我"},
}


@dataclass
class House:
    """The seeded broker: where to ask, and the ids that mark the customer."""

    client: TestClient
    headers: dict[str, dict[str, str]]
    ids: dict[str, str]
    tags: dict[str, str]
    matters: dict[str, str]
    ticket: str

    @property
    def marks(self) -> dict[str, str]:
        """Every mark under a name."""
        told = {"name": NAME, "idle": IDLE, "bank": BANK, "family": FAMILY, "deed": DEED, "page": PAGE, "note": NOTE}
        told |= {"assets": ASSETS, "comment": COMMENT, "noise": NOISE, "customer": WHO}
        told |= {f"tag:{tag}": ident for tag, ident in self.tags.items()}
        return told | {f"matter:{playbook}": ident for playbook, ident in self.matters.items()}

    def exercise(self, kind: str, status: str, subject: str = "", who: str = "law", **more: Any) -> None:
        body = {"kind": kind, "status": status, "subject": subject, "source": "客户书面", **more}
        answer = self.client.post(f"/v1/customers/{WHO}/rights", json=body, headers=self.headers[who])
        assert answer.status_code == 201, answer.text


@pytest.fixture
def house(client: TestClient, login: Any, tmp_path: Path) -> House:
    with db.session_scope() as session:
        set_owner(session, WHO, "A1", now() - timedelta(days=90))
        session.get_one(Customer, WHO).name = NAME
        identity.link(session, "phone", PHONE, WHO, now() - timedelta(days=80))
        identity.link(session, "phone", PHONE, KIN, now() - timedelta(days=70), shared=True)  # one household
    headers = {name: login(name) for name in ("a1", "boss", "head", "root", "law", "pipe")}
    _tell(client, headers["pipe"], tmp_path)
    with db.session_scope() as session:
        pipeline.process_conversation(session, TALK)
        tags = dict(session.exec(select(StoredAssertion.tag, StoredAssertion.id)).all())
        matters = dict(session.exec(select(StoredOpportunity.playbook, StoredOpportunity.id)).all())
    a1 = headers["a1"]
    segment = client.post("/v1/segments", json={"name": "全部", "sentence": SENTENCE}, headers=a1).json()["id"]
    client.post(f"/v1/tags/{tags['assets.external']}/feedback", json={"verdict": "right"}, headers=a1)
    done = {"outcome": "done", "comment": COMMENT}
    assert client.post(f"/v1/opportunities/{matters['idle_funds']}/actions", json=done, headers=a1).is_success
    ticket = client.post(f"/v1/conversations/{TALK}/audio-ticket", headers=a1).json()["url"]
    with db.session_scope() as session:
        today = beijing(now()).date()
        report = storing.keep(session, "week", today - timedelta(days=20), today, now(), settings(), group="branch").id
        schedule.run(session, next(j for j in schedule.jobs() if j.name == "measure_talks"), now(), settings())
    ids = {"customer_id": WHO, "conversation_id": TALK, "recording_id": SOUND, "segment_id": segment}
    ids |= {"report_id": report, "webhook_id": "wh_none", "advisor_id": "A1", "playbook_id": "idle_funds"}
    return House(client, headers, ids, tags, matters, ticket)


def _tell(client: TestClient, pipe: dict[str, str], folder: Path) -> None:
    """The customer's words, sound, deeds, file and note, through the doors."""
    when = beijing(now() - timedelta(days=12)).replace(hour=10)
    words = [
        ("advisor", "您好, 我是您的投资顾问。"),
        ("customer", f"{FAMILY}念书, 我手上有{IDLE}。"),  # one sentence: who sees the one must not read the other
        ("advisor", "您想怎么安排?"),
        ("customer", "想买点债券基金。"),
        ("advisor", "别处还有理财吗?"),
        ("customer", f"我在{BANK}还有七十三万定期, 下个月到期。"),
        ("advisor", "好的。还想办什么业务?"),
        ("customer", "我想开通科创板。"),
        ("advisor", "好的, 我明天下午给您回电话。"),
    ]
    turns = [{"speaker": s, "text": t, "start": 6.0 * n, "end": 6.0 * n + 5} for n, (s, t) in enumerate(words)]
    who = {"customer_id": WHO, "advisor_id": "A1"}
    talk = {"id": TALK, "channel": "call", "started_at": when.isoformat(), "utterances": turns} | who
    event = {"message_id": "EV7788", "customer_id": WHO, "event": DEED, "at": when.isoformat()}
    asked = (now() - timedelta(days=30)).date().isoformat()
    file = {"customer_id": WHO, "risk_level": "C3", "questionnaire_on": asked, "age": 45, "assets_yuan": int(ASSETS)}
    for path, body in (
        ("conversations", talk),
        ("events", event | {"properties": {"page": PAGE}}),
        ("events", event | {"message_id": "EV7789", "event": "trade", "properties": {"side": "sell", "name": PAGE}}),
        ("notes", who | {"at": when.isoformat(), "text": f"上门拜访, 客户说起{NOTE}。"}),
        ("snapshots", {"snapshots": [file | {"effective_on": asked}]}),
    ):
        answer = client.post(f"/v1/{path}", json=body, headers=pipe)
        assert answer.status_code == 202, answer.text
        assert not answer.json()["refused"], answer.text
    path = folder / "talk.wav"
    path.write_bytes(b"RIFF" + NOISE.encode())
    with db.session_scope() as session:
        row = Recording(id=SOUND, sha256="7" * 64, path=str(path), started_at=when, received_at=when, **who)
        row.state = RecordingState.DONE
        session.add(row)
        session.flush()
        session.get_one(StoredConversation, TALK).recording_id = SOUND


# --- the sweep


def swept(house: House, *roles: str) -> dict[str, str]:
    """Everything that the product shows now, to these roles and on the machine itself, by where it shows it."""
    roles = roles or ("a1", "law")
    return dict([*_routes(house, roles), *_posts(house, roles), *_commands(house), *_jobs()])


def _routes(house: House, roles: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    for template, methods in house.client.get("/openapi.json").json()["paths"].items():
        if "get" not in methods or _is_endless(methods["get"]):
            continue
        for url in _filled(house, template, methods["get"]):
            for who in roles:
                answer = house.client.get(url, headers=house.headers[who])
                assert answer.status_code < 500, (url, answer.text)
                yield f"{who} GET {template} {url}", _text(answer.content)


def _is_endless(operation: dict[str, Any]) -> bool:
    """A stream never ends; it names customers that are visible to who listens, and has tests of its own."""
    return "text/event-stream" in operation["responses"].get("200", {}).get("content", {})


def _filled(house: House, template: str, operation: dict[str, Any]) -> list[str]:
    """The route with real ids, in every way in which it can be asked."""
    paths = [template]
    for told in operation.get("parameters", ()):
        name = told["name"]
        if told["in"] == "path":
            more = {"opportunity_id": list(house.matters.values()), "customer_id": [WHO, KIN]}
            values = more.get(name) or [house.ids.get(name)]
            assert all(values), f"the sweep cannot fill {{{name}}} of {template}: give it an id in `house`"
            paths = [p.replace(f"{{{name}}}", quote(v or "", safe="")) for p in paths for v in values]
        assert told["in"] != "query" or not told.get("required"), f"the sweep cannot fill ?{name}= of {template}"
    moments = {"now": quote(now().isoformat()), "past": quote((now() - timedelta(days=1)).isoformat())}
    asked = ["", *(query.format(**moments) for query in ASKED.get(template, ()))]
    tickets = [house.ticket] if template.endswith("/audio") else []
    return [p + query for p in paths for query in asked] + tickets


def _posts(house: House, roles: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    for path, body in POSTED.items():
        for who in roles:
            answer = house.client.post(path, json=body, headers=house.headers[who])
            assert answer.status_code < 500, (path, answer.text)
            yield f"{who} POST {path} {body.get('customer_id', '')}", _text(answer.content)


def _commands(house: House) -> Iterator[tuple[str, str]]:
    """What the command line writes for the whole firm."""
    book = settings().data_dir / "report.xlsx"
    for words in (
        ["report", "--format", "csv"], ["report", "--format", "json"], ["report", "--format", "xlsx", "-o", str(book)],
        ["segment", "list"], ["segment", "preview", house.ids["segment_id"]], ["segment", "preview", SENTENCE],
        ["segment", "export", house.ids["segment_id"]], ["segment", "export", SENTENCE, "--suggest", "R2"],
    ):  # fmt: skip
        done = CliRunner().invoke(cli, words)
        assert done.exit_code == 0, (words, done.output, done.exception)
        yield f"dongke {' '.join(words[:2])}", done.output
    yield "dongke report xlsx", _text(book.read_bytes())


def _jobs() -> Iterator[tuple[str, str]]:
    """What the scheduled jobs give and write now."""
    for job in schedule.jobs():
        begun = now()
        with db.session_scope() as session:
            result = schedule.run(session, job, begun, settings())
            made = session.exec(select(Notice).where(col(Notice.made_at) >= begun)).all()
            yield f"job {job.name}", f"{result} {[row.model_dump() for row in made]}"
    for path in settings().report_folder().iterdir():
        yield f"file {path.name}", _text(path.read_bytes())


def _text(content: bytes) -> str:
    """The answer as text; of a workbook what is in it."""
    if not content.startswith(b"PK"):
        return content.decode("utf-8", "replace")
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        return " ".join(book.read(name).decode("utf-8", "replace") for name in book.namelist())


def found(shown: dict[str, str], marks: dict[str, str]) -> dict[str, list[str]]:
    """Which marks are shown, and where. An id that stands in the question is no answer."""
    places: dict[str, list[str]] = {}
    for place, text in shown.items():
        for name, mark in marks.items():
            if mark in text and not (mark in place and name.startswith(("customer", "matter"))):
                places.setdefault(name, []).append(place)
    return places


def of(marks: dict[str, str], *names: str) -> dict[str, str]:
    """Those marks whose name begins so."""
    return {name: mark for name, mark in marks.items() if name.startswith(names)}


REGISTER = "law GET /v1/customers/{customer_id}/rights "  #: whoever answers for it may see which tag was deleted
TALKED = (
    f"GET /v1/conversations/{{conversation_id}} /v1/conversations/{TALK}",
    f"GET /v1/conversations/{{conversation_id}}/transcript /v1/conversations/{TALK}/transcript",
    "POST /v1/conversations/search ",
)


def outside_the_talk(shown: dict[str, str]) -> dict[str, str]:
    """Without the talk itself: an advisor may still read what was said to him."""
    return {place: text for place, text in shown.items() if not place.endswith(TALKED)}


def test_refusals_take_effect_at_once_and_end_at_once(house: House) -> None:
    assert set(found(swept(house), house.marks)) == set(house.marks)
    made = of(house.marks, "tag:", "matter:", "page", "deed")

    house.exercise("consent", "denied", "profiling", who="a1")
    shown = swept(house)
    assert found(shown, made) == {}
    assert found(outside_the_talk(shown), of(house.marks, "idle", "bank", "family", "comment")) == {}
    assert {"name", "note", "assets", "noise", "customer"} <= set(found(shown, house.marks))  # he is still served

    house.exercise("consent", "granted", "profiling", who="a1")
    house.exercise("consent", "revoked", "analysis", who="boss")
    shown = swept(house)
    assert found(shown, of(house.marks, "tag:", "matter:", "idle", "bank", "family", "noise", "comment")) == {}
    assert {"name", "note", "assets", "page", "deed"} <= set(found(shown, house.marks))

    house.exercise("consent", "granted", "analysis", who="boss")
    house.exercise("consent", "denied", "marketing")
    house.exercise("consent", "denied", "sensitive", who="root")
    shown = swept(house)
    sales = ("matter:idle_funds", "matter:external_assets", "matter:product_intent", "matter:permission", "comment")
    assert found(shown, of(house.marks, *sales, "tag:family")) == {}
    assert found(shown, of(house.marks, "family")) == {}
    assert "idle" in found(outside_the_talk(shown), house.marks)  # the rest of that sentence
    serving = set(of(house.marks, "matter:call_back", "matter:promise"))
    assert serving
    assert serving | {"tag:funds.idle"} <= set(found(shown, house.marks))  # neither marketing nor sensitive


def test_a_deleted_tag_is_shown_nowhere_and_not_made_again(house: House) -> None:
    before = dict([*_commands(house), *_jobs()])  # members, notices and reports were made with it
    assert {"matter:external_assets", "customer"} <= set(found(before, house.marks))
    house.exercise("tag", "deleted", "assets.external", who="a1")
    house.exercise("tag", "deleted", assertion_id=house.tags["funds.idle"], who="a1")
    _says_again(house, "T2", f"我在{BANK}还有七十三万定期, 下个月到期。")
    shown = {place: text for place, text in swept(house).items() if not place.startswith(REGISTER)}
    gone = of(house.marks, "tag:assets.external", "matter:external_assets", "tag:funds.idle", "matter:idle_funds")
    assert found(shown, gone) == {}
    assert found(shown, of(house.marks, "bank", "idle")) == {}
    assert {"tag:family.clue", "tag:intent.product"} <= set(found(shown, house.marks))


def _says_again(house: House, ident: str, words: str) -> None:
    turns = [{"speaker": "customer", "text": words, "start": 0.0, "end": 40.0}]
    talk = {"id": ident, "channel": "call", "customer_id": WHO, "advisor_id": "A1", "utterances": turns}
    house.client.post("/v1/conversations", json=talk | {"started_at": now().isoformat()}, headers=house.headers["pipe"])
    with db.session_scope() as session:
        pipeline.process_conversation(session, ident)


def test_restricted_then_erased_nobody_is_shown_anything(house: House) -> None:
    assert found(dict([*_commands(house), *_jobs()]), house.marks)
    house.exercise("state", "restricted", reason="客户要求删除, 仍在法定保存期内")
    assert found(swept(house, "a1", "root", "law"), house.marks) == {}

    opened = house.headers["law"] | {"X-Break-Glass": quote("证监局来函, 案号 12")}
    page = house.client.get(f"/v1/customers/{WHO}/profile", headers=opened)
    assert page.status_code == 200
    assert BANK in page.text
    assert IDLE in house.client.get(f"/v1/conversations/{TALK}", headers=opened).text
    for who, told in (("root", opened["X-Break-Glass"]), ("a1", "x" * 9), ("law", "%20")):
        refused = house.headers[who] | {"X-Break-Glass": told}
        assert house.client.get(f"/v1/customers/{WHO}/profile", headers=refused).status_code in (403, 422)
    with db.session_scope() as session:
        entries = session.exec(select(AuditEntry).where(AuditEntry.action == "break-glass")).all()
        assert [e.detail["reason"] for e in entries] == ["证监局来函, 案号 12"] * 2

    house.headers["law"] = opened
    house.exercise("state", "erased", reason="保存期满")
    with db.session_scope() as session:
        assert session.get_one(Customer, WHO).name == ""
        assert {row.sealed for row in session.exec(select(Identifier).where(Identifier.customer_id == WHO))} == {b""}
        _stays_erased(session)
    assert found(swept(house, "root", "law"), house.marks) == {}  # a reason opens nothing any more


def _stays_erased(session: Session) -> None:
    """The nightly files bring him again: nothing is taken up."""
    from profiles.static import take_directory

    row = f"customer_id,name,advisor_id,phone\n{WHO},{NAME},A1,{PHONE}\n"
    assert take_directory(session, customers=row.encode()).faults == []
    identity.link(session, "phone", PHONE, WHO, now())
    assert session.get_one(Customer, WHO).name == ""
    assert {row.sealed for row in session.exec(select(Identifier).where(Identifier.customer_id == WHO))} == {b""}


# --- the same sweep for what the demo's model heard


@pytest.mark.parametrize("source", ["demo:demo_model@eaa05a7b", "large-v3-turbo@1a2b3c4d"])
def test_what_the_demo_s_model_heard_is_shown_with_its_name(house: House, source: str) -> None:
    with db.session_scope() as session:
        session.get_one(StoredConversation, TALK).source = source
    shown = dict([*_routes(house, ("boss",)), *_posts(house, ("boss",))])
    quoting = {place for place, text in shown.items() if IDLE in text or f"{BANK}还有" in text}
    named = {place for place, text in shown.items() if '"demo":true' in text or DEMO_MODEL in text}
    assert len(quoting) > 10
    assert quoting - named == (set() if source.startswith("demo:") else quoting)
