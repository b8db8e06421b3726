"""The piece that is shown of what was found."""

import re

from trackside.storage.excerpts import excerpt


def test_an_answers_piece_has_no_loud_marks_and_the_words_stay_marked() -> None:
    text = "I found **4 passages** on *crane* and `harbour`; 2 * 3 stays legible."
    pattern = re.compile("crane|harbour")
    found = excerpt(text, text, [pattern], is_markdown=True)
    assert found is not None
    assert found.snippet == "I found 4 passages on crane and harbour; 2 3 stays legible."
    assert [found.snippet[a:b] for a, b in found.marks] == ["crane", "harbour"]
    assert text[found.start :].startswith("crane"), "the place in the whole text is that of the text as it is"
    plain = excerpt(text, text, [pattern])
    assert plain is not None
    assert plain.snippet == text
