"""Webhooks: what is told and what never is, the signature, the outbox, deliveries that fail, secrets that change."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlmodel import Session, col, select
from standardwebhooks import Webhook

from dongke import db
from dongke.clock import now
from dongke.directory import Advisor, Branch, set_owner
from dongke.errors import BadInput, Conflict, NotFound
from dongke.settings import settings
from dongke.standing import Standing, State
from followup import repository
from followup.models import State as Stage
from followup.opportunity import Cause, Opportunity
from followup.webhooks import outbox, receivers
from followup.webhooks.catalogue import FIELDS, LABELS, EventType, Fact, body
from followup.webhooks.changes import Before, facts
from followup.webhooks.delivery import PAUSES, Answer, Letter, log_of, pause_after, send_waiting, signed
from followup.webhooks.models import DeliveryState, WebhookAttempt, WebhookDelivery, WebhookEvent, WebhookReceiver

AT = datetime(2026, 6, 8, 2, 0, tzinfo=UTC)
BANK = "火山银行"


def opportunity(number: int = 1, **changes: Any) -> Opportunity:
    values: dict[str, Any] = {
        "id": f"O{number}", "customer": "C1", "playbook": "external_assets", "playbook_version": "1", "key": BANK,
        "owner": "A1", "opened_at": AT, "opened_by": "K1/0", "due_at": AT + timedelta(days=1),
        "due_provisional": False, "state": Stage.OPEN, "overdue": False, "attempts": 0, "first_contact_at": None,
        "discharged_at": None, "won_at": None, "closed_at": None, "unassisted": False, "self_reported": False,
        "low_yuan": 730_000, "high_yuan": None, "value": {"institution": BANK},
        "causes": (Cause(Stage.OPEN, AT, f"我在{BANK}还有七十三万", "K1", (0,)),),
    }  # fmt: skip
    return Opportunity(**values | changes)


@pytest.fixture
def firm(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Iterator[Session]:
    """A1 with C1; the hosts of the firm's network."""
    monkeypatch.setenv("DONGKE_WEBHOOK_HOSTS", "127.0.0.1, crm.broker.internal,*.apps.broker.internal")
    settings.cache_clear()
    with Session(engine, expire_on_commit=False) as session:
        session.add(Branch(id="B1", name="一部"))
        session.flush()
        session.add(Advisor(id="A1", name="李晓", branch_id="B1"))
        session.flush()
        set_owner(session, "C1", "A1", AT)
        session.commit()
        yield session


@pytest.fixture
def receiver(firm: Session) -> WebhookReceiver:
    row, _ = receivers.add(firm, "https://crm.broker.internal/hooks", by="root")
    firm.commit()
    return row


def save(session: Session, *found: Opportunity) -> None:
    repository.save(session, found, ["C1"], now())
    session.commit()


def events(session: Session) -> list[WebhookEvent]:
    return list(session.exec(select(WebhookEvent).order_by(col(WebhookEvent.number))))


# --- what is told


def test_an_opportunity_tells_its_changes_once(receiver: WebhookReceiver, firm: Session) -> None:
    touched = {"discharged_at": AT + timedelta(hours=3), "state": Stage.DISCUSSED}
    won = touched | {"state": Stage.WON, "won_at": AT + timedelta(days=2), "closed_at": AT + timedelta(days=2)}
    for changes in ({}, {}, touched, touched, won, won):
        save(firm, opportunity(**changes))
    assert [e.type for e in events(firm)] == ["opportunity.opened", "opportunity.discharged", "opportunity.won"]
    assert [e.at for e in events(firm)] == [AT, AT + timedelta(hours=3), AT + timedelta(days=2)]


@pytest.mark.parametrize(
    ("before", "changes", "told"),
    [
        (None, {}, ["opportunity.opened"]),
        (Before(Stage.OPEN, None), {}, []),
        (Before(Stage.OPEN, None), {"state": Stage.CONTACTED, "first_contact_at": AT}, []),
        (Before(Stage.OPEN, None), {"state": Stage.REFUSED, "closed_at": AT}, ["opportunity.refused"]),
        (Before(Stage.REFUSED, None), {"state": Stage.REFUSED, "closed_at": AT}, []),
        (Before(Stage.DISCUSSED, AT), {"state": Stage.EXPIRED, "discharged_at": AT, "closed_at": AT},
         ["opportunity.expired"]),
    ],
)  # fmt: skip
def test_what_is_news(before: Before | None, changes: dict[str, Any], told: list[str]) -> None:
    known = {} if before is None else {"O1": before}
    assert [f.type.value for f in facts(known, [opportunity(**changes)])] == told


def test_nothing_that_a_customer_said_leaves_the_house(receiver: WebhookReceiver, firm: Session) -> None:
    save(firm, opportunity())
    (event,) = events(firm)
    text = json.dumps(body(event.id, event.type, event.subject, event.at, event.data), ensure_ascii=False)
    for said in (BANK, "七十三万", "730000", "我在"):
        assert said not in text
    assert set(event.data) <= set(FIELDS)
    assert len(text) < 1_000


def test_a_field_that_the_catalogue_does_not_know_cannot_be_sent() -> None:
    with pytest.raises(ValueError, match="quote"):
        _ = Fact(EventType.OPPORTUNITY_OPENED, "O1", AT, {"quote": "我有钱"}).payload


def test_the_body_is_a_cloud_event() -> None:
    made = body("evt_1", "opportunity.opened", "O1", AT, {"opportunity_id": "O1"})
    assert made == {
        "specversion": "1.0",
        "id": "evt_1",
        "source": "urn:dongke",
        "type": "opportunity.opened",
        "subject": "O1",
        "time": "2026-06-08T10:00:00+08:00",
        "datacontenttype": "application/json",
        "data": {"opportunity_id": "O1"},
    }


def test_every_kind_has_a_name() -> None:
    assert set(LABELS) == set(EventType)


def test_where_nobody_receives_nothing_is_written(firm: Session) -> None:
    save(firm, opportunity())
    assert events(firm) == []


def test_what_is_rolled_back_is_not_told(receiver: WebhookReceiver, firm: Session) -> None:
    repository.save(firm, [opportunity()], ["C1"], now())
    firm.rollback()
    assert events(firm) == []


def test_only_the_kinds_that_were_asked_for(receiver: WebhookReceiver, firm: Session) -> None:
    picky, _ = receivers.add(firm, "http://a.apps.broker.internal:8080/", ["opportunity.won"], by="root")
    off, _ = receivers.add(firm, "http://b.apps.broker.internal/", by="root")
    receivers.disable(firm, off.id, "维护")
    save(firm, opportunity())
    told = firm.exec(select(WebhookDelivery.receiver_id)).all()
    assert told == [receiver.id]
    assert picky.id not in told


# --- the signature


def test_a_receiver_can_check_it_with_the_library() -> None:
    secret, content = receivers.new_secret(), b'{"id":"evt_1"}'
    headers = signed("evt_1", content, [secret], now())
    assert Webhook(secret).verify(content, headers) == {"id": "evt_1"}
    with pytest.raises(Exception, match="No matching signature"):
        Webhook(receivers.new_secret()).verify(content, headers)


def test_while_a_secret_changes_both_sign(receiver: WebhookReceiver, firm: Session) -> None:
    (old,) = receivers.signing_secrets(receiver, now())
    row, new = receivers.rotate(firm, receiver.id)
    assert receivers.signing_secrets(row, now()) == [new, old]
    headers = signed("evt_1", b"{}", receivers.signing_secrets(row, now()), now())
    for secret in (old, new):
        assert Webhook(secret).verify(b"{}", headers) == {}
    assert receivers.signing_secrets(row, now() + timedelta(hours=25)) == [new]


def test_a_secret_is_sealed_at_rest(receiver: WebhookReceiver) -> None:
    (secret,) = receivers.signing_secrets(receiver, now())
    assert secret.encode() not in receiver.secret


# --- where it may go


@pytest.mark.parametrize(
    "url",
    [
        "https://crm.broker.internal/x",
        "http://CRM.broker.internal:8080/x?y=1",
        "https://a.b.apps.broker.internal",
    ],
)
def test_hosts_of_the_firm(firm: Session, url: str) -> None:
    assert receivers.check_url(url) is None


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("https://example.com/x", "webhook-host-refused"),
        ("https://apps.broker.internal/x", "webhook-host-refused"),
        ("https://crm.broker.internal.evil.com/x", "webhook-host-refused"),
        ("https://evilcrm.broker.internal/x", "webhook-host-refused"),
        ("https://crm.broker.internal@evil.com/x", "webhook-url-invalid"),
        ("http://169.254.169.254/", "webhook-host-refused"),
        ("http://localhost/", "webhook-host-refused"),
        ("ftp://crm.broker.internal/", "webhook-url-invalid"),
        ("crm.broker.internal/x", "webhook-url-invalid"),
        ("http://crm.broker.internal:99999/", "webhook-url-invalid"),
        ("", "webhook-url-invalid"),
    ],
)
def test_nowhere_else(firm: Session, url: str, code: str) -> None:
    with pytest.raises(BadInput) as fault:
        receivers.add(firm, url, by="root")
    assert fault.value.code == code


def test_without_hosts_nothing_may_be_sent(session: Session) -> None:
    with pytest.raises(BadInput, match="webhook-host-refused"):
        receivers.add(session, "https://crm.broker.internal/x", by="root")


def test_faults_of_administration(receiver: WebhookReceiver, firm: Session) -> None:
    with pytest.raises(BadInput, match="event-type-unknown"):
        receivers.add(firm, receiver.url, ["opportunity.lost"], by="root")
    with pytest.raises(NotFound, match="webhook-unknown"):
        receivers.rotate(firm, "wh_none")
    with pytest.raises(NotFound, match="delivery-unknown"):
        receivers.redeliver(firm, 99)
    receivers.disable(firm, receiver.id, "维护")
    with pytest.raises(Conflict, match="webhook-disabled"):
        receivers.send_test(firm, receiver.id)


# --- delivery


class Ears:
    """A receiver that answers as it is told, and remembers the letters."""

    def __init__(self, *answers: Answer) -> None:
        self.answers, self.letters = list(answers), list[Letter]()

    def __call__(self, letter: Letter) -> Answer:
        self.letters.append(letter)
        return self.answers.pop(0) if self.answers else Answer(204)


def hurry(session: Session) -> None:
    """What waits is due now."""
    for row in session.exec(select(WebhookDelivery).execution_options(populate_existing=True)):
        row.next_at = now()
    session.commit()


def delivery(session: Session) -> WebhookDelivery:
    return session.exec(select(WebhookDelivery).execution_options(populate_existing=True)).one()


def test_delivered_once_and_logged(receiver: WebhookReceiver, firm: Session) -> None:
    save(firm, opportunity())
    ears = Ears()
    assert (send_waiting(ears), send_waiting(ears)) == (1, 0)
    (letter,) = ears.letters
    row = delivery(firm)
    assert (row.state, row.attempts, letter.url) == (DeliveryState.DELIVERED, 1, receiver.url)
    assert row.id is not None
    assert [a.status for a in log_of(firm, [row.id])[row.id]] == [204]
    (secret,) = receivers.signing_secrets(receiver, now())
    assert Webhook(secret).verify(letter.content, dict(letter.headers))["type"] == "opportunity.opened"


@pytest.mark.parametrize(
    "answer", [Answer(500), Answer(404), Answer(302), Answer(None, "ConnectError"), Answer(429)], ids=str
)
def test_a_failure_is_tried_again_with_the_same_id(receiver: WebhookReceiver, firm: Session, answer: Answer) -> None:
    save(firm, opportunity())
    ears = Ears(answer)
    assert (send_waiting(ears), send_waiting(ears)) == (1, 0)
    assert delivery(firm).next_at > now()
    hurry(firm)
    assert send_waiting(ears) == 1
    assert len({letter.headers["webhook-id"] for letter in ears.letters}) == 1
    assert delivery(firm).state == DeliveryState.DELIVERED


def test_it_is_given_up_after_a_few_days_and_can_be_sent_again(receiver: WebhookReceiver, firm: Session) -> None:
    save(firm, opportunity())
    ears = Ears(*[Answer(500)] * 20)
    for _ in range(len(PAUSES) + 3):
        send_waiting(ears)
        hurry(firm)
    row = delivery(firm)
    assert (row.state, row.attempts, len(ears.letters)) == (DeliveryState.FAILED, len(PAUSES) + 1, len(PAUSES) + 1)
    assert row.id
    receivers.redeliver(firm, row.id)
    firm.commit()
    assert send_waiting(Ears()) == 1
    assert delivery(firm).state == DeliveryState.DELIVERED


def test_410_disables_the_receiver(receiver: WebhookReceiver, firm: Session) -> None:
    save(firm, opportunity(1), opportunity(2))
    ears = Ears(Answer(410))
    assert send_waiting(ears) == 1
    firm.refresh(receiver)
    assert (receiver.is_enabled, "410" in receiver.disabled_reason) == (False, True)
    hurry(firm)
    assert send_waiting(ears) == 0
    receivers.enable(firm, receiver.id)
    firm.commit()
    assert send_waiting(ears) == 2


def test_whoever_may_no_longer_be_processed_is_not_told_of(receiver: WebhookReceiver, firm: Session) -> None:
    save(firm, opportunity())
    firm.add(Standing(customer_id="C1", state=State.RESTRICTED, settled_at=now()))
    firm.commit()
    assert send_waiting(Ears()) == 0


def test_a_killed_sender_is_taken_over_after_its_lease(receiver: WebhookReceiver, firm: Session) -> None:
    save(firm, opportunity())

    def die(letter: Letter) -> Answer:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        send_waiting(die)
    assert send_waiting(Ears()) == 0  # leased
    hurry(firm)
    assert send_waiting(Ears()) == 1
    assert delivery(firm).attempts == 2


def test_a_secret_that_cannot_be_opened_disables(receiver: WebhookReceiver, firm: Session) -> None:
    other, _ = receivers.add(firm, "http://127.0.0.1/", by="root")
    receiver.secret = b"0" * 60
    firm.add(receiver)
    save(firm, opportunity())
    ears = Ears()
    assert send_waiting(ears) == 1
    assert [letter.receiver_id for letter in ears.letters] == [other.id]
    firm.refresh(receiver)
    assert receiver.is_enabled is False


def test_replay_sends_everything_since_then(receiver: WebhookReceiver, firm: Session) -> None:
    save(firm, opportunity(1), opportunity(2))
    assert send_waiting(Ears()) == 2
    late, _ = receivers.add(firm, "http://127.0.0.1/", ["opportunity.opened"], by="root")
    assert receivers.replay(firm, late.id, now() - timedelta(hours=1)) == 2
    assert receivers.replay(firm, receiver.id, now() + timedelta(hours=1)) == 0
    firm.commit()
    ears = Ears()
    assert send_waiting(ears) == 2
    assert {letter.receiver_id for letter in ears.letters} == {late.id}


def test_a_test_goes_to_one_receiver_alone(receiver: WebhookReceiver, firm: Session) -> None:
    receivers.add(firm, "http://127.0.0.1/", by="root")
    receivers.send_test(firm, receiver.id)
    firm.commit()
    ears = Ears()
    assert send_waiting(ears) == 1
    assert json.loads(ears.letters[0].content)["type"] == "test"


def test_old_events_are_forgotten_with_their_log(receiver: WebhookReceiver, firm: Session) -> None:
    save(firm, opportunity())
    send_waiting(Ears())
    assert outbox.forget(firm, now() + timedelta(days=29)) == 0
    assert outbox.forget(firm, now() + timedelta(days=31)) == 1
    assert firm.exec(select(WebhookAttempt)).all() == []


@pytest.mark.parametrize("chance", [0.0, 0.5, 0.999])
def test_pauses_grow_from_5_seconds_to_24_hours(chance: float) -> None:
    found = [pause_after(n, lambda: chance) for n in range(1, len(PAUSES) + 2)]
    assert found[-1] is None
    spans = [p for p in found if p is not None]
    assert spans == sorted(spans)
    assert timedelta(seconds=4) <= spans[0] <= timedelta(seconds=6)
    assert timedelta(hours=19) <= spans[-1] <= timedelta(hours=29)


# --- over the wire


Serve = Callable[[int, dict[str, str]], tuple[str, list[tuple[dict[str, str], bytes]]]]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """`serve(status, headers)` gives the address of a real server, and the list of what it gets."""
    servers: list[HTTPServer] = []

    def start(status: int, headers: dict[str, str]) -> tuple[str, list[tuple[dict[str, str], bytes]]]:
        taken: list[tuple[dict[str, str], bytes]] = []

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                length = int(self.headers["content-length"])
                taken.append(({k.lower(): v for k, v in self.headers.items()}, self.rfile.read(length)))
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:
                """Quiet."""

        server = HTTPServer(("127.0.0.1", 0), Handler)
        servers.append(server)
        Thread(target=server.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{server.server_port}/hook", taken

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def test_it_arrives_signed(firm: Session, serve: Serve) -> None:
    url, taken = serve(204, {})
    _, secret = receivers.add(firm, url, by="root")
    save(firm, opportunity())
    assert send_waiting() == 1
    ((headers, content),) = taken
    assert headers["content-type"].startswith("application/cloudevents+json")
    assert Webhook(secret).verify(content, headers)["subject"] == "O1"
    assert delivery(firm).state == DeliveryState.DELIVERED


def test_a_redirect_is_not_followed_and_retry_after_is_kept(firm: Session, serve: Serve) -> None:
    elsewhere, stolen = serve(204, {})
    url, _ = serve(307, {"location": elsewhere, "retry-after": "3600"})
    receivers.add(firm, url, by="root")
    save(firm, opportunity())
    began = now()
    assert send_waiting() == 1
    assert stolen == []
    assert delivery(firm).next_at >= began + timedelta(hours=1)


def test_a_host_that_was_taken_from_the_list_gets_nothing(
    firm: Session, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    url, taken = serve(204, {})
    receivers.add(firm, url, by="root")
    save(firm, opportunity())
    monkeypatch.setenv("DONGKE_WEBHOOK_HOSTS", "crm.broker.internal")
    settings.cache_clear()
    assert send_waiting() == 1
    assert taken == []
    with db.session_scope() as session:
        assert "DONGKE_WEBHOOK_HOSTS" in session.exec(select(WebhookAttempt)).one().error
