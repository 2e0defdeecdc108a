"""圈选行: membership asked of the stored rows is membership reckoned anew from the facts, whatever happened."""

from datetime import datetime, timedelta

import pytest
from sqlmodel import Session, col, select

from profiles.segments.follow import nothing
from profiles.segments.models import SegmentMark, SegmentRow
from profiles.segments.view import settle
from profiles.snapshots import take_snapshots


def test_smoke(branch: Session, at) -> None:
    take_snapshots(branch, [{"customer_id": "C1", "risk_level": "C3", "assets_yuan": "100000"}], received_at=at("06-01"))
    assert settle(branch, nothing, moment=at("06-15")) == 3
    assert branch.exec(select(SegmentMark)).all() == []
    rows = branch.exec(select(SegmentRow)).all()
    print(rows)
    assert settle(branch, nothing, moment=at("06-15")) == 0
