"""跟进规则的文件: YAML read with care – every fault with its line, in Chinese. Pure but for the text handed in."""

import difflib
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import yaml
from pydantic import BaseModel, ValidationError

from dongke.errors import BadInput
from followup.playbooks import Playbook

MAX_CHARS = 200_000
MAX_ALIASES = 200  #: `*name` in one file
#: what pydantic says of a value, in Chinese; {x} is taken from its context
_TEXTS = {
    "missing": "缺这一项",
    "string_type": '要文字 (数字请加引号, 例如 "1")',
    "string_too_short": "不能是空的",
    "int_type": "要整数",
    "int_parsing": "要整数",
    "int_from_float": "要整数",
    "float_type": "要数字",
    "float_parsing": "要数字",
    "bool_type": "要 true 或 false",
    "bool_parsing": "要 true 或 false",
    "tuple_type": "要一个列表 [...]",
    "too_short": "至少要有 {min_length} 项",
    "mapping_type": "要键和值",
    "model_type": "要键和值",
    "model_attributes_type": "要键和值",
    "literal_error": "只能是 {expected} 之一",
    "greater_than_equal": "至少是 {ge}",
    "greater_than": "要大于 {gt}",
    "less_than_equal": "至多是 {le}",
}


class Fault(NamedTuple):
    """一处问题: its line (from 1), the place in the file, and what is wrong."""

    line: int
    place: str
    text: str


class PlaybookInvalid(BadInput):
    """跟进规则有错: every fault of the file, the first in the detail."""

    def __init__(self, name: str, faults: Sequence[Fault]) -> None:
        first = faults[0]
        place = f" {first.place}:" if first.place else ""
        super().__init__("playbook-invalid", f"{name} 第 {first.line} 行:{place} {first.text}")
        self.faults = tuple(faults)

    @property
    def errors(self) -> list[dict[str, str]]:
        return [{"where": f"第 {f.line} 行 {f.place}".rstrip(), "detail": f.text} for f in self.faults]


def read(text: str, name: str) -> Playbook:
    """The playbook of one file. Raises BadInput `playbook-invalid` (PlaybookInvalid: with all its faults)."""
    root, content = _parsed(text, name)
    try:
        return Playbook.model_validate(content)
    except ValidationError as found:
        faults = [_fault(root, content, error) for error in _own(found.errors(include_url=False, include_input=False))]
        raise PlaybookInvalid(name, sorted(faults)) from None


def line_of(text: str, place: Sequence[Any]) -> int:
    """The line on which that place of the file stands, or the nearest one above it."""
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    return _line(root, place)


def _parsed(text: str, name: str) -> tuple[Any, Any]:
    if len(text) > MAX_CHARS:
        raise PlaybookInvalid(name, [Fault(1, "", f"文件超过 {MAX_CHARS} 字")])
    try:
        if sum(isinstance(event, yaml.AliasEvent) for event in yaml.parse(text, Loader=yaml.SafeLoader)) > MAX_ALIASES:
            raise PlaybookInvalid(name, [Fault(1, "", f"别名 (*) 超过 {MAX_ALIASES} 个")])
        root = yaml.compose(text, Loader=yaml.SafeLoader)
        twice = list(_twice(root, []))
        if twice:
            raise PlaybookInvalid(name, twice)
        return root, yaml.safe_load(text)
    except (yaml.YAMLError, RecursionError, ValueError) as fault:
        mark = getattr(fault, "problem_mark", None)
        detail = f"不是 YAML: {getattr(fault, 'problem', None) or str(fault)[:200]}"
        raise PlaybookInvalid(name, [Fault(mark.line + 1 if mark else 1, "", detail)]) from None


def _twice(node: Any, place: list[str]) -> list[Fault]:
    """Keys that stand twice in one mapping: YAML itself silently takes the last."""
    found: list[Fault] = []
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            here = [*place, str(key.value)]
            if key.value in seen:
                found.append(Fault(key.start_mark.line + 1, ".".join(here), "这一项写了两次"))
            seen.add(key.value)
            found += _twice(value, here)
    elif isinstance(node, yaml.SequenceNode):
        for number, item in enumerate(node.value):
            found += _twice(item, [*place, str(number)])
    return found


def _own(errors: Sequence[Any]) -> list[Any]:
    """Without the complaint that a list is too short where only its items are at fault."""
    places = [error["loc"] for error in errors]

    def is_shadow(error: Any) -> bool:
        mine = error["loc"]
        return error["type"] == "too_short" and any(p[: len(mine)] == mine and p != mine for p in places)

    return [error for error in errors if not is_shadow(error)]


def _fault(root: Any, content: Any, error: Mapping[str, Any]) -> Fault:
    place, kind = list(error["loc"]), error["type"]
    if kind == "extra_forbidden":
        text = f"不认识的项{_perhaps(content, place)}"
    elif kind == "value_error":
        text = str(error.get("ctx", {}).get("error") or error["msg"])
    else:
        context = {k: str(v).replace(" or ", ", ").replace("'", "") for k, v in error.get("ctx", {}).items()}
        text = _TEXTS.get(kind, str(error["msg"])).format_map(context)
    return Fault(_line(root, place), ".".join(map(str, place)), text)


def _perhaps(content: Any, place: Sequence[Any]) -> str:
    """The known name that an unknown one looks like."""
    model: Any = Playbook
    for part in place[:-1]:
        if isinstance(part, str):
            model = _model_in(model.model_fields[part].annotation) if model and part in model.model_fields else None
    close = difflib.get_close_matches(str(place[-1]), list(model.model_fields), 1) if model else []
    return f", 是不是 {close[0]}?" if close else ""


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    inner = (found for part in getattr(annotation, "__args__", ()) if (found := _model_in(part)))
    return next(inner, None)


def _line(node: Any, place: Sequence[Any]) -> int:
    line = node.start_mark.line + 1 if node is not None else 1
    for part in place:
        if isinstance(node, yaml.MappingNode):
            pair = next(((k, v) for k, v in node.value if k.value == str(part)), None)
            if pair is None:
                break
            line, node = pair[0].start_mark.line + 1, pair[1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
            node = node.value[part]
            line = node.start_mark.line + 1
        else:
            break
    return int(line)
