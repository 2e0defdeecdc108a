"""会话的样子: one conversation with the words marked that prove a tag, and the way to its sound."""

from pathlib import Path
from typing import Any

from sqlalchemy import tuple_
from sqlmodel import Session, col, select

from api.labels import explanation_text, source_text, tag_label, value_text
from asr.models import Recording, StoredConversation, StoredUtterance
from dongke.clock import beijing
from dongke.directory import Advisor, Customer
from dongke.errors import NotFound
from dongke.scope import Principal, visible
from dongke.standing import PROFILE, Purpose
from profiles.anchoring import evidence_now
from profiles.models import StoredAssertion, StoredReading
from profiles.repository import statements_by_id
from profiles.rights.blanks import Blanks
from profiles.rights.fold import Rights
from profiles.rights.store import blanks_of, right_of


def readable(session: Session, principal: Principal, ident: str) -> tuple[StoredConversation, Customer]:
    """That conversation, if the principal may read its customer. Raises NotFound `conversation-unknown`."""
    query = (
        select(StoredConversation, Customer)
        .join(Customer, col(StoredConversation.customer_id) == col(Customer.id))
        .where(StoredConversation.id == ident, visible(principal))
    )
    found = session.exec(query).one_or_none()
    if found is None:
        raise NotFound("conversation-unknown", f"没有会话 {ident[:100]}")
    return found


def show(session: Session, stored: StoredConversation, customer: Customer) -> dict[str, Any]:
    """The conversation as the API gives it. Who refuses a profile has no tags; who refuses the analysis, no words."""
    rights = right_of(session, customer.id)
    may_read = Purpose.ANALYSIS not in rights.refused
    reading = _reading(session, stored.id) if not rights.refused & set(PROFILE) else None
    assertions = _kept(session, _assertions(session, reading), rights) if reading else []
    standing = evidence_now(session, assertions)
    advisor = session.get_one(Advisor, stored.advisor_id)
    return {
        "id": stored.id,
        "channel": stored.channel,
        "customer_id": stored.customer_id,
        "customer_name": customer.name,
        "advisor_id": stored.advisor_id,
        "advisor_name": advisor.name,
        "direction": stored.direction,
        "answered": stored.answered,
        "started_at": stored.started_at,
        "ended_at": stored.ended_at,
        "source": stored.source,
        "source_text": source_text(stored.source),
        "has_audio": _sound(session, stored) is not None,
        "recording_id": stored.recording_id,
        "read": bool(stored.read_hash and stored.read_hash.startswith(stored.content_hash)),
        "notes": [*(reading.notes if reading else []), *([rights.text] if rights.text else [])],
        "utterances": _utterances(session, stored, assertions, standing, rights.blanks) if may_read else [],
        "assertions": [_assertion(a, standing[a.id], stored, rights.blanks) for a in assertions],
    }


def sound(session: Session, stored: StoredConversation) -> tuple[Recording, Path]:
    """The recording of the conversation and its file. Raises NotFound `audio-missing`."""
    found = _sound(session, stored)
    if found is None:
        raise NotFound("audio-missing", "这次会话没有录音文件")
    if Purpose.ANALYSIS in right_of(session, stored.customer_id).refused:
        raise NotFound("audio-refused", "客户不同意录音与会话分析, 录音只保存, 不播放")
    return found


def with_sentences(session: Session, evidence: list[dict[str, Any]]) -> None:
    """Gives every piece of evidence (which names its conversation) the whole sentence that its quote stands in.

    What is deleted or refused is blanked in both. What is 依据待复核 points at no utterance: other words stand there.
    """
    wanted = {(e["conversation_id"], e["utterance"]) for e in evidence if e["utterance"] is not None}
    if not wanted:
        return
    key = tuple_(col(StoredUtterance.conversation_id), col(StoredUtterance.index))
    rows = session.exec(select(StoredUtterance).where(key.in_(sorted(wanted)), ~col(StoredUtterance.revoked)))
    gone = blanks_of(session, sorted({talk for talk, _ in wanted}))
    sentences = {(r.conversation_id, r.index): gone.of(r.conversation_id, r.index, r.text) for r in rows}
    for e in evidence:
        if "quote" in e and e["utterance"] is not None:
            e["quote"] = gone.of(e["conversation_id"], e["utterance"], e["quote"], e["start"])
        e["utterance"] = _place(e)
        e["sentence"] = sentences.get((e["conversation_id"], e["utterance"]))


def _sound(session: Session, stored: StoredConversation) -> tuple[Recording, Path] | None:
    recording = session.get(Recording, stored.recording_id) if stored.recording_id else None
    if recording is None:
        return None
    path = Path(recording.path)
    return (recording, path) if path.is_file() else None


def _reading(session: Session, conversation_id: str) -> StoredReading | None:
    query = select(StoredReading).where(
        StoredReading.conversation_id == conversation_id, col(StoredReading.superseded_at).is_(None)
    )
    return session.exec(query.order_by(col(StoredReading.read_at).desc())).first()


def _assertions(session: Session, reading: StoredReading) -> list[StoredAssertion]:
    query = select(StoredAssertion).where(StoredAssertion.reading_id == reading.id)
    return list(session.exec(query.order_by(col(StoredAssertion.id))))


def _kept(session: Session, assertions: list[StoredAssertion], rights: Rights) -> list[StoredAssertion]:
    """Without the tags that he had deleted, or that are sensitive to him."""
    if rights.is_ordinary:
        return assertions
    said = statements_by_id(session, [a.id for a in assertions])
    return [a for a in assertions if rights.keeps(said[a.id])]


def _utterances(
    session: Session,
    stored: StoredConversation,
    assertions: list[StoredAssertion],
    standing: dict[str, list[dict[str, Any]]],
    gone: Blanks,
) -> list[dict[str, Any]]:
    marks: dict[int, list[dict[str, Any]]] = {}
    for assertion in assertions:
        for evidence in (e for e in standing[assertion.id] if not e.get("suspended")):
            marks.setdefault(evidence["utterance"], []).append(_mark(assertion, evidence))
    query = select(StoredUtterance).where(StoredUtterance.conversation_id == stored.id)
    rows = session.exec(query.order_by(col(StoredUtterance.index)))
    return [_utterance(row, marks.get(row.index, []), gone) for row in rows]


def _mark(assertion: StoredAssertion, evidence: dict[str, Any]) -> dict[str, Any]:
    return {
        "assertion_id": assertion.id,
        "tag": assertion.tag,
        "label": tag_label(assertion.tag),
        "polarity": assertion.polarity,
        "start": evidence["start"],
        "end": evidence["end"],
    }


def _utterance(row: StoredUtterance, marks: list[dict[str, Any]], gone: Blanks) -> dict[str, Any]:
    return {
        "id": row.uid,
        "index": row.index,
        "speaker": row.speaker,
        "text": "" if row.revoked else gone.of(row.conversation_id, row.index, row.text),
        "start_ms": row.start_ms,
        "end_ms": row.end_ms,
        "at": row.at,
        "suspect": row.suspect,
        "revoked": row.revoked,
        "tags": [] if row.revoked else sorted(marks, key=lambda m: (m["start"], m["end"])),
    }


def _assertion(
    row: StoredAssertion, evidence: list[dict[str, Any]], stored: StoredConversation, gone: Blanks
) -> dict[str, Any]:
    return {
        "id": row.id,
        "tag": row.tag,
        "label": tag_label(row.tag),
        "polarity": row.polarity,
        "value": row.value,
        "value_text": value_text(row.tag, row.polarity, row.value, beijing(stored.started_at).date()),
        "certainty": row.certainty,
        "holder": row.holder,
        "confidence": row.confidence,
        "explanation": explanation_text(row.explanation),
        "evidence": [
            e | {"quote": gone.of(stored.id, e["utterance"], e["quote"], e["start"]), "utterance": _place(e)}
            for e in evidence
        ],
    }


def _place(evidence: dict[str, Any]) -> int | None:
    """The utterance in which the words stand now."""
    return None if evidence.get("suspended") else evidence["utterance"]
