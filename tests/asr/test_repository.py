from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlmodel import Session, col, select

from asr.models import StoredUtterance
from asr.repository import load_conversation, mark_read, store_conversation, unread
from dongke import clock
from dongke.errors import BadInput, Conflict, NotFound
from dongke.types import Channel, Conversation, Speaker, Utterance
from tests.asr.conftest import STARTED

TALK = Conversation(
    "K1",
    Channel.CALL,
    STARTED,
    (
        Utterance(Speaker.ADVISOR, "您好，请问现在方便吗？", 1000, 3000),
        Utterance(Speaker.CUSTOMER, "方便，我电话是13800138000。", 3500, 6000),
        Utterance(Speaker.CUSTOMER, "我有五十万。", 6200, 7000, suspect=True),
    ),
)


def test_store_and_load(people: Session) -> None:
    result = store_conversation(people, TALK, customer_id="C1", advisor_id="A1", direction="in")
    assert (result.id, result.state) == ("K1", "new")
    stored, loaded = load_conversation(people, "K1")
    assert loaded.utterances[1].text == "方便，我电话是***********。"
    assert replace(loaded.utterances[1], text="") == replace(TALK.utterances[1], text="")
    assert loaded.utterances[2].suspect
    assert (stored.direction, stored.answered, stored.source) == ("in", True, "given")
    assert stored.known_at == stored.ended_at == STARTED + timedelta(seconds=7)


def test_same_again_changes_nothing_and_new_content_does(people: Session) -> None:
    def store(talk: Conversation) -> str:
        return store_conversation(people, talk, customer_id="C1", advisor_id="A1").state

    assert [store(TALK), store(TALK)] == ["new", "unchanged"]
    mark_read(people, "K1", "v1")
    assert unread(people, "v1") == []
    assert store(TALK) == "unchanged"
    assert unread(people, "v1") == []
    assert store(replace(TALK, utterances=TALK.utterances[:1])) == "changed"
    assert unread(people, "v1") == ["K1"]
    assert len(load_conversation(people, "K1")[1].utterances) == 1


def test_unread_is_by_engine_version_oldest_first(people: Session) -> None:
    for number in (2, 1, 3):
        talk = replace(TALK, id=f"K{number}", started_at=STARTED + timedelta(hours=number))
        store_conversation(people, talk, customer_id="C1", advisor_id="A1")
    assert unread(people, "v1", 2) == ["K1", "K2"]
    mark_read(people, "K1", "v1")
    assert unread(people, "v1") == ["K2", "K3"]
    assert unread(people, "v2") == ["K1", "K2", "K3"]


def test_revoked_utterance_keeps_its_place_and_its_copy(people: Session) -> None:
    store_conversation(people, TALK, customer_id="C1", advisor_id="A1")
    result = store_conversation(people, TALK, customer_id="C1", advisor_id="A1", revoked=[2])
    assert result.state == "changed"
    assert [u.text for u in load_conversation(people, "K1")[1].utterances][2] == ""
    kept = people.exec(select(StoredUtterance).where(col(StoredUtterance.revoked))).one()
    assert (kept.index, kept.text) == (2, "我有五十万。")


def _at(moment: datetime) -> Conversation:
    return replace(TALK, started_at=moment)


@pytest.mark.parametrize(
    ("talk", "who", "code"),
    [
        (TALK, {"customer_id": "C9"}, "customer-unknown"),
        (TALK, {"customer_id": "C\x009"}, "customer-unknown"),
        (TALK, {"advisor_id": "A9"}, "advisor-unknown"),
        (TALK, {"direction": "up"}, "conversation-invalid"),
        (replace(TALK, id=" "), {}, "conversation-invalid"),
        (replace(TALK, id="K\x00"), {}, "conversation-invalid"),
        (replace(TALK, id="K" * 300), {}, "conversation-invalid"),
        (_at(datetime(2026, 1, 1)), {}, "time-naive"),  # noqa: DTZ001
        (_at(datetime.min.replace(tzinfo=clock.BEIJING)), {}, "time-invalid"),
        (_at(clock.now() + timedelta(hours=1)), {}, "time-future"),
        (
            replace(TALK, utterances=(Utterance(Speaker.CUSTOMER, "好", at=clock.now() + timedelta(days=1)),)),
            {},
            "time-future",
        ),
    ],
)
def test_what_cannot_be_stored_says_why(people: Session, talk: Conversation, who: dict[str, str], code: str) -> None:
    with pytest.raises(BadInput) as fault:
        store_conversation(people, talk, **({"customer_id": "C1", "advisor_id": "A1"} | who))
    assert fault.value.code == code
    assert unread(people, "v1") == []


def test_clock_a_little_ahead_is_no_future(people: Session) -> None:
    soon = _at(clock.now() + timedelta(minutes=4))
    assert store_conversation(people, soon, customer_id="C1", advisor_id="A1").state == "new"


def test_replayed_life_has_its_own_clock(people: Session) -> None:
    later = clock.now() + timedelta(days=400)
    result = store_conversation(people, _at(later), customer_id="C1", advisor_id="A1", clock=later)
    assert result.state == "new"


def test_id_belongs_to_one_customer(people: Session) -> None:
    store_conversation(people, TALK, customer_id="C1", advisor_id="A1")
    with pytest.raises(Conflict) as fault:
        store_conversation(people, TALK, customer_id="C2", advisor_id="A1")
    assert fault.value.code == "conversation-conflict"


def test_odd_but_harmless_content_is_stored(people: Session) -> None:
    odd = (
        Utterance(Speaker.CUSTOMER, "", 5000, 1000),
        Utterance(Speaker.CUSTOMER, "空\x00字符\ud800", None, None),
    )
    store_conversation(people, replace(TALK, utterances=odd), customer_id="C1", advisor_id="A1")
    _, loaded = load_conversation(people, "K1")
    assert [(u.text, u.start_ms, u.end_ms) for u in loaded.utterances] == [
        ("", 5000, 5000),
        ("空\ufffd字符\ufffd", None, None),
    ]


def test_unknown_conversation(people: Session) -> None:
    for use in (load_conversation, lambda s, i: mark_read(s, i, "v1")):
        with pytest.raises(NotFound):
            use(people, "K404")
