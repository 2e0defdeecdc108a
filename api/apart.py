"""另一个进程: what must open a sound file is done in a short-lived child, never in the API process.

The child brings the decoder (and dies with it, should a file make it crash); the API process stays small.
`register(row)` takes a recording in, `retry(ident)` a quarantined one; both commit in the child.
"""

import json
import subprocess
import sys
from typing import Any

from dongke.errors import DongkeError, NotReady

SECONDS = 300


def register(row: dict[str, Any]) -> dict[str, Any]:
    """Takes in the recording that `row` describes (see api.doors). Returns its outcome as JSON."""
    return _child({"do": "register", "row": row})


def retry(ident: int) -> dict[str, Any]:
    """Takes a quarantined recording in once more. Returns its outcome as JSON."""
    return _child({"do": "retry", "id": ident})


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
    from api import doors, files
    from api.files import Kind, Piece
    from dongke import db

    order = json.load(sys.stdin.buffer)
    with db.session_scope() as session:
        if order["do"] == "retry":
            outcome = doors.retry(session, order["id"])
        else:
            intake = doors.Intake(session)
            row = order["row"]
            intake.take(Kind.RECORDING, [Piece(f"upload:{row['file']}", files.as_bytes(row), row)])
            intake.finish()
            (outcome,) = intake.outcomes
    answer = outcome.to_json() | {"status": outcome.fault.status if outcome.fault else 200}
    sys.stdout.write("\n" + json.dumps(answer, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    _main()
