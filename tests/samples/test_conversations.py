"""Calls and chats: they pass the product's own readers, belong to somebody, and lie before the anchor."""

from datetime import datetime

import pytest

from asr.wecom import parse
from dongke.types import Conversation, Utterance

END_OF_DAY = "T23:59:59+08:00"


def test_counts(calls, chats):
    assert sum(c["answered"] for c in calls) >= 20
    assert len(chats) >= 20
    assert any(not c["answered"] for c in calls)


def test_ids_are_unique(calls, chats):
    ids = [c["id"] for c in calls] + list(chats)
    assert len(set(ids)) == len(ids)
    msgids = [m["msgid"] for lines in chats.values() for m in lines]
    assert len(set(msgids)) == len(msgids)


def test_calls_are_conversations_of_known_people(calls, customers, advisors, anchor_on):
    for call in calls:
        talk = Conversation.from_json(call)
        assert call["customer_id"] in customers
        assert call["advisor_id"] in advisors
        assert call["direction"] in {"in", "out"}
        assert bool(talk.utterances) == call["answered"]
        assert talk.started_at <= datetime.fromisoformat(anchor_on + END_OF_DAY)
        assert _ordered(talk.utterances)


def _ordered(turns: tuple[Utterance, ...]) -> bool:
    times = [t for u in turns for t in (u.start_ms, u.end_ms)]
    return None not in times and times == sorted(times)


def test_only_one_call_by_neither_owner_nor_deputy(calls, customers, advisors):
    def foreign(call):
        owner = customers[call["customer_id"]]["advisor_id"]
        return call["advisor_id"] not in {owner, *advisors[owner]["deputies"].split(";")}

    def deputy(call):
        return not foreign(call) and call["advisor_id"] != customers[call["customer_id"]]["advisor_id"]

    assert [c["id"] for c in calls if foreign(c)] == ["K2022"]
    assert [c["id"] for c in calls if deputy(c)] == ["K2037"]


def test_the_archive_reader_takes_every_message(chats, customers, advisors, anchor_on):
    externals = {c["wecom_external_userid"] for c in customers.values()} - {""}
    staff = {a["wecom_userid"] for a in advisors.values()}
    for lines in chats.values():
        read = [parse(m) for m in lines]
        assert [m.sent_at for m in read] == sorted(m.sent_at for m in read)
        assert read[-1].sent_at <= datetime.fromisoformat(anchor_on + END_OF_DAY)
        people = {p for m in read if m.action != "switch" for p in (m.sender, *m.receivers)}
        assert len(people) == 2
        assert len(people & externals) == 1
        assert len(people & staff) == 1


@pytest.mark.parametrize(
    "kind",
    "text voice image revoke agree disagree mixed file link emotion video".split(),
)
def test_every_kind_of_message_occurs(chats, kind):
    assert any(m.get("msgtype") == kind for lines in chats.values() for m in lines)


def test_the_recalled_message_stands_before_its_recall(chats):
    revokes = [(lines, m) for lines in chats.values() for m in lines if m.get("msgtype") == "revoke"]
    assert revokes
    for lines, revoke in revokes:
        before = [m["msgid"] for m in lines[: lines.index(revoke)]]
        assert revoke["revoke"]["pre_msgid"] in before
        assert revoke["action"] == "recall"


@pytest.mark.parametrize("name", ["calls/attempts.csv", "notes.csv"])
def test_attempts_and_notes_name_known_people(tables, customers, advisors, anchor_on, name):
    rows = tables(name)
    assert rows
    for row in rows:
        assert row["customer_id"] in customers
        assert row["advisor_id"] in advisors
        at = datetime.fromisoformat(row["at"])
        assert at.utcoffset() is not None
        assert at <= datetime.fromisoformat(anchor_on + END_OF_DAY)
