"""说明: an assertion's explanation in the words of the people who read it."""

from collections.abc import Mapping

from dongke.types import TagAssertion

TAGS: Mapping[str, str] = {
    "funds.idle": "闲置资金",
    "assets.external": "外部资产",
    "intent.product": "投资理财需求偏好",
    "intent.permission": "权限功能开通意向",
    "risk.appetite": "风险偏好",
    "experience.level": "投资经验",
    "expectation.return": "收益预期",
    "expectation.horizon": "投资期限",
    "family.clue": "家庭线索",
    "contact.time": "最佳联系时间",
    "contact.channel": "沟通方式偏好",
    "contact.busy": "当时不便接听",
    "voice.feedback": "客户心声",
    "churn.risk": "流失风险",
    "commitment.advisor": "投顾承诺",
}
POLARITIES = {"affirmed": "肯定", "negated": "否定"}
CERTAINTIES = {"stated": "客户自己说的", "confirmed": "投顾问, 客户认可", "inferred": "从话里推断"}
HOLDERS = {"customer": "客户本人", "household": "客户家里"}
FLAGS = {
    "negated": "否定词",
    "hypothetical": "假设",
    "past": "过去的事",
    "question": "问句",
    "other_holder": "别人的事",
    "quoted": "转述",
    "sarcastic": "玩笑",
    "household": "家里人",
    "kin": "亲属",
}


def explain(assertion: TagAssertion) -> str:
    """Several lines of Chinese: the tag, who said so and how sure, the words, and the way to the decision."""
    head = f"{TAGS.get(assertion.tag, assertion.tag)} ({POLARITIES[assertion.polarity.value]})"
    sure = f"把握 {assertion.confidence:.0%}, {CERTAINTIES.get(assertion.certainty, assertion.certainty)}"
    whose = HOLDERS.get(assertion.holder, assertion.holder)
    why = assertion.explanation
    lines = [f"{head}: {sure}, {whose}"]
    lines += [f"原话 第 {e.utterance} 句: 「{e.quote}」" for e in assertion.evidence]
    lines.append(f"依据: 识别器 {why.recognizer} 第 {why.version} 版, 规则 {why.rule}")
    lines += [f"步骤: {_step(step)}" for step in why.steps]
    return "\n".join(lines)


def _step(step: str) -> str:
    """A context step such as `past: 以前` in Chinese; other steps are Chinese already."""
    flag, colon, word = step.partition(": ")
    return f"{FLAGS[flag]}「{word}」" if colon and flag in FLAGS else step
