"""The job that lets anonymous events meet links that crossed them, and drops what nobody was known for."""

from datetime import datetime, timedelta

from sqlmodel import Session, select

from dongke.clock import now
from dongke.directory import Advisor, Branch, set_owner
from dongke.settings import settings
from followup import schedule
from profiles.behaviour.models import BehaviourDay
from profiles.identity import anonymous
from profiles.identity import service as identity
from profiles.identity.models import AnonymousEvent
from profiles.identity.resolution import mark_of
from profiles.identity.service import Claim
from profiles.models import BehaviourEvent


def test_the_job_claims_and_forgets(session: Session) -> None:
    session.add(Branch(id="B1", name="营业部"))
    session.flush()
    session.add(Advisor(id="A1", name="投顾", branch_id="B1"))
    session.flush()
    moment = now()
    set_owner(session, "C1", "A1", moment - timedelta(days=400))
    identity.take_claims(session, [Claim("device", "tablet-1", "C1", moment - timedelta(days=2))], by="test")

    def stranger(ident: str, device: str, at: datetime) -> anonymous.Stranger:
        return anonymous.Stranger(ident, [mark_of("device", device)], "product_view", at, at, {})

    anonymous.keep(
        session,
        [
            stranger("his", "tablet-1", moment - timedelta(days=1)),
            stranger("before", "tablet-1", moment - timedelta(days=3)),
            stranger("nobodys", "tablet-2", moment - timedelta(days=1)),
            stranger("old", "tablet-2", moment - timedelta(days=181)),
        ],
    )
    job = next(job for job in schedule.jobs() if job.name == "claim_strangers")
    assert schedule.run(session, job, moment, settings()) == {"customers": 1, "opportunities": 0, "forgotten": 1}
    assert [e.message_id for e in session.exec(select(BehaviourEvent))] == ["his"]
    assert [(d.customer_id, d.event, d.count) for d in session.exec(select(BehaviourDay))] == [
        ("C1", "product_view", 1)
    ]
    assert sorted(e.message_id for e in session.exec(select(AnonymousEvent))) == ["before", "nobodys"]
