"""另一个进程: what must open a sound file is done in a short-lived child, never in the API process.

The child brings the decoder (and dies with it, should a file make it crash); the API process stays small.
`register(row)` takes a recording in, `retry(ident)` a quarantined one, `measure(id)` measures one anew,
`redact(id)` makes its copy without personal numbers; all commit in the child.
"""

import json
import subprocess
import sys
from collections.abc import Callable
from typing import Any

from dongke.errors import DongkeError, NotReady

SECONDS = 300


def register(row: dict[str, Any]) -> dict[str, Any]:
    """Takes in the recording that `row` describes (see api.doors). Returns its outcome as JSON."""
    return _child({"do": "register", "row": row})


def retry(ident: int) -> dict[str, Any]:
    """Takes a quarantined recording in once more. Returns its outcome as JSON."""
    return _child({"do": "retry", "id": ident})


def measure(recording_id: str) -> dict[str, Any]:
    """Measures a recording's sound anew. Returns `{}`, or the fault."""
    return _child({"do": "measure", "id": recording_id})


def redact(recording_id: str) -> dict[str, Any]:
    """Makes the copy of a recording without personal numbers. Returns `{}`, or the fault."""
    return _child({"do": "redact", "id": recording_id})


def fault_of(outcome: dict[str, Any]) -> DongkeError | None:
    """The fault that an outcome tells of."""
    if outcome.get("code") is None:
        return None
    fault = DongkeError(outcome["code"], outcome["detail"])
    fault.status = outcome.get("status", 422)
    return fault


def _child(order: dict[str, Any]) -> dict[str, Any]:
    try:
        done = subprocess.run(
            [sys.executable, "-m", "api.apart"],
            input=json.dumps(order, ensure_ascii=False).encode(),
            capture_output=True,
            timeout=SECONDS,
            check=True,
        )
        answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    except (subprocess.SubprocessError, OSError, ValueError, IndexError) as fault:
        raise NotReady("recording-unregistered", "录音登记没有完成, 请稍后再试") from fault
    return answer


def _main() -> None:
    from dongke import db

    order = json.load(sys.stdin.buffer)
    with db.session_scope() as session:
        answer = {"register": _register, "retry": _retry, "measure": _measure, "redact": _redact}[order["do"]](
            session, order
        )
    sys.stdout.write("\n" + json.dumps(answer, ensure_ascii=False) + "\n")


def _register(session: Any, order: dict[str, Any]) -> dict[str, Any]:
    from api import doors, takers
    from api.files import Kind

    intake = doors.Intake(session)
    intake.take(Kind.RECORDING, [takers.recording_piece("upload", order["row"])])
    intake.finish()
    (outcome,) = intake.outcomes
    return outcome.to_json() | {"status": outcome.fault.status if outcome.fault else 200}


def _retry(session: Any, order: dict[str, Any]) -> dict[str, Any]:
    from api import doors

    outcome = doors.retry(session, order["id"])
    return outcome.to_json() | {"status": outcome.fault.status if outcome.fault else 200}


def _measure(session: Any, order: dict[str, Any]) -> dict[str, Any]:
    from asr import recordings

    return _done_to(session, order["id"], recordings.measure)


def _redact(session: Any, order: dict[str, Any]) -> dict[str, Any]:
    from api import redactions

    return _done_to(session, order["id"], redactions.make)


def _done_to(session: Any, recording_id: str, work: Callable[..., object]) -> dict[str, Any]:
    """Nothing, or why the work on that recording could not be done."""
    from asr.models import Recording
    from dongke.settings import settings

    try:
        work(session, session.get_one(Recording, recording_id), settings())
    except DongkeError as fault:
        return {"code": fault.code, "detail": fault.detail, "status": fault.status}
    return {}


if __name__ == "__main__":
    _main()
