"""A small broker in which everything happens by chance: what the differential test of segments lives in.

One step is one event: a talk with tags, a verdict, behaviour, a new file, a merge, an unmerge, a deleted tag, another
owner, a refusal – or only time that passes. `wrong()` compares membership as it is kept with membership reckoned anew
from all facts, for conditions over the whole vocabulary.
"""

import random
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlmodel import Session, col, select

from asr.models import StoredConversation
from dongke.clock import BEIJING, TradingCalendar
from dongke.directory import Advisor, Branch, set_owner
from dongke.errors import DongkeError
from dongke.scope import Principal, Role
from dongke.types import Evidence, Explanation, Polarity, Reading, Speaker, TagAssertion
from followup import playbooks
from followup.models import Attempt, State
from followup.segment_source import follow_states, matter
from followup.service import compute, refresh
from profiles.behaviour.intake import take_events
from profiles.identity import persons
from profiles.models import StoredAssertion
from profiles.rights import store as rights_store
from profiles.rights.fold import Kind
from profiles.segments import gate
from profiles.segments.checks import Moment
from profiles.segments.evaluate import holds
from profiles.segments.follow import FollowState, Members
from profiles.segments.models import SegmentRow
from profiles.segments.people import people
from profiles.segments.query import condition
from profiles.segments.reading import from_sentence
from profiles.segments.view import settle
from profiles.snapshots import take_snapshots
from profiles.tagging import give_feedback, store_reading

SENTENCES = (
    "闲置资金不低于20万元, 且 (生命周期是预流失 或 外部资产在30天内到期), 且没有逾期商机",
    "有闲置资金(强度不低于0.5)",
    "有产品意向(在近30天内说过), 或产品偏好是债券基金(行为指数不低于20分)",
    "有未结商机",
    "逾期商机, 或最近接触已超过20天",
    "生命周期是活跃、新客之一",
    "生命周期不是流失, 且没有流失风险",
    "近30日净流入不低于1元, 或近30日交易次数不低于2次",
    "到期资金在10个交易日内到期, 或到期资金还有3个交易日到期",
    "可推荐的产品风险含R3, 且账户现金不低于1万元",
    "风险测评到期日在60天内, 或口头风险态度与测评不符",
    "有外部资产(标签状态是已失效), 或有闲置资金(标签状态是已改口)",
    "最近登录已超过10天, 或最近登录没有记录",
    "投资顾问是“A1”, 且净值分层是高净值、可能高净值之一",
    "空户激活潜力值不低于30分, 或画像有矛盾",
    "(有投顾承诺 且有方便联系时间), 或有家庭线索",
)
PRODUCTS = ("bond_fund", "stock", "deposit", "private_fund")
PLACES = (("招商银行", "bank"), ("中信证券", "broker"))


class World:
    """随机的一家营业部, from 2026-03-02 on."""

    def __init__(self, session: Session, seed: int, customers: int = 10) -> None:
        self.session, self.chance = session, random.Random(seed)
        self.at = datetime(2026, 3, 2, 9, 30, tzinfo=BEIJING)
        self.ids = [f"C{n}" for n in range(customers)]
        self.number = 0
        self.calendar = TradingCalendar()
        self.trees = [from_sentence(text) for text in SENTENCES]
        session.add_all([Branch(id="B1", name="甲"), Branch(id="B2", name="乙")])
        session.flush()
        session.add_all([Advisor(id="A1", name="甲", branch_id="B1"), Advisor(id="A2", name="乙", branch_id="B2")])
        session.flush()
        for who in self.ids:
            set_owner(session, who, self.chance.choice(["A1", "A2"]), self.at)

    def step(self) -> str:
        """Some time passes, and one thing happens. What it was."""
        hours = self.chance.choice([0.1, 1, 5, 12, 24, 24, 36])
        self.at += timedelta(hours=hours, seconds=self.chance.randrange(3600))
        self.number += 1
        happens = self.chance.choices(list(_WEIGHTS), list(_WEIGHTS.values()))[0]
        try:
            touched = getattr(self, f"_{happens}")()
        except DongkeError as refused:
            return f"{happens}: {refused.code}"
        for who in touched:
            refresh(self.session, who, until=self.at)
        return happens

    def wrong(self) -> list[str]:
        """Conditions whose kept members are not those reckoned anew, with who is too much and who is missing."""
        settle(self.session, follow_states, moment=self.at)
        asked = Moment(self.at, self.calendar)
        anew, _ = people(self.session, self.ids, self._follow, self.at, self.calendar)
        admitted = gate.admitted(self.session, [p.customer_id for p in anew])
        rows = {p.customer_id: p.row(self.at) for p in anew if p.customer_id in admitted}
        found = []
        for text, tree in zip(SENTENCES, self.trees, strict=True):
            kept = set(self.session.exec(select(SegmentRow.customer_id).where(condition(tree, asked))))
            truth = {who for who, row in rows.items() if holds(tree, row, asked)}
            if kept != truth:
                found.append(f"{self.at.isoformat()} {text}: 多 {sorted(kept - truth)} 少 {sorted(truth - kept)}")
        return found

    def _follow(self, session: Session, told: Members, moment: datetime) -> Mapping[str, FollowState]:
        """Follow-up state from the facts, not from the stored opportunities."""
        books = {book.id: book for book in playbooks.load()}
        contacts = follow_states(session, told, moment)
        live = (State.OPEN, State.CONTACTED, State.DISCUSSED)
        return {
            who: FollowState(
                tuple(
                    matter(o, books[o.playbook])
                    for o in sorted(compute(session, who, moment)[1], key=lambda o: (o.due_at, o.id))
                    if o.state in live
                ),
                contacts[who].last_contact_at,
            )
            for who in told
        }

    def _someone(self) -> str:
        return self.chance.choice(self.ids)

    def _talk(self) -> list[str]:
        who, ident = self._someone(), f"K{self.number}"
        row = StoredConversation(
            id=ident,
            channel=self.chance.choice(["call", "call", "chat"]),
            customer_id=who,
            advisor_id="A1",
            started_at=self.at - timedelta(minutes=self.chance.choice([5, 5, 60 * 24 * 3])),
            ended_at=self.at,
            known_at=self.at,
            content_hash=ident,
        )
        self.session.add(row)
        self.session.flush()
        told = tuple(self._tag() for _ in range(self.chance.randint(0, 2)))
        store_reading(self.session, row, Reading(assertions=told, engine_version="v1"), read_at=self.at)
        return [who]

    def _tag(self) -> TagAssertion:
        day = (self.at + timedelta(days=self.chance.randrange(1, 45))).date().isoformat()
        amount = self.chance.choice([50_000, 200_000, 500_000, 8_000_000])
        place, kind = self.chance.choice(PLACES)
        tag, value = self.chance.choice(
            [
                ("funds.idle", {"low": amount, "high": amount}),
                ("funds.idle", {"low": amount, "high": None, "available_from": day}),
                ("assets.external", {"institution": place, "institution_type": kind, "matures_on": day}),
                ("assets.external", {"institution": place, "institution_type": kind, "low": amount, "high": amount}),
                ("intent.product", {"product": self.chance.choice(PRODUCTS)}),
                ("intent.permission", {"permission": "margin"}),
                ("risk.appetite", {"level": self.chance.choice(["conservative", "aggressive"])}),
                ("churn.risk", {"action": "transfer_out"}),
                ("contact.time", {"kind": "once", "date": day, "from": "15:00"}),
                ("contact.time", {"kind": "recurring", "days": ["mon"], "from": "15:00"}),
                ("voice.feedback", {"topic": "fee", "sentiment": "negative"}),
                ("family.clue", {"clue": "retirement"}),
                ("commitment.advisor", {"action": "call_back", "due_date": day}),
                ("contact.busy", {}),
            ]
        )
        polarity = Polarity.NEGATED if self.chance.random() < 0.2 else Polarity.AFFIRMED
        proof = Evidence(0, 0, 2, Speaker.CUSTOMER, "原话", 0, 900)
        confidence = self.chance.choice([0.6, 0.9])
        return TagAssertion(tag, polarity, value, (proof,), confidence, Explanation("世界", "1", "规则"))

    def _behave(self) -> list[str]:
        who = self._someone()
        day = (self.at + timedelta(days=self.chance.randrange(5, 40))).date().isoformat()
        product = self.chance.choice(PRODUCTS)
        amount = self.chance.choice([1000, 120_000, 300_000])
        name, properties = self.chance.choice(
            [
                ("login", {}),
                ("page_view", {"product": product}),
                ("trade", {"side": "buy", "product": product, "amount": amount}),
                ("trade", {"side": "buy", "product": product, "amount": amount, "matures_on": day}),
                ("trade", {"side": "sell", "product": product, "amount": amount}),
                ("deposit", {"amount": amount}),
                ("withdraw", {"amount": amount}),
                ("transfer_in", {"amount": amount, "institution": PLACES[0][0]}),
                ("permission_opened", {"permission": "margin"}),
            ]
        )
        at = self.at - timedelta(hours=self.chance.choice([0, 0, 2, 24 * 20]))
        row: dict[str, Any] = {"message_id": f"m{self.number}", "customer_id": who, "event": name}
        take_events(self.session, [row | {"at": at.isoformat(), "properties": properties}], self.at)
        return [who]

    def _file(self) -> list[str]:
        who = self._someone()
        asked = self.at - timedelta(days=self.chance.randrange(600, 760))
        row = {
            "customer_id": who,
            "risk_level": self.chance.choice(["C1", "C2", "C3", "C5"]),
            "questionnaire_on": asked.date().isoformat(),
            "cash_yuan": self.chance.choice(["0", "5000", "200000"]),
            "assets_yuan": self.chance.choice(["0", "100000", "9000000"]),
            "opened_on": (self.at - timedelta(days=self.chance.choice([3, 900]))).date().isoformat(),
            "effective_at": (self.at + timedelta(days=self.chance.choice([-1, 0, 2]))).isoformat(),
        }
        take_snapshots(self.session, [row], received_at=self.at)
        return [who]

    def _judge(self) -> list[str]:
        said = self._some_statement()
        if said is None:
            return []
        boss = Principal("root", Role.ADMIN)
        verdict = self.chance.choice(["right", "wrong", "wrong"])
        give_feedback(self.session, boss, said.id, verdict, at=self.at)
        return [said.customer_id]

    def _some_statement(self) -> StoredAssertion | None:
        found: Sequence[StoredAssertion] = self.session.exec(
            select(StoredAssertion).order_by(col(StoredAssertion.known_at).desc(), col(StoredAssertion.id)).limit(30)
        ).all()
        return self.chance.choice(found) if found else None

    def _merge(self) -> list[str]:
        first, second = self.chance.sample(self.ids, 2)
        when = self.at + timedelta(hours=self.chance.choice([-30, 0, 0, 30]))
        persons.merge(self.session, first, second, when, "root", known_at=self.at)
        rights_store.settle(self.session, [first, second])
        return [first, second]

    def _unmerge(self) -> list[str]:
        for first in self.chance.sample(self.ids, len(self.ids)):
            for second in persons.members(self.session, first):
                if second != first and persons.unmerge(self.session, first, second, self.at, "root", known_at=self.at):
                    rights_store.settle(self.session, [first, second])
                    return [first, second]
        return []

    def _delete_tag(self) -> list[str]:
        said = self._some_statement()
        if said is None:
            return []
        wish = rights_store.Wish(kind=Kind.TAG, status="deleted", assertion_id=said.id, source="客户口头")
        rights_store.record(self.session, said.customer_id, wish, by="root")
        return [said.customer_id]

    def _refuse(self) -> list[str]:
        who = self._someone()
        status = self.chance.choice(["granted", "granted", "denied"])
        subject = self.chance.choice(["profiling", "sensitive", "marketing"])
        wish = rights_store.Wish(kind=Kind.CONSENT, subject=subject, status=status, source="客户口头")
        rights_store.record(self.session, who, wish, by="root")
        return [who]

    def _hand_over(self) -> list[str]:
        who = self._someone()
        set_owner(self.session, who, self.chance.choice(["A1", "A2"]), self.at)
        return [who]

    def _ring(self) -> list[str]:
        who = self._someone()
        self.session.add(Attempt(id=f"T{self.number}", customer_id=who, advisor_id="A1", at=self.at, known_at=self.at))
        self.session.flush()
        return [who]

    def _wait(self) -> list[str]:
        self.at += timedelta(days=self.chance.choice([1, 2, 7, 20]))
        return []


_WEIGHTS = {
    "talk": 30, "behave": 30, "file": 8, "judge": 8, "merge": 3, "unmerge": 4, "delete_tag": 2, "refuse": 2,
    "hand_over": 2, "ring": 2, "wait": 6,
}  # fmt: skip
