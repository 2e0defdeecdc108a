"""圈选: which customers fit a condition – a tree over speech, behaviour, file, suitability and follow-up.

Read in this order: `tree` (the condition), `vocabulary` (what may be asked), `kinds` (the operators), `evaluate` (the
meaning, pure), `sentence` and `reading` (the tree as Chinese, both ways), `row` (what is asked of a customer),
`view` (those rows stored, and kept true), `query` (the same meaning in SQL), `saved` and `lists` (what people use).
"""
