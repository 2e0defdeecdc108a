"""运行状况: /livez, /readyz, /metrics, /v1/system."""

from datetime import timedelta
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Request, Response
from sqlalchemy import and_, func, text
from sqlmodel import Session, col, select

from api import evaluations, queue, schemas
from api.deps import Operator, SessionDep
from api.problems import responses
from api.version import VERSION
from asr.models import Recording, StoredConversation, Transcription
from dongke import progress
from dongke.clock import now
from dongke.errors import NotReady
from dongke.quarantine import Quarantined
from dongke.settings import settings
from dongke.standing import PROFILE, processable
from followup import playbooks
from followup.models import JobRun, Notice
from profiles import parameters
from profiles.models import StoredReading

router = APIRouter(tags=["运行"])


@router.get("/livez", response_model=schemas.Health)
def livez() -> Any:
    """进程活着."""
    return {"status": "ok"}


@router.get("/readyz", response_model=schemas.Health, responses=responses(503))
def readyz(session: SessionDep) -> Any:
    """数据库连得上, 表和队列都在."""
    tables = session.execute(text("select to_regclass('customer') is not null")).scalar_one()
    if not tables or not queue.exists(session):
        raise NotReady("schema-old", "数据库结构不是最新, 请运行 dongke db upgrade")
    return {"status": "ok"}


@router.get("/metrics", response_class=Response, responses={200: {"content": {"text/plain": {}}}})
def metrics(request: Request, session: SessionDep) -> Response:
    """Prometheus 指标."""
    body = request.app.state.metrics.text(queue.depth(session), _recordings(session), _quarantined(session))
    return Response(body, media_type="text/plain; version=0.0.4; charset=utf-8")


@router.get("/v1/system", response_model=schemas.SystemOut, responses=responses(401, 403))
def get_system(session: SessionDep, principal: Operator) -> Any:
    """队列, 等待中的录音, 隔离区, 定时任务."""
    day = now() - timedelta(days=1)
    finished = session.execute(select(JobRun.job, func.max(JobRun.finished_at)).group_by(col(JobRun.job)))
    return {
        "queue": queue.depth(session),
        "recordings": _recordings(session),
        "quarantine": _quarantined(session),
        "conversations": session.execute(select(func.count()).select_from(StoredConversation)).scalar_one(),
        "unread_notices": session.execute(
            select(func.count()).select_from(Notice).where(col(Notice.made_at) >= day)
        ).scalar_one(),
        "last_jobs": {job: at for job, at in finished},
        "reading": _reading(session),
        "versions": _versions(session),
        "evaluation": evaluations.last(settings().data_dir),
        "progress": [schemas.WorkOut.model_validate(row, from_attributes=True) for row in progress.recent(session)],
    }


def _reading(session: Session) -> dict[str, int]:
    """How many conversations the newest reader has read as they stand now, how many wait for it, and how many it may
    not read because their customers refused."""
    newest = select(StoredReading.engine_version).order_by(col(StoredReading.read_at).desc()).limit(1).scalar_subquery()
    is_read = col(StoredConversation.read_hash) == func.concat(col(StoredConversation.content_hash), ":", newest)
    is_waiting = and_(is_read.is_not(True), processable(StoredConversation.customer_id, *PROFILE))
    counts = select(func.count(), func.count().filter(is_read), func.count().filter(is_waiting))
    every, read, waiting = session.execute(counts.select_from(StoredConversation)).one()
    return {"read": read, "waiting": waiting, "refused": every - read - waiting}


def _versions(session: Session) -> dict[str, Any]:
    """What made what is shown: read from the results, because this process loads neither reader nor model."""
    read = select(StoredReading.engine_version).order_by(col(StoredReading.read_at).desc()).limit(1)
    heard = select(Transcription.model_version).order_by(col(Transcription.id).desc()).limit(1)
    config = settings()
    return {
        "code": VERSION,
        "reader": session.exec(read).first(),
        "speech_model": session.exec(heard).first(),
        "speech_setting": Path(config.speech_model).name,
        "playbooks": {book.id: book.version for book in playbooks.load(config.playbooks_dir)},
        "parameters": parameters.parameters().version,
        "schema_": session.execute(text("select version_num from alembic_version")).scalar_one_or_none(),
    }


def _recordings(session: Session) -> dict[str, int]:
    rows = session.execute(select(Recording.state, func.count()).group_by(col(Recording.state)))
    return {str(state): count for state, count in rows}


def _quarantined(session: Session) -> dict[str, int]:
    query = select(Quarantined.door, func.count()).where(col(Quarantined.resolved_at).is_(None))
    return {door: count for door, count in session.execute(query.group_by(col(Quarantined.door)))}
