"""检索: POST, so that the words looked for stand in no address and no log."""

from datetime import datetime
from typing import Any, Literal

from fastapi import APIRouter
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from api import search
from api.deps import Reader, SessionDep
from api.paging import MAX_LIMIT
from api.problems import responses
from dongke import audit

router = APIRouter(tags=["会话"])


class SearchIn(BaseModel):
    """要找的词和范围. 几个词用空格分开, 都要在同一句话里."""

    model_config = ConfigDict(extra="forbid")

    words: str = Field(min_length=1, max_length=300)
    customer_id: str | None = Field(None, max_length=100)
    advisor_id: str | None = Field(None, max_length=100)
    channel: Literal["call", "chat"] | None = None
    speaker: Literal["customer", "advisor"] | None = None
    start: AwareDatetime | None = None
    end: AwareDatetime | None = None
    cursor: str | None = Field(None, max_length=500)
    limit: int = Field(20, ge=1, le=MAX_LIMIT)


class Hit(BaseModel):
    """说到这些词的一句话."""

    conversation_id: str
    customer_id: str
    customer_name: str
    advisor_id: str
    advisor_name: str
    channel: str
    source_text: str
    started_at: datetime
    utterance: int
    speaker: str
    start_ms: int | None
    end_ms: int | None
    suspect: bool
    text: str
    spans: list[tuple[int, int]] = Field(description="词在 text 里的位置 (字)")


class HitPage(BaseModel):
    """一页检索结果, 新的会话在前."""

    items: list[Hit]
    next_cursor: str | None


@router.post("/v1/conversations/search", response_model=HitPage, responses=responses(401, 403, 422))
def post_search(session: SessionDep, principal: Reader, given: SearchIn) -> Any:
    """在能看的会话里找词. 两个字的词也找得到; 已删除或拒绝的原话找不到."""
    wanted = search.Wanted(
        words=search.words_of(given.words),
        **given.model_dump(include={"customer_id", "advisor_id", "channel", "speaker", "start", "end"}),
    )
    found = search.find(session, principal, wanted, cursor=given.cursor, limit=given.limit)
    audit.record(
        session,
        principal.subject,
        "conversation.search",
        given.customer_id or "*",
        customers=sorted({hit["customer_id"] for hit in found["items"]}),
    )
    return found
