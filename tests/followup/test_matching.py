"""Is a talk about the subject, is it a refusal, was the deed told: tables of talks beside their look-alikes."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from dongke.types import Channel, Conversation, Polarity, Speaker, TopicMention, Utterance
from followup import matching, playbooks, promises
from followup.history import Contact, Said, VisitNote
from followup.subjects import Subject
from nlp.pipeline import read

FOLDER = Path(__file__).parent / "talks"
BOOKS = {book.id: book for book in playbooks.load()}
AT = datetime.fromisoformat("2026-06-09T10:00:00+08:00")


def talk(*lines: str, said: tuple[Said, ...] = (), mentions: tuple[TopicMention, ...] | None = None) -> Contact:
    turns = tuple(
        Utterance(Speaker.ADVISOR if line[0] == "A" else Speaker.CUSTOMER, line[2:].strip()) for line in lines
    )
    found = read(Conversation("K", Channel.CALL, AT, turns)).mentions if mentions is None else mentions
    end = AT + timedelta(seconds=48)
    return Contact("K", "C1", "A1", Channel.CALL, AT, end, end, utterances=turns, said=said, mentions=found)


def subject(playbook: str, opening: dict[str, Any]) -> Subject:
    book = BOOKS[playbook]
    said = Said("s", book.opens[0].tag, Polarity.AFFIRMED, opening["value"], (0,))
    named = [
        TopicMention(kind, key, 0, 0, 1, Speaker.CUSTOMER if by == "C" else Speaker.ADVISOR, "")
        for kind, key, by in opening.get("mentions", [])
    ]
    first = talk(opening["text"], said=(said,), mentions=tuple(named))
    return Subject(book, opening["key"], said, first)


def rows(name: str, *verdicts: str) -> list[Any]:
    content = yaml.safe_load((FOLDER / name).read_text(encoding="utf-8"))
    return [
        pytest.param(table.get("book", group), table, verdict == verdicts[0], lines, id=f"{group}-{verdict}-{number}")
        for group, table in content.items()
        for verdict in verdicts
        for number, lines in enumerate(table[verdict])
    ]


@pytest.mark.parametrize(("playbook", "table", "wanted", "lines"), rows("about.yaml", "about", "beside"))
def test_about_the_subject_in_both_sides_words(playbook: str, table: Any, wanted: bool, lines: list[str]) -> None:
    assert (matching.about(subject(playbook, table["opening"]), talk(*lines)) is not None) is wanted


@pytest.mark.parametrize(("playbook", "table", "wanted", "lines"), rows("refusals.yaml", "refused", "going_on"))
def test_refusals(playbook: str, table: Any, wanted: bool, lines: list[str]) -> None:
    assert (matching.refusal(subject(playbook, table["opening"]), talk(*lines)) is not None) is wanted


@pytest.mark.parametrize(("action", "table", "wanted", "lines"), rows("told.yaml", "done", "not_done"))
def test_promised_deeds(action: str, table: Any, wanted: bool, lines: list[str]) -> None:
    index = next(n for n, line in enumerate(table["promise"]) if line[0] == "A")
    said = Said("s", "commitment.advisor", Polarity.AFFIRMED, {"action": action, "due_date": "2026-06-10"}, (index,))
    promise = Subject(BOOKS["promise"], action, said, talk(*table["promise"], said=(said,), mentions=()))
    if lines[0][0] == "N":
        told = promises.told_in_note(promise, VisitNote("n", "C1", "A1", AT, lines[0][2:].strip()))
    else:
        told = promises.told_in_talk(promise, talk(*lines, mentions=())) is not None
    assert told is wanted


def mention(kind: str, key: str | None, turn: int, speaker: Speaker, *flags: str) -> TopicMention:
    return TopicMention(kind, key, turn, 0, 2, speaker, "", flags)


def test_mentions_alone_decide_where_words_say_nothing() -> None:
    wish = subject("product_intent", {"key": "quant", "value": {"product": "quant"}, "text": "C: 我想买那个。"})
    lines = ("A: 那个产品的事。", "C: 那个产品我问一句。")
    both = (mention("product", "quant", 0, Speaker.ADVISOR), mention("product", "quant", 1, Speaker.CUSTOMER))
    other = (mention("product", "gold", 0, Speaker.ADVISOR), mention("product", "gold", 1, Speaker.CUSTOMER))
    alien = (both[0], mention("product", "quant", 1, Speaker.CUSTOMER, "other_holder"))
    assert matching.about(wish, talk(*lines, mentions=both)) == [0, 1]
    assert matching.about(wish, talk(*lines, mentions=other)) is None
    assert matching.about(wish, talk(*lines, mentions=alien)) is None


def test_what_the_recogniser_may_have_made_up_names_nothing() -> None:
    wish = subject("permission", {"key": "margin", "value": {"permission": "margin"}, "text": "C: 我想开两融。"})
    turns = (Utterance(Speaker.ADVISOR, "两融的门槛。"), Utterance(Speaker.CUSTOMER, "两融多少利率?", suspect=True))
    contact = Contact("K", "C1", "A1", Channel.CALL, AT, AT + timedelta(seconds=48), AT, utterances=turns)
    assert matching.about(wish, contact) is None
