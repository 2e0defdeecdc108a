"""Events and who is who: waiting for a log-in, learning whose device it is, and what cannot both be true."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlmodel import Session, select

from profiles.behaviour.intake import take_events
from profiles.identity import service as identity
from profiles.identity.models import IdentityConflict
from profiles.models import BehaviourEvent

At = Callable[[str], datetime]
PHONE = "139" + "0000" + "1234"


def track(ident: str, at: datetime, **more: Any) -> dict[str, Any]:
    row = {"type": "track", "messageId": ident, "event": "product_view", "timestamp": at.isoformat(), "properties": {}}
    return row | more


def sensors(ident: str, at: datetime, **identities: str) -> dict[str, Any]:
    """A 神策 event with several identities."""
    return {
        "type": "track",
        "event": "product_view",
        "distinct_id": identities.get("$identity_login_id", "x-y-z-1"),
        "_track_id": int(ident),
        "time": int(at.timestamp() * 1000),
        "identities": identities,
        "properties": {},
    }


def owners(session: Session) -> dict[str, str]:
    return {e.message_id: e.customer_id for e in session.exec(select(BehaviourEvent))}


def doubts(session: Session) -> list[tuple[str, list[str], int]]:
    rows = session.exec(select(IdentityConflict).execution_options(populate_existing=True))
    return sorted((row.kind, row.customers, row.count) for row in rows)


def test_what_was_looked_at_before_the_log_in_counts_afterwards(branch: Session, at: At) -> None:
    day = at("06-10")
    first = take_events(branch, [track("m1", at("06-01"), anonymousId="web-1-abc")], day)
    assert (first.accepted, first.faults, owners(branch)) == (0, [], {})
    log_in = {"type": "identify", "messageId": "m2", "userId": "C1", "anonymousId": "web-1-abc"}
    take_events(branch, [log_in | {"timestamp": at("06-05").isoformat()}], day)
    take_events(branch, [track("m3", at("06-06"), anonymousId="web-1-abc")], day)
    assert owners(branch) == {"m1": "C1", "m2": "C1", "m3": "C1"}
    again = take_events(branch, [track("m1", at("06-01"), anonymousId="web-1-abc")], day)
    assert (again.accepted, again.duplicates, again.faults) == (0, 1, [])
    assert doubts(branch) == []


def test_a_log_in_of_nobody_teaches_nothing(branch: Session, at: At) -> None:
    log_in = {"type": "identify", "messageId": "m1", "userId": "C9", "anonymousId": "web-1-abc"}
    result = take_events(branch, [log_in | {"timestamp": at("06-05").isoformat()}], at("06-10"))
    assert [fault.code for _, fault in result.faults] == ["customer-unknown"]
    assert identity.resolve(branch, "anonymous_id", "web-1-abc", at("06-06")) is None


def test_a_log_in_does_not_take_anothers_telephone(branch: Session, at: At) -> None:
    identity.link(branch, "phone", PHONE, "C1", at("01-05"))
    row = sensors("1", at("06-05"), **{"$identity_login_id": "C2", "$identity_mobile": PHONE})
    take_events(branch, [row | {"type": "track_signup"}], at("06-10"))
    assert identity.resolve(branch, "phone", PHONE, at("06-06")) == "C1"
    assert doubts(branch) == [("disagreement", ["C1", "C2"], 1)]


def test_the_customer_number_decides_and_the_telephone_of_another_is_a_doubt(branch: Session, at: At) -> None:
    identity.link(branch, "phone", PHONE, "C1", at("01-05"))
    both = {"$identity_login_id": "C2", "$identity_mobile": PHONE}
    take_events(branch, [sensors(f"{n}", at("06-05"), **both) for n in (1, 2)], at("06-10"))
    assert set(owners(branch).values()) == {"C2"}
    assert doubts(branch) == [("disagreement", ["C1", "C2"], 2)]
    assert identity.members(branch, "C1") == ["C1"]


def test_ones_own_telephone_and_a_device_of_the_family_are_no_doubt(branch: Session, at: At) -> None:
    identity.link(branch, "phone", PHONE, "C1", at("01-05"))
    identity.link(branch, "device", "tablet-1", "C2", at("01-05"))
    rows = [
        sensors("1", at("06-05"), **{"$identity_login_id": "C1", "$identity_mobile": PHONE}),
        sensors("2", at("06-05"), **{"$identity_login_id": "C1", "$identity_android_id": "tablet-1"}),
    ]
    take_events(branch, rows, at("06-10"))
    assert set(owners(branch).values()) == {"C1"}
    assert doubts(branch) == []
