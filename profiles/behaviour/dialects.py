"""事件方言: one event as an SDK sends it → one shape of ours (pure). Each translator reads one dialect and no other.

- ours: `message_id, customer_id, event, at, properties`
- Segment Spec (segment.com/docs/connections/spec): `type` track, identify, page, screen, group; alias is refused
- 神策 (manual.sensorsdata.cn, 数据格式; sa-sdk-python `sdk.py`): `type` track, track_signup, profile_*, `distinct_id`,
  `time` in ms, `properties`, `identities`, `_track_id`, `_flush_time`
- 诸葛 (zhugesdk/zhugeio-sdk-android `ZGAppInfo.java`, zhugesdk/zhuge-cpp-sdk `zhuge_sdk.h`): envelope `ak, data[], usr,
  ut, tz`, items `dt` evt, usr, ss, se, pl and `pr` with `$eid, $cuid, $ct` in ms; own properties begin with `_`

A device's clock may be wrong. Where the sender says when it sent (`sentAt`, `_flush_time`, `ut`) and Dongke knows when
it received, the event happened at received − (sent − said), as Segment reckons; what was said stays as
`original_timestamp`.
"""

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from dongke.errors import BadInput
from dongke.privacy import mask
from dongke.types import aware
from profiles.behaviour.days import amount_of
from profiles.behaviour.event_names import names
from profiles.identity.identifiers import CUSTOMER_ID, registry
from profiles.tables import is_text

MAX_ID_CHARS = 200
SKEW = timedelta(seconds=2)  #: less is the way through the network, not the clock
ORIGINAL = "original_timestamp"
MAYBE = "customer_id?"
TRAITS = frozenset(
    {
        *("identify", "profile_set_once", "profile_increment"),
        *("profile_append", "profile_unset", "profile_delete"),
    }
)
_SEGMENT = {"track": None, "identify": "identify", "page": "page_view", "screen": "page_view", "group": "group"}
_SENSORS = ("track", "track_signup", "track_id_bind", "track_id_unbind")
_ZHUGE_NAMES = {"ss": "zg:ss", "se": "zg:se", "usr": "identify", "pl": "device_info"}
_ENVELOPES = {"batch": ("sentAt", "context"), "data": ("usr", "ut", "tz")}


@dataclass(frozen=True, slots=True)
class Incoming:
    """一个行为事件, whoever sent it. `who`: kind and value of each identifier, as `profiles.identity` knows them;
    of kind `MAYBE` is a 客户号 if there is a customer of that number, else it says nothing."""

    message_id: str
    who: tuple[tuple[str, str], ...]
    event: str
    at: datetime
    properties: Mapping[str, Any]


def expand(rows: Iterable[Any]) -> list[Any]:
    """The events one by one: envelopes (`batch` of Segment, `data` of 诸葛) are opened; what they say of all their
    events – when they were sent, by which device, under which consent – goes into each that does not say it itself."""
    opened: list[Any] = []
    for row in rows:
        name = _envelope(row)
        if name is None:
            opened.append(row)
            continue
        shared = {key: row[key] for key in _ENVELOPES[name] if row.get(key) is not None}
        opened += expand({**shared, **inner} if isinstance(inner, Mapping) else inner for inner in row[name])
    return opened


def is_event(row: Mapping[str, Any]) -> bool:
    """Whether the object is an event, or an envelope of events, of one of the dialects."""
    if _envelope(row) or row.get("type") in ("alias", *_SEGMENT, *_SENSORS) or str(row.get("type"))[:8] == "profile_":
        return True
    return {"message_id", "event"} <= set(row) or _is_zhuge(row)


def translate(row: Any, received_at: datetime | None = None) -> Incoming:
    """The event in our shape. `received_at`: when it came in over the network; None for a file, whose clocks stay.

    Raises BadInput `event-invalid`, `alias-unsupported`, `time-naive`, `time-invalid`.
    """
    if not isinstance(row, Mapping):
        raise BadInput("event-invalid", "事件不是一个 JSON 对象")
    return _dialect(row)(row, received_at)


def _envelope(row: Any) -> str | None:
    if not isinstance(row, Mapping):
        return None
    if isinstance(row.get("batch"), list):
        return "batch"
    return "data" if isinstance(row.get("data"), list) and ("ak" in row or row.get("owner") == "zg") else None


def _is_zhuge(row: Mapping[str, Any]) -> bool:
    return "dt" in row and isinstance(row.get("pr"), Mapping)


def _dialect(row: Mapping[str, Any]) -> Callable[[Mapping[str, Any], datetime | None], Incoming]:
    if _is_zhuge(row):
        return _zhuge
    if "distinct_id" in row or "identities" in row:
        return _sensors
    return _segment if row.get("type") is not None or "messageId" in row else _plain


def _plain(row: Mapping[str, Any], received_at: datetime | None) -> Incoming:
    event = names().event(_text(row, "event"))
    properties = _renamed(_object(row.get("properties"), "properties"), event.implies)
    who = (_named(_text(row, "customer_id")),)
    return Incoming(_text(row, "message_id"), who, event.to, aware(row.get("at"), "at"), properties)


def _segment(row: Mapping[str, Any], received_at: datetime | None) -> Incoming:
    kind = row.get("type", "track")
    if kind == "alias":
        raise BadInput("alias-unsupported", "alias 不接入: 客户的合并由人在「客户身份」里做, 不由埋点决定")
    if not isinstance(kind, str) or kind not in _SEGMENT:
        raise BadInput("event-invalid", f"type 不认识: {str(kind)[:40]}")
    event = names().event(_SEGMENT[kind] or _text(row, "event"))
    given = dict(_object(row.get("traits" if kind in ("identify", "group") else "properties"), "properties"))
    if kind in ("page", "screen") and row.get("name"):
        given.setdefault("page", row["name"])
    if kind == "group":
        given = {"group_id": _text(row, "groupId"), **given}
    said = aware(row.get("timestamp"), "timestamp")
    at, original = _by_our_clock(said, _optional_time(row.get("sentAt")), received_at)
    properties = _renamed(_traits(given) if kind == "identify" else given, event.implies) | original | _consent(row)
    who = _who(row, ("userId", "anonymousId"))
    return Incoming(_text(row, "messageId"), _someone(who, "userId"), event.to, at, properties)


def _consent(row: Mapping[str, Any]) -> dict[str, Any]:
    """What the device says of the customer's consent goes with the event, as it came."""
    context = row.get("context")
    consent = context.get("consent") if isinstance(context, Mapping) else None
    return {"context": {"consent": consent}} if consent is not None else {}


def _sensors(row: Mapping[str, Any], received_at: datetime | None) -> Incoming:
    kind = str(row.get("type", "track"))
    if kind in _SENSORS:
        event = names().event(_text(row, "event"))
    else:
        event = names().event({"profile_set": "identify"}.get(kind, kind))
        if event.to not in TRAITS:
            raise BadInput("event-invalid", f"type 不认识: {kind[:40]}")
    given = dict(_object(row.get("properties"), "properties"))
    if kind == "track_signup" and row.get("original_id"):
        given["original_id"] = mask(str(row["original_id"]))
    sent = _epoch(row["_flush_time"], "_flush_time") if row.get("_flush_time") else None
    at, original = _by_our_clock(_epoch(row.get("time"), "time"), sent, received_at)
    properties = _renamed(_traits(given) if event.to in TRAITS else given, event.implies) | original
    return Incoming(_sensors_id(row), _someone(_sensors_who(row), "distinct_id"), event.to, at, properties)


def _sensors_id(row: Mapping[str, Any]) -> str:
    """`_track_id` is a random number, unique only together with its moment and its user; some senders have none."""
    if row.get("_track_id") is not None:
        return f"sa:{row.get('time')}:{row['_track_id']}:{_digest(row.get('distinct_id'))[:12]}"[:MAX_ID_CHARS]
    told = {key: value for key, value in row.items() if key not in ("_flush_time", "lib", "recv_time")}
    return "sa:" + _digest(told)


def _sensors_who(row: Mapping[str, Any]) -> list[tuple[str, str]]:
    """A `distinct_id` is a 客户号 after the log-in and a random id before it, and does not always say which."""
    found: list[tuple[str, str]] = []
    if isinstance(row.get("identities"), Mapping):
        found = _who(row["identities"], names().identifiers)
    found += _who({"userId": row.get("login_id")}, ("userId",))
    distinct = str(row.get("distinct_id") or "").strip()
    if distinct.startswith("$identity_") and "+" in distinct:  # "$identity_login_id+13", as IDM 3 writes it
        field, _, value = distinct.partition("+")
        found += _who({field: value}, names().identifiers)
    elif is_text(distinct, MAX_ID_CHARS):
        sure = _named(distinct)[0] != CUSTOMER_ID
        found += [_named(distinct)] if sure else [(MAYBE, distinct), ("anonymous_id", distinct)]
    return found + _who(row, ("anonymous_id",))


def _zhuge(row: Mapping[str, Any], received_at: datetime | None) -> Incoming:
    kind, given = str(row["dt"]), row["pr"]
    if kind != "evt" and kind not in _ZHUGE_NAMES:
        raise BadInput("event-invalid", f"dt 不认识: {kind[:40]}")
    event = names().event(_ZHUGE_NAMES.get(kind) or _text(given, "$eid"))
    said = _epoch(given.get("$ct"), "$ct")
    at, original = _by_our_clock(said, _zhuge_sent(row), received_at)
    own = {key.removeprefix("_"): value for key, value in given.items() if key not in ("$eid", "$cuid", "$ct")}
    properties = _renamed(_traits(own) if event.to in TRAITS else own, event.implies) | original
    user = dict(row["usr"]) if isinstance(row.get("usr"), Mapping) else {}
    who = _who({"userId": given.get("$cuid"), **user}, ("userId", "did"))
    return Incoming("zg:" + _digest([kind, given, user]), _someone(who, "$cuid"), event.to, at, properties)


def _zhuge_sent(row: Mapping[str, Any]) -> datetime | None:
    """`ut`: the wall clock of the device, `tz` ms east of Greenwich."""
    try:
        zone = timezone(timedelta(milliseconds=int(row["tz"])))
        return datetime.strptime(str(row["ut"]), "%Y-%m-%d %H:%M:%S").replace(tzinfo=zone)
    except (KeyError, ValueError, TypeError, OverflowError):
        return None


def _by_our_clock(said: datetime, sent: datetime | None, received: datetime | None) -> tuple[datetime, dict[str, Any]]:
    """When it happened by Dongke's clock, and what was said where that differs."""
    if sent is None or received is None or abs(received - sent) < SKEW:
        return said, {}
    try:
        return received - (sent - said), {ORIGINAL: said.astimezone(UTC).isoformat()}
    except OverflowError:
        raise BadInput("time-invalid", "sentAt 与 timestamp 相差太远") from None


def _optional_time(value: Any) -> datetime | None:
    """A sending time that cannot be read corrects nothing: the event itself is sound."""
    try:
        return aware(value, "sentAt") if value else None
    except BadInput:
        return None


def _epoch(value: Any, name: str) -> datetime:
    try:
        if isinstance(value, bool):
            raise ValueError
        return datetime.fromtimestamp(int(value) / 1000, UTC)
    except (TypeError, ValueError, OverflowError, OSError):
        raise BadInput("time-invalid", f"{name} 不是毫秒时间戳: {str(value)[:40]}") from None


def _who(row: Mapping[str, Any], fields: Iterable[str]) -> list[tuple[str, str]]:
    """The identifiers of those fields. A field may hold a list (神策)."""
    kinds, found = names().identifiers, []
    for name in fields:
        values = row.get(name)
        for value in values if isinstance(values, list) else [values]:
            plain = str(value).strip() if isinstance(value, str | int) and not isinstance(value, bool) else ""
            if is_text(plain, MAX_ID_CHARS) and name in kinds:
                found.append(_named(plain) if kinds[name] == CUSTOMER_ID else (kinds[name], plain))
    return found


def _named(value: str) -> tuple[str, str]:
    """`phone:138…` names a customer by his telephone; anything else is his 客户号."""
    kind, mark, rest = value.partition(":")
    return (kind, rest) if mark and rest and kind in registry().kinds else (CUSTOMER_ID, value)


def _someone(who: Iterable[tuple[str, str]], name: str) -> tuple[tuple[str, str], ...]:
    found = tuple(dict.fromkeys(who))
    if not found:
        raise BadInput("event-invalid", f"{name} 要是 1 到 {MAX_ID_CHARS} 个字符的文字")
    return found


def _text(row: Mapping[str, Any], name: str) -> str:
    value = row.get(name)
    if not is_text(value, MAX_ID_CHARS):
        raise BadInput("event-invalid", f"{name} 要是 1 到 {MAX_ID_CHARS} 个字符的文字")
    return str(value)


def _object(given: Any, name: str) -> Mapping[str, Any]:
    """A JSON object; its text where a CSV cell holds it; nothing at all is an empty one."""
    if isinstance(given, str) and given:
        try:
            given = json.loads(given)
        except (ValueError, RecursionError):
            raise BadInput("event-invalid", f"{name} 不是 JSON") from None
    if given is not None and given != "" and not isinstance(given, Mapping):
        raise BadInput("event-invalid", f"{name} 不是一个 JSON 对象")
    return given or {}


def _renamed(given: Mapping[str, Any], implies: Mapping[str, Any]) -> dict[str, Any]:
    """With our names of what has one: amount, product, page, side. What came stays as well."""
    properties = dict(given)
    for ours, theirs in names().properties.items():
        if ours not in properties:
            fitting = (given[name] for name in theirs if name in given and _fits(ours, given[name]))
            found = next(fitting, implies.get(ours))
            if found is not None:
                properties[ours] = found
    return properties


def _fits(ours: str, value: Any) -> bool:
    return amount_of({"amount": value}) is not None if ours == "amount" else isinstance(value, str)


def _traits(given: Mapping[str, Any]) -> dict[str, Any]:
    """Traits with telephone, card and account numbers masked: what names a customer belongs to his identifiers."""
    return {key: mask(value) if isinstance(value, str) else value for key, value in given.items()}


def _digest(value: Any) -> str:
    text = json.dumps(value, sort_keys=True, ensure_ascii=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:40]
