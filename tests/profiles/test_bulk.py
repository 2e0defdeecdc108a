"""Bulk import: the same rules as the door for single events, from every kind of file, each message once."""

import gzip
import json
from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest
from sqlmodel import Session, select, text

from dongke.errors import BadInput
from dongke.quarantine import Quarantined, waiting
from profiles.behaviour import bulk_import, bulk_load
from profiles.behaviour.bulk import Options
from profiles.behaviour.bulk_import import Imported, import_events
from profiles.behaviour.day_rows import COUNT_DAYS
from profiles.behaviour.intake import take_events
from profiles.identity import service as identity
from profiles.identity.models import AnonymousEvent
from profiles.models import BehaviourEvent

At = Callable[[str], datetime]
Row = dict[str, Any]


def row(ident: str, **more: Any) -> Row:
    return {
        "message_id": ident,
        "customer_id": "C1",
        "event": "trade",
        "at": "2026-06-08T10:00:00+08:00",
        "properties": {"amount": 5, "product": "gold"},
    } | more


def lines(path: Path, rows: Iterable[Any]) -> Path:
    told = (r if isinstance(r, str) else json.dumps(r, ensure_ascii=False) for r in rows)
    path.write_text("\n".join(told) + "\n", encoding="utf-8", errors="surrogatepass")
    return path


@pytest.fixture
def load(branch: Session, tmp_path: Path, at: At) -> Callable[..., Imported]:
    """load(path, …) imports what lies there, known at 06-10."""
    branch.commit()

    def work(*paths: Path, known: str = "06-10", **options: Any) -> Imported:
        return import_events(paths, Options(**options), rejected=tmp_path / "rejected.jsonl", known_at=at(known))

    return work


def stored(session: Session) -> dict[str, tuple[Any, ...]]:
    session.rollback()
    return {
        e.message_id: (e.customer_id, e.event, e.at, e.known_at, e.properties)
        for e in session.exec(select(BehaviourEvent))
    }


def sound(session: Session) -> bool:
    """The day rows are what counting anew gives."""
    anew, kept = COUNT_DAYS % "behaviourevent", "table behaviourday"
    query = f"select count(*) from (({kept} except {anew}) union all ({anew} except {kept})) x"
    return session.execute(text(query)).scalar_one() == 0


CASES: list[Any] = [
    row("a1"),
    row("a2", properties={}),
    row("a3", properties={"页面": "黄金", "金额": "12.50"}, event="买入"),
    row("a4", at="2026-06-08T02:00:00Z", customer_id=" C2 "),
    row("a5", properties={"x": "😀", "y": [1, {"z": None}], "amount": None}),
    row("a1"),
    row("a2", properties={"other": 1}, at="2026-06-08T11:00:00+08:00"),
    row("b1", customer_id="C9"),
    row("b2", customer_id=""),
    row("b3", event=""),
    row("b4", message_id="x" * 201),
    row("b5", at="2026-06-08T10:00:00"),
    row("b6", at="yesterday"),
    row("b7", at=None),
    row("b8", at="1980-01-01T00:00:00+08:00"),
    row("b9", at="2026-06-10T00:05:01+08:00"),
    row("c1", properties=[1]),
    row("c2", properties={"amount": "五十万"}),
    row("c3", properties={"amount": True}),
    row("c4", properties={"amount": -1}),
    row("c5", properties={"x": "\0"}),
    row("c6", properties={"x": "字" * 20_000}),
    row("c7", event="a\0b"),
    "no JSON",
    "[1]",
]


@pytest.mark.parametrize("direct", [0, 100_000])
def test_a_file_gives_what_the_door_gives(
    load: Any, branch: Session, tmp_path: Path, at: At, direct: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk_load, "DIRECT", direct)
    result = load(lines(tmp_path / "a.jsonl", CASES))
    by_file, faults = stored(branch), {(q.code) for q in waiting(branch)}
    assert sound(branch)
    branch.execute(text("delete from behaviourevent; delete from behaviourday"))
    one_by_one = take_events(branch, [json.loads(r) if r == "[1]" else r for r in CASES], at("06-10"))
    branch.commit()
    assert by_file == stored(branch)
    assert (result.new, result.duplicates, result.refused) == (5, 1, len(one_by_one.faults))
    assert {fault.code for _, fault in one_by_one.faults} | {"json-invalid"} == faults
    assert result.rows == len(CASES)
    assert result.customers == {"C1", "C2"}


def test_the_same_file_again_changes_nothing_and_other_content_is_told(
    load: Any, branch: Session, tmp_path: Path
) -> None:
    rows = [row(f"m{n}", at=f"2026-06-0{1 + n % 8}T10:00:00+08:00") for n in range(50)]
    assert load(lines(tmp_path / "a.jsonl", rows)).new == 50
    before = stored(branch)
    again = load(tmp_path / "a.jsonl", tmp_path / "a.jsonl", known="06-11")
    assert (again.rows, again.new, again.duplicates, again.refused) == (100, 0, 100, 0)
    changed = load(lines(tmp_path / "b.jsonl", [row("m1", event="login"), row("new")]), known="06-11")
    assert (changed.new, changed.refused, dict(changed.reasons)) == (1, 1, {"event-conflict": 1})
    assert {k: v for k, v in stored(branch).items() if k != "new"} == before
    assert [q.code for q in waiting(branch)] == ["event-conflict"]
    assert sound(branch)


STRANGERS = [
    row("s1", customer_id="anonymous_id:cookie-abc-123"),
    row("s1", customer_id="anonymous_id:cookie-abc-123"),
    row("s2", customer_id="phone:139 0000 0001", properties={"x": '"\\t,{}'}),
    row("s3", customer_id="phone:13912345678"),  # two hold it: nobody is meant
    row("s4", customer_id="phone:13912345678", at="2026-05-01T10:00:00+08:00"),  # before anybody held it
    row("s5", customer_id="external_userid:wm1"),  # his who is known
    row("k1", customer_id="anonymous_id:cookie-abc-123"),  # stored before, the same
    row("k2", customer_id="anonymous_id:cookie-abc-123", event="login"),  # stored before, another
    row("k3", customer_id="anonymous_id:cookie-abc-123"),  # waits already
    row("u1", customer_id="phone:12"),
    row("u2", customer_id="customer_id:C9"),
    row("u3", customer_id="C9"),
    row("u4", customer_id="nokind:1"),
    row("u5", customer_id="anonymous_id:"),
    row("u6", customer_id="anonymous_id:cookie-abc-123", at="2026-06-08T10:00:00"),
]


def waiting_ones(session: Session) -> dict[str, tuple[Any, ...]]:
    return {
        e.message_id: (e.marks, e.event, e.at, e.known_at, e.properties) for e in session.exec(select(AnonymousEvent))
    }


@pytest.mark.parametrize("direct", [0, 100_000])
def test_whom_nobody_knows_yet_waits_as_at_the_door(
    load: Any, branch: Session, tmp_path: Path, at: At, direct: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk_load, "DIRECT", direct)
    for who in ("C1", "C2"):
        identity.link(branch, "phone", "13912345678", who, at("06-01"), shared=True)
    identity.link(branch, "external_userid", "wm1", "C3", at("01-05"))
    before = [row("k1"), row("k2"), row("k3", customer_id="anonymous_id:cookie-abc-123")]

    def prepare() -> None:
        for table in ("behaviourevent", "behaviourday", "anonymousevent", "quarantined"):
            branch.execute(text(f"delete from {table}"))
        take_events(branch, before if direct else before[2:], at("06-09"))
        branch.commit()

    prepare()
    result = load(lines(tmp_path / "a.jsonl", STRANGERS))
    by_file, waits = stored(branch), waiting_ones(branch)
    faults = sorted((json.loads(q.payload)["message_id"], q.code) for q in waiting(branch))
    assert sound(branch)
    prepare()
    door = take_events(branch, STRANGERS, at("06-10"))
    branch.commit()
    assert (by_file, waits) == (stored(branch), waiting_ones(branch))
    assert faults == sorted((STRANGERS[n]["message_id"], fault.code) for n, fault in door.faults)
    assert (result.new, result.waiting, result.duplicates, result.refused) == (
        door.accepted, len(door.waiting), door.duplicates, len(door.faults)
    )  # fmt: skip
    assert {"s1", "s2", "s3", "s4", "k3"} <= set(waits)
    assert "s5" in by_file
    again = load(tmp_path / "a.jsonl")
    assert (again.new, again.waiting, again.refused) == (0, 0, result.refused)
    assert identity.link(branch, "anonymous_id", "cookie-abc-123", "C2", at("01-05")) == {"C2"}
    branch.commit()
    assert stored(branch)["s1"][0] == "C2"
    assert sound(branch)


def test_strangers_of_one_message_with_two_contents(load: Any, branch: Session, tmp_path: Path) -> None:
    rows = [row("m1", customer_id="anonymous_id:cookie-abc-123"), row("m1", customer_id="anonymous_id:cookie-xyz-456")]
    result = load(lines(tmp_path / "a.jsonl", rows))
    assert (result.waiting, result.duplicates, dict(result.reasons)) == (1, 0, {"event-conflict": 1})
    (refused,) = waiting(branch)
    assert json.loads(refused.payload)["customer_id"].startswith("anonymous_id:cookie-")


def test_parquet_with_types_of_its_own(load: Any, branch: Session, tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    duckdb.sql(
        f"""copy (select 7::bigint as event_id, 'C1' as "客户号", 'trade' as event_name,
                  timestamptz '2026-06-08 10:00:00+08' as event_time, 12.5 as amount, 'gold' as product,
                  {{'a': 1}} as props, null as nothing, 'x' as _ignored) to '{path}'"""
    )
    assert load(path).new == 1
    ((who, event, moment, _, properties),) = stored(branch).values()
    assert (who, event, moment.isoformat()) == ("C1", "trade", "2026-06-08T02:00:00+00:00")
    assert properties == {"a": 1, "amount": 12.5, "product": "gold"}
    duckdb.sql(f"copy (select 8 as event_id, 'C1' as uid, 'trade' as event, 1780884000000 as t) to '{path}'")
    with pytest.raises(BadInput, match="columns-missing"):
        load(path)
    assert load(path, columns={"customer_id": "uid", "at": "t"}).new == 1
    assert stored(branch)["8"][2] == moment


def test_csv_in_the_encodings_of_the_desk(load: Any, branch: Session, tmp_path: Path) -> None:
    body = '客户号,行为,时间,金额,备注\nC1,买入,2026-06-08 10:00:00,100.5,"黄金, 现货"\nC1,卖出,2026-06-09 10:00:00,,\n'
    plain = tmp_path / "a.csv"
    plain.write_text(body, encoding="gb18030")
    assert dict(load(plain).reasons) == {"time-naive": 2}
    assert load(plain, timezone="Asia/Shanghai").new == 2
    packed = tmp_path / "b.csv.gz"
    packed.write_bytes(gzip.compress(body.encode()))
    assert load(packed, timezone="Asia/Shanghai").duplicates == 2  # no message ids: the content is the id
    bought = {"金额": "100.5", "amount": "100.5", "备注": "黄金, 现货", "side": "buy"}
    found = sorted(stored(branch).values(), key=lambda e: e[2])
    assert [(event, properties) for _, event, _, _, properties in found] == [
        ("trade", bought),
        ("trade", {"side": "sell"}),
    ]
    assert sound(branch)


def test_broken_lines_of_a_csv_are_kept(load: Any, branch: Session, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(
        "message_id,customer_id,event,at\nm1,C1,login,2026-06-08T10:00:00+08:00\nm2,C1\n"
        "m3,C1,login,2026-06-08T10:00:00+08:00,more\nm4,C1,login,2026-06-08T10:00:00+08:00\n"
    )
    result = load(path)
    assert (result.new, dict(result.reasons), result.rows) == (2, {"csv-row": 2}, 4)
    assert sorted(json.loads(q.payload)["raw"] for q in waiting(branch))[0] == "m2,C1"


def test_a_line_in_another_encoding_is_refused_alone(load: Any, tmp_path: Path) -> None:
    good = b"C1,login,2026-06-08T10:00:00+08:00\n"
    path = tmp_path / "a.csv"
    path.write_bytes(b"customer_id,event,at\n" + good * 40_000 + b"C1,\xff\xfe,2026-06-08T10:00:00+08:00\n" + good)
    result = load(path)
    assert (result.new, result.duplicates, dict(result.reasons)) == (1, 40_000, {"csv-row": 1})


def test_foreign_dialects_come_in_by_file_too(load: Any, branch: Session, tmp_path: Path) -> None:
    sensors = {"type": "track", "distinct_id": "C1", "time": 1780884000000, "event": "买入", "_track_id": 5,
               "properties": {"order_amount": 9}}  # fmt: skip
    zhuge = {
        "ak": "k",
        "owner": "zg",
        "data": [{"dt": "evt", "pr": {"$eid": "x", "$cuid": "C2", "$ct": 1780884000000}}],
    }
    result = load(lines(tmp_path / "a.jsonl", [sensors, zhuge, {"type": "alias", "userId": "C1"}, "broken"]))
    assert (result.new, result.refused) == (2, 2)
    assert dict(result.reasons) == {"alias-unsupported": 1, "event-invalid": 1}
    events = {who: (event, p) for who, event, _, _, p in stored(branch).values()}
    assert events == {"C1": ("trade", {"order_amount": 9, "amount": 9, "side": "buy"}), "C2": ("x", {})}


def test_customers_by_other_identifiers_at_their_time(load: Any, branch: Session, tmp_path: Path, at: At) -> None:
    identity.link(branch, "phone", "13912345678", "C1", at("06-01"))
    identity.link(branch, "phone", "13912345678", "C2", at("06-05"))
    branch.commit()
    rows = [
        row("early", customer_id="phone:13912345678", at="2026-06-02T10:00:00+08:00"),
        row("late", customer_id="phone:139 1234 5678"),
        row("before", customer_id="phone:13912345678", at="2026-05-02T10:00:00+08:00"),
        row("nobody", customer_id="phone:13900000001"),
    ]
    result = load(lines(tmp_path / "a.jsonl", rows))
    assert {ident: who for ident, (who, *_) in stored(branch).items()} == {"early": "C1", "late": "C2"}
    assert (result.waiting, result.refused) == (2, 0)


def test_what_is_refused_beyond_the_quarantine_is_a_file_that_can_be_imported_again(
    load: Any, branch: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk_import, "QUARANTINED", 2)
    rows = [row(f"m{n}", customer_id="C7") for n in range(5)] + [row("good")]
    result = load(lines(tmp_path / "a.jsonl", rows))
    assert (result.new, result.refused, result.rejected) == (1, 5, tmp_path / "rejected.jsonl")
    assert len(waiting(branch)) == 2
    kept = [json.loads(line) for line in (tmp_path / "rejected.jsonl").read_text("utf-8").splitlines()]
    assert [r["_code"] for r in kept] == ["customer-unknown"] * 3
    branch.execute(text("insert into customer (id, name, advisor_id) values ('C7', '', 'A1')"))
    branch.commit()
    again = import_events([tmp_path / "rejected.jsonl"], rejected=tmp_path / "again.jsonl")
    assert (again.new, again.refused) == (3, 0)
    assert all(p == {"amount": 5, "product": "gold"} for *_, p in stored(branch).values())


def test_options_that_are_none(load: Any, tmp_path: Path) -> None:
    good = lines(tmp_path / "good.jsonl", [row("m1")])
    for options, code in (({"memory": "lots"}, "memory-invalid"), ({"timezone": "Mars/North"}, "timezone-unknown")):
        with pytest.raises(BadInput, match=code):
            load(good, **options)


BROKEN: list[tuple[str, bytes, str]] = [
    ("a.txt", b"x", "file-unknown"),
    ("a.parquet", b"no parquet", "file-unreadable"),
    ("a.csv.gz", b"no gzip", "file-unreadable"),
    ("a.csv", b"a,b\n1,2\n", "columns-missing"),
    ("a.jsonl", b"\n\n", "file-empty"),
    ("a.jsonl", b"\xff\xfe\x00", "encoding"),
]


@pytest.mark.parametrize(("name", "content", "code"), BROKEN)
def test_a_file_that_cannot_be_read_is_one_fault_and_changes_nothing(
    load: Any, branch: Session, tmp_path: Path, name: str, content: bytes, code: str
) -> None:
    (tmp_path / name).write_bytes(content)
    good = lines(tmp_path / "good.jsonl", [row("m1")])
    with pytest.raises(BadInput) as fault:
        load(good, tmp_path / name)
    assert fault.value.code == code
    assert stored(branch) == {}
    assert branch.exec(select(Quarantined)).all() == []


def test_indexes_and_keys_are_as_they_were(
    load: Any, branch: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def shape() -> set[Any]:
        keys = "select conrelid::regclass::text, conname, pg_get_constraintdef(oid) from pg_constraint"
        indexes = "select tablename, indexname, indexdef from pg_indexes"
        found = {tuple(r) for r in branch.execute(text(f"{keys} where conrelid::regclass::text like 'behaviour%'"))}
        return found | {tuple(r) for r in branch.execute(text(f"{indexes} where tablename like 'behaviour%'"))}

    before = shape()
    branch.rollback()
    monkeypatch.setattr(bulk_load, "DIRECT", 0)
    monkeypatch.setattr(bulk_load, "PART", 3)
    assert load(lines(tmp_path / "a.jsonl", [row(f"m{n}", customer_id=f"C{1 + n % 3}") for n in range(20)])).new == 20
    assert shape() == before
    assert len(before) > 4
    assert sound(branch)
