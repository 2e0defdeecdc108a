"""命令行 `dongke asr-eval`: how well the speech model that is set hears, on recordings with true transcripts."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dongke.errors import BadInput

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rich.table import Table

    from asr.evaluation import Result
    from asr.scores import Figure

_COLUMNS = {"cer": "字错率", "term_recall": "术语召回", "role_accuracy": "说话人正确", "rtf": "实时率"}


def asr_eval(
    manifest: Annotated[Path, typer.Argument(help="清单 CSV, 或带 manifest.csv 的文件夹: file, reference, 条件列")],
    output: Annotated[Path | None, typer.Option("--json", help="结果写成 JSON; - 写到标准输出")] = None,
    numbers: Annotated[str, typer.Option(help="spoken: 50 与五十相同; written: 不同")] = "spoken",
    seed: Annotated[int, typer.Option(help="重抽样的种子")] = 1,
    samples: Annotated[int, typer.Option(min=1, max=100_000, help="重抽样次数")] = 1000,
) -> None:
    """识别评测: 字错率, 术语召回, 说话人正确率, 实时率, 按条件分组, 带 95% 区间 (docs/asr-eval.md)。"""
    from asr import evaluation

    if numbers not in evaluation.NUMBERS:
        raise BadInput("numbers-unknown", f"不认识 {numbers}: 要 spoken 或 written")
    result = _run(manifest, numbers, samples, seed)
    if output is not None:
        text = json.dumps(result.to_json(), ensure_ascii=False, indent=1) + "\n"
        if str(output) == "-":
            typer.echo(text, nl=False)
        else:
            output.write_text(text, encoding="utf-8")
    if output is None or str(output) != "-":
        _show(result)
    if result.faults or not result.count():
        raise typer.Exit(1)


def _run(manifest: Path, numbers: str, samples: int, seed: int) -> "Result":
    from rich.console import Console
    from rich.progress import Progress

    from asr import evaluation, whisper
    from dongke.settings import settings

    lines = list(evaluation.cases(manifest))
    ours = any(isinstance(line, evaluation.Case) and line.heard is None for line in lines)
    engine = whisper.load(settings()) if ours else None
    judged = []
    with Progress(console=Console(stderr=True), transient=True) as bars:  # no database: no word of it on the pages
        for line in bars.track(lines, description="听写"):
            if isinstance(line, evaluation.Case):
                line = evaluation.judge(line, engine, numbers, settings().max_recording_seconds)
            judged.append(line)
    return evaluation.summed(judged, engine.source if engine else "清单中的 heard", numbers, samples, seed)


def _show(result: "Result") -> None:
    from api.printing import console
    from asr.transcriber import DEMO, DEMO_MODEL

    out = console()
    out.print(f"模型 {result.model}; 数字{'按读法' if result.numbers == 'spoken' else '按写法'}比较", markup=False)
    if result.model.startswith(DEMO):
        out.print(f"{DEMO_MODEL}: 只听得懂合成语音, 这些数字不说明对真人录音的效果", markup=False)
    out.print(_table(result))
    for judged in result.faults:
        if judged.fault is not None:
            out.print(f"  {judged.id}: {judged.fault.detail} ({judged.fault.code})", markup=False)


def _table(result: "Result") -> "Table":
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD)
    table.add_column("条件")
    for heading in ("录音", *_COLUMNS.values()):
        table.add_column(heading, justify="right")
    _row(table, "全部", result.count(), result.overall)
    for column, values in result.by_condition.items():
        for value, found in values.items():
            _row(table, f"{column} = {value}", result.count(column, value), found)
    return table


def _row(table: Any, name: str, count: int, found: "Mapping[str, Figure]") -> None:
    table.add_row(name, str(count), *(_cell(found[metric]) for metric in _COLUMNS))


def _cell(figure: "Figure") -> str:
    if figure.value is None:
        return "—"
    span = "" if figure.low is None else f" ({figure.low:.3f}–{figure.high:.3f})"
    return f"{figure.value:.3f}{span}"
