"""画像的变化: a contradiction that a talk brought, and ids that became one person or two again."""

from sqlmodel import Session

from followup.webhooks import outbox
from followup.webhooks.catalogue import EventType, Fact
from profiles.beliefs import Status
from profiles.models import IdentityLink
from profiles.service import profile_of


def tell_contradictions(session: Session, customer_id: str, conversation_id: str) -> int:
    """客户改口: tags that what was said in this talk has taken the place of. Codes and ids only. How many are new."""
    if not outbox.has_receivers(session):
        return 0
    profile = profile_of(session, customer_id)
    heard = {t.id for t in profile.tags if any(s.conversation_id == conversation_id for s in t.statements)}
    facts = [
        Fact(
            EventType.TAG_CONTRADICTED,
            tag.id,
            profile.as_of,
            {
                "customer_id": profile.customer_id,
                "conversation_id": conversation_id,
                "assertion_id": tag.id,
                "tag": tag.tag,
            },
            customer_id=profile.customer_id,
            mark=tag.opposed_by or "",
        )
        for tag in profile.tags
        if tag.status is Status.CONTRADICTED and tag.opposed_by in heard
    ]
    return outbox.emit(session, facts)


def tell_regrouped(session: Session, link: IdentityLink, *, merged: bool) -> int:
    """合并 or 拆分 of two customer numbers."""
    kind = EventType.PROFILE_MERGED if merged else EventType.PROFILE_UNMERGED
    data = {"customer_id": link.customer_id, "into_id": link.into_id}
    return outbox.emit(session, [Fact(kind, link.customer_id, link.at, data, link.customer_id, mark=link.id)])
