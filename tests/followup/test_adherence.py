"""Service strategy: the same talk under two cards, every deduction with its turn, words and look-alikes."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dongke.types import Channel, Speaker, TopicMention, Utterance
from followup.adherence import Assessment, assess, summary
from followup.adherence.facts import facts_of
from followup.adherence.lexicon import lexicon
from followup.adherence.scorecards import RULES, cards
from followup.adherence.stats import stats
from followup.history import Contact

START = datetime.fromisoformat("2026-06-01T10:00:00+08:00")
Talk = Callable[..., Contact]
WORDS = lexicon()


def make(*lines: str, seconds: float = 120, **more: Any) -> Contact:
    """Lines "A: …" and "C: …"; `times` gives (start, end) seconds of each."""
    times = more.pop("times", [(None, None)] * len(lines))
    turns = tuple(
        Utterance(
            Speaker.ADVISOR if line[0] == "A" else Speaker.CUSTOMER,
            line[2:].strip(),
            None if start is None else int(start * 1000),
            None if end is None else int(end * 1000),
        )
        for line, (start, end) in zip(lines, times, strict=True)
    )
    end = START + timedelta(seconds=seconds)
    return Contact(
        **{
            "id": "K1",
            "customer_id": "C1",
            "advisor_id": "A1",
            "channel": Channel.CALL,
            "started_at": START,
            "ended_at": end,
            "known_at": end,
            "utterances": turns,
        }
        | more
    )


PATIENT = make(
    "A: 您好, 这款债券基金有一定风险, 可能会亏一点。",
    "C: 哦, 怎么讲?",
    "A: 它的久期两年, 久期就是利率变动时价格大概动多少。我推荐您先看看这款基金。",
    "C: 明白了。",
    "A: 我这样说您清楚吗?",
    "C: 清楚。",
)
TERSE = make(
    "A: 我推荐这只债基, 久期两年, 近一年收益百分之三, 回撤一个点, 有净值波动风险。",
    "C: 费率呢? 我手上那只每年要千分之八, 规模也不大, 一直想换一只便宜点的。",
    "A: 申购费千分之五。",
    "C: 行。",
)


def rules(found: Assessment) -> list[str]:
    return [d.rule for d in found.deductions]


def test_the_same_talk_scores_differently_under_the_two_cards() -> None:
    patient = [assess(PATIENT, level) for level in ("novice", "experienced")]
    terse = [assess(TERSE, level) for level in ("novice", "experienced")]
    assert [a.score for a in patient] == [100.0, 82.0]
    assert rules(patient[1]) == ["talk_share", "lecturing"]
    assert terse[1].score == 100.0
    assert terse[0].score == 63.0
    assert set(rules(terse[0])) == {"jargon_rate", "unexplained", "check_back"}


@pytest.mark.parametrize("level", ["novice", "experienced"])
@pytest.mark.parametrize("talk", [PATIENT, TERSE])
def test_every_deduction_quotes_a_turn_and_the_score_is_what_is_left(talk: Contact, level: str) -> None:
    found = assess(talk, level)
    assert found.score == pytest.approx(max(100 - sum(d.points for d in found.deductions), 0))
    for d in found.deductions:
        assert d.turns
        assert d.quotes == tuple(talk.utterances[n].text for n in d.turns)
        assert d.points > 0


@pytest.mark.parametrize("level", [None, "moderate"])
def test_unknown_experience_has_the_facts_and_no_score(level: str | None) -> None:
    found = assess(PATIENT, level)
    assert (found.score, found.deductions, found.level) == (None, (), None)
    assert found.reason == "客户的投资经验未知, 不评分, 只列事实"
    assert found.to_json()["facts"]["jargon"][0]["term"] == "久期"


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"answered": False}, "不是有效通话, 不评分"),
        ({"seconds": 5}, "不是有效通话, 不评分"),
        (
            {"mentions": (TopicMention("identity", "relative", 1, 0, 1, Speaker.CUSTOMER, "我是他爱人"),)},
            "不是有效通话, 不评分",
        ),
    ],
)
def test_what_is_no_talk_has_no_score(more: dict[str, Any], reason: str) -> None:
    found = assess(make("A: 这个稳赚。", "C: 哦。", **more), "novice")
    assert (found.score, found.reason) == (None, reason)


def test_a_talk_of_the_customer_alone_has_no_score() -> None:
    assert assess(make("C: 喂?", "C: 有人吗?"), "novice").reason == "顾问没有说话, 不评分"


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("这只债基久期两年", ["久期"]),
        ("七日年化两个点", ["七日年化"]),
        ("维持担保比例到平仓线了", ["维持担保比例"]),
        ("看下PE和PB", ["市盈率", "市净率"]),
        ("最大回撤五个点", ["回撤"]),
        ("T+0 的产品", ["T+0"]),
        ("把消息撤回一下", []),
        ("他是做PE基金的", []),
        ("APEC 会议", []),
        ("雪球大V说的", []),
        ("仓库在郊区", []),
        ("基础的东西", []),
        ("值得买", []),
        ("净值得很", []),
        ("年化三个点", []),
    ],
)
def test_jargon(text: str, terms: list[str]) -> None:
    assert [h.name for h in WORDS.terms(text)] == terms


@pytest.mark.parametrize(
    ("lines", "explained", "asked"),
    [
        (("A: 久期就是利率变动时价格动多少。",), True, False),
        (("A: 利率一动价格就动, 这个敏感度就叫久期。",), True, False),
        (("A: 看久期。", "C: 什么是久期?", "A: 利率动一下, 价格动多少。"), True, True),
        (("A: 看久期。", "A: 也就是价格对利率敏不敏感。"), True, False),
        (("A: 看久期。", "C: 嗯。", "A: 再说费率。"), False, False),
        (("A: 看久期。", "C: 好。", "A: 久期两年不长。"), False, False),
        (("A: 看久期。",), False, False),
        (
            ("A: 就是这样, 看一下各方面的情况, 再结合您自己的安排和想法慢慢考虑, 最后我们再来看看它的久期。",),
            False,
            False,
        ),
    ],
)
def test_explanations(lines: tuple[str, ...], explained: bool, asked: bool) -> None:
    (term,) = facts_of(make(*lines), WORDS).terms
    assert (term.explained is not None, term.asked) == (explained, asked)


def test_what_the_customer_brought_needs_no_explanation_but_his_question_does() -> None:
    knows = facts_of(make("C: 这只的久期是多少?", "A: 久期两年。"), WORDS)
    asks = facts_of(make("C: 什么是久期?", "A: 久期两年。"), WORDS)
    assert (knows.terms[0].known, knows.explained_share) == (True, None)
    assert (asks.terms[0].known, asks.explained_share) == (False, 0.0)


@pytest.mark.parametrize(
    "text",
    ["有一定风险", "可能会亏一点", "不保本的", "R2 等级", "本金有损失的可能", "过往业绩不代表未来", "净值会有波动"],
)
def test_risk_words(text: str) -> None:
    assert WORDS.warns(text)


@pytest.mark.parametrize(
    "text",
    [
        "没有风险",
        "零风险的",
        "风险测评过期了",
        "风险偏好是什么",
        "做个风险评估",
        "签个风险揭示书",
        "风险警示板",
        "今天下雨",
    ],
)
def test_no_risk_words(text: str) -> None:
    assert not WORDS.warns(text)


@pytest.mark.parametrize("text", ["这个稳赚的", "保证收益", "肯定不会亏", "没什么风险", "保本保息的", "闭着眼买"])
def test_promises_that_nobody_may_make(text: str) -> None:
    assert WORDS.promises(text)


@pytest.mark.parametrize(
    "text",
    [
        "我不能跟您说稳赚",
        "没有稳赚的产品",
        "不保证收益",
        "我们不能承诺保本保息",
        "不是稳赚的",
        "市场没有零风险的",
        "储蓄国债是保本保息的",
    ],
)
def test_what_denies_them_is_none(text: str) -> None:
    assert not WORDS.promises(text)


@pytest.mark.parametrize("text", ["我这样说您明白吗?", "还有没有什么不清楚的?", "听懂了吗", "您复述一下", "能理解吗"])
def test_check_back_questions(text: str) -> None:
    assert WORDS.has("check_back", text)


@pytest.mark.parametrize(
    "text",
    [
        "我明白您的意思",
        "您在忙吗?",
        "您有多少钱?",
        "好的, 清楚",
        "问题不大",
        "是我们没有说清楚",
        "跟您说清楚",
        "您问清楚没有",
        "一般没有问题",
        "遇到什么问题了吗?",
    ],
)
def test_no_check_back_questions(text: str) -> None:
    assert not WORDS.has("check_back", text)


OFFER = "A: 我推荐您看看这款基金。"


@pytest.mark.parametrize("text", ["我推荐您看看这款基金", "我们有一款收益凭证", "可以配点债基", "这只基金近一年不错"])
def test_offers(text: str) -> None:
    assert WORDS.offers(text)


@pytest.mark.parametrize("text", ["您那只基金发公告了", "您这只基金跌了", "基金公司的人来讲座", "您买的理财到期了"])
def test_talk_of_what_he_holds_is_no_offer(text: str) -> None:
    assert not WORDS.offers(text)


@pytest.mark.parametrize("text", ["千万别点, 是骗子", "您记一下电话", "这个要本人办", "他是新来的"])
def test_a_warning_is_no_lecture(text: str) -> None:
    assert not WORDS.has("lecture", text)


@pytest.mark.parametrize(
    ("lines", "points"),
    [
        (("A: 有一定风险。", OFFER), 0),
        (("A: 我推荐这款基金, 有一定风险。",), 0),
        ((OFFER, "C: 嗯。", "A: 它有一定风险。"), 12),
        ((OFFER, "A: 一。", "A: 二。", "A: 三。", "A: 有一定风险。"), 25),
        ((OFFER, "C: 有风险吗?", "A: 没有什么。"), 25),
        (("A: 您好。",), 0),
    ],
)
def test_risk_before_products(lines: tuple[str, ...], points: float) -> None:
    found = [d.points for d in assess(make(*lines), "novice").deductions if d.rule == "risk_first"]
    assert sum(found) == points


@pytest.mark.parametrize(
    ("lines", "lectured"),
    [
        (("A: 您要记住, 不要把鸡蛋放一个篮子。",), True),
        (("A: 久期就是价格对利率的敏感度。",), True),
        (("A: 看久期。", "C: 久期是什么意思?", "A: 久期就是价格对利率的敏感度。"), False),
        (("A: 久期两年, 费率千分之五。",), False),
    ],
)
def test_lecturing_an_old_hand(lines: tuple[str, ...], lectured: bool) -> None:
    assert ("lecturing" in rules(assess(make(*lines), "experienced"))) is lectured


@pytest.mark.parametrize(
    ("lines", "missing"),
    [
        ((OFFER, "C: 说说。", "A: 挺好的。"), True),
        (("A: 我推荐这款基金, 近一年百分之三。",), False),
        ((OFFER, "C: 说说。", "A: 期限90天, 费率千分之五。"), False),
    ],
)
def test_an_offer_to_an_old_hand_has_figures(lines: tuple[str, ...], missing: bool) -> None:
    assert ("no_figures" in rules(assess(make(*lines), "experienced"))) is missing


def test_brevity_and_the_share_of_talking() -> None:
    long = "A: " + "行情最近确实有一些变化" * 20
    found = assess(make(long, "C: 嗯。"), "experienced")
    assert rules(found) == ["brevity", "talk_share"]
    assert found.deductions[0].turns == (0,)


def test_a_rule_takes_no_more_than_its_cap() -> None:
    lines = [f"A: 看{term}。" for term in ("久期", "敞口", "基差", "贝塔", "波动率", "做空", "对冲", "定增")]
    found = assess(make(*lines, seconds=3600), "novice")
    assert sum(d.points for d in found.deductions if d.rule == "unexplained") == 30


def test_the_figures_of_a_timed_talk() -> None:
    talk = make(
        "A: 您好, 有空吗?",
        "C: 有。",
        "A: 最近怎么样?",
        "A: 我接着说。",
        "C: 还行。",
        "A: 好。",
        times=[(0, 6), (6, 8), (10, 14), (14, 30), (30, 34), (33, 36)],
        seconds=60,
    )
    found = stats(talk, WORDS)
    assert (found.basis, found.minutes) == ("time", 1.0)
    assert found.advisor_share == pytest.approx(29 / 35)
    assert found.longest_monologue is not None
    assert found.longest_monologue.turns == (2, 3)
    assert found.longest_monologue.seconds == 20.0
    assert (found.questions, found.customer_questions) == ((0, 2), ())
    assert (found.patience_seconds, found.interruptions) == (1.0, (5,))
    assert found.switches_per_minute == 5.0


def test_a_talk_without_times_is_measured_by_characters_and_says_so() -> None:
    found = stats(make("A: 一二三四五六", "C: 七八"), WORDS)
    assert (found.basis, found.advisor_share) == ("chars", 0.75)
    assert (found.patience_seconds, found.interruptions) == (None, ())
    assert stats(make(), WORDS).advisor_share is None


def test_who_spoke_of_products_first_and_how_far_the_risk_stood_before_the_offer() -> None:
    found = stats(make("C: 有什么基金?", "A: 有一定风险。", "C: 嗯。", OFFER), WORDS)
    assert (found.first_product_by, found.risk_to_offer_turns) == ("customer", 2)


def test_an_advisor_side_by_side_with_the_two_moments_to_listen_to() -> None:
    talks = [assess(PATIENT, "novice"), assess(TERSE, "novice"), assess(TERSE, "experienced"), assess(TERSE, None)]
    found = summary(talks)
    novice, experienced = found.sides
    assert (len(novice.conversations), experienced.mean_score) == (2, 100.0)
    assert len(found.moments) == 2
    assert found.moments[0].deduction.points >= found.moments[1].deduction.points
    assert found.unscored == ("K1",)
    assert found.to_json()["rules"][0]["conversation_ids"] == ["K1"]
    assert summary(()).sides[0].mean_score is None


def test_every_rule_of_the_cards_is_known() -> None:
    assert {rule["id"] for card in cards().values() for rule in card.rules} == set(RULES)


texts = st.lists(
    st.tuples(
        st.sampled_from("AC"),
        st.sampled_from(
            [
                "久期两年",
                "就是说价格会动",
                "什么意思?",
                "我推荐这款基金",
                "有一定风险",
                "稳赚的",
                "您明白吗?",
                "",
                "您要记住",
                "嗯" * 300,
            ]
        ),
    ),
    max_size=12,
)


@given(texts, st.sampled_from(["novice", "experienced", None]), st.floats(31, 4000))
def test_any_talk_scores_between_0_and_100_with_quotes(lines: Any, level: str | None, seconds: float) -> None:
    talk = make(*(f"{who}: {text}" for who, text in lines), seconds=seconds)
    found = assess(talk, level)
    assert found.score is None or 0 <= found.score <= 100
    assert (found.score is None) == bool(found.reason)
    for d in found.deductions:
        assert d.turns
        assert all(talk.utterances[n].text == q for n, q in zip(d.turns, d.quotes, strict=True))
        assert any(talk.utterances[n].speaker is Speaker.ADVISOR for n in d.turns)
