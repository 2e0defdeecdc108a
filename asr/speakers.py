"""说话人角色: which channel, label or sentence belongs to the advisor 投资顾问 and which to the customer 客户."""

import re

from dongke.types import Speaker

#: words with which advisors open and lead a call, and customers do not
_ADVISOR_CUES = re.compile(
    "您好|打扰您|给您|跟您|为您|帮您|您看|您这边|我是.{0,8}(?:证券|营业部|客户经理|投资?顾)|这里是.{0,8}(?:证券|营业部)|"
    "祝您|您放心|请问您|工号|风险提示|录音电话"
)
#: words that customers say of themselves
_CUSTOMER_CUES = re.compile(
    "你们(?:公司|那边|这边|营业部)|我(?:想|要)(?:问|买|开|办)|我再考虑|你说吧|我(?:自己)?(?:账户|手里|手头)|不需要|别打"
)

_LABELS = {
    Speaker.ADVISOR: (
        "advisor agent staff employee operator seller "
        "顾问 投资顾问 投顾 理财顾问 客户经理 坐席 座席 客服 经理 员工 营业部"
    ),
    Speaker.CUSTOMER: "customer client user caller 客户 用户 顾客 投资者 投资人 来电人",
}
_ROLE_BY_LABEL = {word: role for role, words in _LABELS.items() for word in words.split()}


def channel_roles(advisor_channel: int = 0) -> tuple[Speaker, Speaker]:
    """The roles of channels 0 and 1."""
    pair = (Speaker.ADVISOR, Speaker.CUSTOMER)
    return pair if advisor_channel == 0 else (pair[1], pair[0])


def role_of_label(label: object) -> Speaker | None:
    """The role that a transcript's label names; None for a mere number or an unknown word."""
    if not isinstance(label, str):
        return None
    return _ROLE_BY_LABEL.get(re.sub(r"[\s\d:：_#-]+", "", label).lower())


def guess(text: str, before: Speaker | None = None) -> Speaker:
    """Who probably says this, by its words: for the page only. A guessed speaker makes no tags."""
    advisor, customer = len(_ADVISOR_CUES.findall(text)), len(_CUSTOMER_CUES.findall(text))
    if advisor != customer:
        return Speaker.ADVISOR if advisor > customer else Speaker.CUSTOMER
    return before or Speaker.ADVISOR
