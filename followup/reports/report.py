"""跟进报表: the value – lines, the sum, the voices – and its JSON, CSV, Excel and PDF."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import Any

from dongke.clock import beijing
from followup.opportunity import Opportunity
from followup.reports.columns import COUNTS, MADE_OF, MEASURES, NUMBERS, SUMS, TALK_COUNTS, TALK_MEASURES
from followup.reports.numbers import MIN_N
from followup.reports.question import GROUPS, Question
from followup.reports.voices import Voice


@dataclass(frozen=True, slots=True)
class Line:
    """报表的一行: one advisor, branch or playbook, or the firm. A rate below MIN_N cases is None."""

    id: str
    name: str
    numbers: Mapping[str, Any]

    def to_json(self) -> dict[str, Any]:
        return {"id": self.id, "name": self.name, **self.numbers}


@dataclass(frozen=True, slots=True)
class Detail:
    """明细的一行: the opportunity, its owner's and its playbook's name, and whether what it suggests may be offered."""

    opportunity: Opportunity
    owner: str
    playbook: str
    mark: str


@dataclass(frozen=True, slots=True)
class Report:
    """跟进报表: the answer to a question."""

    question: Question
    lines: tuple[Line, ...]
    total: Line
    voices: tuple[Voice, ...]
    playbooks: Mapping[str, str]  #: versions of the rules in force
    details: tuple[Detail, ...] = ()  #: only where they were asked for
    details_cut: bool = False  #: there are more than are listed

    @property
    def title(self) -> str:
        return self.question.title

    @property
    def as_of(self) -> datetime:
        return self.question.moment

    @property
    def has_talks(self) -> bool:
        """Whether numbers of talks are shown: they belong to no playbook."""
        return self.question.group != "playbook"

    @property
    def columns(self) -> list[tuple[str, str]]:
        """(name, heading) of every column."""
        found = [("name", GROUPS[self.question.group]), *((c.name, c.heading) for c in (*COUNTS, *SUMS)), *MEASURES]
        if self.has_talks:
            found += [(name, heading) for name, (heading, _, _) in TALK_COUNTS.items()] + list(TALK_MEASURES)
        return found

    def to_json(self) -> dict[str, Any]:
        """Everything but the details. `lists` says of which columns there is a list behind the number; of a rate, a
        mean or a median it is the list of what it is made `of`."""
        listed = {*NUMBERS, *TALK_COUNTS, *MADE_OF}
        return {
            "title": self.title,
            "start": beijing(self.question.start).isoformat(),
            "end": beijing(self.question.end).isoformat(),
            "as_of": beijing(self.as_of).isoformat(),
            "group": self.question.group,
            "min_n": MIN_N,
            "playbooks": dict(self.playbooks),
            "columns": [
                {"name": n, "label": heading, "lists": n in listed, "of": MADE_OF.get(n)} for n, heading in self.columns
            ],
            "rows": [line.to_json() for line in self.lines],
            "total": self.total.to_json(),
            "voices": [voice.to_json() for voice in self.voices],
        }

    def to_bytes(self) -> bytes:
        """The JSON in one fixed form: the same report is the same bytes."""
        return json.dumps(self.to_json(), ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.to_bytes()).hexdigest()

    def to_csv(self) -> str:
        """The table with Chinese headings. Texts that a spreadsheet would take for formulas are disarmed."""
        from followup.sheets import to_csv

        return to_csv(self)

    def to_xlsx(self, target: Path | BytesIO) -> None:
        """An Excel workbook: 汇总, 客户心声, 说明, and 明细 with one row an opportunity."""
        from followup.sheets import to_xlsx

        to_xlsx(self, target)

    def to_pdf(self) -> bytes:
        """One page to hand round. Raises NotReady `pdf-font-missing`."""
        from followup.pdf import to_pdf

        return to_pdf(self)
