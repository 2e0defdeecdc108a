"""Identifiers in time and their doubts; merge and unmerge as facts, on a real database."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from sqlmodel import Session, select

from dongke.errors import BadInput, Conflict, NotFound, NotReady
from profiles.identity import anonymous, conflicts
from profiles.identity import service as identity
from profiles.identity.models import AnonymousEvent, IdentityConflict
from profiles.identity.resolution import mark_of
from profiles.identity.sealing import seal, unseal
from profiles.identity.service import Asked, Claim
from profiles.models import BehaviourEvent, Identifier, IdentityLink
from profiles.service import profile_of
from profiles.tagging import store_reading

At = Callable[[str], datetime]
PHONE = "139" + "0000" + "1234"
TABLET = "A1B2C3D4-tablet"


def doubts(session: Session) -> list[tuple[str, list[str]]]:
    rows = session.exec(select(IdentityConflict).execution_options(populate_existing=True))
    return sorted((row.kind, row.customers) for row in rows)


def test_a_number_names_its_owner_of_the_time(branch: Session, at: At) -> None:
    identity.link(branch, "phone", PHONE, "C1", at("01-05"))
    identity.link(branch, "phone", f"+86 {PHONE[:3]}-{PHONE[3:7]}-{PHONE[7:]}", "C2", at("06-01"))
    for day, who in (("01-04", None), ("01-05", "C1"), ("05-31", "C1"), ("06-01", "C2")):
        assert identity.resolve(branch, "phone", PHONE, at(day)) == who
    assert identity.resolve(branch, "openid", PHONE, at("06-01")) is None
    assert identity.resolve(branch, "phone", "", at("06-01")) is None
    assert doubts(branch) == [("handover", ["C1", "C2"])]


def test_a_couples_telephone_names_nobody_and_merges_nobody(branch: Session, at: At) -> None:
    for who in ("C1", "C2", "C1"):
        identity.link(branch, "phone", PHONE, who, at("01-05"))
    assert len(branch.exec(select(Identifier)).all()) == 2
    assert identity.resolve(branch, "phone", PHONE, at("06-01")) is None
    assert identity.members(branch, "C1") == ["C1"]
    assert doubts(branch) == []


def test_who_joins_a_number_later_keeps_it_with_the_first(branch: Session, at: At) -> None:
    identity.link(branch, "phone", PHONE, "C1", at("01-05"))
    identity.link(branch, "phone", PHONE, "C2", at("06-01"), shared=True)
    assert identity.resolve(branch, "phone", PHONE, at("05-31")) == "C1"
    assert identity.resolve(branch, "phone", PHONE, at("06-01")) is None
    assert [h.shared_with for h in identity.identifiers_of(branch, ["C1"], at("06-02"))] == [("C2",)]
    with pytest.raises(Conflict, match="identifier-limit"):
        identity.link(branch, "openid", "oAbc123", "C2", at("06-01"), shared=True)


def test_told_again_later_nothing_changes(branch: Session, at: At) -> None:
    for day in ("01-05", "02-05", "01-05"):
        identity.link(branch, "external_userid", "wmAbc", "C1", at(day))
    (held,) = identity.identifiers_of(branch, ["C1"])
    assert (held.from_at, held.until) == (at("01-05"), None)
    assert identity.party(branch, "wmAbc", at("06-01")) == ("customer", "C1")


def test_an_end_is_an_end_and_an_end_at_the_beginning_says_it_never_was(branch: Session, at: At) -> None:
    identity.link(branch, "phone", PHONE, "C1", at("01-05"))
    (held,) = identity.identifiers_of(branch, ["C1"])
    assert held.value == "139****1234"
    identity.unlink(branch, "C1", held.id, at("03-01"))
    assert identity.resolve(branch, "phone", PHONE, at("02-28")) == "C1"
    assert identity.resolve(branch, "phone", PHONE, at("03-01")) is None
    identity.link(branch, "phone", PHONE, "C1", at("01-05"))
    assert identity.resolve(branch, "phone", PHONE, at("03-01")) is None
    identity.link(branch, "phone", PHONE, "C2", at("02-01"))
    assert identity.resolve(branch, "phone", PHONE, at("02-02")) == "C2"
    identity.unlink(branch, "C2", held.id, at("02-01"))
    assert identity.resolve(branch, "phone", PHONE, at("02-02")) == "C1"
    with pytest.raises(NotFound, match="identifier-unknown"):
        identity.unlink(branch, "C3", held.id, at("02-01"))


def test_what_nobody_may_share_names_neither_and_is_a_doubt(branch: Session, at: At) -> None:
    for who in ("C1", "C2"):
        identity.link(branch, "fund_account", "880012345", who, at("01-05"))
    assert identity.resolve(branch, "fund_account", "880012345", at("06-01")) is None
    assert doubts(branch) == [("double", ["C1", "C2"])]


def test_more_than_a_customer_may_have_is_refused_and_stays_visible(branch: Session, at: At) -> None:
    claims = [Claim("phone", f"1390000123{n}", "C1", at("01-05")) for n in range(6)]
    ((number, fault),) = identity.link_many(branch, claims)
    assert (number, fault.code) == (5, "identifier-limit")
    assert "1390000" not in fault.detail
    assert doubts(branch) == [("limit", ["C1"])]
    with pytest.raises(Conflict, match="identifier-limit"):
        identity.link(branch, "phone", "13900001236", "C1", at("02-05"))
    gone = identity.identifiers_of(branch, ["C1"])[0]
    identity.unlink(branch, "C1", gone.id, at("02-01"))
    identity.link(branch, "phone", "13900001236", "C1", at("02-05"))
    assert identity.resolve(branch, "phone", "13900001236", at("02-05")) == "C1"


def test_a_customer_has_his_own_number_and_no_other(branch: Session, at: At) -> None:
    identity.link(branch, "customer_id", "C1", "C1", at("01-05"))
    with pytest.raises(Conflict, match="identifier-limit"):
        identity.link(branch, "customer_id", "C2", "C1", at("01-05"))
    assert identity.resolve(branch, "customer_id", "C2", at("01-05")) == "C2"
    assert branch.exec(select(Identifier)).all() == []


def test_the_highest_priority_decides_and_the_disagreement_is_told(branch: Session, at: At) -> None:
    identity.link(branch, "phone", PHONE, "C1", at("01-05"))
    identity.link(branch, "device", TABLET, "C2", at("01-05"))
    pairs = [("device", TABLET), ("phone", PHONE), ("email", "null"), ("openid", "nobodys")]
    asked = [
        Asked(at("06-01"), pairs),
        Asked(at("01-04"), pairs),
        Asked(at("06-01"), [("customer_id", "C2"), *pairs]),
        Asked(at("06-01"), [("customer_id", "C9"), *pairs]),
    ]
    one, early, told, unknown = identity.resolve_many(branch, asked)
    assert (one.customer_id, one.by, dict(one.others)) == ("C1", "phone", {"device": frozenset({"C2"})})
    assert [(kind, fault.code) for kind, fault in one.refused] == [("email", "identifier-blocked")]
    assert (early.customer_id, unknown.customer_id) == (None, None)
    assert (told.customer_id, told.by, dict(told.others)) == ("C2", "customer_id", {"phone": frozenset({"C1"})})
    conflicts.note(branch, conflicts.disagreements(at("06-01"), one))
    conflicts.note(branch, conflicts.disagreements(at("06-02"), one))
    (kept,) = conflicts.waiting(branch, ["C2"])
    assert (kept.customers, kept.count, kept.last_at) == (["C1", "C2"], 2, at("06-02"))
    assert PHONE not in str(kept.detail)
    assert identity.members(branch, "C1") == ["C1"]
    conflicts.settle(branch, kept.id, "boss", "夫妻共用平板")
    conflicts.note(branch, conflicts.disagreements(at("06-03"), one))
    assert conflicts.waiting(branch, ["C1"]) == []
    with pytest.raises(Conflict, match="conflict-settled"):
        conflicts.settle(branch, kept.id, "boss", "")
    identity.merge(branch, "C1", "C2", at("06-04"), "boss")
    assert identity.resolve_many(branch, asked[:1])[0].others == {}


def test_what_was_done_anonymously_counts_from_the_ownership_on(branch: Session, at: At) -> None:
    marks = [mark_of("device", TABLET)]
    strangers = [
        anonymous.Stranger(f"m{day}", marks, "product_view", at(day), at(day), {"product": "gold"})
        for day in ("05-01", "06-02", "06-03")
    ]
    assert anonymous.keep(branch, strangers) == {"m05-01", "m06-02", "m06-03"}
    assert anonymous.keep(branch, strangers[:1]) == set()
    done = identity.take_claims(branch, [Claim("device", TABLET, "C1", at("06-02"))], by="t", known_at=at("06-10"))
    assert done.customers == {"C1"}
    rows = branch.exec(select(BehaviourEvent)).all()
    assert sorted((r.message_id, r.customer_id, r.known_at) for r in rows) == [
        ("m06-02", "C1", at("06-10")),
        ("m06-03", "C1", at("06-10")),
    ]
    assert [r.message_id for r in branch.exec(select(AnonymousEvent))] == ["m05-01"]
    assert anonymous.forget(branch, at("05-02")) == 1
    assert anonymous.count(branch) == 0


def test_an_event_and_a_link_that_crossed_each_other_meet_later(branch: Session, at: At) -> None:
    identity.take_claims(branch, [Claim("device", TABLET, "C1", at("06-02"))], by="t", known_at=at("06-10"))
    anonymous.keep(branch, [anonymous.Stranger("m", [mark_of("device", TABLET)], "view", at("06-03"), at("06-11"), {})])
    assert anonymous.adopt_since(branch, at("06-11"), at("06-12")) == set()
    assert anonymous.adopt_since(branch, at("06-10"), at("06-12")) == {"C1"}


def test_a_shared_tablet_names_nobody_until_one_lets_go(branch: Session, at: At) -> None:
    identity.learn(branch, [Claim("device", TABLET, "C1", at("06-10"))], by="event")
    identity.learn(branch, [Claim("device", TABLET, who, at("06-20")) for who in ("C1", "C2")], by="event")
    for day, who in (("05-10", None), ("05-12", "C1"), ("06-19", "C1"), ("06-20", None)):
        assert identity.resolve(branch, "device", TABLET, at(day)) == who
    anonymous.keep(branch, [anonymous.Stranger("m", [mark_of("device", TABLET)], "view", at("06-21"), at("06-21"), {})])
    held = identity.one(branch, "C2", mark_of("device", TABLET))
    assert (held.value, held.shared_with) == (TABLET, ("C1",))
    assert identity.unlink(branch, "C2", held.id, at("06-20")) == {"C1", "C2"}
    assert identity.resolve(branch, "device", TABLET, at("06-21")) == "C1"
    assert [e.customer_id for e in branch.exec(select(BehaviourEvent))] == ["C1"]


def test_identifiers_are_sealed_and_can_be_read_back(branch: Session, at: At) -> None:
    identity.link(branch, "phone", PHONE, "C1", at("01-05"))
    (row,) = branch.exec(select(Identifier)).all()
    assert PHONE.encode() not in row.sealed
    assert PHONE not in row.blind_index
    assert identity.reveal(branch, "C1", "phone") == [PHONE]
    assert identity.reveal(branch, "C2", "phone") == []
    assert identity.reveal_one(branch, "C1", mark_of("phone", PHONE)) == PHONE
    with pytest.raises(NotFound, match="identifier-unknown"):
        identity.reveal_one(branch, "C2", mark_of("phone", PHONE))
    assert seal("phone", PHONE) != seal("phone", PHONE)
    with pytest.raises(NotReady, match="secret-changed"):
        unseal("openid", row.sealed)
    with pytest.raises(NotReady, match="secret-changed"):
        unseal("phone", row.sealed[:-1])


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
    assert identity.canonicals(branch, ["C2", "C3"]) == {"C2": "C1", "C3": "C3"}
    assert identity.canonicals(branch, ["C2"], at("06-04")) == {"C2": "C2"}
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
    identity.unmerge(branch, "C1", "C3", at("06-03"), "guan", reason="同名不同人")
    assert identity.members(branch, "C3") == ["C2", "C3"]
    assert identity.members(branch, "C1") == ["C1"]
    links = branch.exec(select(IdentityLink).order_by(IdentityLink.id)).all()
    assert [(x.customer_id, x.into_id, x.undoes, x.reason) for x in links][1:] == [
        ("C2", "C1", None, ""),
        ("C2", "C2", links[1].id, "同名不同人"),
    ]


def test_merges_that_cannot_be(branch: Session, at: At) -> None:
    with pytest.raises(BadInput, match="merge-self"):
        identity.merge(branch, "C1", "C1", at("06-01"), "guan")
    with pytest.raises(NotFound, match="customer-unknown"):
        identity.merge(branch, "C1", "C9", at("06-01"), "guan")
    with pytest.raises(NotFound, match="customer-unknown"):
        identity.link(branch, "openid", "abc", "C9", at("06-01"))


def _tags(session: Session, who: str, when: datetime) -> list[str]:
    return [t.tag for t in profile_of(session, who, as_of=when, known_at=when).tags]
