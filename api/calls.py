"""录音的样子: a recording as the API and the terminal show it, the list of them, and the way to its sound."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from sqlalchemy import func
from sqlmodel import Session, col, select

from api import paging, queue
from api.queue import Task
from asr import recordings
from asr.models import Recording, RecordingLease, RecordingState, RecordingStep, StoredConversation, Waveform
from dongke import quarantine
from dongke.directory import Customer
from dongke.errors import BadInput, NotFound
from dongke.scope import Principal, visible
from dongke.standing import Purpose
from dongke.types import aware
from profiles.rights.store import right_of

STATE_LABELS = {
    RecordingState.REGISTERED: "已登记",
    RecordingState.NEEDS_MODEL: "等待语音模型",
    RecordingState.TRANSCRIBING: "转写中",
    RecordingState.DONE: "已转写",
    RecordingState.SUSPECT: "可疑",
    RecordingState.FAILED: "失败",
}
_CODE = re.compile(r"\(([a-z][a-z0-9-]*)\)$")
_SCALE = 1000  #: of a stored waveform (asr.audio.PEAK_MAX; the API process does not load the decoder)


@dataclass(frozen=True, slots=True)
class RecordingFilter:
    """Which recordings are wanted; empty fields let all through."""

    states: tuple[RecordingState, ...] = ()
    customer_id: str | None = None
    advisor_id: str | None = None


def readable(session: Session, principal: Principal | None, ident: str) -> tuple[Recording, Customer, str | None]:
    """That recording, its customer and its conversation, if the principal may read them (None: who runs the machine).

    Raises NotFound `recording-unknown`.
    """
    found = session.execute(_rows(principal).where(col(Recording.id) == ident)).first()
    if found is None:
        raise NotFound("recording-unknown", f"没有录音 {ident[:100]}")
    recording, customer, conversation_id = found
    return recording, customer, conversation_id


def page(
    session: Session, principal: Principal | None, wanted: RecordingFilter, *, cursor: str | None, limit: int
) -> dict[str, Any]:
    """The recordings that the principal may read, the newest first."""
    columns = (col(Recording.received_at), col(Recording.id))
    query = _filtered(_rows(principal), wanted)
    place = paging.decode("recordings", cursor, 2)
    if place:
        query = query.where(paging.after(columns, (_time(place[0]), place[1]), descending=True))
    found = session.execute(query.order_by(*(c.desc() for c in columns)).limit(limit + 1)).all()
    rows, last = paging.page(found, limit)
    after = paging.encode("recordings", last[0].received_at.isoformat(), last[0].id) if last else None
    return {"items": [shown(*row) for row in rows], "next_cursor": after}


def counts(session: Session, principal: Principal | None, wanted: RecordingFilter) -> dict[str, int]:
    """How many recordings are in each state, over all that the principal may read."""
    query = select(Recording.state, func.count()).join(Customer, col(Recording.customer_id) == col(Customer.id))
    if principal is not None:
        query = query.where(visible(principal))
    loose = RecordingFilter((), wanted.customer_id, wanted.advisor_id)
    rows = session.execute(_filtered(query, loose).group_by(col(Recording.state)))
    return {str(state): 0 for state in RecordingState} | {str(state): n for state, n in rows}


def shown(recording: Recording, customer: Customer, conversation_id: str | None) -> dict[str, Any]:
    """A recording with its sound and its state."""
    code = _CODE.search(recording.reason or "")
    row = recording.model_dump(exclude={"path", "sidecar", "levels"})
    return row | {
        "customer_name": customer.name,
        "channel_map": channel_map(recording),
        "state": str(recording.state),
        "state_label": STATE_LABELS[recording.state],
        "code": code[1] if code else None,
        "has_sidecar": recording.sidecar is not None,
        "conversation_id": conversation_id,
    }


def history(session: Session, recording: Recording) -> dict[str, Any]:
    """Every state that it came to, oldest first, and who is hearing it now."""
    query = select(RecordingStep).where(RecordingStep.recording_id == recording.id)
    lease = session.get(RecordingLease, recording.id)
    return {
        "worker": lease.worker.rpartition(":")[0] if lease else None,
        "history": [
            {"state": str(s.state), "state_label": STATE_LABELS[s.state], "reason": s.reason, "at": s.at}
            for s in session.exec(query.order_by(col(RecordingStep.id)))
        ],
    }


def channel_map(recording: Recording) -> list[dict[str, Any]]:
    """声道图: whose voice each channel carries, where that can be told before anybody listens, and how loud it is."""
    tells = recording.channels == 2 and not recording.is_dual_mono
    roles = ("advisor", "customer") if recording.advisor_channel == 0 else ("customer", "advisor")
    return [
        {"channel": number, "role": roles[number] if tells else None, **level}
        for number, level in enumerate(recording.levels)
    ]


def retry(session: Session, recording: Recording) -> None:
    """Lets it be transcribed once more: the job is on the queue, and nothing of it waits in the quarantine any more.

    Raises Conflict `recording-done`, `recording-busy`.
    """
    recordings.retry(session, recording)
    quarantine.settle(session, queue.PROCESS_DOOR, queue.kept_as(Task.RECORDING, recording.id))
    queue.defer(session, Task.RECORDING, [recording.id])


def sound(session: Session, recording: Recording) -> Path:
    """The file of the recording. Raises NotFound `audio-missing`, `audio-refused`."""
    may_hear(session, recording)
    path = Path(recording.path)
    if not path.is_file():
        raise NotFound("audio-missing", "录音文件不在了")
    return path


def may_hear(session: Session, recording: Recording) -> None:
    """Raises NotFound `audio-refused` where the customer refuses the analysis: his sound is kept, and not played."""
    if Purpose.ANALYSIS in right_of(session, recording.customer_id).refused:
        raise NotFound("audio-refused", "客户不同意录音与会话分析, 录音只保存, 不播放")


def peaks(drawn: Waveform, bins: int) -> list[list[float]]:
    """The waveform with at most so many values for each channel, 0 to 1: the loudest of those that fall together."""
    return [_folded(channel, min(bins, len(channel))) for channel in drawn.peaks]


def _folded(values: Sequence[int], count: int) -> list[float]:
    edges = [n * len(values) // count for n in range(count + 1)]
    return [max(values[a:b]) / _SCALE for a, b in pairwise(edges)]


def _rows(principal: Principal | None) -> Any:
    query = (
        select(Recording, Customer, StoredConversation.id)
        .join(Customer, col(Recording.customer_id) == col(Customer.id))
        .outerjoin(StoredConversation, col(StoredConversation.recording_id) == col(Recording.id))
    )
    return query if principal is None else query.where(visible(principal))


def _filtered(query: Any, wanted: RecordingFilter) -> Any:
    if wanted.states:
        query = query.where(col(Recording.state).in_(wanted.states))
    if wanted.customer_id:
        query = query.where(col(Recording.customer_id) == wanted.customer_id)
    if wanted.advisor_id:
        query = query.where(col(Recording.advisor_id) == wanted.advisor_id)
    return query


def _time(value: str) -> Any:
    try:
        return aware(value, "cursor")
    except BadInput:
        raise BadInput("cursor-invalid", "翻页标记不对, 请从第一页开始") from None
