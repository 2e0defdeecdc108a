import itertools
import json
import random
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlmodel import Session, select

from asr import chatlog
from asr.chatlog import ChatResult, Party
from asr.models import ChatMessage, StoredConversation
from asr.repository import load_conversation, mark_read, unread
from dongke import clock
from tests.asr.conftest import STARTED

PEOPLE = {
    "WangWei": Party("advisor", "A1"),
    "LiNa": Party("advisor", "A2"),
    "wmOne": Party("customer", "C1"),
    "wmTwo": Party("customer", "C2"),
    "wmGone": Party("customer", "C404"),
}
_numbers = itertools.count()


def _message(minutes: float, msgtype: str = "text", /, sender: str = "wmOne", to: str = "WangWei", **body: Any) -> dict:
    msgid = body.pop("msgid", f"m{next(_numbers)}_external")
    at = STARTED + timedelta(minutes=minutes)
    row = {"msgid": msgid, "action": "send", "from": sender, "tolist": to.split(), "roomid": ""}
    return row | {"msgtime": round(at.timestamp() * 1000), "msgtype": msgtype} | {msgtype: body}


def _text(minutes: float, content: str, **more: Any) -> dict:
    return _message(minutes, "text", content=content, **more)


def _revoke(minutes: float, pre_msgid: str, **more: Any) -> dict:
    return _message(minutes, "revoke", pre_msgid=pre_msgid, **more) | {"action": "recall"}


def _without(row: dict, key: str) -> dict:
    return {k: v for k, v in row.items() if k != key}


def _take(session: Session, *messages: Any) -> ChatResult:
    return chatlog.take_messages(session, messages, PEOPLE.get)


def _talks(session: Session) -> list[tuple[str, list[str]]]:
    """(customer, texts) of all conversations that have any, by time."""
    rows = session.exec(select(StoredConversation).order_by(StoredConversation.started_at, StoredConversation.id)).all()  # type: ignore[arg-type]
    talks = [(row.customer_id, [u.text for u in load_conversation(session, row.id)[1].utterances]) for row in rows]
    return [talk for talk in talks if talk[1]]


def test_messages_become_a_conversation(people: Session) -> None:
    result = _take(
        people, _text(0, "王经理在吗"), _text(1, "在的，您说", sender="WangWei", to="wmOne"), _text(2, "我有五十万")
    )
    assert (result.accepted, result.duplicates, result.faults) == (3, 0, [])
    (ident,) = result.conversations
    assert ident.startswith("wx-")
    stored, talk = load_conversation(people, ident)
    assert (stored.channel, stored.direction, stored.source, stored.advisor_id) == ("chat", "in", "wecom", "A1")
    assert [u.speaker.value for u in talk.utterances] == ["customer", "advisor", "customer"]
    assert talk.utterances[0].at == STARTED
    assert stored.ended_at == STARTED + timedelta(minutes=2)


@pytest.mark.parametrize(("gap", "talks"), [(59, 1), (60, 1), (60.1, 2), (600, 2)])
def test_an_hour_of_silence_ends_the_conversation(people: Session, gap: float, talks: int) -> None:
    assert len(_take(people, _text(0, "在吗"), _text(gap, "在不在")).conversations) == talks


def test_pairs_do_not_mix(people: Session) -> None:
    _take(people, _text(0, "我是一"), _text(1, "我是二", sender="wmTwo"), _text(2, "找李娜", to="LiNa"))
    assert _talks(people) == [("C1", ["我是一"]), ("C2", ["我是二"]), ("C1", ["找李娜"])]


def test_replay_changes_nothing(people: Session) -> None:
    batch = [_text(0, "在吗"), _text(1, "我有五十万", msgid="x"), _revoke(2, "x"), _message(3, "agree", userid="wmOne")]
    first = _take(people, *batch)
    for ident in first.conversations:
        mark_read(people, ident, "v1")
    again = _take(people, *batch)
    assert (again.accepted, again.duplicates) == (0, 4)
    assert (again.conversations, again.consents, again.faults) == (set(), [], [])
    assert unread(people, "v1") == []
    assert _take(people, batch[0], batch[0]).duplicates == 2


def test_same_message_twice_in_one_batch(people: Session) -> None:
    message = _text(0, "在吗")
    result = _take(people, message, message)
    assert (result.accepted, result.duplicates) == (1, 1)
    assert _talks(people) == [("C1", ["在吗"])]


def test_any_order_and_any_batches_give_the_same_talks(people: Session) -> None:
    batch = [_text(n * 25, f"第{n}句", msgid=f"m{n}") for n in range(8)]
    batch += [_text(1000 + n * 70, f"另{n}句") for n in range(3)]
    batch += [_revoke(200, "m3"), _revoke(201, "m0")]
    random.Random(5).shuffle(batch)
    for start in range(0, len(batch), 2):
        _take(people, *batch[start : start + 2])
    whole = ["", "第1句", "第2句", "", "第4句", "第5句", "第6句", "第7句"]
    assert _talks(people) == [("C1", whole), ("C1", ["另0句"]), ("C1", ["另1句"]), ("C1", ["另2句"])]


def test_late_message_joins_two_talks_and_the_emptied_one_is_read_again(people: Session) -> None:
    first = _take(people, _text(0, "在吗"), _text(100, "还在吗"))
    assert len(first.conversations) == 2
    for ident in first.conversations:
        mark_read(people, ident, "v1")
    second = _take(people, _text(50, "人呢"))
    assert second.conversations == first.conversations == set(unread(people, "v1"))
    assert _talks(people) == [("C1", ["在吗", "人呢", "还在吗"])]


@pytest.mark.parametrize("late", [False, True], ids=["in order", "revoke first"])
def test_revoked_message_loses_its_voice_and_keeps_its_copy(people: Session, late: bool) -> None:
    said, taken = _text(0, "我有笔理财到期了 手里有80万", msgid="x"), _revoke(1, "x")
    _take(people, _text(-1, "王经理"))
    results = [_take(people, m) for m in ((taken, said) if late else (said, taken))]
    assert results[1].conversations
    assert _talks(people) == [("C1", ["王经理", ""])]
    kept = people.get(ChatMessage, "x")
    assert kept
    assert kept.text == "我有笔理财到期了 手里有80万"
    assert kept.revoked_at == STARTED + timedelta(minutes=1)


def test_revoked_after_the_reading_is_to_be_read_again(people: Session) -> None:
    (ident,) = _take(people, _text(0, "我有80万", msgid="x")).conversations
    mark_read(people, ident, "v1")
    assert _take(people, _revoke(5000, "x")).conversations == {ident}
    assert unread(people, "v1") == [ident]


def test_revoke_reaches_only_messages_of_the_same_pair(people: Session) -> None:
    _take(people, _text(0, "我有80万", msgid="x"), _revoke(1, "x", sender="wmTwo"), _revoke(2, "unknown"))
    assert _talks(people) == [("C1", ["我有80万"])]


def test_consents_are_told_once_in_order(people: Session) -> None:
    later = _message(
        9, "disagree", userid="wmOne", disagree_time=round((STARTED + timedelta(minutes=9)).timestamp() * 1000)
    )
    result = _take(people, later, _message(0, "agree", userid="wmOne", agree_time=round(STARTED.timestamp() * 1000)))
    assert [(c.customer_id, c.advisor_id, c.agreed) for c in result.consents] == [
        ("C1", "A1", True),
        ("C1", "A1", False),
    ]
    assert result.consents[0].at == STARTED
    assert result.conversations == set()


ITEM = [
    {"type": "text", "content": '{"content": "这两只"}'},
    {"type": "image", "content": '{"md5sum": "x"}'},
    {"type": "text", "content": '{"content": "选哪只"}'},
]


@pytest.mark.parametrize(
    ("message", "text", "suspect"),
    [
        (_message(0, "voice", play_length=14, sdkfileid="z"), "[语音 14秒]", True),
        (_message(0, "image", md5sum="z"), "[图片]", True),
        (_message(0, "file", filename="我的持仓.pdf"), "[文件 我的持仓.pdf]", True),
        (_message(0, "link", title="新基金发行"), "[链接 新基金发行]", True),
        (_message(0, "link", title="新基金发行", sender="WangWei", to="wmOne"), "[链接 新基金发行]", False),
        (_message(0, "mixed", item=ITEM), "这两只[图片]选哪只", False),
        (_message(0, "mixed", item="broken"), "[混合消息]", True),
        (_message(0, "voiptext", callduration=125, invitetype=1), "[语音通话 2分5秒]", True),
        (_message(0, "hologram", x=1), "[未知消息 hologram]", True),
        (_without(_message(0, "markdown"), "markdown") | {"info": {"content": "**好的**"}}, "**好的**", False),
        (_text(0, "我电话13800138000"), "我电话***********", False),
        (_text(0, ""), "", False),
    ],
)
def test_what_the_reader_sees(people: Session, message: dict, text: str, suspect: bool) -> None:
    (ident,) = _take(people, message).conversations
    ((utterance),) = load_conversation(people, ident)[1].utterances
    assert (utterance.text, utterance.suspect) == (text, suspect)


def test_meeting_voice_call(people: Session) -> None:
    end = round(STARTED.timestamp()) + 200
    message = _message(0, "meeting_voice_call", endtime=end, sdkfileid="z") | {"voiceid": "v1"}
    (ident,) = _take(people, message).conversations
    assert load_conversation(people, ident)[1].utterances[0].text == "[语音通话 3分20秒]"


def test_switch_is_kept_and_is_no_talk(people: Session) -> None:
    row = {"msgid": "s1", "action": "switch", "time": round(STARTED.timestamp() * 1000), "user": "WangWei"}
    result = _take(people, row, row | {"msgid": "s2", "user": "Nobody"})
    assert (result.accepted, result.conversations) == (2, set())
    kept = people.get(ChatMessage, "s1")
    assert kept
    assert (kept.advisor_id, kept.customer_id) == ("A1", None)


def test_stored_body_is_masked_and_names_nobody(people: Session) -> None:
    _take(
        people,
        _text(0, "卡号6222021234567890123", msgid="x"),
        _message(1, "card", userid="wmTwo", corpname="x13800138000"),
    )
    bodies = json.dumps([row.body for row in people.exec(select(ChatMessage)).all()])
    assert "6222021234567890123" not in bodies
    assert "WangWei" not in bodies
    assert "wmOne" not in bodies


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ("text", "message-invalid"),
        ({}, "message-invalid"),
        (_text(0, "好") | {"msgid": 5}, "message-invalid"),
        (_text(0, "好") | {"msgid": "x\x00"}, "message-invalid"),
        (_text(0, "好") | {"action": "shout"}, "message-invalid"),
        (_text(0, "好") | {"tolist": "WangWei"}, "message-invalid"),
        (_text(0, "好") | {"text": {"content": None}}, "message-invalid"),
        (_text(0, "好" * 30_000), "message-invalid"),
        (_message(0, "revoke"), "message-invalid"),
        (_text(0, "好") | {"msgtime": "yesterday"}, "time-invalid"),
        (_text(0, "好") | {"msgtime": 10**15}, "time-invalid"),
        (_text(0, "好") | {"msgtime": 1_700_000}, "time-invalid"),
        (_text(0, "好") | {"msgtime": round((clock.now().timestamp() + 3600) * 1000)}, "time-future"),
        (_text(0, "好", sender="Nobody"), "party-unknown"),
        (_text(0, "好", sender="wmGone"), "party-unknown"),
        (_text(0, "好", to="Nobody"), "party-unknown"),
        (_text(0, "好", sender="LiNa"), "chat-internal"),
        (_text(0, "好", to="WangWei wmTwo"), "chat-group"),
    ],
)
def test_bad_message_stops_nothing(people: Session, row: Any, code: str) -> None:
    result = _take(people, _text(0, "前面"), row, _text(1, "后面"))
    assert [(index, fault.code) for index, fault in result.faults] == [(1, code)]
    assert result.accepted == 2
    assert _talks(people) == [("C1", ["前面", "后面"])]


def test_group_with_two_advisors_is_one_talk_with_the_owner(people: Session) -> None:
    _take(
        people,
        _text(0, "佣金能降吗", to="WangWei LiNa"),
        _text(1, "我来看看", sender="LiNa", to="WangWei wmOne"),
        _text(2, "可以降", sender="WangWei", to="LiNa wmOne Nobody"),
    )
    (stored,) = people.exec(select(StoredConversation)).all()
    assert stored.advisor_id == "A1"
    assert _talks(people) == [("C1", ["佣金能降吗", "我来看看", "可以降"])]


def test_odd_characters_are_kept_out_of_the_database(people: Session) -> None:
    result = _take(people, _text(0, "我有\x00五十万\ud83d", extra={"a\x00": ["\ud83d"]}))
    assert result.faults == []
    assert _talks(people) == [("C1", ["我有\ufffd五十万\ufffd"])]


def test_body_that_json_allows_and_the_database_does_not(people: Session) -> None:
    deep: list = []
    for _ in range(200):
        deep = [deep]
    result = _take(people, _text(0, "好", weight=float("nan"), deep=deep), _text(1, "行"))
    assert (result.accepted, result.faults) == (2, [])


def test_replayed_life_has_its_own_clock(people: Session) -> None:
    later: datetime = clock.now() + timedelta(days=300)
    message = _text(0, "好") | {"msgtime": round(later.timestamp() * 1000)}
    result = chatlog.take_messages(people, [message], PEOPLE.get, clock=later)
    assert (result.accepted, result.faults) == (1, [])
