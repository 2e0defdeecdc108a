"""跟进报表: how the opportunities of a period were followed up, by advisor, branch, firm or playbook."""

from followup.reports.making import MAX_DETAILS, follow_up, make
from followup.reports.numbers import MIN_N, wilson
from followup.reports.question import GROUPS, MAX_DAYS, Question, period, span
from followup.reports.report import Detail, Line, Report
from followup.reports.story import story_report

__all__ = [
    "GROUPS",
    "MAX_DAYS",
    "MAX_DETAILS",
    "MIN_N",
    "Detail",
    "Line",
    "Question",
    "Report",
    "follow_up",
    "make",
    "period",
    "span",
    "story_report",
    "wilson",
]
