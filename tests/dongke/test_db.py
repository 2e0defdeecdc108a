from datetime import UTC, datetime

import psycopg
import pytest
from sqlalchemy import Engine
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from dongke import audit, db, directory, quarantine
from dongke.errors import BadInput


def test_quarantine_keeps_one_row_per_piece(session: Session) -> None:
    fault = BadInput("conversation-invalid", "缺少 id")
    for _ in range(2):
        quarantine.keep(session, "conversation", "a.jsonl:3", b"{}", fault)
    (row,) = quarantine.waiting(session)
    assert (row.attempts, row.code) == (2, "conversation-invalid")
    assert row.id
    quarantine.resolve(session, row.id)
    session.flush()
    assert quarantine.waiting(session) == []


def test_audit_chain_notices_a_changed_entry(session: Session) -> None:
    for number in range(3):
        audit.record(session, "wang", "profile.read", f"C{number}")
    assert audit.broken_at(session) is None
    row = session.get(audit.AuditEntry, 2)
    assert row
    row.target = "C9"
    session.flush()
    assert audit.broken_at(session) == 2


def test_owner_changes_with_time(session: Session) -> None:
    session.add(directory.Branch(id="B1", name="陆家嘴"))
    session.flush()
    for ident in ("A1", "A2"):
        session.add(directory.Advisor(id=ident, name=ident, branch_id="B1"))
    session.flush()
    may, june = datetime(2026, 5, 1, tzinfo=UTC), datetime(2026, 6, 1, tzinfo=UTC)
    directory.set_owner(session, "C1", "A2", june)
    directory.set_owner(session, "C1", "A1", may)
    assert [who for _, who in directory.owners(session, "C1")] == ["A1", "A2"]
    assert directory.customer(session, "C1").advisor_id == "A2"


def test_a_tag_without_evidence_is_refused_by_the_database(session: Session) -> None:
    from profiles.models import StoredAssertion

    stamp = datetime(2026, 5, 1, tzinfo=UTC)
    session.add(
        StoredAssertion(
            id="x", reading_id="r", conversation_id="c", customer_id="C1", tag="funds.idle", polarity="affirmed",
            value={}, holder="customer", certainty="stated", confidence=1.0, evidence=[], explanation={},
            said_at=stamp, known_at=stamp,
        )
    )  # fmt: skip
    with pytest.raises(IntegrityError, match="no_tag_without_evidence"):
        session.flush()


def test_a_naive_time_is_refused(session: Session) -> None:
    session.add(directory.Branch(id="B1", name="x"))
    session.flush()
    session.add(directory.Advisor(id="A1", name="x", branch_id="B1"))
    session.flush()
    with pytest.raises(Exception, match="time-naive"):
        directory.set_owner(session, "C1", "A1", datetime(2026, 5, 1))  # noqa: DTZ001


@pytest.mark.parametrize("idle_seconds", [0.0, 3600.0])
def test_a_connection_that_the_server_has_closed_is_replaced(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, idle_seconds: float
) -> None:
    """As after a restart of the server: whether it is pinged (0: always) or only its socket is looked at."""
    monkeypatch.setattr(db, "IDLE_SECONDS", idle_seconds)
    with engine.connect() as first:
        old = first.exec_driver_sql("select pg_backend_pid()").scalar_one()
    with engine.connect() as second:
        assert second.exec_driver_sql("select pg_backend_pid()").scalar_one() == old
    with psycopg.connect(db.libpq_url(engine.url.render_as_string(hide_password=False))) as killer:
        killer.execute("select pg_terminate_backend(%s, 5000)", (old,))
    with engine.connect() as again:
        assert again.exec_driver_sql("select pg_backend_pid()").scalar_one() != old
