"""Transcripts from elsewhere are written in our style: what is changed, what is kept, and what must stay as it is."""

import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import Session, select

from api import doors, pipeline
from asr import imports
from asr.models import StoredConversation, StoredUtterance
from asr.repository import store_conversation
from asr.transcripts import read_json, read_text
from dongke import db
from dongke.types import Channel, Conversation, Utterance
from profiles.anchoring import evidence_now
from profiles.models import StoredAssertion

pytestmark = pytest.mark.usefixtures("broker")
Login = Callable[[str], dict[str, str]]
STARTED = "2026-03-02T10:05:00+08:00"


def _take(tmp_path: Path, transcript: Any, ident: str = "T1") -> doors.Summary:
    row = {"id": ident, "customer_id": "C1", "advisor_id": "A1", "started_at": STARTED, "transcript": transcript}
    path = tmp_path / "calls.jsonl"
    path.write_text(json.dumps(row, ensure_ascii=False) + "\n", encoding="utf-8")
    summary = doors.ingest([path])
    assert (summary.refused, [f.fault for f in summary.faults]) == (0, [])
    return summary


def _rows(session: Session, ident: str = "T1") -> list[StoredUtterance]:
    query = select(StoredUtterance).where(StoredUtterance.conversation_id == ident)
    return sorted(session.exec(query), key=lambda row: row.index)


def _stored(tmp_path: Path, *said: str) -> list[str]:
    """What becomes of sentences that a vendor wrote down."""
    _take(tmp_path, {"segments": [_segment(text, 5.0 * n) for n, text in enumerate(said)]})
    with db.session_scope() as session:
        return [row.text for row in _rows(session)]


def _segment(text: str, start: float, *words: tuple[str, float, float]) -> dict[str, Any]:
    timed = [{"word": word, "start": a, "end": b, "probability": 0.9} for word, a, b in words]
    more = {"words": timed} if timed else {}
    return {"text": text, "start": start, "end": start + 4, "speaker": "customer"} | more


def test_it_is_written_as_we_write_and_what_the_source_wrote_is_kept(tmp_path: Path) -> None:
    words = (("我想買", 0.0, 0.5), ("50", 0.5, 0.8), ("萬的", 0.8, 1.0), ("固收家", 1.0, 1.4), ("，可以吗？", 1.5, 2.0))
    _take(tmp_path, {"segments": [_segment("我想買50萬的固收家，可以吗？", 0.0, *words)]})
    with db.session_scope() as session:
        (row,) = _rows(session)
        assert row.text == "我想买五十万的固收加，可以吗？"
        spans = [(row.text[a:b], start) for a, b, start, _ in row.words or ()]
        assert spans == [("我想买", 0), ("五十", 500), ("万的", 800), ("固收加", 1000), ("，可以吗？", 1500)]
        kept = [(e["original"], row.text[e["start"] : e["end"]], e["kind"]) for e in row.edits or ()]
    assert kept == [
        ("買", "买", "simplified"),
        ("50", "五十", "number"),
        ("萬", "万", "simplified"),
        ("固收家", "固收加", "term"),
    ]
    again = _take(tmp_path, {"segments": [_segment("我想買50萬的固收家，可以吗？", 0.0, *words)]})
    assert (again.accepted, again.unchanged) == (0, 1)


def test_it_is_found_by_simplified_words(client: Any, login: Login, tmp_path: Path) -> None:
    _stored(tmp_path, "我想開通融資融券")
    found = client.post("/v1/conversations/search", json={"words": "融资融券"}, headers=login("a1")).json()["items"]
    assert [hit["conversation_id"] for hit in found] == ["T1"]


def test_what_is_right_already_stays(tmp_path: Path) -> None:
    said = [
        "好的，我再想想。你明天打，行不行？",  # has marks: none are put in, none moved
        "沪深300和科创50我都有，T+0的不要。",
        "2026-03-15那天，打400-888-1234。",
        "备用金留着，这笔可转账吗？",
        "乾隆和瞭望塔，都不是基金。",
    ]
    assert _stored(tmp_path, *said) == said
    with db.session_scope() as session:
        assert [row.edits for row in _rows(session)] == [None] * len(said)


def test_marks_come_only_where_there_are_none_and_the_words_have_times(tmp_path: Path) -> None:
    words = (("我没有", 0.0, 0.9), ("你说吧", 1.5, 2.0))
    _take(tmp_path, {"segments": [_segment("我没有你说吧", 0.0, *words)]})
    _take(tmp_path, {"segments": [_segment("我没有你说吧", 0.0)]}, "T2")
    with db.session_scope() as session:
        assert [row.text for row in (*_rows(session), *_rows(session, "T2"))] == ["我没有。你说吧。", "我没有你说吧"]


def test_personal_numbers_are_masked_in_text_words_and_log(tmp_path: Path) -> None:
    words = (("電話", 0.0, 0.5), ("138", 0.5, 1.0), ("0013", 1.0, 1.5), ("8000", 1.5, 2.0))
    said = [_segment("電話13800138000", 0.0, *words), _segment("卡號6222 0200 1234 5678 901", 5.0)]
    said += [_segment(text, 10.0 + 5 * n) for n, text in enumerate(("還有一個139", "0013", "9000", "我有1000000元"))]
    _take(tmp_path, {"segments": said})
    with db.session_scope() as session:
        rows = _rows(session)
        assert [row.text for row in rows] == [
            "电话***********。",
            "卡号**** **** **** **** ***",
            "还有一个***",
            "****",
            "****",
            "我有一百万元",
        ]
        assert not any(number in str([r.edits for r in rows]) for number in ("138", "6222", "139", "0013"))


def test_a_log_that_came_along_tells_no_personal_number(tmp_path: Path) -> None:
    edit = {"start": 0, "end": 2, "original": "13800138000", "kind": "term"}
    _take(tmp_path, {"utterances": [{"speaker": "customer", "text": "好的", "start": 0, "end": 1, "edits": [edit]}]})
    with db.session_scope() as session:
        assert [e["original"] for row in _rows(session) for e in row.edits or ()] == ["***********"]


def test_the_log_goes_out_with_the_talk_and_tells_nothing_that_was_deleted(
    client: Any, login: Login, tmp_path: Path
) -> None:
    _take(tmp_path, {"segments": [_segment("我手裡有50萬閒錢，想買黃金。", 0.0)]})
    with db.session_scope() as session:
        pipeline.process_conversation(session, "T1")
    said = client.get("/v1/conversations/T1/transcript", headers=login("a1")).json()["utterances"][0]
    assert "50" in [e["original"] for e in said["edits"]]
    back = read_text(json.dumps({"utterances": [said]}, ensure_ascii=False)).turns[0]
    assert (back.text, len(back.edits)) == (said["text"], len(said["edits"]))
    right = {"kind": "tag", "status": "deleted", "subject": "funds.idle"}
    assert client.post("/v1/customers/C1/rights", json=right, headers=login("boss")).status_code == 201
    said = client.get("/v1/conversations/T1/transcript", headers=login("a1")).json()["utterances"][0]
    assert "*" in said["text"]
    assert not {"50", "萬"} & {e["original"] for e in said["edits"]}


def test_what_was_stored_as_it_came_keeps_its_ids_and_its_proof_when_it_comes_again(tmp_path: Path) -> None:
    given = {"segments": [_segment("您說", 0.0), _segment("我手裡有50萬閒錢，想買黃金。", 5.0)]}
    turns = read_json(given).turns
    as_it_came = tuple(Utterance(t.speaker, t.text, t.start_ms, t.end_ms) for t in turns)
    with db.session_scope() as session:
        talk = Conversation("T1", Channel.CALL, datetime.fromisoformat(STARTED), as_it_came)
        store_conversation(session, talk, customer_id="C1", advisor_id="A1", source="whisper")
        pipeline.process_conversation(session, "T1")
        ids = [row.uid for row in _rows(session)]
        quotes = _quotes(session)
    assert "50萬" in str(quotes)
    assert _take(tmp_path, given).conversations == ["T1"]
    with db.session_scope() as session:
        pipeline.settle(session, ["T1"])
        assert [row.uid for row in _rows(session)] == ids
        assert {place for place, _, _ in _quotes(session)} == {place for place, _, _ in quotes}
        assert "五十万" in str(_quotes(session))
        assert not any(suspended for _, _, suspended in _quotes(session))


def _quotes(session: Session) -> set[tuple[int, str, bool]]:
    rows = list(session.exec(select(StoredAssertion)))
    assert rows
    proof = evidence_now(session, rows)
    return {(e["utterance"], e["quote"], e.get("suspended", False)) for row in rows for e in proof[row.id]}


def test_its_id_does_not_depend_on_our_style(tmp_path: Path) -> None:
    imported = read_json({"segments": [_segment("50萬", 0.0)]})
    meta = imports.TranscriptMeta("C1", "A1", datetime.fromisoformat(STARTED))
    with db.session_scope() as session:
        found = imports.take(session, imported, meta)
        assert session.get_one(StoredConversation, found.id).source == "whisper"
        assert found.id == imports._ident(imported, meta)
