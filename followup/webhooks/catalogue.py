"""事件目录: what is told to other systems. The data are ids, codes, numbers and times – nothing a customer said (pure).

The body is a CloudEvents 1.0 JSON document, signed as Standard Webhooks say.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from dongke.clock import beijing

SOURCE = "urn:dongke"
CONTENT_TYPE = "application/cloudevents+json; charset=utf-8"
MAX_BYTES = 20_000


class EventType(StrEnum):
    """事件种类."""

    OPPORTUNITY_OPENED = "opportunity.opened"  #: 商机开启
    OPPORTUNITY_DISCHARGED = "opportunity.discharged"  #: 已谈到
    OPPORTUNITY_WON = "opportunity.won"  #: 已成单
    OPPORTUNITY_REFUSED = "opportunity.refused"  #: 客户拒绝
    OPPORTUNITY_EXPIRED = "opportunity.expired"  #: 失效
    OPPORTUNITY_OVERDUE = "opportunity.overdue"  #: 逾期
    OPPORTUNITY_ESCALATED = "opportunity.escalated"  #: 升级
    TAG_CONTRADICTED = "tag.contradicted"  #: 客户改口
    PROFILE_MERGED = "profile.merged"  #: 客户合并
    PROFILE_UNMERGED = "profile.unmerged"  #: 客户拆分
    REPORT_READY = "report.ready"  #: 报表写好
    TEST = "test"  #: 测试: only by hand, to one receiver


LABELS: Mapping[EventType, str] = {
    EventType.OPPORTUNITY_OPENED: "商机开启",
    EventType.OPPORTUNITY_DISCHARGED: "商机已谈到",
    EventType.OPPORTUNITY_WON: "商机已成单",
    EventType.OPPORTUNITY_REFUSED: "客户拒绝",
    EventType.OPPORTUNITY_EXPIRED: "商机失效",
    EventType.OPPORTUNITY_OVERDUE: "商机逾期",
    EventType.OPPORTUNITY_ESCALATED: "逾期升级",
    EventType.TAG_CONTRADICTED: "客户改口",
    EventType.PROFILE_MERGED: "客户合并",
    EventType.PROFILE_UNMERGED: "客户拆分",
    EventType.REPORT_READY: "报表写好",
    EventType.TEST: "测试",
}
#: every field that any event may carry: ids, codes, numbers, times. What is not here cannot be sent
FIELDS: Mapping[str, str] = {
    "opportunity_id": "商机",
    "customer_id": "客户号",
    "into_id": "并入的客户号",
    "owner_id": "投资顾问",
    "branch_id": "营业部",
    "playbook": "跟进规则",
    "playbook_version": "规则版本",
    "state": "商机状态",
    "level": "升级到哪一级: advisor, branch, firm",
    "opened_at": "开启时间",
    "due_at": "期限",
    "conversation_id": "会话",
    "assertion_id": "标签断言",
    "tag": "标签代码",
    "report_id": "存档报表",
    "kind": "报表种类",
    "start": "报表开始",
    "end": "报表结束",
    "as_of": "报表截至",
    "sha256": "报表的 SHA-256",
    "opened": "商机数",
    "overdue": "逾期数",
    "won": "成单数",
}


@dataclass(frozen=True, slots=True)
class Fact:
    """发生的事: what the outbox takes. `mark` makes the id: the same fact told twice is one event."""

    type: EventType
    subject: str
    at: datetime
    data: Mapping[str, Any]
    customer_id: str | None = None
    mark: str = ""

    @property
    def id(self) -> str:
        text = "|".join((self.type, self.subject, self.mark))
        return f"evt_{hashlib.sha256(text.encode()).hexdigest()[:32]}"

    @property
    def payload(self) -> dict[str, Any]:
        """The data as they are kept. Raises ValueError for a field that the catalogue does not know."""
        unknown = set(self.data) - set(FIELDS)
        if unknown:
            raise ValueError(f"not in the catalogue: {sorted(unknown)}")
        return {k: beijing(v).isoformat() if isinstance(v, datetime) else v for k, v in self.data.items()}


def body(ident: str, kind: str, subject: str, at: datetime, data: Mapping[str, Any]) -> dict[str, Any]:
    """The CloudEvents document."""
    return {
        "specversion": "1.0",
        "id": ident,
        "source": SOURCE,
        "type": kind,
        "subject": subject,
        "time": beijing(at).isoformat(),
        "datacontenttype": "application/json",
        "data": dict(data),
    }
