"""`dongke segment …`: what a person sees."""

from datetime import timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from api.cli import app
from dongke import db
from dongke.clock import now
from dongke.errors import BadInput, NotFound
from dongke.scope import Principal, Role
from followup import playbooks
from profiles.behaviour.intake import take_events
from profiles.segments.reading import from_sentence
from profiles.segments.saved import Definition, create
from profiles.segments.vocabulary import vocabulary
from profiles.snapshots import take_snapshots

RICH = "账户现金不低于20万元, 且没有逾期商机"


@pytest.fixture
def cash(broker: None) -> None:
    with db.session_scope() as session:
        take_snapshots(
            session, [{"customer_id": "C1", "cash_yuan": "300000"}, {"customer_id": "C2", "cash_yuan": "10"}]
        )
        row = {"message_id": "m", "customer_id": "C1", "event": "login", "at": (now() - timedelta(days=1)).isoformat()}
        take_events(session, [row], now())


def run(*words: str) -> str:
    result = CliRunner().invoke(app, ["segment", *words], catch_exceptions=False)
    assert result.exit_code == 0
    return result.stdout


def test_preview_shows_the_condition_the_count_and_why(cash: None) -> None:
    told = run("preview", RICH, "--suggest", "R1")
    assert told.splitlines()[:2] == [RICH, "共 1 位客户, 列出 1 位"]
    assert "账户现金不低于20万元: 30万元" in told
    assert "不可推荐" in told
    tree = '{"attribute": "file.cash", "is": {"at_most": 10}}'
    assert run("preview", tree).splitlines()[0] == "账户现金不超过10元"


def test_explain_goes_through_the_conditions(cash: None) -> None:
    lines = run("explain", RICH, "C2").splitlines()
    assert lines == [
        f"C2 不符合: {RICH}",
        "  ✗ 账户现金不低于20万元: 10元",
        "  ✓ 没有逾期商机: 没有逾期商机",
    ]
    with pytest.raises(NotFound):
        CliRunner().invoke(app, ["segment", "explain", RICH, "C9"], catch_exceptions=False)


def test_export_writes_a_spreadsheet(cash: None, tmp_path: Path) -> None:
    assert run("export", RICH).splitlines() == [
        "客户号,姓名,投资顾问,投资顾问号,入选原因",
        "C1,,顾问A1,A1,账户现金不低于20万元: 30万元; 没有逾期商机",
    ]
    run("export", RICH, "-o", str(tmp_path / "a.csv"))
    assert (tmp_path / "a.csv").read_bytes().startswith(b"\xef\xbb\xbf")


def test_saved_segments_are_listed_and_settled(cash: None) -> None:
    assert run("list") == "还没有保存的客群\n"
    with db.session_scope() as session:
        saved = create(session, Principal("head", Role.MANAGER), Definition("有现金", from_sentence(RICH)))
    listed = run("list")
    assert saved.id in listed
    assert "有现金" in listed
    assert run("settle") == "整理了 3 位客户, 客群进出 1 人次\n"
    assert run("settle", "--all") == "整理了 3 位客户, 客群进出 0 人次\n"
    assert run("preview", saved.id).splitlines()[0] == RICH


def test_what_cannot_be_read_is_one_line(cash: None) -> None:
    for words in ("账户现金不低于一点", "{]", '{"attribute": "x"}'):
        with pytest.raises(BadInput):
            CliRunner().invoke(app, ["segment", "preview", words], catch_exceptions=False)


def test_the_playbooks_of_the_vocabulary_are_those_of_the_tracker() -> None:
    told = vocabulary().attributes["follow.open"].fields["playbook"].labels
    assert dict(told) == {book.id: book.label for book in playbooks.load()}
