"""Transcripts without their recordings: through the manifest, as one JSON object, and as what they are afterwards."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import select

from api import doors, exports, files, pipeline
from api.files import Kind
from asr import transcripts
from asr.models import StoredConversation, StoredUtterance
from dongke import db, quarantine
from profiles.models import StoredAssertion

pytestmark = pytest.mark.usefixtures("broker")
SHAPES = Path(__file__).parents[1] / "asr" / "transcripts"
HEAD = "transcript,customer_id,advisor_id,started_at,call_id,advisor_channel,speakers\n"
LINE = "{},C1,A1,2026-03-02T10:05:00+08:00,{},{},{}\n"


def _folder(tmp_path: Path, *lines: str, name: str = "manifest.csv") -> Path:
    folder = tmp_path / "old"
    shutil.copytree(SHAPES, folder, dirs_exist_ok=True)
    (folder / name).write_text(HEAD + "".join(lines), encoding="utf-8")
    return folder


def _stored() -> dict[str, tuple[str, list[tuple[str, bool]]]]:
    with db.session_scope() as session:
        found = {}
        for talk in session.exec(select(StoredConversation)):
            rows = session.exec(select(StoredUtterance).where(StoredUtterance.conversation_id == talk.id))
            found[talk.id] = (talk.source, [(r.speaker, r.suspect) for r in sorted(rows, key=lambda r: r.index)])
        return found


SURE = [("advisor", False), ("customer", False)] * 2


def test_a_folder_of_transcripts_is_a_folder_of_calls(tmp_path: Path) -> None:
    folder = _folder(
        tmp_path,
        LINE.format("aliyun.json", "T1", "", ""),
        LINE.format("tencent.json", "T2", "0", ""),
        LINE.format("xfyun_onebest.json", "T3", "", "1=advisor;2=customer"),
        LINE.format("missing.json", "T4", "", ""),
        LINE.format("../manifest.csv", "T5", "", ""),
        LINE.format("whisper_cpp.json", "T6", "2", ""),
        LINE.format("tencent.json", "T7", "", ""),
        LINE.format("tencent.json", "T8", "", "0=boss"),
    )
    first = doors.ingest([folder])
    assert (first.accepted, first.refused) == (4, 4)
    assert first.conversations == ["T1", "T2", "T3", "T7"]
    stored = _stored()
    assert stored["T1"] == ("vendor:aliyun", SURE)
    assert stored["T2"] == ("vendor:tencent", SURE)
    assert stored["T3"] == ("vendor:xfyun", SURE)
    assert [doubted for _, doubted in stored["T7"][1]] == [True] * 4  # a mere number names nobody
    with db.session_scope() as session:
        codes = [row.code for row in quarantine.waiting(session) if row.door == Kind.TRANSCRIPT]
    assert sorted(codes) == ["conversation-invalid", "path-forbidden", "speakers-invalid", "transcript-missing"]
    again = doors.ingest([folder])
    assert (again.accepted, again.unchanged, again.refused) == (0, 4, 4)


def test_what_was_missing_can_be_tried_again(tmp_path: Path) -> None:
    folder = _folder(tmp_path, LINE.format("late.json", "T1", "", ""))
    assert doors.ingest([folder]).refused == 1
    shutil.copy(SHAPES / "aliyun.json", folder / "late.json")
    with db.session_scope() as session:
        (kept,) = quarantine.waiting(session)
        assert doors.retry(session, kept.id or 0).fault is None
    assert _stored()["T1"][0] == "vendor:aliyun"


def test_any_csv_with_these_columns_names_transcripts(tmp_path: Path) -> None:
    folder = _folder(tmp_path, LINE.format("aliyun.json", "T1", "", ""), name="export.csv")
    assert files.kind_of(folder / "export.csv") is Kind.TRANSCRIPT
    assert doors.ingest([folder / "export.csv"]).conversations == ["T1"]


def _row(transcript: Any, **more: Any) -> dict[str, Any]:
    told = {"customer_id": "C1", "advisor_id": "A1", "started_at": "2026-03-02T10:05:00+08:00"}
    return told | {"transcript": transcript} | more


def test_one_object_brings_a_transcript_with_it(tmp_path: Path) -> None:
    aliyun = json.loads((SHAPES / "aliyun.json").read_text(encoding="utf-8"))
    srt = "1\n00:00:01,000 --> 00:00:02,000\n客户: 我手里有八十万\n"
    path = tmp_path / "calls.jsonl"
    rows = [_row(aliyun, id="T1"), _row(srt, id="T2"), _row({"nothing": 1}, id="T3"), _row(aliyun)]
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    summary = doors.ingest([path])
    assert (summary.accepted, summary.refused) == (3, 1)
    assert [f.fault.code for f in summary.faults if f.fault] == ["transcript-invalid"]
    stored = _stored()
    assert (stored["T1"][0], stored["T2"]) == ("vendor:aliyun", ("srt", [("customer", False)]))
    (unnamed,) = set(stored) - {"T1", "T2"}
    assert len(unnamed) == 16  # by its content: the same again is the same talk
    assert doors.ingest([path]).unchanged == 3


def test_posted_as_any_conversation(client: Any, login: Any) -> None:
    aliyun = json.loads((SHAPES / "aliyun.json").read_text(encoding="utf-8"))
    answer = client.post("/v1/conversations", json=_row(aliyun, id="T1"), headers=login("pipe"))
    assert answer.status_code == 202
    assert _stored()["T1"] == ("vendor:aliyun", SURE)
    refused = client.post("/v1/conversations", json=_row("没有时间", id="T2"), headers=login("pipe"))
    assert (refused.status_code, refused.json()["type"]) == (422, "urn:dongke:transcript-invalid")


def test_it_is_read_like_any_call_and_points_to_its_words(tmp_path: Path) -> None:
    doors.ingest([_folder(tmp_path, LINE.format("aliyun.json", "T1", "", ""))])
    with db.session_scope() as session:
        assert pipeline.process_conversation(session, "T1").assertions > 0
    with db.session_scope() as session:
        money = [a for a in session.exec(select(StoredAssertion)) if a.tag == "funds.idle"]
        (own,) = [e for a in money for e in a.evidence if e["quote"].startswith("八十万") or "八十万" in e["quote"]][:1]
        assert 3500 <= own["start_ms"] <= 4500  # by its words, not from the beginning of the sentence alone
        assert own["end_ms"] == 5200
        assert session.get(StoredUtterance, ("T1", 1)).words  # type: ignore[union-attr]


def test_a_folder_of_recordings_stays_one(tmp_path: Path) -> None:
    folder = tmp_path / "calls"
    folder.mkdir()
    (folder / "manifest.csv").write_text("file,transcript,customer_id,advisor_id,started_at\n", encoding="utf-8")
    assert files.kind_of(folder) is Kind.RECORDING


def test_a_stored_talk_goes_out_in_every_form_and_comes_back(client: Any, login: Any, tmp_path: Path) -> None:
    doors.ingest([_folder(tmp_path, LINE.format("aliyun.json", "T1", "", ""))])
    source = transcripts.read_file(SHAPES / "aliyun.json").turns
    for form, media in exports.MEDIA_TYPES.items():
        answer = client.get(f"/v1/conversations/T1/transcript?format={form}", headers=login("a1"))
        assert (answer.status_code, answer.headers["content-type"].split(";")[0]) == (200, media.split(";")[0])
        if form == "txt":
            assert answer.text.startswith("00:00:01 投资顾问: 您好，请问是陈先生吗？\n")
            continue
        back = transcripts.read_text(answer.text).turns
        assert [(t.speaker, t.text, t.start_ms, t.end_ms) for t in back] == [
            (t.speaker, t.text, t.start_ms, t.end_ms) for t in source
        ]
        assert form != "json" or [t.words for t in back] == [t.words for t in source]
    assert client.get("/v1/conversations/T1/transcript?format=doc", headers=login("a1")).status_code == 422
    assert client.get("/v1/conversations/T1/transcript", headers=login("a2")).status_code == 404  # not his customer


def test_who_refuses_the_analysis_has_no_transcript(client: Any, login: Any, tmp_path: Path) -> None:
    doors.ingest([_folder(tmp_path, LINE.format("aliyun.json", "T1", "", ""))])
    rows = tmp_path / "consents.csv"
    rows.write_text("customer_id,purpose,status,at\nC1,analysis,denied,2026-03-03T10:00:00+08:00\n", encoding="utf-8")
    doors.ingest([rows])
    answer = client.get("/v1/conversations/T1/transcript", headers=login("a1"))
    assert (answer.status_code, answer.json()["type"]) == (404, "urn:dongke:transcript-refused")
