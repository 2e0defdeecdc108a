"""Files of every kind: taken in once, faults aside, the same file again changes nothing."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import Session, select

from api import doors, files, takers
from api.doors import Summary
from api.files import Kind
from asr.models import StoredConversation
from dongke import db, quarantine
from dongke.directory import Customer
from followup.models import Attempt, Note
from profiles.models import BehaviourEvent

Talk = Callable[..., dict[str, Any]]
pytestmark = pytest.mark.usefixtures("broker")


def _lines(path: Path, rows: list[Any], encoding: str = "utf-8") -> Path:
    text = "\n".join(row if isinstance(row, str) else json.dumps(row, ensure_ascii=False) for row in rows)
    path.write_bytes((text + "\n").encode(encoding))
    return path


def _waiting() -> list[tuple[str, str, str]]:
    with db.session_scope() as session:
        return sorted((row.door, row.source, row.code) for row in quarantine.waiting(session))


def test_conversations_are_taken_once_and_faults_stand_aside(tmp_path: Path, talk: Talk) -> None:
    path = _lines(
        tmp_path / "calls.jsonl",
        [
            talk("K1"),
            "{broken",
            talk("K2", customer_id="C9"),
            talk("K3", started_at="2026-03-02T10:05:00"),
            talk("K4", started_at="2099-03-02T10:05:00+08:00"),
            {"id": "K5", "utterances": "none"},
            "[]",
            "",
            talk("K6", channel="chat"),
        ],
    )
    seen: list[str] = []
    first = doors.ingest([path], progress=lambda outcome: seen.append(outcome.source))
    assert (first.accepted, first.unchanged, first.refused) == (2, 0, 6)
    assert first.conversations == ["K1", "K6"]
    assert len(seen) == 8
    assert _waiting() == [
        ("conversation", "calls.jsonl:2", "json-invalid"),
        ("conversation", "calls.jsonl:3", "customer-unknown"),
        ("conversation", "calls.jsonl:4", "time-naive"),
        ("conversation", "calls.jsonl:5", "time-future"),
        ("conversation", "calls.jsonl:6", "conversation-invalid"),
        ("conversation", "calls.jsonl:7", "conversation-invalid"),
    ]
    again = doors.ingest([path])
    assert (again.accepted, again.unchanged, again.refused) == (0, 2, 6)
    assert again.conversations == []
    assert len(_waiting()) == 6


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_three_encodings_are_read_alike(tmp_path: Path, talk: Talk, encoding: str) -> None:
    summary = doors.ingest([_lines(tmp_path / "a.jsonl", [talk("K1"), talk("K2")], encoding)])
    assert (summary.accepted, summary.refused) == (2, 0)


def test_a_line_of_another_encoding_is_refused_alone(tmp_path: Path, talk: Talk) -> None:
    path = tmp_path / "a.jsonl"
    good = json.dumps(talk("K1"), ensure_ascii=False).encode()
    path.write_bytes(good + b"\n" + b'{"id": "\xff\xff"}' + b"\n" + good.replace(b"K1", b"K2") + b"\n")
    summary = doors.ingest([path])
    assert (summary.accepted, summary.refused) == (2, 1)
    assert _waiting() == [("conversation", "a.jsonl:2", "encoding")]


def test_a_line_without_end_does_not_fill_the_memory(
    tmp_path: Path, talk: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "MAX_LINE_BYTES", 2_000)
    summary = doors.ingest([_lines(tmp_path / "a.jsonl", [talk("K1"), "[" * 9_000, talk("K2")])])
    assert summary.conversations == ["K1", "K2"]
    assert _waiting() == [("conversation", "a.jsonl:2", "line-too-long")]


def test_text_that_the_database_cannot_hold_is_refused_alone(tmp_path: Path, talk: Talk) -> None:
    bad = talk("K2", utterances=[{"speaker": "customer", "text": "\ud800"}])
    nul = talk("K\0")
    path = tmp_path / "a.jsonl"
    path.write_text("\n".join(json.dumps(row) for row in (talk("K1"), bad, nul, talk("K3"))), encoding="utf-8")
    summary = doors.ingest([path])
    assert set(summary.conversations) >= {"K1", "K3"}
    with db.session_scope() as session:
        assert session.get(StoredConversation, "K\ufffd") is None


def test_one_json_document_or_a_list_of_them(tmp_path: Path, talk: Talk) -> None:
    (tmp_path / "one.json").write_text(json.dumps(talk("K1"), indent=1, ensure_ascii=False), encoding="utf-8")
    (tmp_path / "list.json").write_text(json.dumps([talk("K2"), {"id": 1, "utterances": []}]), encoding="utf-8")
    summary = doors.ingest([tmp_path])
    assert sorted(summary.conversations) == ["K1", "K2"]
    assert _waiting() == [("conversation", "list.json:2", "conversation-invalid")]


@pytest.mark.parametrize(
    ("name", "text", "kind"),
    [
        ("a.csv", "branch_id,name\n", Kind.BRANCHES),
        ("a.csv", "advisor_id,name,branch_id\n", Kind.ADVISORS),
        ("a.csv", "\ufeffcustomer_id,name,advisor_id,age\n", Kind.CUSTOMERS),
        ("a.csv", "message_id,customer_id,event,at,properties\n", Kind.EVENT),
        ("a.csv", "customer_id,advisor_id,at\n", Kind.ATTEMPT),
        ("a.csv", "customer_id,advisor_id,at,text\n", Kind.NOTE),
        ("events.csv", "message_id,when\n", Kind.EVENT),
        ("a.csv", "x,y\n", Kind.FILE),
        ("a.jsonl", '{"msgid": "1", "action": "send"}\n', Kind.WECOM),
        ("a.jsonl", '{"type": "track", "event": "x"}\n', Kind.EVENT),
        ("a.jsonl", '{"batch": []}\n', Kind.EVENT),
        ("a.jsonl", 'broken\n{"id": "K1", "utterances": []}\n', Kind.CONVERSATION),
        ("a.jsonl", '{"id": "K1", "tags": []}\n', Kind.FILE),
        ("a.txt", "您好", Kind.FILE),
        ("a.json", "", Kind.FILE),
    ],
)
def test_the_kind_of_a_file_is_found_out(tmp_path: Path, name: str, text: str, kind: Kind) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8")
    assert files.kind_of(tmp_path / name) is kind


def test_a_file_of_no_kind_waits_as_a_whole(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("x,y\n1,2\n", encoding="utf-8")
    (tmp_path / "events.csv").write_text("message_id,when\n1,2\n", encoding="utf-8")
    (tmp_path / "empty.jsonl").write_text("", encoding="utf-8")
    summary = doors.ingest([tmp_path, tmp_path / "gone.jsonl"])
    assert summary.refused == 4
    assert _waiting() == [
        ("file", "a.csv", "file-unknown"),
        ("file", "empty.jsonl", "file-empty"),
        ("file", "events.csv", "csv-columns"),
        ("file", "gone.jsonl", "file-unreadable"),
    ]


def test_a_whole_folder_is_taken_in_in_the_right_order(tmp_path: Path, talk: Talk) -> None:
    (tmp_path / "attempts.csv").write_text(
        "customer_id,advisor_id,at\nC7,A1,2026-03-03T09:30:00+08:00\nC7,A1,2026-03-03T09:30:00\n", encoding="utf-8"
    )
    (tmp_path / "customers.csv").write_text("customer_id,name,advisor_id\nC7,林静,A1\nC8,沈,A9\n", encoding="gb18030")
    (tmp_path / "notes.csv").write_text(
        "customer_id,advisor_id,at,text\nC7,A1,2026-03-03T19:30:00+08:00,上门拜访\n", encoding="utf-8"
    )
    (tmp_path / "events.csv").write_text(
        "message_id,customer_id,event,at,properties\n"
        'e1,C7,deposit,2026-03-04T09:30:00+08:00,"{""amount"": 500000}"\n'
        "e2,C9,deposit,2026-03-04T09:30:00+08:00,\n"
        "e3,C7,deposit,2099-03-04T09:30:00+08:00,\n",
        encoding="utf-8",
    )
    _lines(tmp_path / "calls.jsonl", [talk("K1", customer_id="C7")])
    first, again = doors.ingest([tmp_path]), doors.ingest([tmp_path])
    assert (first.accepted, first.refused) == (5, 4)
    assert (again.accepted, again.unchanged, again.refused) == (0, 5, 4)
    assert first.customers == {"C7"}
    assert [(door, code) for door, _, code in _waiting()] == [
        ("attempt", "time-naive"),
        ("customers", "advisor-unknown"),
        ("event", "customer-unknown"),
        ("event", "time-future"),
    ]
    with db.session_scope() as session:
        assert session.get_one(Customer, "C7").name == "林静"
        for table in (Attempt, Note, BehaviourEvent):
            assert len(session.exec(select(table)).all()) == 1


def test_wecom_messages_become_a_conversation(tmp_path: Path, session: Session) -> None:
    (tmp_path / "advisors.csv").write_text(
        "advisor_id,name,branch_id,wecom_userid\nA1,顾,B1,GuXiao\n", encoding="utf-8"
    )
    (tmp_path / "customers.csv").write_text(
        "customer_id,name,advisor_id,opened_on,wecom_external_userid\nC1,林静,A1,2020-01-02,wmLin\n", encoding="utf-8"
    )
    _lines(
        tmp_path / "wecom.jsonl",
        [
            _message("m1", "wmLin", "GuXiao", "我有五十万到期了"),
            _message("m2", "GuXiao", "wmLin", "好的"),
            _message("m3", "who", "GuXiao", "?"),
            _message("m4", "wmLin", "GuXiao", "") | {"msgtype": "disagree", "disagree": {"userid": "wmLin"}},
        ],
    )
    summary = doors.ingest([tmp_path])
    (ident,) = summary.conversations
    assert ident.startswith("wx-")
    assert _waiting() == [("wecom", "wecom.jsonl:3", "party-unknown")]
    assert doors.ingest([tmp_path]).conversations == []
    with db.session_scope() as again:
        (consent,) = again.exec(select(BehaviourEvent)).all()
    assert (consent.customer_id, consent.event, consent.properties) == ("C1", "archive_refused", {"advisor": "A1"})


def _message(msgid: str, sender: str, receiver: str, words: str) -> dict[str, Any]:
    return {
        "msgid": msgid,
        "action": "send",
        "from": sender,
        "tolist": [receiver],
        "msgtime": 1772589600000 + int(msgid[1:]) * 1000,
        "msgtype": "text",
        "text": {"content": words},
    }


def test_a_refused_piece_comes_in_once_its_reason_is_gone(tmp_path: Path, talk: Talk) -> None:
    doors.ingest([_lines(tmp_path / "a.jsonl", [talk("K1", customer_id="C7")])])
    with db.session_scope() as session:
        (kept,) = quarantine.waiting(session)
        assert kept.id
        assert doors.retry(session, kept.id).state == "refused"
    with db.session_scope() as session:
        assert [row.attempts for row in quarantine.waiting(session)] == [2]
        session.add(Customer(id="C7", advisor_id="A1"))
    with db.session_scope() as session:
        assert doors.retry(session, kept.id).state == "new"
    with db.session_scope() as session:
        assert quarantine.waiting(session) == []
        assert session.get(StoredConversation, "K1") is not None


def test_what_nobody_foresaw_stops_nothing_and_waits(
    tmp_path: Path, talk: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = takers.ONE[Kind.CONVERSATION]

    def fragile(intake: doors.Intake, row: Any) -> tuple[str, str]:
        if row["id"] == "K2":
            raise ZeroDivisionError
        return known(intake, row)

    monkeypatch.setitem(takers.ONE, Kind.CONVERSATION, fragile)
    summary = doors.ingest([_lines(tmp_path / "a.jsonl", [talk(ident) for ident in ("K1", "K2", "K3")])])
    assert (summary.accepted, summary.refused, summary.conversations) == (2, 1, ["K1", "K3"])
    monkeypatch.undo()
    with db.session_scope() as session:
        (kept,) = quarantine.waiting(session)
        assert (kept.code, kept.detail) == ("intake-failed", "接入时意外出错: ZeroDivisionError")
        assert doors.retry(session, kept.id or 0).state == "new"


def test_a_refused_csv_row_is_retried_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "attempts.csv"
    path.write_text("customer_id,advisor_id,at\nC7,A1,2026-03-03T09:30:00+08:00\n", encoding="utf-8")
    assert doors.ingest([path]).refused == 1
    with db.session_scope() as session:
        session.add(Customer(id="C7", advisor_id="A1"))
        (kept,) = quarantine.waiting(session)
        assert kept.id
        assert doors.retry(session, kept.id).state == "new"
    with db.session_scope() as session:
        assert [row.customer_id for row in session.exec(select(Attempt))] == ["C7"]


def test_summary_adds_up_over_kinds() -> None:
    summary = Summary()
    summary.counts.update({"conversation.new": 2, "event.new": 3, "event.refused": 1, "note.changed": 1})
    assert (summary.accepted, summary.unchanged, summary.refused) == (6, 0, 1)
