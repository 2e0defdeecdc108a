"""标签入库: what the reader found in a conversation becomes stored facts; people's verdicts are facts beside them."""

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy import insert, update
from sqlmodel import Session, col, select

from asr.anchors import Line, span_ms
from asr.models import StoredConversation
from asr.repository import lines_of
from dongke import audit
from dongke.directory import customer
from dongke.errors import BadInput, NotFound
from dongke.scope import Principal, Role, readable_customer
from dongke.stamps import stamp
from dongke.types import Evidence, Reading, TagAssertion
from profiles import anchoring, labels
from profiles.identity.service import canonical
from profiles.models import StoredAssertion, StoredReading, TagFeedback

VERDICTS = ("right", "wrong", "corrected")
MAX_VALUE_CHARS = 2_000


def store_reading(
    session: Session, stored: StoredConversation, reading: Reading, *, read_at: datetime | None = None
) -> list[StoredAssertion]:
    """Stores the reading of a conversation and supersedes the one before it; the same reading again changes nothing.

    `read_at` (now) is when Dongke came to know the tags; a replay gives the time at which it got the talk.
    """
    read_at = max(read_at or stamp(session), stored.known_at)
    session.exec(select(StoredConversation.id).where(StoredConversation.id == stored.id).with_for_update()).one()
    base = _reading_id(stored, reading.engine_version)
    earlier = list(session.exec(select(StoredReading).where(StoredReading.conversation_id == stored.id)))
    current = [r for r in earlier if r.superseded_at is None]
    for row in current:
        if _is_of(row.id, base):
            found = assertions_of(session, row.id)
            anchoring.reinstate(session, found)
            return found
    _supersede(session, current, read_at)
    again = sum(_is_of(r.id, base) for r in earlier)
    ident = f"{base}~{again + 1}" if again else base
    _insert_reading(session, ident, stored, reading, read_at)
    return assertions_of(session, ident)


def assertions_of(session: Session, reading_id: str) -> list[StoredAssertion]:
    """The stored assertions of one reading, in the order of the reader."""
    rows = session.exec(select(StoredAssertion).where(StoredAssertion.reading_id == reading_id))
    return sorted(rows, key=lambda row: row.id)


def give_feedback(
    session: Session,
    principal: Principal,
    assertion_id: str,
    verdict: str,
    value: Mapping[str, Any] | None = None,
    at: datetime | None = None,
) -> TagFeedback:
    """人工反馈 on one assertion: right, wrong, or corrected with the slots that are different. Counts at once.

    Raises NotFound `assertion-unknown` (also for a customer the principal may not read), Forbidden `role-forbidden`,
    BadInput `verdict-invalid` or `value-invalid`.
    """
    principal.need(Role.ADVISOR, Role.MANAGER, Role.ADMIN)
    target = session.get(StoredAssertion, assertion_id)
    if target is None or not _may_read(session, principal, target.customer_id):
        raise NotFound("assertion-unknown", f"没有标签断言 {assertion_id[:80]}")
    changed = _checked(target.tag, verdict, value)
    return _keep(session, target.customer_id, target, target.tag, verdict, changed, principal.subject, at)


def feedback_on_tag(
    session: Session, customer_id: str, tag: str, verdict: str, *, by: str, at: datetime | None = None
) -> TagFeedback:
    """人工反馈 (right, wrong) on all that was said of a tag until `at`.

    Raises BadInput `verdict-invalid`, NotFound `customer-unknown`.
    """
    if verdict == "corrected":
        raise BadInput("verdict-invalid", "改正要指明一条标签断言")
    customer(session, customer_id)
    return _keep(session, customer_id, None, tag, verdict, _checked(tag, verdict, None), by, at)


def _reading_id(stored: StoredConversation, engine_version: str) -> str:
    """Conversation id, then a digest of content and engine version; fit for a URL."""
    mark = hashlib.sha256(f"{stored.content_hash}\0{engine_version}".encode()).hexdigest()
    return f"{stored.id}~{mark[:12]}"


def _is_of(reading_id: str, base: str) -> bool:
    """Whether it is that reading: an engine that comes back after another one makes a new reading, `base~2`."""
    return reading_id == base or reading_id.startswith(f"{base}~")


def _supersede(session: Session, readings: list[StoredReading], at: datetime) -> None:
    if readings:
        ids = [r.id for r in readings]
        session.exec(update(StoredReading).where(col(StoredReading.id).in_(ids)).values(superseded_at=at))


def _insert_reading(
    session: Session, ident: str, stored: StoredConversation, reading: Reading, read_at: datetime
) -> None:
    session.add(
        StoredReading(
            id=ident,
            conversation_id=stored.id,
            customer_id=stored.customer_id,
            engine_version=reading.engine_version,
            read_at=read_at,
            mentions=[m.to_json() for m in reading.mentions],
            notes=list(reading.notes),
        )
    )
    session.flush()
    lines = lines_of(session, stored.id) if reading.assertions else {}
    rows = [_row(ident, n, stored, a, read_at, lines) for n, a in enumerate(reading.assertions)]
    if rows:
        session.execute(insert(StoredAssertion), rows)


def _row(
    ident: str,
    number: int,
    stored: StoredConversation,
    assertion: TagAssertion,
    read_at: datetime,
    lines: Mapping[int, Line],
) -> dict[str, Any]:
    return {
        "id": f"{ident}~{number:04d}",
        "reading_id": ident,
        "conversation_id": stored.id,
        "customer_id": stored.customer_id,
        "tag": assertion.tag,
        "polarity": assertion.polarity.value,
        "value": dict(assertion.value),
        "holder": assertion.holder,
        "certainty": assertion.certainty,
        "confidence": assertion.confidence,
        "evidence": [_evidence(e, stored, lines) for e in assertion.evidence],
        "explanation": assertion.explanation.to_json(),
        "said_at": stored.started_at,
        "known_at": read_at,
    }


def _evidence(evidence: Evidence, stored: StoredConversation, lines: Mapping[int, Line]) -> dict[str, Any]:
    """The evidence with the time of its own words, where they have one, and when it was said: a message's own time,
    else the call's start and the offset in it."""
    found = evidence.to_json()
    line = lines.get(evidence.utterance)
    if line is not None and line.words:
        found["start_ms"], found["end_ms"] = span_ms(line, evidence.start, evidence.end)
    at = line.at if line is not None else None
    said_at = at or stored.started_at + timedelta(milliseconds=found["start_ms"] or 0)
    return found | {"said_at": said_at.isoformat()}


def _may_read(session: Session, principal: Principal, customer_id: str) -> bool:
    """His own customer, or one merged into his customer."""
    for ident in dict.fromkeys([customer_id, canonical(session, customer_id)]):
        try:
            readable_customer(session, principal, ident)
        except NotFound:
            continue
        return True
    return False


def _checked(tag: str, verdict: str, value: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """The corrected slots, or None for the other verdicts."""
    if verdict not in VERDICTS:
        raise BadInput("verdict-invalid", f"反馈只能是 {'、'.join(VERDICTS)}")
    if verdict != "corrected":
        return None
    slots = labels.tables()["slots"].get(tag, [])
    if not value or not set(value) <= set(slots):
        raise BadInput("value-invalid", f"{labels.tag_label(tag)} 可以改正的是: {'、'.join(slots) or '无'}")
    for slot, given in value.items():
        labels.check_slot(tag, slot, given)
    if len(json.dumps(dict(value), default=str)) > MAX_VALUE_CHARS:
        raise BadInput("value-invalid", f"改正的值超过 {MAX_VALUE_CHARS} 个字符")
    return dict(value)


def _keep(
    session: Session,
    customer_id: str,
    target: StoredAssertion | None,
    tag: str,
    verdict: str,
    value: dict[str, Any] | None,
    by: str,
    at: datetime | None,
) -> TagFeedback:
    at = at or stamp(session)
    row = TagFeedback(
        id=uuid4().hex,
        customer_id=customer_id,
        assertion_id=target.id if target else None,
        tag=tag,
        verdict=verdict,
        value=value,
        by=by,
        at=at,
        known_at=at,
    )
    session.add(row)
    session.flush()
    audit.record(session, by, "tag.feedback", customer_id, tag=tag, verdict=verdict, assertion=row.assertion_id)
    return row
