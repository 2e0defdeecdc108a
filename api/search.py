"""会话检索: the sentences in which some words were said. Two Chinese characters are found as well as ten.

The index (migration 0011) holds every pair of neighbouring characters; a hit is checked against the text itself. Who
may not read a customer finds nothing of him; words that were deleted or refused are no hits.
"""

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, String, bindparam, func, literal, text
from sqlalchemy.dialects.postgresql import TSQUERY
from sqlmodel import Session, col, select

from api import paging
from api.labels import source_text
from asr.models import StoredConversation, StoredUtterance
from dongke.directory import Advisor, Customer
from dongke.errors import BadInput
from dongke.scope import Principal, visible
from dongke.standing import Purpose, processable
from dongke.types import aware
from profiles.rights.store import blanks_of

MAX_WORDS = 5
MAX_WORD_CHARS = 50


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is looked for: every one of the words in one sentence."""

    words: tuple[str, ...]  #: normalised, see `words_of`
    customer_id: str | None = None
    advisor_id: str | None = None
    channel: str | None = None
    speaker: str | None = None
    start: datetime | None = None  #: talks that began then or later
    end: datetime | None = None  #: and before this


def words_of(given: str) -> tuple[str, ...]:
    """The words between the blanks, in one width and case. Raises BadInput `words-invalid`."""
    words = tuple(dict.fromkeys(_normal(given).split()))
    if not words or len(words) > MAX_WORDS or any(len(word) > MAX_WORD_CHARS for word in words) or "\0" in given:
        raise BadInput("words-invalid", f"请给 1 至 {MAX_WORDS} 个词, 每个最多 {MAX_WORD_CHARS} 字")
    return words


def find(session: Session, principal: Principal, wanted: Wanted, *, cursor: str | None, limit: int) -> dict[str, Any]:
    """A page of hits, the newest talk first. Of words that were deleted neither the page nor its cursor tells."""
    u, c = StoredUtterance, StoredConversation
    columns = (col(c.started_at), col(c.id), col(u.index))
    query = (
        select(u, c, Customer, Advisor.name)
        .join(c, col(c.id) == col(u.conversation_id))
        .join(Customer, col(Customer.id) == col(c.customer_id))
        .join(Advisor, col(Advisor.id) == col(c.advisor_id))
        .where(*_said(wanted.words), ~col(u.revoked), *_narrowed(wanted))
        .where(visible(principal), processable(Customer.id, Purpose.ANALYSIS))
    )
    query = query.order_by(*(column.desc() for column in columns)).limit(limit + 1)
    told = paging.decode("search", cursor, 3)
    place = _place(told) if told else None
    hits: list[dict[str, Any]] = []
    while len(hits) <= limit:
        rows = session.exec(query.where(paging.after(columns, place, descending=True)) if place else query).all()
        hits += _standing(session, rows, wanted.words)
        if len(rows) <= limit:
            break
        sentence, talk, _, _ = rows[-1]
        place = (talk.started_at, talk.id, sentence.index)
    shown, last = paging.page(hits, limit)
    after = last and paging.encode(
        "search", last["started_at"].isoformat(), last["conversation_id"], str(last["utterance"])
    )
    return {"items": shown, "next_cursor": after}


def _standing(session: Session, rows: Sequence[Any], words: tuple[str, ...]) -> Iterator[dict[str, Any]]:
    """The hits among these rows: where all the words are left by what was deleted."""
    gone = blanks_of(session, sorted({talk.id for _, talk, _, _ in rows}))
    for sentence, talk, customer, advisor in rows:
        said = gone.of(talk.id, sentence.index, sentence.text)
        spans = _all_spans(said, words)
        if spans is not None:
            yield _hit(sentence, talk, customer, advisor) | {"text": said, "spans": spans}


def spans_of(said: str, word: str) -> list[tuple[int, int]]:
    """Where the normalised word stands in the text, as character offsets of the text as it is."""
    letters, places = [], []
    for place, letter in enumerate(said):
        for plain in _normal(letter):
            letters.append(plain)
            places.append(place)
    flat, found, start = "".join(letters), [], 0
    while (start := flat.find(word, start)) >= 0:
        found.append((places[start], places[start + len(word) - 1] + 1))
        start += len(word)
    return found


def _all_spans(said: str, words: tuple[str, ...]) -> list[tuple[int, int]] | None:
    """The marks of all words; None where one of them is not there (any more)."""
    each = [spans_of(said, word) for word in words]
    return sorted(span for spans in each for span in spans) if all(each) else None


def _said(words: tuple[str, ...]) -> Iterator[ColumnElement[bool]]:
    pairs = literal(" & ".join(_lexemes(words)), String)
    yield func.dongke_bigrams(col(StoredUtterance.text)).op("@@")(pairs.cast(TSQUERY))
    for number, word in enumerate(words):
        plain = f"strpos(lower(normalize(utterance.text, NFKC)), :word_{number}) > 0"
        yield text(plain).bindparams(bindparam(f"word_{number}", word))  # type: ignore[misc]


def _lexemes(words: tuple[str, ...]) -> Iterator[str]:
    for word in words:
        if len(word) == 1:
            yield _quoted(word) + ":*"
        for start in range(len(word) - 1):
            yield _quoted(word[start : start + 2])


def _quoted(pair: str) -> str:
    return "'" + pair.replace("\\", "\\\\").replace("'", "''") + "'"


def _narrowed(wanted: Wanted) -> Iterator[ColumnElement[bool]]:
    for column, value in (
        (StoredConversation.customer_id, wanted.customer_id),
        (StoredConversation.advisor_id, wanted.advisor_id),
        (StoredConversation.channel, wanted.channel),
        (StoredUtterance.speaker, wanted.speaker),
    ):
        if value is not None:
            yield col(column) == value
    if wanted.start is not None:
        yield col(StoredConversation.started_at) >= wanted.start
    if wanted.end is not None:
        yield col(StoredConversation.started_at) < wanted.end


def _hit(sentence: StoredUtterance, talk: StoredConversation, customer: Customer, advisor: str) -> dict[str, Any]:
    return {
        "conversation_id": talk.id,
        "customer_id": customer.id,
        "customer_name": customer.name,
        "advisor_id": talk.advisor_id,
        "advisor_name": advisor,
        "channel": talk.channel,
        "source_text": source_text(talk.source),
        "started_at": talk.started_at,
        "utterance": sentence.index,
        "speaker": sentence.speaker,
        "start_ms": sentence.start_ms,
        "end_ms": sentence.end_ms,
        "suspect": sentence.suspect,
    }


def _place(place: list[str]) -> tuple[datetime, str, int]:
    try:
        return aware(place[0], "cursor"), place[1], int(place[2])
    except (BadInput, ValueError):
        raise BadInput("cursor-invalid", "翻页标记不对, 请从第一页开始") from None


def _normal(given: str) -> str:
    """As `dongke_bigrams` normalises: one width, one case."""
    return unicodedata.normalize("NFKC", given).lower()
