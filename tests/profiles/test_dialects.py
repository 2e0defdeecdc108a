"""Golden payloads of each dialect → the same event of ours; what is refused, and what must not be read into it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from dongke.errors import BadInput
from profiles.behaviour.dialects import MAYBE, ORIGINAL, expand, is_event, translate
from profiles.behaviour.event_names import names

MS = 1780884000000  # 2026-06-08T10:00:00+08:00
AT = datetime(2026, 6, 8, 2, 0, tzinfo=UTC)
C1 = ("customer_id", "C1")

SEGMENT = {"type": "track", "messageId": "s1", "userId": "C1", "event": "买入", "timestamp": "2026-06-08T02:00:00Z",
           "properties": {"product": "gold", "金额": "1000.50"}}  # fmt: skip
SENSORS = {"type": "track", "distinct_id": "C1", "time": MS, "event": "BuyProduct", "_track_id": 77,
           "identities": {"$identity_login_id": "C1", "$identity_android_id": "a1b2c3d4"},
           "properties": {"$os": "iOS", "product": "gold", "order_amount": 1000.5}}  # fmt: skip
ZHUGE = {"dt": "evt", "usr": {"did": "dev-000001"},
         "pr": {"$eid": "申购", "$cuid": "C1", "$ct": MS, "_product": "gold", "_revenue": 1000.5}}  # fmt: skip
OURS = {"message_id": "m1", "customer_id": "C1", "event": "trade", "at": "2026-06-08T10:00:00+08:00",
        "properties": {"product": "gold", "amount": 1000.5, "side": "buy"}}  # fmt: skip


@pytest.mark.parametrize("row", [SEGMENT, SENSORS, ZHUGE, OURS])
def test_one_purchase_in_four_dialects_is_one_event(row: dict[str, Any]) -> None:
    found = translate(row)
    assert (found.event, found.at, found.who[0]) == ("trade", AT, C1)
    told = {name: found.properties[name] for name in ("product", "side")} | {
        "amount": float(found.properties["amount"])
    }
    assert told == {"product": "gold", "side": "buy", "amount": 1000.5}
    assert is_event(row)
    assert translate(row).message_id == found.message_id


def segment(**more: Any) -> dict[str, Any]:
    return {"messageId": "s1", "userId": "C1", "timestamp": "2026-06-08T02:00:00Z"} | more


KINDS: list[tuple[dict[str, Any], str, dict[str, Any]]] = [
    (segment(type="identify", traits={"city": "杭州"}), "identify", {"city": "杭州"}),
    (segment(type="page", name="理财频道", properties={"a": 1}), "page_view", {"page": "理财频道", "a": 1}),
    (segment(type="screen", name="首页"), "page_view", {"page": "首页"}),
    (segment(type="group", groupId="G7", traits={"name": "某公司"}), "group", {"group_id": "G7", "name": "某公司"}),
    (segment(type="track", event="Application Opened"), "login", {}),
    (SENSORS | {"event": "$AppStart", "properties": {}}, "login", {}),
    (
        SENSORS | {"event": "$pageview", "properties": {"$title": "黄金"}},
        "page_view",
        {"$title": "黄金", "page": "黄金"},
    ),
    (SENSORS | {"type": "profile_set", "event": None, "properties": {"city": "杭州"}}, "identify", {"city": "杭州"}),
    (SENSORS | {"type": "profile_set_once", "properties": {"a": 1}}, "profile_set_once", {"a": 1}),
    (SENSORS | {"type": "profile_increment", "properties": {"a": 1}}, "profile_increment", {"a": 1}),
    (SENSORS | {"type": "profile_append", "properties": {"a": ["x"]}}, "profile_append", {"a": ["x"]}),
    (SENSORS | {"type": "profile_unset", "properties": {"a": True}}, "profile_unset", {"a": True}),
    (SENSORS | {"type": "profile_delete", "properties": {}}, "profile_delete", {}),
    (
        SENSORS | {"type": "track_signup", "event": "$SignUp", "original_id": "anon-9", "properties": {}},
        "sign_up",
        {"original_id": "anon-9"},
    ),
    (ZHUGE | {"dt": "usr", "pr": {"$cuid": "C1", "$ct": MS, "_city": "杭州"}}, "identify", {"city": "杭州"}),
    (ZHUGE | {"dt": "ss", "pr": {"$cuid": "C1", "$ct": str(MS), "$sid": 1}}, "login", {"$sid": 1}),
    (ZHUGE | {"dt": "se", "pr": {"$cuid": "C1", "$ct": MS, "$dru": 5}}, "app_close", {"$dru": 5}),
    (ZHUGE | {"dt": "pl", "pr": {"$cuid": "C1", "$ct": MS, "$br": "HW"}}, "device_info", {"$br": "HW"}),
]


@pytest.mark.parametrize(("row", "event", "properties"), KINDS)
def test_every_kind_of_message(row: dict[str, Any], event: str, properties: dict[str, Any]) -> None:
    found = translate(row)
    assert (found.event, dict(found.properties), found.at) == (event, properties, AT)


REFUSED: list[tuple[Any, str]] = [
    (segment(type="alias", previousId="x"), "alias-unsupported"),
    (segment(type="group"), "event-invalid"),
    (segment(type="delete"), "event-invalid"),
    (segment(type="track", event="a", userId=None), "event-invalid"),
    (segment(type="track", event="a", timestamp=MS), "time-invalid"),
    (segment(type="track", event="a", timestamp="2026-06-08T02:00:00"), "time-naive"),
    (SENSORS | {"type": "item_set"}, "event-invalid"),
    (SENSORS | {"time": "2026-06-08"}, "time-invalid"),
    (SENSORS | {"time": True}, "time-invalid"),
    (SENSORS | {"time": 10**30}, "time-invalid"),
    (SENSORS | {"properties": [1]}, "event-invalid"),
    (SENSORS | {"distinct_id": None, "identities": {}}, "event-invalid"),
    (ZHUGE | {"dt": "mkt"}, "event-invalid"),
    (ZHUGE | {"pr": {"$eid": "a", "$cuid": "C1"}}, "time-invalid"),
    (ZHUGE | {"pr": {"$eid": "a", "$ct": MS}, "usr": {}}, "event-invalid"),
    ("text", "event-invalid"),
]


@pytest.mark.parametrize(("row", "code"), REFUSED)
def test_what_no_dialect_says_is_refused_by_name(row: Any, code: str) -> None:
    with pytest.raises(BadInput) as fault:
        translate(row)
    assert fault.value.code == code


WHO: list[tuple[dict[str, Any], list[tuple[str, str]]]] = [
    (segment(type="track", event="a", userId="phone:13912345678"), [("phone", "13912345678")]),
    (segment(type="track", event="a", userId="B:7"), [("customer_id", "B:7")]),
    (segment(type="track", event="a", userId=None, anonymousId="x9"), [("anonymous_id", "x9")]),
    (segment(type="track", event="a", userId=1001), [("customer_id", "1001")]),
    (SENSORS, [C1, ("device", "a1b2c3d4"), (MAYBE, "C1"), ("anonymous_id", "C1")]),
    (SENSORS | {"identities": {"$identity_mobile": "13912345678"}, "distinct_id": "z"},
     [("phone", "13912345678"), (MAYBE, "z"), ("anonymous_id", "z")]),
    (SENSORS | {"identities": {}, "distinct_id": "$identity_login_id+C2"}, [("customer_id", "C2")]),
    (SENSORS | {"identities": {"$identity_cookie_id": ["k1", "k2"]}, "distinct_id": ""},
     [("anonymous_id", "k1"), ("anonymous_id", "k2")]),
    (SENSORS | {"identities": None, "distinct_id": "d", "login_id": "C3", "anonymous_id": "d"},
     [("customer_id", "C3"), (MAYBE, "d"), ("anonymous_id", "d")]),
    (ZHUGE, [C1, ("device", "dev-000001")]),
]  # fmt: skip


@pytest.mark.parametrize(("row", "who"), WHO)
def test_everybody_whom_an_event_names_is_asked_for(row: dict[str, Any], who: list[tuple[str, str]]) -> None:
    assert list(translate(row).who) == who


def test_a_wrong_clock_is_set_right_by_when_it_was_sent() -> None:
    heard = AT + timedelta(hours=5)
    row = segment(type="track", event="login", sentAt="2026-06-08T02:00:30Z")  # 30 s after the event, 5 h slow
    found = translate(row, heard)
    assert (found.at, found.properties) == (heard - timedelta(seconds=30), {ORIGINAL: AT.isoformat()})
    assert translate(row).at == AT  # a file was not heard: its clocks stay
    near = segment(type="track", event="login", sentAt="2026-06-08T02:00:30Z")
    assert translate(near, AT + timedelta(seconds=31)).at == AT  # a second is the way through the network
    broken = segment(type="track", event="login", sentAt="yesterday")
    assert translate(broken, heard).at == AT
    sensors = translate(SENSORS | {"_flush_time": MS + 30_000}, heard)
    assert (sensors.at, sensors.message_id) == (heard - timedelta(seconds=30), translate(SENSORS).message_id)
    told = {"ak": "k", "owner": "zg", "usr": {"did": "dev-000001"}, "ut": "2026-06-08 10:00:30", "tz": 28_800_000}
    (inner,) = expand([told | {"data": [{key: ZHUGE[key] for key in ("dt", "pr")}]}])
    assert translate(inner, heard).at == heard - timedelta(seconds=30)
    assert translate(inner).message_id == translate(ZHUGE).message_id


def test_an_envelope_speaks_for_its_events_unless_they_speak_for_themselves() -> None:
    consent = {"consent": {"categoryPreferences": {"Analytics": True}}}
    own = {"consent": {"categoryPreferences": {"Analytics": False}}}
    batch = {"batch": [segment(type="track", event="a"), segment(type="track", event="b", context=own), 7]}
    first, second, third = expand([batch | {"context": consent | {"ip": "1.2.3.4"}, "sentAt": "2026-06-08T02:00:01Z"}])
    assert translate(first).properties == {"context": consent}
    assert translate(second).properties == {"context": own}
    assert (third, first["sentAt"]) == (7, "2026-06-08T02:00:01Z")


NOT_OURS: list[dict[str, Any]] = [
    {"data": [1, 2]},
    {"type": "call", "utterances": []},
    {"msgid": "m", "action": "send"},
    {"customer_id": "C1", "advisor_id": "A1", "at": "2026-06-08T10:00:00+08:00", "text": "见面"},
    {"dt": "2026-06-08", "pr": 7},
]


@pytest.mark.parametrize("row", NOT_OURS)
def test_other_objects_are_no_events(row: dict[str, Any]) -> None:
    assert not is_event(row)


def test_an_amount_that_is_no_number_is_not_taken_for_one() -> None:
    found = translate(OURS | {"properties": {"order_amount": "五十万", "revenue": 12, "product_type": 5}})
    assert found.properties["amount"] == 12
    assert "product" not in found.properties
    assert translate(OURS | {"properties": {"amount": 1, "revenue": 12}}).properties["amount"] == 1


def test_numbers_that_name_a_person_are_masked_in_traits() -> None:
    traits = translate(segment(type="identify", traits={"phone": "13912345678", "city": "杭州"})).properties
    assert traits == {"phone": "***********", "city": "杭州"}


def test_the_table_of_names_is_sound() -> None:
    table = names()
    assert all(name == name.strip().lower() for name in table.events)
    ours = {renamed.to for renamed in table.events.values()}
    assert not {name for name in ours if name in table.events}  # our own names are nobody's foreign name
