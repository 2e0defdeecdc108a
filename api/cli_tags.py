"""命令行 `dongke tags …`: 标签登记 listed and checked. `api/cli.py` hangs it in."""

from collections.abc import Collection
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(help="标签登记: 每个标签谁负责、为了什么、可用于什么、多久有效。", no_args_is_help=True)


@app.command("list")
def list_command(
    as_markdown: Annotated[bool, typer.Option("--markdown", help="写成 docs/registry.md 里的表")] = False,
) -> None:
    """列出登记的标签和特征。"""
    from rich import box
    from rich.table import Table

    from api.printing import console
    from profiles.registry import markdown, registry

    found = registry()
    if as_markdown:
        typer.echo(markdown(found))
        return
    table = Table(
        "代码", "名称", "负责", "类别", "可用于", "有效期", title=f"标签登记 {found.version}", box=box.SIMPLE_HEAD
    )
    for e in found.entries:
        table.add_row(e.name, e.label, e.owner, e.information, "、".join(e.use_labels), e.expiry)
    console().print(table)


@app.command("lint")
def lint(path: Annotated[Path | None, typer.Argument(help="登记文件; 默认运行中的这一份")] = None) -> None:
    """检查登记: 没有负责人、目的、有效期的标签, 和登记里不允许的用途。有错退出 1。"""
    from profiles.registry import FILE, lint_file

    found = lint_file(path or FILE, used())
    for text in found:
        typer.echo(text)
    typer.echo(f"{len(found)} 处错误" if found else "没有问题", err=True)
    raise typer.Exit(1 if found else 0)


def used() -> dict[str, Collection[str]]:
    """What the playbooks that run use tags for."""
    from dongke.settings import settings
    from followup.playbooks import load

    return {"opportunity": sorted({o.tag for book in load(settings().playbooks_dir) for o in book.opens})}
