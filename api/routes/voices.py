"""客户心声按周: what was complained of, praised or wished, by topic and week."""

from datetime import date, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel

from api import report_views
from api.deps import Reader, SessionDep
from api.problems import responses
from api.routes.reports import AsOf, Day
from dongke import audit
from followup.reports.voices import SENTIMENTS, by_week
from profiles.labels import label

router = APIRouter(tags=["报表"])
_Ident = Annotated[str | None, Query(max_length=100)]


class VoiceTopic(BaseModel):
    """一个话题每周的心声数."""

    topic: str
    label: str
    weeks: list[int]
    negative: int
    positive: int
    suggestion: int


class VoiceWeeks(BaseModel):
    """客户心声按周."""

    weeks: list[date]
    topics: list[VoiceTopic]


@router.get("/v1/reports/voices", response_model=VoiceWeeks, responses=responses(401, 404, 422))
def get_voices(
    session: SessionDep,
    principal: Reader,
    start: Day = None,
    end: Day = None,
    advisor: _Ident = None,
    branch: _Ident = None,
    as_of: AsOf = None,
) -> Any:
    """话题和周 (周一起), 负面多的在前. 每个话题的原话: /v1/reports/follow-up/list?number=voice:<topic>."""
    first, last = report_views.days(start, end, None, None)
    asked = report_views.question(
        session, principal, first, last, as_of=as_of, group="firm", advisor=advisor, branch=branch
    )
    audit.record(session, principal.subject, "report.read", "voices", start=str(first), end=str(last))
    monday = first - timedelta(days=first.weekday())
    weeks = [monday + timedelta(weeks=n) for n in range((last - monday).days // 7 + 1)]
    topics: dict[str, dict[str, Any]] = {}
    for week, topic, counts in by_week(session, asked):
        row = topics.setdefault(topic, {"weeks": [0] * len(weeks), **dict.fromkeys(SENTIMENTS, 0)})
        row["weeks"][weeks.index(week)] += sum(counts)
        for name, count in zip(SENTIMENTS, counts, strict=True):
            row[name] += count
    order = sorted(topics, key=lambda t: (-topics[t]["negative"], -sum(topics[t]["weeks"]), t))
    return {"weeks": weeks, "topics": [{"topic": t, "label": label("topic", t), **topics[t]} for t in order]}
