"""The report's numbers, their intervals, and what spreadsheets make of them."""

import csv
import zipfile
from bisect import bisect_right
from datetime import date, datetime, timedelta
from io import BytesIO, StringIO
from statistics import median
from typing import Any

import hypothesis
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import Session

from dongke.clock import TradingCalendar, at_beijing
from dongke.directory import Advisor, Branch, set_owner
from dongke.errors import BadInput
from dongke.scope import Principal, Role
from followup import pdf, repository
from followup.models import State
from followup.opportunity import Cause, Opportunity
from followup.reports import MIN_N, follow_up, story_report, wilson
from followup.reports.numbers import Tally, expected, total
from followup.sheets import guarded

OPENED = datetime.fromisoformat("2026-06-08T10:00:00+08:00")
DUE = datetime.fromisoformat("2026-06-09T17:30:00+08:00")
START, END = (at_beijing(day.date(), day.time()) for day in (datetime(2026, 6, 1), datetime(2026, 7, 1)))  # noqa: DTZ001


def opportunity(number: int, **changes: Any) -> Opportunity:
    values: dict[str, Any] = {
        "id": f"O{number}", "customer": "C1", "playbook": "permission", "playbook_version": "1", "key": "margin",
        "owner": "A1", "opened_at": OPENED, "opened_by": "K1/0", "due_at": DUE, "due_provisional": False,
        "state": State.OPEN, "overdue": False, "attempts": 0, "first_contact_at": None, "discharged_at": None,
        "won_at": None, "closed_at": None, "unassisted": False, "self_reported": False, "low_yuan": None,
        "high_yuan": None, "value": {}, "causes": (Cause(State.OPEN, OPENED, "客户的话开启", "K1", (0,)),),
    }  # fmt: skip
    return Opportunity(**values | changes)


TOUCHED = {"first_contact_at": OPENED + timedelta(hours=1), "discharged_at": OPENED + timedelta(hours=1)}


@pytest.fixture
def firm(session: Session) -> Session:
    """A1 and A2 in two branches; C1 of A1, C2 of A2, whose name would be a formula."""
    session.add_all([Branch(id="B1", name="一部"), Branch(id="B2", name="=SUM(A1:A9)")])
    session.flush()
    session.add_all([Advisor(id="A1", name="李晓", branch_id="B1"), Advisor(id="A2", name="@王", branch_id="B2")])
    session.flush()
    set_owner(session, "C1", "A1", OPENED)
    set_owner(session, "C2", "A2", OPENED)
    found = [
        opportunity(1, **TOUCHED, state=State.DISCUSSED, low_yuan=500000),
        opportunity(2, overdue=True, low_yuan=200000, high_yuan=300000),
        opportunity(3, state=State.WON, won_at=DUE, closed_at=DUE, unassisted=True),
        opportunity(4, playbook="call_back", key=None, **TOUCHED, state=State.DISCUSSED),
    ]
    repository.save(session, found, ["C1"], OPENED)
    repository.save(session, [opportunity(5, customer="C2", owner="A2", key="=1+1")], ["C2"], OPENED)
    return session


def test_numbers_and_the_opportunities_behind_them(firm: Session) -> None:
    report = follow_up(firm, None, start=START, end=END).to_json()
    first, second = report["rows"]
    assert [row["name"] for row in report["rows"]] == ["李晓", "@王"]
    wanted = {"opened": 4, "touched": 2, "discharged_in_time": 2, "won": 1, "unassisted": 1, "overdue": 1, "refused": 0}
    assert {name: first[name] for name in wanted} == wanted
    assert (first["yuan_known"], first["yuan_untouched"]) == (700000, 200000)
    assert (first["call_backs"], first["call_backs_kept"], first["median_hours"]) == (1, 1, 1.0)
    assert (second["opened"], report["total"]["opened"]) == (1, 5)
    assert report["columns"][0] == {"name": "name", "label": "投资顾问", "lists": False, "of": None}
    assert report["title"] == "跟进报表 (按投资顾问) 2026-06-01 至 2026-06-30, 截至 " + report["as_of"][:16].replace(
        "T", " "
    )


@pytest.mark.parametrize(
    ("group", "rows"),
    [
        ("advisor", ["A1", "A2"]),
        ("branch", ["B1", "B2"]),
        ("firm", ["firm"]),
        ("playbook", ["call_back", "permission"]),
    ],
)
def test_groups(firm: Session, group: str, rows: list[str]) -> None:
    assert [line.id for line in follow_up(firm, None, start=START, end=END, group=group).lines] == rows


def test_an_unknown_group_is_refused(firm: Session) -> None:
    with pytest.raises(BadInput, match="group-unknown"):
        follow_up(firm, None, start=START, end=END, group="moon")


@pytest.mark.parametrize(
    ("principal", "opened"),
    [
        (Principal("a", Role.ADVISOR, advisor_id="A2"), 1),
        (Principal("m", Role.MANAGER, branch_id="B1"), 4),
        (Principal("c", Role.COMPLIANCE), 5),
        (Principal("i", Role.INGEST), 0),
    ],
)
def test_nobody_counts_what_he_may_not_read(firm: Session, principal: Principal, opened: int) -> None:
    assert follow_up(firm, principal, start=START, end=END).total.numbers["opened"] == opened


def test_the_period_has_its_start_in_and_its_end_out(firm: Session) -> None:
    assert follow_up(firm, None, start=OPENED, end=OPENED + timedelta(seconds=1)).total.numbers["opened"] == 5
    assert follow_up(firm, None, start=START, end=OPENED).total.numbers["opened"] == 0


def test_rates_need_enough_cases(firm: Session) -> None:
    small = follow_up(firm, None, start=START, end=END).total.numbers
    assert (small["in_time_rate"], small["in_time_interval"]) == (None, None)
    more = [opportunity(100 + n, **(TOUCHED if n < 6 else {"overdue": True})) for n in range(MIN_N)]
    repository.save(firm, more, ["C1"], OPENED)
    large = follow_up(firm, None, start=START, end=END, group="branch").lines[0].numbers
    assert (large["in_time_rate"], large["in_time_interval"]) == (60.0, "31–83")


@pytest.mark.parametrize(
    ("hits", "n", "low", "high"), [(0, 0, 0, 1), (0, 10, 0, 0.278), (10, 10, 0.722, 1), (50, 100, 0.404, 0.596)]
)
def test_wilson(hits: int, n: int, low: float, high: float) -> None:
    assert wilson(hits, n) == pytest.approx((low, high), abs=0.001)


@pytest.mark.parametrize("text", ["=1+1", "+86", "-cmd", "@SUM(A1)", "\t=1", " =1", "\r=1"])
def test_a_text_is_never_a_formula(text: str) -> None:
    assert guarded(text) == "'" + text


@pytest.mark.parametrize("value", ["两融", "5-6月", "a=b", -3, 2.5, None, ""])
def test_other_cells_stay_as_they_are(value: Any) -> None:
    assert guarded(value) == value


SPANS = st.tuples(st.integers(0, 60 * 24 * 200), st.integers(0, 60 * 24 * 120))


@hypothesis.settings(deadline=None)  # the machine may be busy
@given(st.lists(SPANS, min_size=1, max_size=30))
def test_the_clock_as_straight_lines_is_the_clock(spans: list[tuple[int, int]]) -> None:
    """What the database reckons by knots is what the calendar says of each span, the holidays of 2026 included."""
    clock = TradingCalendar().exchange()
    knots = clock.knots(date(2026, 1, 1), date(2026, 12, 31))
    moments, worked = [moment for moment, _ in knots], [passed for _, passed in knots]

    def position(moment: datetime) -> timedelta:
        n = bisect_right(moments, moment) - 1
        slope = (worked[n + 1] - worked[n]) / (moments[n + 1] - moments[n])
        return worked[n] + (moment - moments[n]) * slope

    for begins, lasts in spans:
        start = moments[0] + timedelta(minutes=begins)
        end = start + timedelta(minutes=lasts)
        assert position(end) - position(start) == clock.elapsed(start, end)


def test_the_median_is_that_of_the_calendar(firm: Session) -> None:
    """Over nights, lunch, weekends and the Dragon Boat festival."""
    spans = [timedelta(minutes=n * n * 37 + n) for n in range(1, 22)]
    found = [
        opportunity(200 + n, first_contact_at=OPENED + span, opened_at=OPENED - timedelta(minutes=n))
        for n, span in enumerate(spans)
    ]
    repository.save(firm, found, ["C1"], OPENED)
    report = follow_up(firm, None, start=START - timedelta(days=9), end=END, advisor="A1")
    clock = TradingCalendar().exchange()
    hours = [clock.hours(o.opened_at, o.first_contact_at) for o in found if o.first_contact_at]
    assert report.total.numbers["median_hours"] == round(median(hours), 1)


@hypothesis.settings(deadline=None)
@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 40), st.integers(0, 40)), max_size=9))
def test_the_firm_is_as_good_as_its_own_mix_lets_expect(rows: list[tuple[str, int, int]]) -> None:
    whole: dict[str, Tally] = {}
    for book, hits, misses in rows:
        told = Tally({"decided": hits + misses, "discharged_in_time": hits})
        whole[book] = total([whole.get(book, Tally()), told])
    found = expected(whole, whole)
    enough = sum(t.n("decided") for t in whole.values()) >= MIN_N
    assert (found["in_time_expected"] is not None) == enough
    if enough and all(t.n("decided") >= MIN_N for t in whole.values()):
        assert found["in_time_beyond"] == pytest.approx(0, abs=0.05)


def test_a_hard_mix_is_not_held_against_anybody() -> None:
    firm = {
        "easy": Tally({"decided": 100, "discharged_in_time": 90}),
        "hard": Tally({"decided": 100, "discharged_in_time": 30}),
    }
    mine = {"hard": Tally({"decided": 20, "discharged_in_time": 8})}
    assert expected(mine, firm) == {"in_time_expected": 30.0, "in_time_beyond": 10.0}


def test_csv(firm: Session) -> None:
    rows = list(csv.reader(StringIO(follow_up(firm, None, start=START, end=END, group="branch").to_csv())))
    assert rows[0][:3] == ["营业部", "商机数", "已触达"]
    assert [row[0] for row in rows[1:]] == ["一部", "'=SUM(A1:A9)", "合计"]


def test_workbook(firm: Session) -> None:
    target = BytesIO()
    follow_up(firm, None, start=START, end=END, marked=True).to_xlsx(target)
    with zipfile.ZipFile(target) as book:
        sheets = {name: book.read(name).decode() for name in book.namelist() if "/sheet" in name}
        texts = book.read("xl/sharedStrings.xml").decode()
    assert len([name for name in sheets if name.startswith("xl/worksheets/sheet")]) == 4
    for sheet in sheets.values():
        assert "<f>" not in sheet
    first = sheets["xl/worksheets/sheet1.xml"]
    assert 'state="frozen"' in first
    assert "<autoFilter" in first
    assert "<cols>" in first
    assert "'@王" in texts
    assert "'=1+1" in texts
    assert "已触达未谈到" not in texts
    assert "待跟进" in texts


def test_every_rate_has_its_interval_beside_it_in_all_forms(firm: Session) -> None:
    """JSON and the spreadsheets by their columns, the page by its own; the least number of cases stands in each."""
    more = [opportunity(100 + n, **(TOUCHED if n < 6 else {"overdue": True})) for n in range(MIN_N)]
    repository.save(firm, more, ["C1"], OPENED)
    report = follow_up(firm, None, start=START, end=END)
    pages = {
        "json": [c["name"] for c in report.to_json()["columns"]],
        "sheet": [name for name, _ in report.columns],
        "page": [name for name, _, _ in pdf._COLUMNS],
    }
    for names in pages.values():
        rates = [name for name in names if name.endswith("_rate")]
        assert rates == ["in_time_rate", "won_rate", "promises_rate"]
        assert all(names[names.index(rate) + 1] == rate.replace("_rate", "_interval") for rate in rates)
        assert "in_time_beyond" in names
    line = report.lines[0].numbers
    assert (line["won_interval"], line["promises_rate"]) == ("0–28", None)
    assert report.to_json()["min_n"] == MIN_N
    target = BytesIO()
    report.to_xlsx(target)
    with zipfile.ZipFile(target) as book:
        texts = book.read("xl/sharedStrings.xml").decode()
    assert "0–28" in texts
    assert f"少于 {MIN_N} 件不给比率" in texts


def test_the_storys_report_names_every_advisor() -> None:
    report = story_report([opportunity(1, **TOUCHED), opportunity(2, overdue=True)], ["A1", "A2"])
    assert report["A1"] == {"opened": 2, "discharged_in_time": 1, "overdue": 1, "won": 0, "refused": 0}
    assert report["A2"]["opened"] == 0
