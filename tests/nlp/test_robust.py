"""Whatever was said or typed, a conversation is read: no failure, twice the same, and every quote is in the text."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dongke.types import MAX_UTTERANCE_CHARS, Channel, Conversation, Speaker, TagAssertion, Utterance
from nlp.pipeline import analyze
from tests.nlp.talk import START

#: words that lead far into the recognizers, among arbitrary ones
FRAGMENTS = (
    "我手上有五十万闲着", "招行", "到期", "支付宝", "六月底", "三点半", "百分之四", "国债", "两融", "不要",
    "好的", "我爱人", "别打电话", "有多少", "吗", "，", "?", "万", "九", "下周三", "明天", "跌了", "销户", "给您发",
    "跟着大盘走的",
)  # fmt: skip
words = st.lists(st.one_of(st.sampled_from(FRAGMENTS), st.text(max_size=8)), max_size=6).map("".join)
utterances = st.builds(Utterance, st.sampled_from(Speaker), words, suspect=st.booleans())
conversations = st.builds(
    Conversation,
    st.just("t"),
    st.sampled_from(Channel),
    st.just(START),
    st.lists(utterances, max_size=30).map(tuple),
)


def proven(conversation: Conversation) -> list[TagAssertion]:
    """The tags of the conversation; the quotes of each are the words that stand in the text as stored."""
    found = analyze(conversation)
    for tag in found:
        assert tag.evidence
        for said in tag.evidence:
            utterance = conversation.utterances[said.utterance]
            assert said.speaker is utterance.speaker
            assert 0 <= said.start <= said.end <= len(utterance.text)
            assert said.quote == utterance.text[said.start : said.end]
    return found


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(conversations)
def test_any_words_are_read_twice_the_same_with_quotes_from_the_text(conversation: Conversation) -> None:
    assert proven(conversation) == analyze(conversation)


def test_ten_thousand_short_turns_are_read() -> None:
    chat = ("最近怎么样", "我手上有五十万闲着", "要不要配点国债", "国债可以的", "好的", "嗯", "😀", "", "再联系", "行")
    turns = [Utterance(Speaker.CUSTOMER if n % 2 else Speaker.ADVISOR, chat[n % len(chat)]) for n in range(10_000)]
    conversation = Conversation("t", Channel.CHAT, START, tuple(turns))
    found = {tag.tag: tag for tag in proven(conversation)}
    assert found["intent.product"].value["product"] == "treasury_bond"
    assert max(found["intent.product"].indexes) > 9_900


def test_a_turn_of_the_longest_allowed_length_is_read() -> None:
    words = "我再看看吧, 今天孩子学校有事, 先这样😀。"
    said = "我手上有五十万闲着, 想买点国债。" + words * (MAX_UTTERANCE_CHARS // len(words))
    text = said[: MAX_UTTERANCE_CHARS - 600] + "9" * 300 + "一" * 300
    conversation = Conversation("t", Channel.CALL, START, (Utterance(Speaker.CUSTOMER, text),))
    assert len(text) == MAX_UTTERANCE_CHARS
    assert "funds.idle" in {tag.tag for tag in proven(conversation)}
