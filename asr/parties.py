"""会话双方: who stands behind the ids of a chat."""

from collections.abc import Callable
from typing import NamedTuple

from sqlmodel import Session

from dongke.directory import Advisor, Customer


class Party(NamedTuple):
    """Who an id at 企业微信 is: role advisor or customer, and the id in the directory."""

    role: str
    id: str


class People:
    """Who is who, each asked once a batch."""

    def __init__(self, session: Session, resolve: Callable[[str], Party | None]) -> None:
        self._session = session
        self._resolve = resolve
        self._found: dict[str, Party | None] = {}
        self._owners: dict[str, str] = {}

    def find(self, ident: str) -> Party | None:
        """The party, if it is known and the directory has it."""
        if ident not in self._found:
            party = self._resolve(ident) if ident else None
            table = Customer if party and party.role == "customer" else Advisor
            self._found[ident] = party if party and self._session.get(table, party.id) is not None else None
        return self._found[ident]

    def advisor_of(self, customer_id: str, advisors: list[str]) -> str:
        """In a group with several advisors the customer's own one, so that the talk stays whole."""
        if customer_id not in self._owners:
            customer = self._session.get(Customer, customer_id)
            self._owners[customer_id] = customer.advisor_id if customer else ""
        owner = self._owners[customer_id]
        return owner if owner in advisors else advisors[0]
