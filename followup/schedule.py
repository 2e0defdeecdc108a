"""定时任务: which jobs there are and when they are due. The scheduler process fires them; each runs once per due time.

The claim on (job, due_at) and the job's results are one transaction: a job that fails leaves no claim and may run
again, two that fire together run once.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeAlias

from sqlalchemy import func
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col, select

from dongke.clock import at_beijing, beijing, now
from dongke.settings import Settings
from dongke.stamps import stamp
from followup import escalation, notices, playbooks
from followup.deadlines import as_date, day_after
from followup.models import JobRun, State, StoredOpportunity
from followup.playbooks import Playbook
from followup.recount import recount
from followup.reports import follow_up, periodic
from followup.reports.measuring import measure_new
from followup.segment_source import follow_states
from followup.service import refresh_many
from followup.webhooks import outbox
from profiles.identity import anonymous
from profiles.identity.identifiers import registry
from profiles.segments import saved, view
from profiles.service import trading_calendar

Work: TypeAlias = Callable[[Session, datetime, Settings], Mapping[str, Any]]
REPORT_DAYS = 30
CROSSED = timedelta(hours=1)  #: so long before its time a job looks for links that events have missed


@dataclass(frozen=True, slots=True)
class Job:
    """一个定时任务. `cron` is five fields in Beijing time: minute, hour, day, month, weekday."""

    name: str
    label: str
    cron: str
    work: Work


def jobs(archive: Work | None = None) -> tuple[Job, ...]:
    """All jobs. `archive` takes in the archive folder; the caller that has the speech engine gives it."""
    known = [
        Job("deadline_sweep", "期限检查与逾期提醒", "*/10 * * * *", _deadlines),
        Job("segments", "整理圈选数据, 记下客群进出", "*/10 * * * *", _segments),
        Job("reckon_time", "重算未结商机 (失效, 留住)", "10 0 * * *", _reckon),
        Job("recount_deadlines", "交易日历更新后重算期限", "20 0 * * *", _recount),
        Job("claim_strangers", "匿名行为的认领与清理", "*/10 * * * *", _strangers),
        Job("maturity_reminders", "外部资产到期提醒", "30 8 * * mon-fri", _maturities),
        Job("profile_expiry", "风险测评到期提醒", "0 8 * * *", _questionnaires),
        Job("measure_talks", "会话度量: 深挖, 服务策略", "15 2 * * *", _measure),
        Job("forget_events", "清理网钩发件箱", "40 3 * * *", _forget),
        Job("nightly_report", "每日跟进报表", "0 19 * * mon-fri", _report),
        Job("weekly_report", "每周跟进报表", "0 7 * * mon", _weekly),
        Job("monthly_report", "每月跟进报表", "30 7 1 * *", _monthly),
    ]
    if archive is not None:
        known.append(Job("nightly_archive", "夜间转写录音档案", "0 1 * * *", archive))
    return tuple(known)


def run(session: Session, job: Job, due_at: datetime, settings: Settings) -> dict[str, Any] | None:
    """Runs the job for that due time; None where it ran already. The caller commits."""
    claim = insert(JobRun).values(job=job.name, due_at=due_at, started_at=now())
    if session.execute(claim.on_conflict_do_nothing().returning(col(JobRun.job))).first() is None:
        return None
    result = dict(job.work(session, due_at, settings))
    row = session.get_one(JobRun, (job.name, due_at))
    row.finished_at, row.result = now(), result
    session.flush()
    return result


def _deadlines(session: Session, due_at: datetime, settings: Settings) -> dict[str, Any]:
    return {"notices": escalation.sweep(session, due_at, trading_calendar())}


def _segments(session: Session, due_at: datetime, settings: Settings) -> dict[str, Any]:
    """Only saves the next question the work: every answer is settled first, job or no job."""
    return {"customers": view.settle(session, follow_states), "changes": saved.settle_all(session, follow_states)}


def _reckon(session: Session, due_at: datetime, settings: Settings) -> dict[str, Any]:
    """Time alone changes states: what was left lapses, what matured is gone, who stayed is won."""
    moment = max(due_at, now())
    until = due_at if moment == due_at else None
    books = {book.id: book for book in playbooks.load(settings.playbooks_dir)}
    o = StoredOpportunity
    live = select(o.customer_id, o.playbook, o.opened_at, o.due_at, o.discharged_at, o.value).where(  # type: ignore[call-overload]
        col(o.state).in_([State.OPEN, State.CONTACTED, State.DISCUSSED])
    )
    customers = {row.customer_id for row in session.execute(live) if ends_by(row, books.get(row.playbook), moment)}
    return {"customers": len(customers), "opportunities": refresh_many(session, customers, until=until)}


def ends_by(row: Any, book: Playbook | None, moment: datetime) -> bool:
    """Whether time alone ends the open opportunity by then; one whose playbook is gone always."""
    if book is None or (book.keep and row.opened_at + timedelta(days=book.keep.days) <= moment):
        return True
    matures = as_date(row.value.get(book.due.maturity)) if book.due.maturity else None
    if matures is not None and day_after(matures) <= moment:
        return True
    waits = book.win is not None or row.discharged_at is None
    return waits and row.due_at + timedelta(days=book.expires_after_days) <= moment


def _recount(session: Session, due_at: datetime, settings: Settings) -> dict[str, Any]:
    return recount(session, due_at, trading_calendar(), settings)


def _strangers(session: Session, due_at: datetime, settings: Settings) -> dict[str, Any]:
    """Anonymous events meet the links that crossed them on the way; what nobody was known for is dropped in time."""
    moment = now()
    found = anonymous.adopt_since(session, due_at - CROSSED, stamp(session))
    gone = anonymous.forget(session, moment - timedelta(days=registry().keep_anonymous_days))
    return {"customers": len(found), "opportunities": refresh_many(session, found), "forgotten": gone}


def _maturities(session: Session, due_at: datetime, settings: Settings) -> dict[str, Any]:
    calendar = trading_calendar()
    if not calendar.is_open(beijing(due_at).date()):
        return {"notices": 0}
    return {"notices": notices.maturities(session, due_at, calendar)}


def _questionnaires(session: Session, due_at: datetime, settings: Settings) -> dict[str, Any]:
    return {"notices": notices.questionnaires(session, due_at)}


def _report(session: Session, due_at: datetime, settings: Settings) -> dict[str, Any]:
    """The last 30 days by advisor, as a workbook in the report folder."""
    day = beijing(due_at).date()
    start = at_beijing(day - timedelta(days=REPORT_DAYS - 1), datetime.min.time())
    report = follow_up(session, None, start=start, end=due_at, group="advisor", marked=True)
    name = f"follow-up-{day}.xlsx"
    report.to_xlsx(settings.report_folder() / name)
    return {"file": name, "opportunities": report.total.numbers["opened"]}


def _measure(session: Session, due_at: datetime, settings: Settings) -> dict[str, Any]:
    before = select(func.max(JobRun.started_at)).where(JobRun.job == "measure_talks", col(JobRun.due_at) < due_at)
    return measure_new(session, now(), since=session.exec(before).one())


def _forget(session: Session, due_at: datetime, settings: Settings) -> dict[str, Any]:
    return {"events": outbox.forget(session, now())}


def _weekly(session: Session, due_at: datetime, settings: Settings) -> dict[str, Any]:
    return _ended("week", session, due_at, settings)


def _monthly(session: Session, due_at: datetime, settings: Settings) -> dict[str, Any]:
    return _ended("month", session, due_at, settings)


def _ended(kind: str, session: Session, due_at: datetime, settings: Settings) -> dict[str, Any]:
    """What time alone changed is settled first: the report made again from the facts must come out the same."""
    _reckon(session, due_at, settings)
    return periodic.write(session, kind, due_at, now(), settings)
