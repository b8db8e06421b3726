"""Which commands answer to what is typed."""

from trackside.ui.search.offers import Offer, matching


def nothing() -> None:
    pass


EXPORT = Offer("export", "Export this session", nothing, "Ctrl+E", more="save file")
DARK = Offer("theme dark", "Switch to dark theme", nothing)
OTHER = Offer("new in b", "New session in Rehab study", nothing, is_extra=True)
KNOWN = [EXPORT, DARK, OTHER]


def test_without_words_those_that_stand_for_themselves_are_offered() -> None:
    assert matching(KNOWN, " ") == [EXPORT, DARK]


def test_typed_words_find_what_has_all_of_them_in_any_order() -> None:
    assert matching(KNOWN, "REHAB new") == [OTHER]
    assert matching(KNOWN, "session") == [EXPORT, OTHER]
    assert matching(KNOWN, "session dark") == []


def test_another_word_for_the_same_finds_it_too() -> None:
    assert matching(KNOWN, "save") == [EXPORT]
