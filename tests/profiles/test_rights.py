"""Rights as a fold, and what the tables say of them: one word rules everything, at once, for the whole person."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import Session, col, select

from dongke.audit import AuditEntry
from dongke.clock import now
from dongke.directory import Customer
from dongke.errors import DongkeError
from dongke.scope import Principal, Role, visible
from dongke.settings import settings
from dongke.standing import PROFILE, Purpose, Standing, State, processable
from profiles.facts import Quote
from profiles.identity import persons
from profiles.rights import store as rights_store
from profiles.rights.blanks import Blanks, blanks
from profiles.rights.consents import take_consents
from profiles.rights.fold import STATUSES, Deletion, Fact, Kind, Rights, fold, kept, strictest
from profiles.rights.store import Wish, record, right_of, rights_of
from profiles.service import facts_of, profile_of
from profiles.tagging import give_feedback, store_reading

At = Callable[[str], datetime]
START = datetime(2026, 6, 1, tzinfo=UTC)
ADVISOR = Principal("a1", Role.ADVISOR, advisor_id="A1")
IDLE = ("funds.idle", "affirmed", {"low": 500_000, "high": 500_000, "available_from": None})
CHILD = ("family.clue", "affirmed", {"clue": "child_education"})


def fact(number: int, kind: str, subject: str, status: str, hours: int, who: str = "C1") -> Fact:
    at = START + timedelta(hours=hours)
    return Fact(f"{number:03d}", who, Kind(kind), subject, status, at, at)


_MATTERS = [
    *(("consent", p, s) for p in Purpose for s in STATUSES[Kind.CONSENT]),
    *(("tag", t, s) for t in ("funds.idle", "family.clue") for s in STATUSES[Kind.TAG]),
    *(("state", "", s) for s in STATUSES[Kind.STATE]),
    *(("hold", "", s) for s in STATUSES[Kind.HOLD]),
]
_FACTS = st.lists(st.tuples(st.sampled_from(_MATTERS), st.integers(0, 8)), max_size=12).map(
    lambda rows: [fact(n, *matter, hours) for n, (matter, hours) in enumerate(rows)]
)


@given(_FACTS, st.randoms(use_true_random=False))
def test_the_newest_word_on_a_matter_counts_in_whatever_order_facts_come(facts: list[Fact], dice: Any) -> None:
    told = fold(facts)
    shuffled = list(facts)
    dice.shuffle(shuffled)
    assert fold(shuffled) == told
    for purpose in Purpose:
        last = max((f for f in facts if f.subject == purpose), key=lambda f: f.order, default=None)
        assert (purpose in told.refused) is (last is not None and last.status != "granted")
        assert (purpose in told.granted) is (last is not None and last.status == "granted")
    last = max((f for f in facts if f.kind is Kind.STATE), key=lambda f: f.order, default=None)
    assert told.state == (last.status if last else State.ACTIVE)


@given(_FACTS, _FACTS)
def test_two_ids_of_one_person_are_never_freer_than_one_of_them(first: list[Fact], second: list[Fact]) -> None:
    both = strictest([fold(first), fold(second)])
    for alone in (fold(first), fold(second)):
        assert both.refused >= alone.refused
        assert both.is_processed <= alone.is_processed
        assert both.held >= alone.held
        assert set(alone.deletions) <= set(both.deletions)


def test_a_restored_tag_brings_nothing_back(say: Any) -> None:
    deleted = Deletion("funds.idle")
    restored = Deletion("funds.idle", until=START)
    before, after = say("05-31", "funds.idle"), say("06-08", "funds.idle")
    assert [deleted.hits(s) for s in (before, after)] == [True, True]
    assert [restored.hits(s) for s in (before, after)] == [True, False]
    assert not deleted.hits(say("06-08", "family.clue", clue="child"))


def test_one_fact_of_a_tag_is_deleted_and_every_telling_of_it(say: Any) -> None:
    told = say("06-01", "assets.external", institution="招商银行", institution_type="bank")
    again = say("06-20", "assets.external", institution="招商银行", institution_type="bank")
    other = say("06-20", "assets.external", institution="平安银行", institution_type="bank")
    rights = Rights(deletions=(Deletion("assets.external", told),))
    assert [rights.keeps(s) for s in (told, again, other)] == [False, False, True]


def amounts(session: Session, talk: Any, reading: Any, *told: tuple[str, int]) -> list[str]:
    """Talks in which he names his idle money; the ids of the statements."""
    for on, yuan in told:
        value = {"low": yuan, "high": yuan, "available_from": None}
        store_reading(session, talk(f"K{on}", on), reading("v1", ("funds.idle", "affirmed", value), CHILD))
    said = {s.conversation_id: s.id for s in facts_of(session, "C1").assertions if s.tag == "funds.idle"}
    return [said[f"K{on}"] for on, _ in told]


@pytest.mark.parametrize("steps", [(300, 325, 350), (300, 315, 320), (300, 500, 900)])
def test_what_the_deleted_telling_had_followed_does_not_stand_up_again(
    steps: tuple[int, ...], branch: Session, talk: Any, reading: Any
) -> None:
    ids = amounts(branch, talk, reading, *zip(("06-01", "06-05", "06-10"), (n * 1000 for n in steps), strict=True))
    record(branch, "C1", Wish(Kind.TAG, "deleted", assertion_id=ids[-1]), by="a1")
    assert tags(branch) == {"family.clue"}
    assert not [t for t in profile_of(branch, "C1").tags if t.tag == "funds.idle"]


def test_a_later_value_and_another_fact_outlive_the_deletion(branch: Session, talk: Any, reading: Any) -> None:
    first, last = amounts(branch, talk, reading, ("06-01", 300_000), ("06-10", 900_000))
    record(branch, "C1", Wish(Kind.TAG, "deleted", assertion_id=first), by="a1")
    assert [s.id for s in facts_of(branch, "C1").assertions if s.tag == "funds.idle"] == [last]


SENTENCE = "孩子明年出国, 我有五十万, 想买债券"
GONE = Blanks({("K1", 1): frozenset({(0, "孩子明年出国")})})


@pytest.mark.parametrize(
    ("utterance", "text", "start", "shown"),
    [
        (1, SENTENCE, 0, "******, 我有五十万, 想买债券"),
        (1, "明年出国, 我有", 2, "****, 我有"),  # a part of the sentence
        (1, "我有五十万", 8, "我有五十万"),
        (2, SENTENCE, 0, SENTENCE),  # another utterance
        (1, "另外写下的一句话", 0, "另外写下的一句话"),  # written down anew: other words stand there
        (1, "", 0, ""),
    ],
)
def test_only_the_words_that_are_gone_are_blanked(utterance: int, text: str, start: int, shown: str) -> None:
    assert GONE.of("K1", utterance, text, start) == shown
    assert len(shown) == len(text)


def test_words_that_overlap_are_all_blanked() -> None:
    both = Blanks({("K1", 1): frozenset({(0, "孩子明年出国"), (2, "明年出国, 我有")})})
    assert both.of("K1", 1, SENTENCE) == "**********五十万, 想买债券"


def test_a_kept_statement_does_not_quote_a_deleted_one(say: Any, facts: Any) -> None:
    def quoted(tag: str, start: int, words: str, **slots: Any) -> Any:
        said = say("06-01", tag, talk="K1", **slots)
        return replace(said, evidence=(Quote("K1", 1, words, "customer", said.said_at, start=start),))

    child = quoted("family.clue", 0, "孩子明年出国", clue="child_education")
    idle = quoted("funds.idle", 0, SENTENCE[:13], low=500_000, high=500_000)
    bond = quoted("intent.product", 15, "想买债券", product="bond_fund")
    rights = Rights(deletions=(Deletion("family.clue"),), blanks=blanks([child]))
    left = kept(facts(child, idle, bond), {"C1": rights}).assertions
    assert [s.evidence[0].quote for s in left] == ["******, 我有五十万", "想买债券"]


@pytest.mark.parametrize(
    ("rights", "opened", "left"),
    [
        (Rights(), False, "said family done filed"),
        (Rights(refused=frozenset({Purpose.PROFILING})), False, "filed"),
        (Rights(refused=frozenset({Purpose.ANALYSIS})), False, "done filed"),
        (Rights(refused=frozenset({Purpose.MARKETING})), False, "said family done filed"),
        (Rights(refused=frozenset({Purpose.SENSITIVE})), False, "said done filed"),
        (Rights(state=State.RESTRICTED), False, ""),
        (Rights(state=State.ERASED), False, ""),
        (Rights(state=State.RESTRICTED), True, "said family done filed"),
        (Rights(state=State.RESTRICTED, refused=frozenset({Purpose.PROFILING})), True, "filed"),
        (Rights(deletions=(Deletion("funds.idle"),)), True, "family done filed"),
    ],
)
def test_what_each_right_leaves(
    rights: Rights, opened: bool, left: str, say: Any, event: Any, on_file: Any, facts: Any
) -> None:
    said, family = say("06-01", "funds.idle"), say("06-01", "family.clue", clue="child")
    held = kept(facts(said, family, event("06-02", "login"), on_file("06-01", age=40)), {"C1": rights}, opened=opened)
    found = [("said", said in held.assertions), ("family", family in held.assertions)]
    found += [("done", bool(held.events)), ("filed", bool(held.snapshots))]
    assert [name for name, is_there in found if is_there] == left.split()
    assert held.refused == rights.refused


# --- in the tables


@pytest.fixture
def house(branch: Session, talk: Any, reading: Any) -> Session:
    """C1 has spoken of his money and his child on June 8."""
    store_reading(branch, talk("K1", "06-08"), reading("v1", IDLE, CHILD))
    return branch


def tags(session: Session, who: str = "C1", **when: datetime) -> set[str]:
    return {t.tag for t in profile_of(session, who, **when).tags}


def seen(session: Session, principal: Principal, *purposes: Purpose) -> set[str]:
    query = select(Customer.id).where(visible(principal), processable(Customer.id, *purposes))
    return set(session.exec(query))


def consent(status: str, purpose: str = "profiling", **rest: Any) -> Wish:
    return Wish(Kind.CONSENT, status, purpose, **rest)


def test_rights_of_now_rule_questions_about_the_past(house: Session, at: At) -> None:
    assert tags(house, as_of=at("06-10"), known_at=now()) == {"funds.idle", "family.clue"}
    record(house, "C1", consent("denied"), by="a1")
    assert tags(house) == tags(house, as_of=at("06-10"), known_at=now()) == set()
    page = profile_of(house, "C1").to_json()
    assert page["rights"] == {"refused": ["profiling"], "text": "客户不同意画像"}
    assert page["behaviour"] == {}
    record(house, "C1", consent("granted"), by="a1")
    assert tags(house, as_of=at("06-10"), known_at=now()) == {"funds.idle", "family.clue"}


def test_a_word_that_comes_late_does_not_undo_a_newer_one(house: Session) -> None:
    record(house, "C1", consent("denied"), by="a1")
    record(house, "C1", consent("granted", at=now() - timedelta(days=3)), by="a1")
    assert right_of(house, "C1").refused == {Purpose.PROFILING}
    assert seen(house, ADVISOR, *PROFILE) == {"C2", "C3"}
    assert seen(house, ADVISOR) == {"C1", "C2", "C3"}  # he is still served


def test_deleted_feedback_brings_no_tag_back(house: Session) -> None:
    (idle,) = (s for s in facts_of(house, "C1").assertions if s.tag == "funds.idle")
    give_feedback(house, ADVISOR, idle.id, "right")
    record(house, "C1", Wish(Kind.TAG, "deleted", assertion_id=idle.id), by="a1")
    assert tags(house) == {"family.clue"}
    assert facts_of(house, "C1").feedback == ()


def test_a_restored_tag_is_made_only_from_new_words(house: Session, talk: Any, reading: Any) -> None:
    record(house, "C1", Wish(Kind.TAG, "deleted", "funds.idle"), by="a1")
    record(house, "C1", Wish(Kind.TAG, "restored", "funds.idle", at=now() - timedelta(hours=2)), by="a1")
    assert tags(house) == {"family.clue"}  # told in a wrong order, the deletion stands
    record(house, "C1", Wish(Kind.TAG, "restored", "funds.idle"), by="a1")
    assert tags(house) == {"family.clue"}
    later = talk("K2", "06-08")
    later.started_at = later.ended_at = later.known_at = now()
    store_reading(house, later, reading("v1", IDLE))
    assert tags(house, as_of=now() + timedelta(days=1)) == {"family.clue", "funds.idle"}


def test_restricted_is_for_compliance_with_a_reason(house: Session) -> None:
    record(house, "C1", Wish(Kind.STATE, "restricted", reason="客户要求"), by="law")
    law, boss = Principal("law", Role.COMPLIANCE), Principal("boss", Role.MANAGER)
    opened = Principal("law", Role.COMPLIANCE, reason="证监局来函")
    assert [set(house.exec(select(Customer.id).where(visible(p)))) for p in (ADVISOR, boss, law, opened)] == [
        {"C2", "C3"}, {"C2", "C3"}, {"C2", "C3"}, {"C1", "C2", "C3"},
    ]  # fmt: skip
    boss_with_a_reason = Principal("boss", Role.MANAGER, reason="想看看")
    assert set(house.exec(select(Customer.id).where(visible(boss_with_a_reason)))) == {"C2", "C3"}
    assert tags(house) == set()
    assert {s.tag for s in facts_of(house, "C1", opened=True).assertions} == {"funds.idle", "family.clue"}
    record(house, "C1", Wish(Kind.STATE, "active", reason="客户改变主意"), by="law")
    assert tags(house) == {"funds.idle", "family.clue"}


def test_a_legal_hold_stands_before_erasing_and_opens_what_was_erased(house: Session) -> None:
    opened = Principal("law", Role.COMPLIANCE, reason="诉讼")
    hold, erase = Wish(Kind.HOLD, "held", reason="诉讼"), Wish(Kind.STATE, "erased", reason="保存期满")
    record(house, "C1", hold, by="law")
    with pytest.raises(DongkeError, match="legal-hold"):
        record(house, "C1", erase, by="law")
    record(house, "C1", Wish(Kind.HOLD, "released", reason="结案"), by="law")
    record(house, "C1", erase, by="law")
    assert "C1" not in set(house.exec(select(Customer.id).where(visible(opened))))
    with pytest.raises(DongkeError, match="erased-final"):
        record(house, "C1", Wish(Kind.STATE, "active", reason="后悔了"), by="law")
    record(house, "C1", hold, by="law")
    assert "C1" in set(house.exec(select(Customer.id).where(visible(opened))))


BAD = [
    (consent("deleted"), "right-invalid"),
    (consent("denied", "everything"), "right-invalid"),
    (consent("denied", at=datetime(2026, 1, 1)), "time-naive"),  # noqa: DTZ001
    (consent("denied", at=datetime(2100, 1, 1, tzinfo=UTC)), "time-future"),
    (Wish(Kind.TAG, "deleted", "no.such"), "right-invalid"),
    (Wish(Kind.TAG, "deleted", assertion_id="no such"), "tag-unknown"),
    (Wish(Kind.TAG, "restored", "funds.idle"), "not-deleted"),
    (Wish(Kind.STATE, "erased"), "reason-missing"),
    (Wish(Kind.HOLD, "held", reason=" "), "reason-missing"),
    (Wish(Kind.STATE, "restricted", reason="长" * 501), "right-invalid"),
]


@pytest.mark.parametrize(("wish", "code"), BAD)
def test_what_cannot_be_noted_changes_nothing(house: Session, wish: Wish, code: str) -> None:
    with pytest.raises(DongkeError, match=code):
        record(house, "C1", wish, by="a1")
    assert right_of(house, "C1") == Rights()
    with pytest.raises(DongkeError, match="customer-unknown"):
        record(house, "C9", wish, by="a1")


def test_a_tag_of_somebody_else_cannot_be_deleted(house: Session, talk: Any, reading: Any) -> None:
    (other,) = store_reading(house, talk("K9", "06-08", "C2"), reading("v1", CHILD))
    with pytest.raises(DongkeError, match="tag-unknown"):
        record(house, "C1", Wish(Kind.TAG, "deleted", assertion_id=other.id), by="a1")


# --- merges


def test_what_one_id_refuses_holds_for_the_person_and_goes_with_the_unmerge(house: Session, at: At) -> None:
    record(house, "C2", consent("denied"), by="a1")
    record(house, "C2", Wish(Kind.TAG, "deleted", "family.clue"), by="a1")
    persons.merge(house, "C1", "C2", at("06-09"), "a1")
    assert tags(house) == set()
    assert rights_of(house, ["C1"])["C1"].deletions == rights_of(house, ["C2"])["C2"].deletions != ()
    persons.unmerge(house, "C1", "C2", at("06-09"), "a1")
    assert (right_of(house, "C1"), tags(house)) == (Rights(), {"funds.idle", "family.clue"})
    assert right_of(house, "C2").refused == {Purpose.PROFILING}


def test_a_word_of_the_person_is_noted_for_every_id(house: Session, at: At) -> None:
    persons.merge(house, "C1", "C2", at("06-09"), "a1")
    facts = record(house, "C2", consent("denied"), by="a1")
    assert {f.customer_id for f in facts} == {"C1", "C2"}
    assert tags(house, "C1") == set()
    record(house, "C1", consent("granted"), by="a1")
    assert right_of(house, "C2").granted == {Purpose.PROFILING}


def test_the_standing_is_what_the_facts_say(house: Session, at: At) -> None:
    """After any of it, the rows that SQL asks are the fold over the facts of each person."""
    persons.merge(house, "C1", "C2", at("06-09"), "a1")
    for who, wish in (
        ("C1", consent("denied", "marketing")),
        ("C3", consent("granted")),
        ("C2", Wish(Kind.TAG, "deleted", "funds.idle")),
        ("C3", Wish(Kind.STATE, "restricted", reason="客户要求")),
        ("C1", consent("granted", "marketing")),
    ):
        record(house, who, wish, by="a1")
        for ident in ("C1", "C2", "C3"):
            facts = rights_store.facts_of(house, persons.members(house, ident))
            alone = strictest(fold(f for f in facts if f.customer_id == m) for m in persons.members(house, ident))
            assert right_of(house, ident) == alone
    assert house.exec(select(Standing.customer_id).order_by(col(Standing.customer_id))).all() == ["C1", "C2", "C3"]


# --- consent as the firm demands it, and in bulk


def test_a_firm_may_demand_an_express_consent(house: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DONGKE_CONSENT_REQUIRED", "sensitive, marketing")
    settings.cache_clear()
    assert tags(house) == {"funds.idle"}
    assert seen(house, ADVISOR, Purpose.SENSITIVE) == set()
    assert seen(house, ADVISOR, *PROFILE) == {"C1", "C2", "C3"}
    record(house, "C1", consent("granted", "sensitive"), by="a1")
    assert tags(house) == {"funds.idle", "family.clue"}
    assert seen(house, ADVISOR, Purpose.SENSITIVE) == {"C1"}
    assert seen(house, ADVISOR, Purpose.SENSITIVE, Purpose.MARKETING) == set()


def test_consents_of_many_at_once(house: Session) -> None:
    told = {"purpose": "marketing", "at": "2026-06-01T10:00:00+08:00", "source": "开户协议"}
    rows = [
        told | {"customer_id": "C1", "status": "denied"},
        told | {"customer_id": "C2", "status": "GRANTED"},
        told | {"customer_id": "C9", "status": "granted"},
        told | {"customer_id": "C3", "status": "maybe"},
        told | {"customer_id": "C3", "status": "granted", "purpose": "spam"},
        told | {"customer_id": "C3", "status": "granted", "at": "2026-06-01T10:00:00"},
        told | {"customer_id": "C3", "status": "granted", "at": "2100-06-01T10:00:00Z"},
        "no row",
    ]
    result = take_consents(house, rows, by="import")
    assert (result.accepted, result.unchanged, result.customers) == (2, 0, {"C1", "C2"})
    assert [(n, f.code) for n, f in result.faults] == [
        (2, "customer-unknown"), (3, "right-invalid"), (4, "right-invalid"), (5, "time-naive"), (6, "time-future"),
        (7, "right-invalid"),
    ]  # fmt: skip
    again = take_consents(house, rows[:2], by="import")
    assert (again.accepted, again.unchanged) == (0, 2)
    assert right_of(house, "C1").refused == {Purpose.MARKETING}
    assert seen(house, ADVISOR, Purpose.MARKETING) == {"C2", "C3"}


def test_every_change_is_in_the_audit_log(house: Session) -> None:
    record(house, "C1", consent("denied", source="客户口头"), by="a1")
    record(house, "C1", Wish(Kind.STATE, "restricted", reason="客户要求"), by="law")
    found = house.exec(
        select(AuditEntry).where(col(AuditEntry.action).startswith("rights.")).order_by(col(AuditEntry.id))
    )
    assert [(e.actor, e.action, e.target, e.detail["reason"]) for e in found] == [
        ("a1", "rights.consent.denied", "C1", ""), ("law", "rights.state.restricted", "C1", "客户要求"),
    ]  # fmt: skip
