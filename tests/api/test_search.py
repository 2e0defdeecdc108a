"""会话检索: words are found as they are said, by those who may read them, where they were not taken back."""

from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient

from api import pipeline
from api.search import spans_of, words_of
from dongke import db
from dongke.errors import BadInput

Talk = Callable[..., dict[str, Any]]
Login = Callable[[str], dict[str, str]]


def _say(client: TestClient, login: Login, talk: Talk, ident: str, *said: str, **more: Any) -> None:
    lines = [{"speaker": "customer", "text": t, "start": 10.0 * n, "end": 10.0 * n + 5} for n, t in enumerate(said)]
    row = talk(ident, utterances=lines, **more)
    assert client.post("/v1/conversations", json=row, headers=login("pipe")).json()["accepted"] == 1


def _found(client: TestClient, headers: dict[str, str], words: str, **more: Any) -> list[tuple[str, int]]:
    answer = client.post("/v1/conversations/search", json={"words": words, **more}, headers=headers)
    assert answer.status_code == 200, answer.text
    return [(hit["conversation_id"], hit["utterance"]) for hit in answer.json()["items"]]


def test_two_characters_one_character_and_a_sentence_are_found(client: TestClient, login: Login, talk: Talk) -> None:
    _say(client, login, talk, "K1", "我想开个两融账户。", "ＥＴＦ我也买了一点, 融着买的两成。")
    mine = login("a1")
    assert _found(client, mine, "两融") == [("K1", 0)]
    assert _found(client, mine, "融") == [("K1", 1), ("K1", 0)]
    assert _found(client, mine, "想开个两融账户") == [("K1", 0)]
    assert _found(client, mine, "etf") == [("K1", 1)]
    assert _found(client, mine, "融两") == []  # both pairs are somewhere, the word is not


def test_several_words_must_stand_in_one_sentence(client: TestClient, login: Login, talk: Talk) -> None:
    _say(client, login, talk, "K1", "佣金能不能低一点?", "那我再想想, 佣金和服务都重要。", "服务倒是不错。")
    assert _found(client, login("a1"), "服务 佣金") == [("K1", 1)]


def test_the_marks_stand_on_the_text_as_it_is(client: TestClient, login: Login, talk: Talk) -> None:
    _say(client, login, talk, "K1", "买点ＥＴＦ吧, 就那个etf。")
    body = {"words": "ETF"}
    hit = client.post("/v1/conversations/search", json=body, headers=login("a1")).json()["items"][0]
    assert [hit["text"][start:end] for start, end in hit["spans"]] == ["ＥＴＦ", "etf"]
    assert spans_of("㈠两融", "两融") == [(1, 3)]  # one character that becomes three shifts nothing


def test_nobody_finds_what_he_may_not_read(client: TestClient, login: Login, talk: Talk) -> None:
    _say(client, login, talk, "K1", "想开两融。")
    _say(client, login, talk, "K3", "想开两融。", customer_id="C3", advisor_id="A3")
    assert _found(client, login("a1"), "两融") == [("K1", 0)]
    assert _found(client, login("boss"), "两融") == [("K1", 0)]
    assert len(_found(client, login("head"), "两融")) == 2
    assert client.post("/v1/conversations/search", json={"words": "两融"}, headers=login("pipe")).status_code == 403


def test_refused_words_are_found_by_nobody(client: TestClient, login: Login, talk: Talk) -> None:
    _say(client, login, talk, "K1", "我孩子明年要出国读书, 得留一百万。")
    _say(client, login, talk, "K2", "想开两融。", customer_id="C2", advisor_id="A2")
    for ident in ("K1", "K2"):
        with db.session_scope() as session:
            pipeline.process_conversation(session, ident)
    denied = {"kind": "consent", "status": "denied", "subject": "analysis"}
    deleted = {"kind": "tag", "status": "deleted", "subject": "family.clue"}
    assert _found(client, login("boss"), "孩子") == [("K1", 0)]
    for customer, right in (("C2", denied), ("C1", deleted)):
        told = client.post(f"/v1/customers/{customer}/rights", json=right, headers=login("boss"))
        assert told.status_code == 201, told.text
    assert _found(client, login("boss"), "两融") == []
    assert _found(client, login("boss"), "孩子") == []  # the words that proved the deleted tag
    assert _found(client, login("boss"), "一百万") == [("K1", 0)]


def test_pages_follow_each_other_newest_first(client: TestClient, login: Login, talk: Talk) -> None:
    for day in range(1, 8):
        _say(client, login, talk, f"K{day}", "两融利率多少?", started_at=f"2026-03-0{day}T10:00:00+08:00")
    seen, cursor = [], None
    while True:
        body = {"words": "两融", "limit": 3, "cursor": cursor}
        answer = client.post("/v1/conversations/search", json=body, headers=login("a1")).json()
        seen += [hit["conversation_id"] for hit in answer["items"]]
        cursor = answer["next_cursor"]
        if cursor is None:
            break
    assert seen == [f"K{day}" for day in range(7, 0, -1)]


def test_customer_channel_speaker_and_time_narrow_it(client: TestClient, login: Login, talk: Talk) -> None:
    _say(client, login, talk, "K1", "两融", started_at="2026-03-01T10:00:00+08:00")
    _say(client, login, talk, "K2", "两融", customer_id="C2", advisor_id="A2")
    boss = login("boss")
    assert _found(client, boss, "两融", customer_id="C2") == [("K2", 0)]
    assert _found(client, boss, "两融", channel="chat") == []
    assert _found(client, boss, "两融", speaker="advisor") == []
    assert _found(client, boss, "两融", end="2026-03-02T00:00:00+08:00") == [("K1", 0)]


@pytest.mark.parametrize("words", ["", "   ", "a b c d e f", "长" * 51, "a\0b"])
def test_no_words_and_too_many_are_told(words: str) -> None:
    with pytest.raises(BadInput) as fault:
        words_of(words)
    assert fault.value.code == "words-invalid"


@pytest.mark.parametrize("words", ["'", "\\", "a'b", "100%", "两_融", "!(", "a:*", "& |", "𠮷野"])
def test_signs_are_only_signs(client: TestClient, login: Login, talk: Talk, words: str) -> None:
    _say(client, login, talk, "K1", "什么都没有。", f"他说 {words} 这样。")
    assert _found(client, login("a1"), words) == [("K1", 1)]


@pytest.mark.parametrize(("deleted", "shown"), [(True, []), (False, ["K3", "K2", "K1"])])
def test_no_page_and_no_cursor_tells_of_deleted_words(
    client: TestClient, login: Login, talk: Talk, deleted: bool, shown: list[str]
) -> None:
    for day in (1, 2, 3):
        said = "我孩子明年要出国读书, 得留一百万。"
        _say(client, login, talk, f"K{day}", said, started_at=f"2026-03-0{day}T10:00:00+08:00")
        with db.session_scope() as session:
            pipeline.process_conversation(session, f"K{day}")
    if deleted:
        right = {"kind": "tag", "status": "deleted", "subject": "family.clue"}
        assert client.post("/v1/customers/C1/rights", json=right, headers=login("boss")).status_code == 201
    found, cursor = [], None
    for _ in range(len(shown) or 1):
        body = {"words": "孩子", "limit": 1, "cursor": cursor}
        answer = client.post("/v1/conversations/search", json=body, headers=login("boss")).json()
        found += [hit["conversation_id"] for hit in answer["items"]]
        cursor = answer["next_cursor"]
    assert (found, cursor) == (shown, None)


def test_pages_are_full_although_words_between_were_deleted(client: TestClient, login: Login, talk: Talk) -> None:
    for day in range(1, 7):
        said = "得留一百万。" if day in (1, 6) else "我孩子明年要出国读书, 得留一百万。"
        _say(client, login, talk, f"K{day}", said, f"还有孩子{day}", started_at=f"2026-03-0{day}T10:00:00+08:00")
        with db.session_scope() as session:
            pipeline.process_conversation(session, f"K{day}")
    right = {"kind": "tag", "status": "deleted", "subject": "family.clue"}
    everybody = _found(client, login("boss"), "一百万")
    assert client.post("/v1/customers/C1/rights", json=right, headers=login("boss")).status_code == 201
    assert _found(client, login("boss"), "一百万") == everybody
    assert len(everybody) == 6
