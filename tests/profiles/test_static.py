"""The directory and the customers' file by CSV, on a real database: nothing new leaves no trace."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import Session, func, select

from dongke.directory import Advisor, Customer, Ownership, owners
from dongke.errors import BadInput
from profiles.identity import service as identity
from profiles.models import Identifier, StaticSnapshot
from profiles.service import profile_of
from profiles.static import take_directory, take_snapshots

At = Callable[[str], datetime]
BRANCHES = "branch_id,name\nB1,陆家嘴营业部\nB2,珠江新城营业部\n"
ADVISORS = "advisor_id,name,branch_id,deputies,wecom_userid\nA1,王一,B1,A2;A3,wang.yi\nA2,李二,B2,,li.er\n"
PHONE = "139" + "0000" + "1234"
COLUMNS = (
    "customer_id,name,advisor_id,opened_on,age,risk_level,questionnaire_on,investor_type,permissions,"
    "assets_yuan,cash_yuan,wecom_external_userid,phone\n"
)
C1 = f'C1,张三,A1,2020-03-01,45,c3,2025-05-06,普通,star;chinext,"1,234,567.50",520000,wmC1,{PHONE}\n'
C2 = "C2,李四,A2,2026/06/01,,,,,,,,,\n"


def load(session: Session, customers: str, when: datetime, **others: Any) -> Any:
    return take_directory(
        session,
        branches=others.get("branches", BRANCHES).encode(),
        advisors=others.get("advisors", ADVISORS).encode(),
        customers=customers.encode(),
        received_at=when,
    )


def test_the_three_files(session: Session, at: At) -> None:
    result = load(session, COLUMNS + C1 + C2, at("06-08"))
    assert (result.branches, result.advisors, result.customers, result.faults) == (2, 2, 2, [])
    advisor = session.get(Advisor, "A1")
    assert advisor
    assert (advisor.name, advisor.deputies) == ("王一", ["A2", "A3"])
    page = profile_of(session, "C1", as_of=at("06-09"), known_at=at("06-09"))
    assert dict(page.static) == {
        "name": "张三", "opened_on": "2020-03-01", "age": 45, "risk_level": "C3", "questionnaire_on": "2025-05-06",
        "investor_type": "普通", "permissions": ["chinext", "star"], "assets_yuan": 1_234_567.5, "cash_yuan": 520_000,
    }  # fmt: skip
    assert identity.party(session, "wmC1", at("06-08")) == ("customer", "C1")
    assert identity.party(session, "li.er", at("06-08")) == ("advisor", "A2")
    assert identity.resolve(session, "phone", PHONE, at("06-08")) == "C1"
    assert profile_of(session, "C1", as_of=at("06-07"), known_at=at("06-09")).static == {}


def test_identical_again_leaves_no_trace(session: Session, at: At) -> None:
    for day in ("06-08", "06-09", "06-10"):
        result = load(session, COLUMNS + C1 + C2, at(day))
    assert (result.branches, result.advisors, result.customers, result.unchanged) == (0, 0, 0, 6)
    for table, rows in ((StaticSnapshot, 2), (Ownership, 2), (Identifier, 2)):
        assert session.exec(select(func.count()).select_from(table)).one() == rows


def test_a_new_owner_and_a_new_level_from_a_day_on(session: Session, at: At) -> None:
    load(session, COLUMNS + C1, at("06-08"))
    changed = "customer_id,name,advisor_id,risk_level,effective_on\nC1,张三,A2,C4,2026-06-15\n"
    result = load(session, changed, at("06-20"))
    assert (result.customers, result.faults) == (1, [])
    assert [who for _, who in owners(session, "C1")] == ["A1", "A2"]
    customer = session.get(Customer, "C1")
    assert customer
    assert customer.advisor_id == "A2"
    levels = {day: profile_of(session, "C1", as_of=at(day)).static["risk_level"] for day in ("06-14", "06-15")}
    assert levels == {"06-14": "C3", "06-15": "C4"}
    page = profile_of(session, "C1", as_of=at("06-18"), known_at=at("06-19"))  # the level of which nobody knew yet
    assert page.static["risk_level"] == "C3"
    assert profile_of(session, "C1", as_of=at("06-16")).static["age"] == 45  # what the new file did not speak of


def test_an_older_fact_that_comes_late_does_not_change_the_owner(session: Session, at: At) -> None:
    load(session, COLUMNS + C1, at("06-08"))
    late = "customer_id,name,advisor_id,effective_on\nC1,张三,A2,2026-01-01\n"
    load(session, late, at("06-09"))
    customer = session.get(Customer, "C1")
    assert customer
    assert (customer.advisor_id, [who for _, who in owners(session, "C1")]) == ("A1", ["A2", "A1"])


BAD = [
    ("C3,无名,A9,,,,,,,,,,\n", "advisor-unknown"),
    (",无名,A1,,,,,,,,,,\n", "row-invalid"),
    ("C3,无名,A1,,old,,,,,,,,\n", "snapshot-invalid"),
    ("C3,无名,A1,,131,,,,,,,,\n", "snapshot-invalid"),
    ("C3,无名,A1,,,C6,,,,,,,\n", "snapshot-invalid"),
    ("C3,无名,A1,2026-02-30,,,,,,,,,\n", "snapshot-invalid"),
    ("C3,无名,A1,,,,,,,五十万,,,\n", "snapshot-invalid"),
    ("C3,无名,A1,,,,,,,NaN,,,\n", "snapshot-invalid"),
    ("C3,无名,A1,,,,,,,,,,,,多了一格\n", "snapshot-invalid"),
    ("C3,无名,A1,,,,,,,,,,0000\n", "identifier-blocked"),
]


@pytest.mark.parametrize(("row", "code"), BAD)
def test_a_bad_row_is_named_and_stops_nothing(session: Session, at: At, row: str, code: str) -> None:
    result = load(session, COLUMNS + C1 + row + C2, at("06-08"))
    assert [(which, n, fault.code) for which, n, fault in result.faults] == [("customers", 1, code)]
    assert {"C1", "C2"} <= set(session.exec(select(Customer.id)))


def test_an_advisor_of_an_unknown_branch(session: Session, at: At) -> None:
    result = load(session, COLUMNS, at("06-08"), advisors="advisor_id,name,branch_id\nA1,王一,B9\nA2,李二,B2\n")
    assert [(which, n, fault.code) for which, n, fault in result.faults] == [("advisors", 0, "branch-unknown")]
    assert result.advisors == 1


def test_files_that_cannot_be_read(session: Session, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="csv-columns"):
        take_directory(session, customers="customer_id,name\nC1,张三\n".encode())
    with pytest.raises(BadInput, match="encoding"):
        take_directory(session, branches=b"\xff\xff\xff\x00")
    with pytest.raises(BadInput, match="file-unreadable"):
        take_snapshots(session, tmp_path / "missing.csv")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_encodings_of_chinese_desks(session: Session, tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "branches.csv"
    path.write_text(BRANCHES, encoding=encoding)
    assert take_directory(session, path).branches == 2
    assert take_directory(session, path).unchanged == 2


def test_snapshots_alone(branch: Session, at: At) -> None:
    rows = [
        {"customer_id": "C1", "risk_level": "C2", "permissions": ["star"], "effective_at": "2026-06-08T09:00:00+08:00"},
        {"customer_id": "C1", "cash_yuan": 5},
        {"customer_id": "C9", "risk_level": "C2"},
        {"customer_id": "C1", "risk_level": "C2"},
        {"customer_id": "C1", "effective_at": "2026-06-08T09:00:00"},
    ]
    result = take_snapshots(branch, rows, received_at=at("06-10"))
    assert (result.accepted, result.unchanged) == (2, 1)
    assert [(n, fault.code) for n, fault in result.faults] == [(2, "customer-unknown"), (4, "time-naive")]
    page = profile_of(branch, "C1", as_of=at("06-10"), known_at=at("06-10"))
    assert dict(page.static) == {"risk_level": "C2", "permissions": ["star"], "cash_yuan": 5}


def test_holdings_by_cell_or_as_rows_are_the_same_holdings(branch: Session, at: At) -> None:
    cell = "deposit:200000:2026/12/31; bond_fund:15000"
    held = [
        {"product": "deposit", "amount": 200_000, "matures_on": "2026-12-31"},
        {"product": "bond_fund", "amount": 15_000},
    ]
    rows = [
        {"customer_id": "C1", "effective_at": "2026-06-08T09:00:00+08:00", "holdings": given} for given in (cell, held)
    ]
    result = take_snapshots(branch, rows, received_at=at("06-10"))
    assert (result.accepted, result.unchanged) == (1, 1)
    page = profile_of(branch, "C1", as_of=at("06-10"), known_at=at("06-10"))
    assert page.static["holdings"] == held
    assert page.behaviour["asset_distribution"].value["deposit"] == {"low": 200_000, "high": 200_000}


@pytest.mark.parametrize(
    "given", ["deposit", "gold bar:5", "deposit:many", [{"product": "deposit"}], [5], "deposit:5:soon"]
)
def test_holdings_that_cannot_be_read_say_what_is_wrong(branch: Session, at: At, given: object) -> None:
    row = {"customer_id": "C1", "effective_at": "2026-06-08T09:00:00+08:00", "holdings": given}
    [(_, fault)] = take_snapshots(branch, [row], received_at=at("06-10")).faults
    assert fault.code == "snapshot-invalid"
    assert "holdings" in fault.detail


def test_what_is_on_file_again_after_a_change_is_a_new_fact(branch: Session, at: At) -> None:
    for day, level in (("06-01", "C2"), ("06-02", "C3"), ("06-03", "C2"), ("06-04", "C2")):
        take_snapshots(branch, [{"customer_id": "C1", "risk_level": level}], received_at=at(day))
    shown = [profile_of(branch, "C1", as_of=at(f"06-0{n}")).static["risk_level"] for n in (1, 2, 3, 4)]
    assert shown == ["C2", "C3", "C2", "C2"]
    assert branch.exec(select(func.count()).select_from(StaticSnapshot)).one() == 3


def test_the_past_is_corrected_and_what_was_known_when_stays(branch: Session, at: At) -> None:
    """On 06-20 the desk finds that C1 was C2 from 06-05 on, not C4: both answers can still be given."""
    take_snapshots(
        branch, [{"customer_id": "C1", "risk_level": "C4", "effective_on": "2026-06-01"}], received_at=at("06-01")
    )
    take_snapshots(
        branch, [{"customer_id": "C1", "risk_level": "C2", "effective_on": "2026-06-05"}], received_at=at("06-20")
    )
    take_snapshots(
        branch, [{"customer_id": "C1", "risk_level": "C3", "effective_on": "2026-06-25"}], received_at=at("06-21")
    )

    def level(as_of: str, known_at: str) -> Any:
        return profile_of(branch, "C1", as_of=at(as_of), known_at=at(known_at)).static.get("risk_level")

    assert [level("06-10", "06-10"), level("06-10", "06-20"), level("06-04", "06-30")] == ["C4", "C2", "C4"]
    assert [level("06-24", "06-30"), level("06-25", "06-30"), level("06-25", "06-20")] == ["C2", "C3", "C2"]
    again = [{"customer_id": "C1", "risk_level": "C2", "effective_on": "2026-06-05"}]
    assert take_snapshots(branch, again, received_at=at("06-26")).unchanged == 1


FIELDS = [
    ("risk_level", "C1-最低类别", "C0"),
    ("risk_level", "c1(最低)", "C0"),
    ("risk_level", "C1", "C1"),
    ("investment_term", "0-1年", "short"),
    ("investment_term", "无特别要求", "long"),
    ("investment_term", "medium", "medium"),
    ("investment_kinds", "equity;fixed_income", ["equity", "fixed_income"]),
    ("assets_20d_yuan", "512,000.00", 512_000),
    ("first_trade_on", "2019/03/04", "2019-03-04"),
    ("knowledge_tests", "star; bse", ["bse", "star"]),
]


@pytest.mark.parametrize(("name", "given", "held"), FIELDS)
def test_what_suitability_needs_of_the_file(branch: Session, at: At, name: str, given: str, held: Any) -> None:
    assert take_snapshots(branch, [{"customer_id": "C1", name: given}], received_at=at("06-01")).accepted == 1
    assert profile_of(branch, "C1", as_of=at("06-02"), known_at=at("06-02")).static[name] == held


@pytest.mark.parametrize(
    ("name", "given"),
    [("investment_term", "很久"), ("investment_kinds", "stock"), ("risk_level", "C3最低"), ("risk_level", "C6")],
)
def test_what_suitability_cannot_use(branch: Session, at: At, name: str, given: str) -> None:
    result = take_snapshots(branch, [{"customer_id": "C1", name: given}], received_at=at("06-01"))
    assert [fault.code for _, fault in result.faults] == ["snapshot-invalid"]
