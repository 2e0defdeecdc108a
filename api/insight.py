"""洞察的样子: digging, adherence, the morning list and attribution as the API and the command line show them."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import ARRAY, String, any_, literal
from sqlmodel import Session, col, select

from api import heard, paging
from dongke.clock import TradingCalendar, at_beijing, beijing, now
from dongke.directory import Advisor, Customer
from dongke.errors import BadInput
from dongke.scope import Principal
from followup.adherence import Assessment, summary
from followup.adherence import board as talks
from followup.attribution import MODEL_LABELS
from followup.attribution.board import Attribution, attribution
from followup.attribution.credit import NO_TAG, NOBODY
from followup.digging import Ladder, money_of
from followup.digging import board as digging
from followup.digging.money import next_question, place_text, total
from followup.people import Scope
from followup.ranking.board import morning
from followup.scope import readable_advisor
from profiles.labels import tag_label
from profiles.service import trading_calendar

MAX_TALKS = 5_000  #: read for one answer; some milliseconds each
MAX_PEOPLE = 5_000  #: whose ladders are folded for one answer
CHANNELS = {"call": "电话", "chat": "企业微信"}


def days(start: date | None, end: date | None, most: int) -> tuple[date, date]:
    """The period asked for, both days in; the last 30 days by default. Raises BadInput `period-invalid`."""
    last = end or beijing(now()).date()
    _usable(last.year)
    first = start or last - timedelta(days=30)
    if first > last:
        raise BadInput("period-invalid", "开始日期在结束日期之后")
    if (last - first).days > most:
        raise BadInput("period-invalid", f"时间段不能超过 {most} 天")
    return first, last


def _usable(year: int) -> None:
    if not 2000 <= year <= 9000:
        raise BadInput("period-invalid", "日期不在能用的范围里")


def span(first: date, last: date) -> tuple[datetime, datetime]:
    """[start of the first day, start of the day after the last)."""
    return at_beijing(first, time.min), at_beijing(last + timedelta(days=1), time.min)


def digging_page(
    session: Session, principal: Principal, scope: Scope, *, cursor: str | None, limit: int
) -> dict[str, Any]:
    """A page of customers with their ladders, by customer id."""
    place = paging.decode("digging", cursor, 1)
    everyone = digging.people(session, principal, scope)
    wanted = [who for who in everyone if place is None or who > place[0]][: limit + 1]
    page, last = paging.page(wanted, limit)
    return {
        "items": customers_digging(session, page),
        "next_cursor": paging.encode("digging", last) if last else None,
    }


def customers_digging(session: Session, customer_ids: Sequence[str]) -> list[dict[str, Any]]:
    """The ladders of these customers."""
    names, calendar, today = _customers(session, customer_ids), trading_calendar(), beijing(now()).date()
    shown: list[dict[str, Any]] = [
        {
            "customer_id": found.history.customer_id,
            "customer_name": names.get(found.history.customer_id, ""),
            "advisor_id": found.history.owner_at(now()),
            "assets": [ladder_json(one, calendar, today) for one in found.ladders],
        }
        for found in digging.of_people(session, customer_ids)
    ]
    heard.mark(session, (step for one in shown for asset in one["assets"] for step in asset["steps"]))
    return shown


def ladder_json(one: Ladder, calendar: TradingCalendar, today: date) -> dict[str, Any]:
    """One outside asset."""
    stage, stage_label = one.stage(today)
    money, on = money_of(one), one.matures_on
    return {
        "id": one.id,
        "value": dict(one.value),
        "text": f"{place_text(one)} {'金额未知' if money.unknown else money.text}",
        "money": money.to_json(),
        "stage": stage,
        "stage_label": stage_label,
        "steps": [step.to_json() for step in one.steps],
        "missing": one.missing.value if one.missing else None,
        "next_question": next_question(one),
        "trading_days_left": calendar.days_between(today, on) if on and on >= today else None,
        "opened_at": one.opened_at,
        "said_at": one.said_at,
    }


def untouched_list(
    session: Session, principal: Principal, scope: Scope, *, within: int | None, undated: bool, limit: int
) -> dict[str, Any]:
    """已知未动的钱: the whole sum, and the first so many. Raises BadInput `scope-too-large`."""
    found = digging.known_untouched(session, principal, scope, within=within, undated=undated, most=MAX_PEOPLE)
    shown = found[:limit]
    names = _customers(session, {u.ladder.customer_id for u in shown})
    advisors = _advisors(session, {u.ladder.owner_id for u in shown})
    rows = []
    for u in shown:
        told = next(s for s in reversed(u.ladder.steps) if s.contact_id is not None)
        rows.append(
            {
                "customer_id": u.ladder.customer_id,
                "customer_name": names.get(u.ladder.customer_id, ""),
                "advisor_id": u.ladder.owner_id,
                "advisor_name": advisors.get(u.ladder.owner_id, ""),
                "asset_id": u.ladder.id,
                "text": u.text,
                "money": u.money.to_json(),
                "matures_on": u.matures_on,
                "trading_days": u.trading_days,
                "said_at": u.ladder.said_at,
                "quote": told.quote,
                "conversation_id": told.contact_id,
                "next_question": next_question(u.ladder),
            }
        )
    heard.mark(session, rows)
    return {"total": total(u.ladder for u in found).to_json(), "count": len(found), "items": rows}


def dig_scores(session: Session, principal: Principal, scope: Scope, first: date, last: date) -> dict[str, Any]:
    """深挖得分 by advisor. Raises BadInput `scope-too-large`."""
    found = list(digging.of_people(session, digging.people(session, principal, scope, most=MAX_PEOPLE)))
    rows = digging.tallies(found, *span(first, last), beijing(now()).date())
    names = _advisors(session, {row.advisor_id for row in rows})
    return {
        "start": first,
        "end": last,
        "advisors": [row.to_json() | {"advisor_name": names.get(row.advisor_id, "")} for row in rows],
    }


def adherence_list(session: Session, principal: Principal, scope: Scope, first: date, last: date) -> dict[str, Any]:
    """服务策略执行 by advisor. Raises BadInput `scope-too-large`."""
    by_advisor: dict[str, list[Assessment]] = {}
    for one in talks.of_period(session, principal, *span(first, last), scope, most=MAX_TALKS):
        by_advisor.setdefault(one.advisor_id, []).append(one)
    names = _advisors(session, by_advisor)
    rows = [
        {"advisor_id": who, "advisor_name": names.get(who, ""), **summary(found).to_json()}
        for who, found in sorted(by_advisor.items())
    ]
    heard.mark(session, *(row["moments"] for row in rows))
    return {"start": first, "end": last, "advisors": rows}


def adherence_json(session: Session, principal: Principal, conversation_id: str) -> dict[str, Any]:
    """One talk's 服务策略执行. Raises NotFound `conversation-unknown`, `analysis-refused`."""
    found = talks.of_conversation(session, principal, conversation_id).to_json()
    heard.mark(session, [found])
    return found


def morning_json(
    session: Session, principal: Principal, advisor_id: str, at: datetime | None, *, blocked: bool
) -> dict[str, Any]:
    """早间清单; what is not on it only where asked for."""
    _usable(at.year if at else 2000)
    advisor = readable_advisor(session, principal, advisor_id)
    found = morning(session, principal, advisor_id, at)
    return {
        "advisor_id": advisor.id,
        "advisor_name": advisor.name,
        "at": found.at,
        "items": [item.to_json() for item in found.items],
        "waiting": found.waiting,
        "blocked_count": len(found.blocked),
        "blocked": [b.to_json() for b in found.blocked] if blocked else None,
        "version": found.version,
    }


def attribution_json(
    session: Session,
    principal: Principal,
    scope: Scope,
    first: date,
    last: date,
    *,
    outcome: str,
    dimension: str,
    window_days: int,
) -> dict[str, Any]:
    """业绩归因 with the names of its lines."""
    start, end = span(first, last)
    found = attribution(
        session, principal, start, end, outcome=outcome, dimension=dimension, window_days=window_days, scope=scope
    )
    label = _labels(session, found)
    rows = [row.to_json() | {"label": label.get(row.key, row.key)} for row in found.lines]
    models = {model.value: text for model, text in MODEL_LABELS.items()}
    return found.to_json() | {"lines": rows, "models": models}


def _labels(session: Session, found: Attribution) -> Mapping[str, str]:
    keys = {row.key for row in found.lines} - {NOBODY}
    if found.dimension == "advisor":
        names = _advisors(session, keys)
    elif found.dimension == "tag":
        names = {key: tag_label(key) for key in keys} | {NO_TAG: "没有标签的触达"}
    else:
        names = {key: CHANNELS.get(key, key) for key in keys}
    return names | {NOBODY: "此前没有触达"}


def _customers(session: Session, ids: Collection[str]) -> dict[str, str]:
    return {row.id: row.name for row in session.exec(select(Customer).where(col(Customer.id) == _any(ids)))}


def _advisors(session: Session, ids: Collection[str]) -> dict[str, str]:
    return {row.id: row.name for row in session.exec(select(Advisor).where(col(Advisor.id) == _any(ids)))}


def _any(ids: Collection[str]) -> object:
    return any_(literal(sorted(ids), ARRAY(String)))  # one parameter, however many they are
