"""圈选: a tree and its sentence say the same; what cannot be read is told with its place."""

from hypothesis import given, settings

from profiles.segments.reading import from_sentence
from profiles.segments.sentence import to_sentence
from profiles.segments.tree import Tree, from_json, normal, to_json

from .segment_trees import trees


@settings(max_examples=300, deadline=None)
@given(trees)
def test_a_sentence_is_read_back_to_the_tree_it_was_written_from(tree: Tree) -> None:
    words = to_sentence(tree)
    assert from_sentence(words) == normal(tree), words
    assert from_json(to_json(normal(tree))) == normal(tree)
