from pathlib import Path

import pytest

from dongke.errors import BadInput
from nlp import annotated

GOOD = """## call 2026-03-04T10:05
A 您好, 请问方便吗
C 我手上还有五十万闲着 [1]
C 别发短信, 打电话 [2][3]
1 funds.idle low=500000 high=500000
2 -contact.channel channel=sms
3 contact.channel channel=phone

## chat 2026-03-05T09:00
C 在吗
"""


def parsed(text: str) -> list[annotated.Row]:
    return list(annotated.parse(text.splitlines(), "x"))


def test_conversations_are_read_with_their_tags() -> None:
    first, second = parsed(GOOD)
    assert first["id"] == "x-001"
    assert first["utterances"][1] == {"speaker": "customer", "text": "我手上还有五十万闲着"}
    idle, not_sms, phone = first["tags"]
    assert idle["value"] == {"low": 500000, "high": 500000, "available_from": None}
    assert (not_sms["polarity"], not_sms["evidence"], phone["evidence"]) == ("negated", [2], [2])
    assert (second["channel"], second["tags"]) == ("chat", [])


def test_days_and_rates_are_read() -> None:
    lines = "## call 2026-03-04T10:05\nC 周末打, 有三个半点就行 [1][2]\n1 contact.time kind=recurring days=sat,sun\n"
    lines += "2 expectation.return low_pct=3.5 high_pct=3.5"
    times, rate = parsed(lines)[0]["tags"]
    assert times["value"]["days"] == ["sat", "sun"]
    assert rate["value"] == {"low_pct": 3.5, "high_pct": 3.5}


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("C 你好", 1),
        ("## call 2026-03-04T10:05\n乱写", 2),
        ("## call 2026-03-04T10:05\nC 你好 [1]\n1 funds.free", 3),
        ("## call 2026-03-04T10:05\nC 你好\n1 funds.idle", 3),
        ("## call 2026-03-04T10:05\nC 你好 [1]\n1 funds.idle amount=3", 3),
        ("## call 2026-03-04T10:05\nC 你好 [1]\n1 funds.idle low=三", 3),
        ("## call 2026-03-04T10:05\nC 你好 [1]", 1),
        ("## call 2026-13-04T10:05\nC 你好", 1),
        ("## call 2026-03-04T10:05\nC 你好 [1]\n1 funds.idle low=nan", 3),
        ("## call 2026-03-04T10:05\nC 你好 [1]\n1 funds.idle low=1 low=2", 3),
        ("## call 2026-03-04T10:05\nC 你好 [1][2]\n1 contact.busy\n1 contact.busy", 4),
    ],
)
def test_a_fault_is_named_with_its_line(text: str, line: int) -> None:
    with pytest.raises(BadInput, match=f"第 {line} 行"):
        parsed(text)


def test_a_fault_in_a_file_names_the_file(tmp_path: Path) -> None:
    path = tmp_path / "talks.txt"
    path.write_text("C 你好", encoding="utf-8")
    with pytest.raises(BadInput, match=r"talks\.txt"):
        annotated.read(path)
