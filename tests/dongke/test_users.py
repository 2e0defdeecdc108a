"""登录账号: what an account needs, and what becomes of one that is withdrawn."""

import pytest
from sqlmodel import Session

from dongke.directory import Advisor, Branch
from dongke.errors import BadInput, NotFound
from dongke.scope import Role
from dongke.users import User, log_in, save_user, withdraw


@pytest.fixture
def people(session: Session) -> Session:
    session.add(Branch(id="B1", name="滨海路营业部"))
    session.flush()
    session.add(Advisor(id="A1", name="顾", branch_id="B1"))
    session.flush()
    return session


@pytest.mark.parametrize(
    ("login", "password", "role", "belongs", "code"),
    [
        ("wang", "", Role.ADMIN, {}, "password-weak"),
        ("wang", "1234567", Role.ADMIN, {}, "password-weak"),
        (" ", "long enough", Role.ADMIN, {}, "login-invalid"),
        ("a\0b", "long enough", Role.ADMIN, {}, "login-invalid"),
        ("wang", "long enough", Role.ADVISOR, {}, "advisor-missing"),
        ("wang", "long enough", Role.ADVISOR, {"advisor_id": "A9"}, "advisor-unknown"),
        ("wang", "long enough", Role.MANAGER, {"branch_id": "B9"}, "branch-unknown"),
    ],
)
def test_an_account_that_cannot_work_is_refused(
    people: Session, login: str, password: str, role: Role, belongs: dict[str, str | None], code: str
) -> None:
    with pytest.raises(BadInput) as refused:
        save_user(people, login, password, role, **belongs)
    assert refused.value.code == code


def test_an_account_is_made_changed_and_withdrawn(people: Session) -> None:
    save_user(people, "wang", "first password", Role.ADVISOR, advisor_id="A1")
    save_user(people, "wang", "second password", Role.MANAGER, branch_id="B1")
    assert log_in(people, "wang", "second password").principal().branch_id == "B1"
    withdraw(people, "wang")
    assert people.get(User, "wang") is None
    with pytest.raises(NotFound):
        withdraw(people, "wang")
