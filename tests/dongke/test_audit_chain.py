"""The chain of the audit: whole after every way of writing, whoever writes at the same moment; broken by any change."""

import threading

import pytest
from sqlalchemy import text
from sqlmodel import Session, select

from dongke import db
from dongke.audit import AuditEntry, broken_at, record, record_read

DETAIL = {"as_of": None, "词": '引号" 反斜杠\\ 与换行\n', "n": [1, 2.5, True]}


@pytest.mark.parametrize("write", [record, record_read])
def test_entries_hold_together(session: Session, write: object) -> None:
    assert callable(write)
    for number in range(3):
        write(session, "a1", "profile.read", f"C{number}", **DETAIL)
        session.commit()
    entries = session.exec(select(AuditEntry).order_by(AuditEntry.id)).all()  # type: ignore[arg-type]
    assert [(e.target, e.detail) for e in entries] == [(f"C{n}", DETAIL) for n in range(3)]
    assert [e.previous for e in entries] == ["", entries[0].hash, entries[1].hash]
    assert broken_at(session) is None


def test_a_read_is_in_the_chain_before_its_transaction_ends(session: Session) -> None:
    record_read(session, "a1", "profile.read", "C1")
    with db.session_scope() as other:
        assert [e.target for e in other.exec(select(AuditEntry))] == ["C1"]
    session.rollback()
    assert broken_at(session) is None
    assert session.exec(select(AuditEntry)).one().actor == "a1"


def test_a_change_that_is_rolled_back_leaves_no_entry(session: Session) -> None:
    record(session, "a1", "tag.feedback", "C1")
    session.rollback()
    assert session.exec(select(AuditEntry)).all() == []


def test_writers_at_the_same_moment_make_one_chain(session: Session) -> None:
    def read_often(who: str) -> None:
        for number in range(15):
            with db.session_scope() as mine:
                (record_read if number % 3 else record)(mine, who, "profile.read", f"C{number}")

    threads = [threading.Thread(target=read_often, args=(f"a{n}",)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(session.exec(select(AuditEntry)).all()) == 60
    assert broken_at(session) is None


@pytest.mark.parametrize(
    "change",
    [
        "update auditentry set actor = 'nobody' where id = 2",
        "update auditentry set detail = '{}' where id = 2",
        "delete from auditentry where id = 2",
        "update auditentry set hash = previous where id = 2",
    ],
)
def test_what_is_changed_afterwards_is_found(session: Session, change: str) -> None:
    for number in range(4):
        record_read(session, "a1", "profile.read", f"C{number}", as_of="2026-06-01")
    session.execute(text(change))
    assert broken_at(session) in (2, 3)
