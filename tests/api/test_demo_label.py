"""演示模型: what the demo's model heard says so wherever it is shown; what others wrote does not."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient
from sqlmodel import col, select
from typer.testing import CliRunner

from api import evidence, pipeline
from api.cli import app
from api.labels import DEMO_MODEL, source_text
from asr import audio, transcripts
from asr.models import StoredConversation
from asr.repository import heard_by_demo
from dongke import db
from dongke.clock import beijing, now
from dongke.settings import settings
from followup import playbooks, schedule
from followup.models import StoredOpportunity
from profiles.models import StoredAssertion, TagAnchor
from tests.asr.conftest import DEMO_MODEL as DEMO_FOLDER
from tests.asr.conftest import SAMPLE_CALL, write_wav

Talk = Callable[..., dict[str, Any]]
Login = Callable[[str], dict[str, str]]
Flags = list[tuple[str, bool]]
DEMO = "demo:demo_model@eaa05a7b"
OTHERS = ["given", "large-v3-turbo@1a2b3c4d", "sidecar@1a2b3c4d", "vendor:aliyun", "wecom", "demo_model@eaa05a7b"]


# --- the talk itself


@pytest.fixture
def heard(client: TestClient, login: Login, talk: Talk) -> Callable[[str], dict[str, str]]:
    """`heard("demo:x@1")` gives everything that shows the talk K1, whose words came from there."""

    def show(source: str) -> dict[str, str]:
        mine = login("a1")
        client.post("/v1/conversations", json=talk("K1"), headers=login("pipe"))
        with db.session_scope() as session:
            pipeline.process_conversation(session, "K1")
            session.get_one(StoredConversation, "K1").source = source
        shown = {"talk": client.get("/v1/conversations/K1", headers=mine).json()["source_text"]}
        found = client.post("/v1/conversations/search", json={"words": "闲着"}, headers=mine).json()["items"]
        shown["search"] = found[0]["source_text"]
        tags = client.get("/v1/customers/C1/profile", headers=mine).json()["tags"]
        shown["card"] = DEMO_MODEL if all(e["demo"] for tag in tags for e in tag["evidence"]) else ""
        for form in transcripts.WRITERS:
            asked = {"format": form}
            shown[form] = client.get("/v1/conversations/K1/transcript", params=asked, headers=mine).text
        return shown

    return show


def test_the_demo_s_model_is_named_wherever_the_talk_is(heard: Callable[[str], dict[str, str]]) -> None:
    assert [place for place, text in heard(DEMO).items() if DEMO_MODEL not in text] == []


@pytest.mark.parametrize("source", OTHERS)
def test_nothing_else_is_called_so(heard: Callable[[str], dict[str, str]], source: str) -> None:
    assert [place for place, text in heard(source).items() if DEMO_MODEL in text] == []


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("given", ""),
        ("wecom", ""),
        ("demo:demo_model@1", "演示模型"),
        ("large-v3-turbo@1a2b", "语音模型 large-v3-turbo"),
        ("sidecar@1a2b", "录音旁的文字稿"),
        ("vendor:aliyun", "外来文字稿 (aliyun)"),
    ],
)
def test_where_words_come_from_is_told_in_chinese(source: str, text: str) -> None:
    assert source_text(source) == text


# --- its words elsewhere

SAID = [
    ("advisor", "您好, 我是您的投资顾问。"),
    ("customer", "我手上有五十万闲着, 想买点债券基金。"),
    ("advisor", "我推荐您看看这款债基, 久期两年, 近一年收益百分之三。"),
    ("customer", "我刚开户什么都不懂。"),
    ("customer", "你们手续费太高了, 我很不满意。"),
    ("customer", "我在招商银行还有三十万定期, 下个月到期。"),
    ("advisor", "好的, 我明天下午给您回电话。"),
]
SECONDS_8 = 8 * 16_000
IDLE = (playbooks.FOLDER / "idle_funds.yaml").read_text(encoding="utf-8").replace('version: "2"', 'version: "3"')


class House:
    """C1 and C2 said the same: what the demo's model heard is K1, what a real one heard is K2."""

    def __init__(self, client: TestClient, headers: dict[str, str]) -> None:
        self.client, self.headers = client, headers

    def get(self, path: str, **asked: Any) -> Any:
        answer = self.client.get(f"/v1/{path}", headers=self.headers, params=asked)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def opportunities(self) -> list[Any]:
        with db.session_scope() as session:
            idents = session.exec(select(StoredOpportunity.id)).all()
        return [self.get(f"opportunities/{ident}") for ident in idents]

    def trial(self) -> list[Any]:
        today = beijing(now()).date()
        days = {"start": str(today - timedelta(days=20)), "end": str(today)}
        body = {"files": [{"name": "idle.yaml", "text": IDLE}], **days}
        items = self.client.post("/v1/playbooks/dry-run", json=body, headers=self.headers).json()["items"]
        assert all("五十万" in item["words"] for item in items)
        return [{"conversation": item["tried"]["customer"].replace("C", "K"), "demo": item["demo"]} for item in items]

    def places(self) -> Iterator[tuple[str, Any]]:
        """Everywhere that words of a talk are shown beside the talk itself, the card and the search."""
        for one in self.opportunities():
            yield f"{one['customer_id']} {one['playbook']}: because of", one["evidence"]
            yield f"{one['customer_id']} {one['playbook']}: what happened", one["causes"]
        for number in ("opened", "voice:fee", "dig_rungs", "novice_talks"):
            yield f"behind {number}", self.get("reports/follow-up/list", number=number, group="firm")
        yield "digging", self.get("insight/digging")
        yield "digging of one", [self.get(f"insight/digging/customers/C{n}") for n in (1, 2)]
        yield "money untouched", self.get("insight/digging/untouched", undated=True)
        yield "adherence", self.get("insight/adherence")
        yield "adherence of one", [self.get(f"insight/adherence/conversations/K{n}") for n in (1, 2)]
        yield "trial", self.trial()
        yield "cards", [self.get(f"customers/C{n}/profile") for n in (1, 2)]


@pytest.fixture
def house(client: TestClient, login: Login, talk: Talk) -> House:
    turns = [{"speaker": s, "text": t, "start": 6.0 * n, "end": 6.0 * n + 5} for n, (s, t) in enumerate(SAID)]
    when = beijing(now() - timedelta(days=5)).replace(hour=10).isoformat()
    rows = [talk(f"K{n}", customer_id=f"C{n}", advisor_id=f"A{n}", started_at=when, utterances=turns) for n in (1, 2)]
    client.post("/v1/conversations", json=rows, headers=login("pipe"))
    with db.session_scope() as session:
        for ident, source in (("K1", DEMO), ("K2", "large-v3-turbo@1a2b3c4d")):
            pipeline.process_conversation(session, ident)
            session.get_one(StoredConversation, ident).source = source
        job = next(j for j in schedule.jobs() if j.name == "measure_talks")
        schedule.run(session, job, now(), settings())
    return House(client, login("head"))


def flags(shown: Any) -> Flags:
    """(talk, whether it is marked) of every quote in the answer."""
    if isinstance(shown, list):
        return [flag for one in shown for flag in flags(one)]
    if not isinstance(shown, dict):
        return []
    own = [(shown.get("conversation_id") or shown["conversation"], shown["demo"])] if "demo" in shown else []
    return own + [flag for one in shown.values() for flag in flags(one)]


def test_every_quote_tells_whether_the_demo_s_model_heard_it(house: House) -> None:
    found: dict[str, Flags] = {}
    for place, shown in house.places():
        found.setdefault(place[3:] if place.startswith("C") else place, []).extend(flags(shown))
    assert len(found) > 14
    assert {place: told for place, told in found.items() if set(told) != {("K1", True), ("K2", False)}} == {}


def test_a_cause_without_a_talk_is_of_no_model(house: House) -> None:
    ident = next(o["id"] for o in house.opportunities() if o["customer_id"] == "C1")
    done = {"outcome": "done", "comment": ""}
    told = house.client.post(f"/v1/opportunities/{ident}/actions", json=done, headers=house.headers).json()
    assert [c["demo"] for c in told["causes"]] == [bool(c.get("conversation")) for c in told["causes"]]
    assert {c["demo"] for c in told["causes"]} == {True, False}


def test_words_that_are_to_be_checked_keep_the_name(house: House) -> None:
    with db.session_scope() as session:
        for row in session.exec(select(StoredAssertion).where(col(StoredAssertion.tag) == "voice.feedback")):
            lost = [entry | {"suspended": True} for entry in row.evidence]
            who = row.customer_id
            session.add(TagAnchor(assertion_id=row.id, known_at=now(), customer_id=who, evidence=lost, suspended=True))
    for number, demo in ((1, True), (2, False)):
        tags = house.get(f"customers/C{number}/profile")["tags"]
        (lost,) = (e for tag in tags for e in tag["evidence"] if e["utterance"] is None)
        assert (lost["demo"], lost["sentence"]) == (demo, None)


def test_a_pack_names_it_in_the_content_and_to_people(house: House) -> None:
    for number, demo in ((1, True), (2, False)):
        made = house.get(f"customers/C{number}/suitability-evidence")
        content = made["content"]
        quotes = [e for tag in content["profile"]["tags"] for e in tag["evidence"]]
        assert {e.get("demo", False) for e in [*quotes, *content["talks"]]} == {demo}
        lines = [line for line in evidence.summary(made).splitlines() if f"K{number}" in line]
        assert {DEMO_MODEL in line for line in lines} == {demo}


def test_the_command_line_names_it(house: House, tmp_path: Path) -> None:
    path = tmp_path / "idle.yaml"
    path.write_text(IDLE, encoding="utf-8")
    since = str(beijing(now()).date() - timedelta(days=20))
    asked = (["insight", "digging", "--untouched"], ["playbook", "dryrun", str(path), "--from", since, "--all"])
    for words in asked:
        done = CliRunner().invoke(app, words, env={"COLUMNS": "300"})
        assert done.exit_code == 0, done.output
        assert done.output.count(DEMO_MODEL) == 1, done.output  # of two customers
    for talk, named in (("K1", True), ("K2", False)):
        quotes = [q for q in CliRunner().invoke(app, ["insight", "adherence", talk]).output.splitlines() if "句: " in q]
        assert {DEMO_MODEL in q for q in quotes} == {named}


def test_a_file_that_is_transcribed_names_it(broker: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DONGKE_SPEECH_MODEL", str(DEMO_FOLDER))
    settings.cache_clear()
    sound = audio.decode(SAMPLE_CALL, 60)
    begin = write_wav(tmp_path / "begin.wav", np.stack([sound.channel(n)[:SECONDS_8] for n in (0, 1)], axis=1), 16_000)
    done = CliRunner().invoke(app, ["transcribe", str(begin), "--format", "srt"])
    assert done.exit_code == 0, done.output
    cues = done.output.strip().split("\n\n")
    assert all(DEMO_MODEL in cue.split(": ")[0] for cue in cues)


def test_only_the_demo_s_model_is_the_demo_s_model(client: TestClient, login: Login, talk: Talk) -> None:
    sources = dict(zip([f"K{n}" for n in range(9)], [DEMO, *OTHERS], strict=False))
    client.post("/v1/conversations", json=[talk(ident) for ident in sources], headers=login("pipe"))
    with db.session_scope() as session:
        for ident, source in sources.items():
            session.get_one(StoredConversation, ident).source = source
    with db.session_scope() as session:
        assert heard_by_demo(session, [*sources, "K99"]) == {"K0"}
        assert heard_by_demo(session, ["K1"]) == heard_by_demo(session, []) == frozenset()
