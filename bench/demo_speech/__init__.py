"""演示语音模型: makes the demo's speech model from nothing but invented text and a synthetic voice.

    python -m bench.demo_speech            # or: make demo-model

Text (`corpus`, `grammar`) is read out by espeak-ng (`espeak`, `voices`), laid into half-minute telephone windows with
the time of every character (`windows`, `line`), and a small Whisper learns from them (`net`, `lessons`, `training`);
`export` writes it for CTranslate2, `measure` hears held-out calls with it through the product's own path. The demo's
calls and some authors are held out (`held_out`): none of their sentences is ever trained on.
"""
