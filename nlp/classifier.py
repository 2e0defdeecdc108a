"""第二意见: a text classifier beside the rules. It supports a tag or doubts it; it never makes one.

A folder holds `model.onnx` (logits of shape [batch, labels]), `tokenizer.json`, and `config.json` with `id2label`: any
Hugging Face text classifier exported to ONNX, multi-label over the tag names of docs/tags.md. A tag that the model has
no label for is left alone. onnxruntime runs it; torch is not needed. Without a folder the rules stand alone.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from dongke.errors import NotReady
from dongke.types import Conversation, TagAssertion

FILES = ("model.onnx", "tokenizer.json", "config.json")
MAX_TOKENS = 256
SUPPORTS = 0.5  #: probability from which the second opinion supports a tag
GAIN = 0.3  #: how much of the distance to certainty full support closes
LOSS = 0.4  #: how much of its confidence a tag loses under full doubt


class Classifier:
    """A loaded model. `version` names it: folder and hash of the weights."""

    def __init__(self, folder: Path) -> None:
        import onnxruntime
        from transformers import PreTrainedTokenizerFast

        self.version = f"{folder.name}-{hashlib.sha256((folder / 'model.onnx').read_bytes()).hexdigest()[:8]}"
        labels = json.loads((folder / "config.json").read_text(encoding="utf-8"))["id2label"]
        self.labels = [str(labels[str(number)]) for number in range(len(labels))]
        self._tokenizer = PreTrainedTokenizerFast(tokenizer_file=str(folder / "tokenizer.json"), pad_token="[PAD]")
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.log_severity_level = 3
        self._session = onnxruntime.InferenceSession(
            str(folder / "model.onnx"), options, providers=["CPUExecutionProvider"]
        )
        self._inputs = {given.name for given in self._session.get_inputs()}

    def probabilities(self, texts: Sequence[str]) -> list[Mapping[str, float]]:
        """label → probability (each for itself, 0–1) of every text."""
        import numpy as np

        if not texts:
            return []
        tokens: Any = self._tokenizer(
            list(texts), padding=True, truncation=True, max_length=MAX_TOKENS, return_tensors="np"
        )
        # by name: in the tokenizer's own order an exported model answers wrongly without a word
        fed = {name: tokens[name].astype("int64") for name in self._inputs}
        logits = self._session.run(None, fed)[0]
        return [dict(zip(self.labels, map(float, row), strict=True)) for row in 1 / (1 + np.exp(-logits))]


def load(folder: Path | None) -> Classifier | None:
    """The classifier of that folder, loaded once; None without a folder. Raises NotReady `classifier-missing`."""
    return _load(folder.resolve()) if folder else None


def second_opinion(
    conversation: Conversation, assertions: Sequence[TagAssertion], classifier: Classifier
) -> tuple[TagAssertion, ...]:
    """The assertions with the model's opinion of the words that prove them, in confidence and explanation."""
    texts = [" ".join(conversation.utterances[i].text for i in a.indexes) for a in assertions]
    weighed = zip(assertions, classifier.probabilities(texts), strict=True)
    return tuple(_weigh(a, p[a.tag], classifier.version) if a.tag in p else a for a, p in weighed)


def _weigh(assertion: TagAssertion, probability: float, version: str) -> TagAssertion:
    supported = probability >= SUPPORTS
    if supported:
        confidence = assertion.confidence + (1 - assertion.confidence) * GAIN * probability
    else:
        confidence = assertion.confidence * (1 - LOSS * (1 - probability / SUPPORTS))
    step = f"第二意见 ({version}) {'赞同' if supported else '存疑'}: {probability:.2f}"
    explanation = replace(assertion.explanation, steps=(*assertion.explanation.steps, step))
    return replace(assertion, confidence=round(confidence, 3), explanation=explanation)


@lru_cache(maxsize=2)
def _load(folder: Path) -> Classifier:
    missing = [name for name in FILES if not (folder / name).is_file()]
    if missing:
        raise NotReady("classifier-missing", f"分类模型 {folder.name} 里缺少 {', '.join(missing)}")
    return Classifier(folder)
