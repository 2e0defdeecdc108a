"""The same question gives the same bytes for ever – while others are writing, too."""

import json
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlmodel import Session, text

from dongke.errors import Conflict
from dongke.stamps import clock, stamp
from profiles import tagging
from profiles.behaviour import bulk_import, bulk_load
from profiles.behaviour.intake import take_events
from profiles.identity import service as identity
from profiles.profile import Profile
from profiles.service import facts_of, profile_of
from profiles.snapshots import take_snapshots

At = Callable[[str], datetime]


@pytest.fixture
def reader(branch: Session, engine: Engine) -> Iterator[Session]:
    """Another connection; what the branch has is committed."""
    branch.commit()
    with Session(engine) as other:
        yield other


def page(session: Session, **times: Any) -> Profile:
    session.rollback()
    return profile_of(session, "C1", **times)


def same(one: Profile, other: Profile) -> bool:
    return json.dumps(one.to_json()) == json.dumps(other.to_json())


def trade(ident: str, who: str = "C1") -> dict[str, Any]:
    return {"message_id": ident, "customer_id": who, "event": "trade", "at": "2026-06-08T10:00:00+08:00"}


def events(session: Session) -> None:
    take_events(session, [trade("m1")], stamp(session))


def merge(session: Session) -> None:
    identity.merge(session, "C1", "C2", stamp(session), "root")


def snapshot(session: Session) -> None:
    take_snapshots(session, [{"customer_id": "C1", "risk_level": "C3"}])


def verdict(session: Session) -> None:
    tagging.feedback_on_tag(session, "C1", "intent.product", "wrong", by="A1")


WRITERS = [events, merge, snapshot, verdict]


@pytest.mark.parametrize("write", WRITERS)
def test_what_an_answer_prints_can_be_asked_again_after_the_writer_commits(
    branch: Session, reader: Session, write: Callable[[Session], None]
) -> None:
    write(branch)
    before = page(reader)
    branch.commit()
    assert same(page(reader, as_of=before.as_of, known_at=before.known_at), before)
    assert page(reader).known_at > before.known_at


@pytest.mark.parametrize("write", WRITERS)
def test_a_moment_that_a_writer_may_still_fill_is_no_question_yet(
    branch: Session, reader: Session, write: Callable[[Session], None]
) -> None:
    write(branch)
    now = clock(reader)[0]
    with pytest.raises(Conflict, match="known-at-open"):
        page(reader, known_at=now)
    branch.commit()
    after = page(reader, as_of=now, known_at=now)
    assert same(page(reader, as_of=now, known_at=now), after)


def test_a_moment_to_come_is_no_question_yet_and_a_past_one_always_is(branch: Session, reader: Session, at: At) -> None:
    events(branch)
    assert page(reader, known_at=at("06-09")).known_at == at("06-09")
    branch.rollback()  # a writer that fails leaves nothing open
    assert page(reader, known_at=clock(reader)[0])
    with pytest.raises(Conflict, match="known-at-open"):
        page(reader, known_at=datetime.fromisoformat("2999-01-01T00:00:00+08:00"))


def test_what_is_known_is_not_held_back_by_another_writer(branch: Session, reader: Session, engine: Engine) -> None:
    take_events(branch, [trade("m2", "C2")], stamp(branch))  # open, and older
    with Session(engine) as quick:
        events(quick)
        quick.commit()
    fresh = page(reader)
    assert [e.id for e in facts_of(reader, "C1", fresh.known_at).events] == ["m1"]
    branch.commit()
    assert same(page(reader, as_of=fresh.as_of, known_at=fresh.known_at), fresh)


def test_a_transaction_takes_one_lock_however_often_it_stamps(branch: Session, reader: Session) -> None:
    stamps = [stamp(branch) for _ in range(20)]
    held = "select count(*) from pg_locks where locktype = 'advisory' and objsubid = 2"
    assert reader.execute(text(held)).scalar_one() == 1
    assert stamps == sorted(stamps)
    assert clock(reader)[1] < stamps[0]
    moment, settled = clock(branch)  # his own words are no riddle to him
    assert moment == settled


@pytest.mark.parametrize("direct", [0, 100_000])
def test_an_import_is_known_from_its_last_step(
    branch: Session, reader: Session, tmp_path: Path, direct: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk_load, "DIRECT", direct)
    file = tmp_path / "a.jsonl"
    file.write_text("\n".join(json.dumps(trade(f"m{n}") | {"properties": {}}) for n in range(5)))
    seen: list[Profile] = []

    def look(title: str, done: int, total: int) -> None:
        if not title.startswith(("写入", "去重", "汇总")):
            seen.append(page(reader))
            assert same(page(reader, as_of=seen[-1].as_of, known_at=seen[-1].known_at), seen[-1])
            reader.rollback()

    assert bulk_import.import_events([file], rejected=tmp_path / "r.jsonl", progress=look).new == 5
    assert len(seen) >= 4
    for one in seen:
        assert same(page(reader, as_of=one.as_of, known_at=one.known_at), one)
    assert page(reader).to_json()["behaviour"] != seen[-1].to_json()["behaviour"]
