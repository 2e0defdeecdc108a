"""客户的权利 in a terminal."""

from rich import box
from rich.table import Table

from dongke.clock import beijing
from profiles.rights.fold import Fact, Rights, policy


def rights_table(customer_id: str, rights: Rights, facts: list[Fact]) -> Table:
    """The state as the title, a fact a row, the newest last."""
    labels = policy().labels
    granted = "、".join(labels["purpose"][p] for p in sorted(rights.granted))
    parts = [f"客户 {customer_id}", f"数据{labels['status'][rights.state]}"]
    parts += ["法律保留中"] if rights.held else []
    parts += [f"同意{granted}"] if granted else []
    parts += [f"不同意{'、'.join(labels['purpose'][p] for p in sorted(rights.refused))}"] if rights.refused else []
    table = Table(title=", ".join(parts), title_justify="left", box=box.SIMPLE_HEAD)
    for heading in ("何时", "客户号", "事项", "怎样得知", "理由", "登记人"):
        table.add_column(heading)
    for fact in facts:
        row = fact.to_json()
        what = f"{row['status_label']} {row['subject_label']}".strip() + (" (一条)" if fact.target else "")
        when = f"{beijing(fact.at):%Y-%m-%d %H:%M}"
        table.add_row(when, fact.customer_id, what, fact.source, fact.reason, fact.by)
    if not facts:
        table.caption = "没有登记过任何权利: 按默认处理"
    return table
