"""开户断点: an event opens the case at the step where it stopped; a talk of it discharges it, the account wins it."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlmodel import Session

from api.takers import with_talks
from dongke.clock import now
from dongke.directory import Advisor, Branch, set_owner
from followup import playbooks, service
from followup.models import State
from followup.opportunity import Source
from followup.playbooks import EventOpening
from followup.reports import Question, make
from followup.reports.lists import behind
from profiles.models import BehaviourEvent

STEP = "account_opening_step"
ABOUT = ("A: 您开户上传身份证没通过, 是反光, 重拍一下就行。", "C: 身份证要拍两面吗?", "A: 正反面都要。")


def failed(life: Any, when: str = "06-08 10:00", **more: Any) -> None:
    life.event(when, STEP, **{"step": "id_card", "result": "failed", "reason": "反光"} | more)


def test_a_step_that_failed_opens_it_in_hours(life: Any) -> None:
    failed(life)
    found = life.only("06-08 11:00")
    assert (found.playbook, found.state, found.value["step"]) == ("account_opening", State.OPEN, "id_card")
    assert f"{found.due_at:%H:%M}" == "15:30"  # four hours of the branch, over its lunch break
    (cause,) = found.causes
    assert (cause.source, cause.event, cause.conversation, cause.why) == (Source.EVENT, "E0", None, "系统记录开启")


@pytest.mark.parametrize(
    "properties",
    [{"result": "done"}, {"result": "failed", "step": None}, {"result": ""}, {"step": ""}, {"result": "FAILED"}],
)
def test_what_only_looks_like_it(life: Any, properties: dict[str, Any]) -> None:
    failed(life, **properties)
    life.event("06-08 10:05", "page_view", step="id_card", result="failed")
    assert life.until("06-10 09:00") == []


@pytest.mark.parametrize(
    ("lines", "state"),
    [
        (ABOUT, State.DISCUSSED),
        (("A: 今天大盘不错。", "C: 是啊, 涨了不少。"), State.CONTACTED),
        (("A: 您开户身份证没通过, 重拍就行。", "C: 嗯。"), State.CONTACTED),
        (("A: 您开户卡在身份证那步了?", "C: 不开了, 没时间弄。"), State.REFUSED),
    ],
)
def test_which_talk_is_about_it(life: Any, lines: tuple[str, ...], state: State) -> None:
    failed(life)
    life.talk("06-08 14:00", *lines)
    assert life.only("06-08 16:00").state is state


def test_the_account_ends_it_at_once_with_or_without_a_talk(life: Any) -> None:
    failed(life)
    life.event("06-08 10:20", "account_opened")
    alone = life.only("06-08 10:20")
    assert (alone.state, alone.unassisted, alone.overdue) == (State.WON, True, False)
    assert life.only("06-20 09:00").overdue is False


def test_another_step_is_the_same_matter_and_the_newest_is_told(life: Any) -> None:
    failed(life)
    failed(life, "06-08 10:30", step="video", result="abandoned", reason=None)
    found = life.only("06-08 11:00")
    assert (found.value["step"], [c.why for c in found.causes]) == ("video", ["系统记录开启", "系统再次记录"])


def test_nobody_came(life: Any) -> None:
    failed(life)
    late = life.only("06-09 09:00")
    assert (late.state, late.overdue) == (State.OPEN, True)
    ended = life.only("08-01 09:00")
    assert (ended.state, ended.causes[-1].event, ended.causes[-1].conversation) == (State.EXPIRED, "E0", None)


def test_an_opening_by_event_needs_a_term_in_trading_time() -> None:
    book = next(b for b in playbooks.load() if b.id == "account_opening")
    assert playbooks.opening_events(playbooks.load()) == {STEP}
    assert EventOpening(event=STEP).means(STEP, {}) is True
    assert EventOpening(event=STEP, need=("step",)).means(STEP, {}) is False
    told = book.model_dump(exclude_defaults=True) | {"due": {"rule": "date"}}
    with pytest.raises(ValueError, match="交易时间"):
        playbooks.Playbook.model_validate(told)


# --- in the tables


@pytest.fixture
def firm(session: Session) -> Session:
    session.add(Branch(id="B1", name="一部"))
    session.flush()
    session.add(Advisor(id="A1", name="李晓", branch_id="B1"))
    session.flush()
    for who in ("C1", "C2"):
        set_owner(session, who, "A1", now() - timedelta(days=30))
    return session


def did(session: Session, ident: str, who: str, name: str, at: datetime, **properties: Any) -> None:
    session.add(
        BehaviourEvent(message_id=ident, customer_id=who, event=name, at=at, known_at=at, properties=properties)
    )
    session.flush()


def test_an_event_alone_is_reckoned_with_and_stands_in_the_report(firm: Session) -> None:
    at = now() - timedelta(days=3)
    did(firm, "E1", "C1", STEP, at, step="id_card", result="failed")
    did(firm, "E2", "C2", "page_view", at)
    assert with_talks(firm, {"C1", "C2"}) == {"C1"}  # C2 only looked: nothing to reckon
    service.refresh(firm, "C1")
    start, end = at - timedelta(days=1), now()
    for as_of in (None, at + timedelta(hours=1)):
        asked = Question(start, end, as_of or now(), as_of)
        assert make(firm, asked).total.numbers["opened"] == 1
        (item,) = behind(firm, asked, "opened", None, after=None, limit=9)
        assert (item.words, item.no_words) == ((), "由系统记录开启, 还没有谈到的原话")
        assert item.why[0].endswith("系统记录开启")
        assert item.opportunity is not None
        assert item.opportunity.value["step"] == "id_card"
