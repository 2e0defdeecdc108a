"""`dongke db …` on the database of the test."""

import pytest
from sqlalchemy import text
from typer.testing import CliRunner

from api.cli import app
from dongke import audit, db, quarantine
from dongke.errors import BadInput

pytestmark = pytest.mark.usefixtures("broker")


def test_the_audit_log_is_checked() -> None:
    with db.session_scope() as session:
        for target in ("C1", "C2", "C3"):
            audit.record(session, "a1", "profile.read", target)
    whole = CliRunner().invoke(app, ["db", "audit"])
    assert (whole.exit_code, whole.stdout) == (0, "审计日志完整\n")
    with db.session_scope() as session:
        session.execute(text("update auditentry set target = 'C9' where target = 'C2'"))
    broken = CliRunner().invoke(app, ["db", "audit"])
    assert broken.exit_code == 1
    assert "对不上" in broken.stdout


def test_the_quarantine_tells_how_many_it_does_not_list() -> None:
    with db.session_scope() as session:
        for number in range(3):
            quarantine.keep(session, "note", f"a:{number}", str(number).encode(), BadInput("field-missing", "缺少 at"))
    all_of_them = CliRunner().invoke(app, ["db", "quarantine"]).stdout
    assert all_of_them.count("field-missing") == 3
    assert all_of_them.endswith("共 3 件\n")
    some = CliRunner().invoke(app, ["db", "quarantine", "--limit", "2"]).stdout
    assert some.endswith("共 3 件, 列出 2 件\n")


def test_an_account_is_saved_and_withdrawn() -> None:
    made = CliRunner().invoke(
        app, ["db", "user", "li", "--role", "manager", "--branch", "B1", "--password", "long enough"]
    )
    assert (made.exit_code, made.stdout) == (0, "账号 li 已保存\n")
    gone = CliRunner().invoke(app, ["db", "withdraw", "li"])
    assert (gone.exit_code, gone.stdout) == (0, "账号 li 已收回\n")
