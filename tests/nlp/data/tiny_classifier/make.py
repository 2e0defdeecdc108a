"""Makes the folder's classifier: a bag of characters as ONNX, a few hundred bytes. It knows 闲 and 买 and nothing else.

usage: python make.py   (needs `pip install onnx`, which is no part of the set-up; the files it makes are committed)
"""

import json
from pathlib import Path

import numpy as np
from onnx import TensorProto, helper, numpy_helper, save

HERE = Path(__file__).parent
LABELS = ["funds.idle", "intent.product"]
VOCABULARY = ["[PAD]", "[UNK]", "闲", "买"]
#: logit of each label where the character occurs; −4 where it does not
WEIGHTS = np.array([[-4, -4], [-4, -4], [4, -4], [-4, 4]], dtype=np.float32)


def main() -> None:
    nodes = [
        helper.make_node("Gather", ["weights", "input_ids"], ["each"]),
        helper.make_node("ReduceMax", ["each"], ["logits"], axes=[1], keepdims=0),
    ]
    graph = helper.make_graph(
        nodes,
        "bag",
        [helper.make_tensor_value_info("input_ids", TensorProto.INT64, ["batch", "length"])],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["batch", len(LABELS)])],
        [numpy_helper.from_array(WEIGHTS, "weights")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    save(model, HERE / "model.onnx")
    config = {"id2label": {str(n): name for n, name in enumerate(LABELS)}}
    (HERE / "config.json").write_text(json.dumps(config) + "\n", encoding="utf-8")
    tokenizer = {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [],
        "normalizer": None,
        "pre_tokenizer": {"type": "Split", "pattern": {"Regex": "."}, "behavior": "Isolated", "invert": False},
        "post_processor": None,
        "decoder": None,
        "model": {"type": "WordLevel", "vocab": {t: n for n, t in enumerate(VOCABULARY)}, "unk_token": "[UNK]"},
    }
    (HERE / "tokenizer.json").write_text(json.dumps(tokenizer, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
