"""Identifiers at rest and in time; merge and unmerge as facts, on a real database."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from sqlmodel import Session, select

from dongke.errors import BadInput, NotFound, NotReady
from profiles import identity
from profiles.models import Identifier, IdentityLink
from profiles.sealing import normalised, seal, unseal
from profiles.service import profile_of
from profiles.tagging import store_reading

At = Callable[[str], datetime]
PHONE = "139" + "0000" + "1234"


def test_a_number_names_its_owner_of_the_time(branch: Session, at: At) -> None:
    identity.link(branch, "phone", PHONE, "C1", at("01-05"))
    identity.link(branch, "phone", f"+86 {PHONE[:3]}-{PHONE[3:7]}-{PHONE[7:]}", "C2", at("06-01"))
    for day, who in (("01-04", None), ("01-05", "C1"), ("05-31", "C1"), ("06-01", "C2")):
        assert identity.resolve(branch, "phone", PHONE, at(day)) == who
    assert identity.resolve(branch, "openid", PHONE, at("06-01")) is None
    assert identity.resolve(branch, "phone", "", at("06-01")) is None


def test_a_couples_telephone_names_nobody_and_merges_nobody(branch: Session, at: At) -> None:
    for who in ("C1", "C2", "C1"):
        identity.link(branch, "phone", PHONE, who, at("01-05"))
    assert len(branch.exec(select(Identifier)).all()) == 2
    assert identity.resolve(branch, "phone", PHONE, at("06-01")) is None
    assert identity.members(branch, "C1") == ["C1"]


def test_told_again_later_nothing_changes(branch: Session, at: At) -> None:
    for day in ("01-05", "02-05"):
        identity.link(branch, "external_userid", "wmAbc", "C1", at(day))
    assert len(branch.exec(select(Identifier)).all()) == 1
    assert identity.party(branch, "wmAbc", at("06-01")) == ("customer", "C1")


def test_identifiers_are_sealed_and_can_be_read_back(branch: Session, at: At) -> None:
    identity.link(branch, "phone", PHONE, "C1", at("01-05"))
    (row,) = branch.exec(select(Identifier)).all()
    assert PHONE.encode() not in row.sealed
    assert PHONE not in row.blind_index
    assert identity.reveal(branch, "C1", "phone") == [PHONE]
    assert identity.reveal(branch, "C2", "phone") == []
    assert seal("phone", PHONE) != seal("phone", PHONE)
    with pytest.raises(NotReady, match="secret-changed"):
        unseal("openid", row.sealed)
    with pytest.raises(NotReady, match="secret-changed"):
        unseal("phone", row.sealed[:-1])


@pytest.mark.parametrize("value", ["", "0000", "null", "-1", "---", "anonymous", "x" * 201])
def test_values_that_name_nobody_are_refused(value: str) -> None:
    with pytest.raises(BadInput, match="identifier-invalid"):
        normalised("openid", value)


@pytest.mark.parametrize("value", ["12", "1" * 20, "电话"])
def test_what_is_no_telephone_is_refused(value: str) -> None:
    with pytest.raises(BadInput, match="identifier-invalid"):
        normalised("phone", value)


def test_an_advisor_by_his_userid(branch: Session, at: At) -> None:
    identity.link_advisor(branch, "wang.w", "A1")
    identity.link_advisor(branch, "wang.w", "A2")
    assert identity.party(branch, "wang.w", at("06-01")) == ("advisor", "A2")
    assert identity.party(branch, "nobody", at("06-01")) is None


def test_merge_and_unmerge_on_the_page(
    branch: Session, talk: Callable[..., Any], reading: Callable[..., Any], at: At
) -> None:
    gold, idle = ("intent.product", "affirmed", {"product": "gold"}), ("funds.idle", "affirmed", {"low": 1, "high": 1})
    store_reading(branch, talk("K1", "06-01", "C1"), reading("v1", gold), read_at=at("06-01"))
    store_reading(branch, talk("K2", "06-02", "C2"), reading("v1", idle), read_at=at("06-02"))
    before = {who: _tags(branch, who, at("06-20")) for who in ("C1", "C2")}
    assert identity.merge(branch, "C1", "C2", at("06-05"), "guan", known_at=at("06-05"))
    assert not identity.merge(branch, "C2", "C1", at("06-06"), "guan")
    assert identity.members(branch, "C2") == ["C1", "C2"]
    assert identity.canonical(branch, "C2") == "C1"
    assert identity.canonical(branch, "C2", known_at=at("06-04")) == "C2"
    assert _tags(branch, "C1", at("06-06")) == _tags(branch, "C2", at("06-06")) == ["funds.idle", "intent.product"]
    merged_page = profile_of(branch, "C2", as_of=at("06-06"), known_at=at("06-06")).to_json()
    assert identity.unmerge(branch, "C1", "C2", at("06-10"), "guan", known_at=at("06-10"))
    assert not identity.unmerge(branch, "C1", "C2", at("06-11"), "guan")
    assert {who: _tags(branch, who, at("06-20")) for who in ("C1", "C2")} == before
    assert profile_of(branch, "C2", as_of=at("06-06"), known_at=at("06-06")).to_json() == merged_page


def test_unmerge_undoes_that_merge_and_no_other(branch: Session, at: At) -> None:
    identity.merge(branch, "C2", "C3", at("06-01"), "guan")
    identity.merge(branch, "C1", "C3", at("06-02"), "guan")
    assert identity.members(branch, "C3") == ["C1", "C2", "C3"]
    identity.unmerge(branch, "C1", "C3", at("06-03"), "guan")
    assert identity.members(branch, "C3") == ["C2", "C3"]
    assert identity.members(branch, "C1") == ["C1"]
    assert len(branch.exec(select(IdentityLink)).all()) == 3


def test_merges_that_cannot_be(branch: Session, at: At) -> None:
    with pytest.raises(BadInput, match="merge-self"):
        identity.merge(branch, "C1", "C1", at("06-01"), "guan")
    with pytest.raises(NotFound, match="customer-unknown"):
        identity.merge(branch, "C1", "C9", at("06-01"), "guan")
    with pytest.raises(NotFound, match="customer-unknown"):
        identity.link(branch, "openid", "abc", "C9", at("06-01"))


def _tags(session: Session, who: str, when: datetime) -> list[str]:
    return [t.tag for t in profile_of(session, who, as_of=when, known_at=when).tags]
