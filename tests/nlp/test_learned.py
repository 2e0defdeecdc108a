"""What annotated talks teach: shapes, keys, the archive, claims and the verdict."""

from pathlib import Path

import numpy as np
import pytest

from nlp import facts, pipeline
from nlp.document import Document
from nlp.learned import concepts, model
from nlp.learned.claims import Opinions, claims, label_of
from nlp.learned.features import Instance, Passage, Seen, instances
from nlp.learned.keys import gram_at, of_gram, of_name, of_passages, of_seen
from nlp.learned.model import Choice, Label, Model, Table, Target, Weights
from nlp.learned.shapes import shape, spelled
from nlp.pipeline import analyze, prepare, read
from tests.nlp.talk import talk


def shaped(text: str) -> str:
    document = prepare(talk(text))
    return shape(document.turns[0], document.mentions)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("招行那笔三十万到期了", "Ⓑ那笔Ⓜ到期了"),
        ("工行那笔五十万到期了", "Ⓑ那笔Ⓜ到期了"),  # one experience
        ("放三五年也行", "放Ⓨ也行"),
        ("放个一两年", "放个Ⓝ"),
        ("三个月以内", "Ⓢ以内"),
        ("有四个点我就满意", "有Ⓡ我就满意"),
        ("四点以后再说", "Ⓗ以后再说"),  # an hour, no rate
        ("我姓万", "我姓万"),
    ],
)
def test_what_varies_from_talk_to_talk_is_a_sign(text: str, expected: str) -> None:
    assert shaped(text) == expected


def test_a_shape_is_spelled_for_people() -> None:
    assert spelled("Ⓑ那笔Ⓜ买Ⓣ", "黄金") == "某银行那笔某数买黄金"


def test_a_target_is_signed_as_such() -> None:
    document = prepare(talk("黄金不要,国债可以"))
    assert shape(document.turns[0], document.mentions, ("product", "gold")) == "Ⓣ不要，Ⓟ可以"


def test_many_ways_of_saying_one_thing_are_one_concept() -> None:
    found = [{c for _, _, c in concepts.find(text)} for text in ("别折腾了", "我再看看", "手续费太贵")]
    assert all(found)
    assert not found[0] & found[2]


def test_keys_do_not_depend_on_the_company_they_keep() -> None:
    passages = [Passage("own", "^我想买点Ⓟ$", 1, 4), Passage("asked", "好", 2, 3), Passage("around", "ab我Ⓣ", 2, 5)]
    keys, owner = of_passages(passages)
    said = [gram_at(passages, number) for number in range(len(keys))]
    alone = [of_gram(passages[n].group, gram) for gram, n in zip(said, owner, strict=True)]
    assert list(map(int, keys)) == alone
    assert {"我想买点", "Ⓟ$", "ab我Ⓣ"} <= set(said)
    with pytest.raises(IndexError):
        gram_at(passages, len(keys))


def test_keys_differ_by_group_by_order_and_by_length() -> None:
    assert len({of_gram("own", "我想"), of_gram("own", "想我"), of_gram("asked", "我想"), of_gram("own", "我")}) == 4
    assert of_name("concept", "a") != of_name("@", "a")


def test_nothing_seen_has_no_keys() -> None:
    keys, owner = of_seen([Seen((), ()), Seen((Passage("own", "", 1, 4),), ())])
    assert len(keys) == len(owner) == 0


def test_a_table_finds_every_key_and_no_other() -> None:
    keys = np.random.default_rng(7).integers(1, 2**63, 5000).astype(np.uint64)
    table = Table(keys[:4000])
    assert list(table.rows(keys[:4000])) == list(range(4000))
    assert set(table.rows(keys[4000:])) == {-1}


def _tiny() -> Model:
    """Knows that 想要 speaks for gold wanted, twice as much for spouse than for child where it sees a family."""
    keys = np.array([of_gram("own", "想要"), of_gram("own", "爱人"), of_gram("own", "孩子")], dtype=np.uint64)
    matrix = np.array([[0, 0, 0], [100, 100, 0], [100, 0, 100]], dtype=np.int8)
    target = Target("family.clue", "affirmed", 0, (Choice(("spouse", "child"), (1, 2)),))
    scale, bias = np.full(3, 0.1, np.float32), np.array([-5.0, 0, 0], np.float32)
    return Model({"customer": Weights([target], keys, matrix, scale, bias)})


def test_a_model_gives_labels_with_probabilities_and_reasons() -> None:
    found = list(_tiny().opinions(prepare(talk("得问我爱人", "A: 好的"))))
    best = max(found, key=lambda o: o.probability)
    assert best.label == Label("family.clue", "affirmed", ("spouse",))
    assert best.turn == 0
    assert best.probability > 0.95
    assert _tiny().why(best) == ["爱人"]
    assert list(_tiny().opinions(prepare(talk("你好")))) == []


def test_an_archive_reads_back_as_it_was_saved(tmp_path: Path) -> None:
    path = tmp_path / "weights.npz"
    model.save(_tiny().kinds, path, {"formula": {"thresholds": {"*": 0.4}}}, {})
    loaded, meta = model.load(path)
    document = prepare(talk("得问我爱人"))
    assert [(o.label, o.probability) for o in loaded.opinions(document)] == [
        (o.label, o.probability) for o in _tiny().opinions(document)
    ]
    assert meta["formula"]["thresholds"] == {"*": 0.4}


def _instances(document: Document, kind: str) -> list[Instance]:
    return [one for one in instances(document) if one.kind == kind]


def test_a_thing_is_weighed_where_it_is_named_where_it_is_answered_and_where_it_is_pointed_at() -> None:
    document = prepare(talk("A: 黄金要不要配一点", "C: 再说吧", "A: 好的", "C: 还是来一点"))
    assert [(one.turn, one.key) for one in _instances(document, "product")] == [(1, "gold"), (3, "gold")]


def test_claims_of_the_rules_come_with_the_models_support() -> None:
    document = prepare(talk("得跟我爱人商量", "A: 好的"))
    found = facts.fold(pipeline.candidates(document))
    claim = next(c for c in claims(document, found, Opinions(_tiny().opinions(document))) if c.by_rule)
    assert label_of(claim.candidate).main == ("spouse",)
    assert claim.support > 0.9


def test_what_the_rules_overlook_the_model_proposes_with_its_turn() -> None:
    document = prepare(talk("A: 您看呢", "爱人说了算的"))
    proposed = claims(document, [], Opinions(_tiny().opinions(document)))
    assert [(c.candidate.tag, [m.turn for m in c.candidate.marks], c.by_rule) for c in proposed] == [
        ("family.clue", [1], False)
    ]


def test_a_reading_says_what_the_learned_reader_thought_of_each_tag() -> None:
    reading = read(talk("A: 您好", "C: 我手上有五十万闲钱,帮我看看放哪", "A: 好的"))
    assert reading.assertions
    assert all(any(s.startswith("学到的读法") for s in a.explanation.steps) for a in reading.assertions)
    assert all(0 < a.confidence < 1 for a in reading.assertions)


def test_an_advisors_word_is_no_tag_for_the_learned_reader_either() -> None:
    found = analyze(talk("A: 您要是有闲钱可以买点黄金,很稳健的", "C: 哦", "A: 我爱人也买了", "C: 嗯"))
    assert [a.tag for a in found] == []


def test_one_fact_stands_in_a_long_talk_as_in_a_short_one() -> None:
    fact = ("A: 手上有闲钱吗", "C: 我手上有五十万闲着,想买点国债")
    small = ("A: 今天天气不错", "C: 是啊")
    short, long = analyze(talk(*small * 14, *fact)), analyze(talk(*small * 60, *fact))
    assert {(a.tag, round(a.confidence, 2)) for a in short} == {(a.tag, round(a.confidence, 2)) for a in long}
    assert any(a.tag == "funds.idle" for a in long)


@pytest.mark.parametrize(
    ("words", "tag", "main"),
    [
        ("我想开个科创板权限", "intent.permission", "star"),
        ("两融怎么开通,给我办一下", "intent.permission", "margin"),
        ("我想买点国债", "intent.product", "treasury_bond"),
        ("给我推荐几只可转债吧", "intent.product", "convertible_bond"),
        ("工行还有三十万定期", "assets.external", "bank"),
        ("我是新手,刚开户什么都不懂", "experience.level", "novice"),
        ("这钱一年半载都用不着", "expectation.horizon", "medium"),
        ("我不想冒险,稳稳当当就行", "risk.appetite", "conservative"),
        ("你们软件老是卡,登都登不上", "voice.feedback", "app"),
        ("佣金不降我就转到别的券商去", "churn.risk", "transfer_out"),
    ],
)
def test_the_plain_way_to_say_it_is_read(words: str, tag: str, main: str) -> None:
    found = analyze(talk("A: 您好,您说", words, "A: 好的"))
    assert (tag, main) in {(a.tag, value) for a in found for value in a.value.values()}


@pytest.mark.parametrize(
    "words",
    [
        "什么叫科创板啊",
        "我同事买了国债",
        "以前在工行有三十万定期,去年都转过来了",
        "要是我有一百万就好了",
        "今天大盘跌得不少",
    ],
)
def test_what_only_looks_like_it_is_not(words: str) -> None:
    assert analyze(talk("A: 您好,您说", words, "A: 好的")) == []
