"""The fictional broker: every reference resolves, every code is known, nobody can be mistaken for a real person."""

import re
from collections import Counter
from datetime import date

RISK = {"C1", "C2", "C3", "C4", "C5"}
PERMISSIONS = set(
    "margin star chinext bse stock_connect option convertible_bond futures reits_trading pension_account "
    "delisting_board conditional_order level2 fund_advisory other".split()
)


def test_sizes_and_references(customers, advisors, tables):
    branches = {b["branch_id"] for b in tables("broker/branches.csv")}
    assert (len(branches), len(advisors), len(customers)) == (3, 8, 60)
    assert {a["branch_id"] for a in advisors.values()} == branches
    assert {c["advisor_id"] for c in customers.values()} == set(advisors)


def test_deputies_work_in_the_same_branch(advisors):
    for ident, advisor in advisors.items():
        deputies = [d for d in advisor["deputies"].split(";") if d]
        assert deputies
        assert ident not in deputies
        assert all(advisors[d]["branch_id"] == advisor["branch_id"] for d in deputies)


def test_static_files(customers, anchor_on):
    for c in customers.values():
        assert c["risk_level"] in RISK
        assert c["investor_type"] in {"ordinary", "professional"}
        assert set(filter(None, c["permissions"].split(";"))) <= PERMISSIONS
        assert 0 <= float(c["cash_yuan"]) <= float(c["assets_yuan"])
        assert date.fromisoformat(c["opened_on"]) <= date.fromisoformat(c["questionnaire_on"])
        assert c["questionnaire_on"] <= anchor_on
        assert 18 <= int(c["age"]) <= 80
    assert {c["risk_level"] for c in customers.values()} == RISK


def test_telephone_numbers_are_fictional_and_unique(customers):
    phones = [c["phone"] for c in customers.values()]
    assert all(re.fullmatch(r"1990000\d{4}", p) for p in phones)
    assert len(set(phones)) == 60


def test_external_userids_are_unique_and_some_are_missing(customers):
    ids = Counter(c["wecom_external_userid"] for c in customers.values())
    assert ids.pop("") >= 1
    assert set(ids.values()) == {1}
