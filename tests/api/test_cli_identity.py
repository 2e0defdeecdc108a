"""`dongke identity …` as somebody at the machine sees it."""

from typing import Any

import pytest
from sqlmodel import select
from typer.testing import CliRunner

from api.cli import app
from dongke import db
from dongke.audit import AuditEntry
from dongke.errors import DongkeError
from profiles.models import IdentityLink

PHONE = "139" + "0000" + "1234"
WHY = ["--reason", "客户来电确认"]


@pytest.fixture
def dongke(broker: None) -> Any:
    """Runs the command, gives what it printed; a refusal is given as its code."""

    def run(*words: str) -> str:
        done = CliRunner().invoke(app, ["identity", *words])
        if isinstance(done.exception, DongkeError):
            return done.exception.code
        assert done.exit_code == 0, (done.output, done.exception)
        return done.output

    return run


def test_link_show_and_unlink(dongke: Any) -> None:
    told = dongke("link", "C1", "phone", PHONE, "--at", "2026-02-01", *WHY)
    assert told.startswith("已关联: 手机号 139****1234, 编号 phone~")
    ident = told.split("编号 ")[1].strip()
    page = dongke("show", "C1")
    assert "手机号" in page
    assert "139****1234" in page
    assert ident in page.replace("\n", "")
    assert PHONE not in page
    assert dongke("unlink", "C1", ident, *WHY) == "已解除: 手机号 139****1234\n"
    assert dongke("unlink", "C2", ident, *WHY) == "identifier-unknown"
    assert dongke("link", "C1", "phone", "13800138000", *WHY) == "identifier-blocked"
    assert dongke("link", "C1", "phone", PHONE, "--reason", " ") == "reason-missing"
    assert dongke("link", "C1", "phone", PHONE, "--at", "someday", *WHY) == "time-invalid"


def test_merge_and_unmerge(dongke: Any) -> None:
    assert dongke("merge", "C1", "C3", *WHY) == "已合并到 C1: C1、C3\n"
    assert dongke("merge", "C3", "C1", *WHY) == "merge-exists"
    assert "C3 并入 C1" in dongke("show", "C3")
    assert dongke("unmerge", "C1", "C3", "--reason", "不是同一人") == "已拆分: C1; C3\n"
    assert "不是同一人" in dongke("show", "C1")
    with db.session_scope() as session:
        first, second = session.exec(select(IdentityLink).order_by(IdentityLink.id)).all()
        assert second.undoes == first.id
        entries = session.exec(select(AuditEntry).where(AuditEntry.action.startswith("identity.")))
        assert {e.actor.partition(":")[0] for e in entries} == {"cli"}


def test_households_and_doubts(dongke: Any) -> None:
    assert dongke("household", "C1") == "客户 C1 没有和别的客户共用电话或设备\n"
    dongke("link", "C1", "phone", PHONE, "--at", "2026-02-01", *WHY)
    dongke("link", "C2", "phone", PHONE, "--at", "2026-03-01", "--shared", *WHY)
    assert dongke("household", "C1") == "C1 – C2: 自2026-03-01 起共用手机号 139****1234\n"
    assert dongke("household", "C1", "--as-of", "2026-02-15").startswith("客户 C1 没有")
    assert dongke("conflicts") == "没有身份疑点\n"
    dongke("link", "C3", "phone", PHONE, "--at", "2026-04-01", *WHY)
    listed = dongke("conflicts")
    assert "标识换了主人" in listed
    ident = next(word for word in listed.split() if len(word) == 24 and word.isalnum())
    assert dongke("settle", ident, *WHY) == f"疑点 {ident} 已处理\n"
    assert dongke("settle", ident, *WHY) == "conflict-settled"
    assert ident in dongke("conflicts", "--all")


def test_a_refused_link_is_kept_as_a_doubt(dongke: Any) -> None:
    for number in range(5):
        dongke("link", "C1", "phone", f"1390000123{number}", *WHY)
    assert dongke("link", "C1", "phone", "13900001239", *WHY) == "identifier-limit"
    assert "标识超过上限" in dongke("conflicts", "--kind", "limit")
