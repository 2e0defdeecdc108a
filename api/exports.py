"""会话导出: one stored conversation as JSON with words, WebVTT, SRT or text; what may not be shown is blanked in it."""

from collections.abc import Iterator
from dataclasses import replace

from sqlmodel import Session, col, select

from asr import transcripts
from asr.models import StoredConversation, StoredUtterance
from asr.transcriber import Edit, Turn, Word
from asr.utterances import to_utterances
from dongke.errors import BadInput, NotFound
from dongke.standing import Purpose
from dongke.types import Channel, Conversation, Speaker
from profiles.rights.blanks import BLANK, Blanks
from profiles.rights.store import right_of

MEDIA_TYPES = {
    "json": "application/json",
    "vtt": "text/vtt; charset=utf-8",
    "srt": "application/x-subrip; charset=utf-8",
    "txt": "text/plain; charset=utf-8",
}


def transcript(session: Session, stored: StoredConversation, form: str) -> str:
    """The transcript as a file. Raises BadInput `format-unknown`, `transcript-no-times`; NotFound `transcript-refused`
    where the customer refuses the analysis of his talks."""
    if form not in transcripts.WRITERS:
        raise BadInput("format-unknown", f"不认识格式 {form[:20]}: 要 {', '.join(transcripts.WRITERS)}")
    rights = right_of(session, stored.customer_id)
    if Purpose.ANALYSIS in rights.refused:
        raise NotFound("transcript-refused", "客户不同意录音与会话分析, 文字稿只保存, 不导出")
    query = select(StoredUtterance).where(StoredUtterance.conversation_id == stored.id)
    rows = session.exec(query.order_by(col(StoredUtterance.index))).all()
    turns = [_turn(row, rights.blanks) for row in rows]
    said = tuple(replace(u, at=row.at) for u, row in zip(to_utterances(turns), rows, strict=True))
    talk = Conversation(stored.id, Channel(stored.channel), stored.started_at, said)
    return transcripts.write(form, talk, turns, stored.source)


def _turn(row: StoredUtterance, gone: Blanks) -> Turn:
    text = "" if row.revoked else gone.of(row.conversation_id, row.index, row.text)
    words = () if row.revoked else tuple(Word(text[a:b], start, end) for a, b, start, end in row.words or ())
    doubt = transcripts.MARKED if row.suspect else None
    return Turn(Speaker(row.speaker), text, row.start_ms, row.end_ms, words, doubt, tuple(_edits(row, text)))


def _edits(row: StoredUtterance, shown: str) -> Iterator[Edit]:
    """What the source wrote, but for what is blanked."""
    for edit in row.edits or ():
        if not row.revoked and BLANK not in shown[edit["start"] : edit["end"]]:
            yield Edit(**edit)
