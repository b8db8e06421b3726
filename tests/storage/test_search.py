"""What a search finds: in which texts, by which words, and where in them."""

import random
import unicodedata
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest

from storage.searching import ANSWER, QUESTION, STEP, TITLE, Archive, answer_of, call, message
from storage.support import WHEN, opened
from trackside.domain.search import HitField, SearchHit, StateFilter, step_text
from trackside.domain.session import title_from_question
from trackside.domain.stream import Annotation, AnnotationKind
from trackside.domain.turn import AttemptState


@pytest.fixture
async def archive() -> AsyncIterator[Archive]:
    async with opened(None) as database:
        made = Archive(database)
        yield made
        await made.check()


async def text_of(archive: Archive, hit: SearchHit) -> str:
    """The whole text that a hit says it was found in."""
    detail = await archive.store.session(hit.session_id)
    assert detail is not None
    if hit.field is HitField.TITLE:
        return detail.session.title
    (turn,) = [turn for turn in detail.turns if turn.id == hit.turn_id]
    if hit.field is HitField.QUESTION:
        return turn.ask.question
    (attempt,) = [attempt for attempt in turn.attempts if attempt.id == hit.attempt_id]
    if hit.field is HitField.STEP:
        return step_text(attempt.answer.steps[hit.step])
    return attempt.answer.text


async def only(archive: Archive, text: str) -> SearchHit:
    """The one hit of a search, whose place in the whole text is right."""
    (hit,) = await archive.hits(text)
    whole = await text_of(archive, hit)
    assert whole[hit.start : hit.start + len(hit.found)] == hit.found
    marked = [hit.snippet[start:end] for start, end in hit.marks]
    assert " ".join(marked[0].split()) == " ".join(hit.found.split())[: len(marked[0])]
    return hit


def marked(hit: SearchHit) -> list[str]:
    return [hit.snippet[start:end] for start, end in hit.marks]


# -- words ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "query", "found"),
    [
        ("Overtakes at the chicane", "chicane", ["chicane"]),
        ("Overtakes at the chicane", "CHIC", ["chic"]),
        ("Overtakes at the chicane", "the over", ["Over", "the"]),
        ("Überholt, später in Zürich", "uberholt zurich", ["Überholt", "Zürich"]),
        ("Uberholt in Zurich", "überholt zürich", ["Uberholt", "Zurich"]),
        ("Die Straße", "strasse", ["Straße"]),
        ("cafe\u0301 noir", "café", ["cafe\u0301"]),
        ("café noir", "cafe\u0301 n", ["café", "n"]),
        ("Smørrebrød på Łódź", "smorrebrod lodz", ["Smørrebrød", "Łódź"]),
        ("ΟΔΟΣ οδός", "οδος", ["ΟΔΟΣ", "οδός"]),
        ("ｗｉｄｅ letters", "wide", ["ｗｉｄｅ"]),
        ("東京タワーの夜景", "東京", ["東京"]),
        ("東京タワーの夜景", "タワー", ["タワー"]),
        ("東京タワーの夜景", "景", ["景"]),
        ("東京タワーの夜景", "夜", ["夜"]),
        ("東京タワーの夜景", "東京 夜景", ["東京", "夜景"]),
        ("新しいiPhone手机 review", "iphone手", ["iPhone手"]),
        ("新しいiPhone手机 review", "手机 rev", ["手机", "rev"]),
        ("한국어를 배우다", "국어", ["국어"]),
        ("สวัสดีครับ", "ครับ", ["ครับ"]),
        ("ｶﾀｶﾅ", "カタ", ["ｶﾀ"]),
        ("مُحَمَّد يلعب الكرة", "محمد", ["مُحَمَّد"]),
        ("שָׁלוֹם עולם", "שלום", ["שָׁלוֹם"]),
        ("हिन्दी में", "हिन्दी", ["हिन्दी"]),
        ("Привет, Фёдор", "федор", ["Фёдор"]),
        ("snake_case names", "snake_c", ["snake_c"]),
        ("the e-mail address", "e-mail", ["e-mail"]),
        ("one, two; three", '"two three"', ["two; three"]),
        ("one, two; three", "“one two” thr", ["one, two", "thr"]),
        ("a\u200bb soft\u00adly", "softly", ["soft\u00adly"]),
        ("𠮷野家 and 𝒳", "𠮷野", ["𠮷野"]),
    ],
)
async def test_words_are_found_and_marked(archive: Archive, text: str, query: str, found: list[str]) -> None:
    archive.turn(archive.session(), text)
    await archive.index()
    hit = await only(archive, query)
    assert marked(hit) == found
    assert hit.snippet == text


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("Overtakes at the chicane", "hicane"),
        ("Overtakes at the chicane", "chic over"),
        ("Overtakes at the chicane", "chicane pole"),
        ("Overtakes at the chicane", '"chic"'),
        ("two one", '"one two"'),
        ("東京 都", "東京都"),
        ("京東", "東京"),
        ("Overtakes", "!!"),
        ("Overtakes", " "),
        ("Overtakes", '""'),
    ],
)
async def test_what_is_not_there_is_not_found(archive: Archive, text: str, query: str) -> None:
    archive.turn(archive.session(), text)
    await archive.index()
    assert await archive.hits(query) == []


@pytest.mark.parametrize(
    "query",
    ['foo" AND (', "foo NOT bar", "foo*", "^foo", "-foo", "foo:bar", "{foo}: x", "NEAR(foo bar)", "foo + bar",
     "'", '"', '"""', "foo\0", "\\", "%_", "ß" * 600, "a " * 600, "( OR )", "foo; DROP TABLE sessions"],
)  # fmt: skip
async def test_nothing_typed_is_taken_for_a_command(archive: Archive, query: str) -> None:
    archive.turn(archive.session(), "foo and not bar near x or drop table sessions")
    await archive.index()
    await archive.hits(query)
    assert await archive.found("foo or") == [QUESTION]


async def test_all_kinds_of_texts_are_found_titles_first(archive: Archive) -> None:
    session = archive.session("Penalty kicks")
    steps = call("search_video", '{"query": "penalty"}', "3 clips with a penalty")
    archive.turn(session, "Which penalty was missed?", answer_of(*steps, message("The third penalty.")))
    await archive.index()
    assert await archive.found("penalty") == [ANSWER, QUESTION, STEP, TITLE]
    assert (await archive.hits("penalty"))[0].field is HitField.TITLE
    assert await archive.found("penalty clips") == [STEP]


async def test_a_step_is_named_and_its_place_is_in_it(archive: Archive) -> None:
    steps = [*call("first", "{}", "nothing"), *call("second", '{"q": "goal"}', "the goal at last")]
    archive.turn(archive.session(), "", answer_of(*steps, message("Thinking of a pass", is_final=False)))
    await archive.index()
    hit = await only(archive, "goal")
    assert (hit.step, marked(hit)) == (1, ["goal", "goal"])
    hit = await only(archive, "pass")
    assert (hit.step, hit.start) == (
        2,
        step_text(answer_of(message("x", is_final=False)).steps[0]).index("x") + 14,
    )


async def test_the_words_of_json_are_found_with_their_escapes(archive: Archive) -> None:
    text = '{"clip": "caf\\u00e9\\nnoir", "tags": ["\\ud83d\\ude00", "\\u6771\\u4eac"], "path": "C:\\\\new"}'
    archive.turn(archive.session(), "", text)
    await archive.index()
    assert marked(await only(archive, "café")) == ["caf\\u00e9"]
    assert marked(await only(archive, "noir")) == ["noir"]
    assert marked(await only(archive, "東京")) == ["\\u6771\\u4eac"]
    assert marked(await only(archive, "new")) == ["new"]
    assert await archive.hits("u00e9") == []


async def test_what_nobody_sees_of_a_citation_is_not_found(archive: Archive) -> None:
    archive.turn(
        archive.session(),
        "",
        'Seen <vref id="ksi_unseen" start="00:10"/> at once \ue200turn0hidden\ue201 there.',
    )
    await archive.index()
    for word in ("unseen", "vref", "turn0hidden"):
        assert await archive.hits(word) == []
    assert marked(await only(archive, "seen there")) == ["Seen", "there"]


async def test_every_attempt_of_a_turn_is_found(archive: Archive) -> None:
    turn = archive.turn(archive.session(), "Who?", "It was the goalkeeper.", state=AttemptState.STOPPED)
    second = archive.retry(turn, "It was the referee.")
    await archive.index()
    assert (await only(archive, "goalkeeper")).attempt_id == turn.attempts[0].id
    assert (await only(archive, "referee")).attempt_id == second.id


async def test_an_answer_that_still_comes_is_found_when_it_has_ended(archive: Archive) -> None:
    session = archive.session()
    turn = archive.turn(session, "Who?", "", state=AttemptState.STREAMING)
    await archive.index()
    assert await archive.hits("goalkeeper") == []
    archive.end(turn.attempts[0], "The goalkeeper.")
    await archive.index()
    assert await archive.found("goalkeeper") == [ANSWER]


# -- snippets ----------------------------------------------------------------------------------------


async def test_a_snippet_shows_the_words_in_a_long_text(archive: Archive) -> None:
    filler = "nothing of note happens here. " * 40
    archive.turn(archive.session(), "", f"{filler}The goal\n\n  falls   late. {filler}goal {filler}")
    await archive.index()
    hit = await only(archive, "goal late")
    assert marked(hit) == ["goal", "late"]
    assert hit.snippet.startswith("…")
    assert hit.snippet.endswith("…")
    assert "The goal falls late. nothing" in hit.snippet
    assert len(hit.snippet) <= 162
    assert hit.start == len(filler) + 4


async def test_a_snippet_is_where_the_most_words_stand_together(archive: Archive) -> None:
    archive.turn(archive.session(), "", f"A goal. {'Then nothing. ' * 50}The goal by the captain.")
    await archive.index()
    hit = await only(archive, "goal captain")
    assert marked(hit) == ["goal", "captain"]


async def test_a_snippet_keeps_its_direction_and_its_line(archive: Archive) -> None:
    archive.turn(archive.session(), "", "left \u202e thgir goal\x00\t\u2066x")
    await archive.index()
    hit = await only(archive, "goal")
    assert hit.snippet == "left thgir goal x"
    assert marked(hit) == ["goal"]


async def test_a_giant_answer_is_found_to_its_end_and_shown_once(archive: Archive) -> None:
    words = [f"word{number}" for number in range(60_000)]
    archive.turn(archive.session(), "", " ".join([*words, "needle", "é" * 70_000, "東" * 70_000, "last"]))
    await archive.index()
    for word in ("word0", "word59999", "needle", "last"):
        (hit,) = [hit for hit in await archive.hits(word) if hit.found == word]
        assert (await text_of(archive, hit))[hit.start :].startswith(word)
    assert len(await archive.hits("word")) == 1


# -- filters -----------------------------------------------------------------------------------------


async def test_filters_narrow_the_hits(archive: Archive) -> None:
    sea = archive.session("Goal at sea", store_id="ks_sea", tags=("own goals", "cup"))
    land = archive.session("Goal on land", store_id="ks_land", tags=("cup final",), archived=True)
    archive.turn(sea, "First goal?", "A goal.", minutes=0)
    archive.turn(land, "Second goal?", "No goal.", minutes=10, state=AttemptState.FAILED)
    await archive.index()
    assert len(await archive.hits("goal")) == 6
    for filters in ({"store_id": "ks_sea"}, {"tag": "cup"}, {"tag": "own goals"}):
        hits = await archive.hits("goal", **filters)
        assert [(hit.session_id, hit.field.value) for hit in hits][:1] == [(sea.id, TITLE)]
        assert {hit.session_id for hit in hits} == {sea.id}
        assert len(hits) == 3
    middle = WHEN + timedelta(minutes=10)
    assert {hit.session_id for hit in await archive.hits("goal", since=middle)} == {land.id}
    assert {hit.session_id for hit in await archive.hits("goal", until=middle)} == {sea.id}
    assert await archive.hits("goal", since=middle, until=middle) == []
    answered = await archive.hits("goal", state=StateFilter.ANSWERED)
    assert {(hit.session_id, hit.field.value) for hit in answered} == {(sea.id, QUESTION), (sea.id, ANSWER)}
    broken = await archive.hits("goal", state=StateFilter.BROKEN)
    assert {(hit.session_id, hit.field.value) for hit in broken} == {(land.id, QUESTION), (land.id, ANSWER)}
    assert await archive.hits("goal", store_id="ks_sea", state=StateFilter.BROKEN) == []


async def test_the_shown_attempt_decides_about_state_and_citations(archive: Archive) -> None:
    annotation = Annotation(AnnotationKind.VIDEO, 0, 1, item_id="ksi_1")
    turn = archive.turn(archive.session(), "A goal?", "Goal.", state=AttemptState.FAILED)
    await archive.index()
    assert await archive.found("goal", state=StateFilter.BROKEN) == [ANSWER, QUESTION]
    archive.retry(turn, answer_of(message("One goal.", (annotation,))))
    await archive.index()
    assert await archive.found("goal", state=StateFilter.BROKEN) == []
    assert await archive.found("goal", with_citations=True) == [ANSWER, ANSWER, QUESTION]
    archive.store.choose_attempt(turn.attempts[0].id)
    assert await archive.found("goal", state=StateFilter.BROKEN) == [ANSWER, ANSWER, QUESTION]
    assert await archive.found("goal", with_citations=True) == []


async def test_citations_in_the_text_count(archive: Archive) -> None:
    session = archive.session()
    for text in ('Goal <vref id="ksi_1"/>', "Goal [00:10-00:12]", "Goal without"):
        archive.turn(session, "", text)
    await archive.index()
    hits = await archive.hits("goal", with_citations=True)
    assert sorted(hit.snippet[:6] for hit in hits) == ["Goal <", "Goal ["]


async def test_filters_alone_list_the_newest_turns(archive: Archive) -> None:
    session, other = archive.session(tags=("cup",)), archive.session(store_id="ks_other")
    turns = [archive.turn(session, f"Number {minutes}?", "x", minutes=minutes) for minutes in range(5)]
    archive.turn(other, "Another?", "x", minutes=9)
    await archive.index()
    hits = await archive.hits(tag="cup", limit=3)
    assert [hit.turn_id for hit in hits] == [turn.id for turn in turns[:1:-1]]
    assert [(hit.snippet, hit.marks, hit.found, hit.field) for hit in hits[:1]] == [
        ("Number 4?", (), "", HitField.QUESTION)
    ]
    assert await archive.hits() == []


async def test_what_lies_in_the_trash_is_not_found_until_it_comes_back(archive: Archive) -> None:
    session = archive.session("Goal")
    archive.turn(session, "Goal?", "Goal.")
    await archive.index()
    archive.store.trash_sessions([session.id])
    assert await archive.found("goal") == []
    assert await archive.found(store_id="ks_1") == []
    archive.store.trash_sessions([session.id], is_trashed=False)
    assert await archive.found("goal") == [ANSWER, QUESTION, TITLE]


async def test_a_full_trash_hides_nothing(archive: Archive) -> None:
    kept, thrown = archive.session(), archive.session()
    archive.turn(kept, "A goal kept?", "x")
    for number in range(2_100):
        archive.turn(thrown, f"goal {number}", state=AttemptState.STREAMING)
    archive.store.trash_sessions([thrown.id])
    await archive.index()
    assert [hit.session_id for hit in await archive.hits("goal")] == [kept.id]


async def test_hits_say_what_they_belong_to(archive: Archive) -> None:
    session = replace(archive.session(), title="")
    turn = archive.turn(session, "A goal?", "The goal.", minutes=3)
    await archive.index()
    by_field = {hit.field: hit for hit in await archive.hits("goal")}
    answer = by_field[HitField.ANSWER]
    assert (answer.session_id, answer.turn_id, answer.attempt_id) == (
        session.id,
        turn.id,
        turn.attempts[0].id,
    )
    assert answer.when == turn.asked_at
    assert answer.title == "New session"
    assert by_field[HitField.QUESTION].attempt_id == ""


async def test_the_limit_holds(archive: Archive) -> None:
    for number in range(12):
        archive.turn(archive.session(f"Goal {number}"), "Goal?")
    await archive.index()
    hits = await archive.hits("goal", limit=10)
    assert len(hits) == 10
    assert {hit.field for hit in hits} == {HitField.TITLE, HitField.QUESTION}


# -- against a plain look ----------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(4))
async def test_a_search_finds_what_a_plain_look_through_all_texts_finds(archive: Archive, seed: int) -> None:
    """Words of a small alphabet, in scripts with and without spaces, so that much is nearly found."""
    chance = random.Random(seed)
    latin, signs = ["a", "ab", "abc", "b", "ba", "bab", "Äb", "cab"], "東京都景"

    def piece() -> str:
        if chance.random() < 0.6:
            return chance.choice(latin)
        return "".join(chance.choice(signs) for _ in range(chance.randint(1, 4)))

    def plain(word: str) -> str:
        return word.lower().replace("ä", "a")

    def holds(words: list[str], term: str, *, is_last: bool) -> bool:
        if term[0] in signs:
            return any(term in word for word in words)
        return any(word == term or (is_last and word.startswith(term)) for word in words)

    texts: dict[str, list[str]] = {}
    for _ in range(5):
        session = archive.session()
        for _ in range(12):
            words = [piece() for _ in range(chance.randint(1, 6))]
            turn = archive.turn(session, chance.choice(" ,-;\n").join(words), state=AttemptState.STREAMING)
            texts[turn.id] = [plain(word) for word in words]
    while await archive.index(characters=30):
        pass
    for _ in range(60):
        terms = [plain(piece()) for _ in range(chance.randint(1, 3))]
        wanted = {
            turn_id
            for turn_id, words in texts.items()
            if all(holds(words, term, is_last=number == len(terms) - 1) for number, term in enumerate(terms))
        }
        hits = await archive.hits(" ".join(terms), limit=100)
        assert {hit.turn_id for hit in hits} == wanted, terms
        assert len(hits) == len(wanted)


async def test_a_question_that_gave_its_session_the_title_is_found_once() -> None:
    question = (
        "Which goal came first in the final, and who were the players that took part in it? Goal by goal."
    )
    async with opened(None) as database:
        archive = Archive(database)
        made = archive.session(title_from_question(question))
        archive.turn(made, question, "The first goal.")
        own = archive.session(title_from_question(question), title_is_own=True)
        archive.turn(own, question)
        await archive.index()
        hits = await archive.hits("goal")
        assert sorted(hit.field.value for hit in hits if hit.session_id == made.id) == [ANSWER, TITLE]
        assert sorted(hit.field.value for hit in hits if hit.session_id == own.id) == [QUESTION, TITLE]
        assert await archive.found("players") == [QUESTION, QUESTION], "the title was cut before it"
        assert await archive.found("goal", store_id="ks_1", with_citations=False) == [
            ANSWER, QUESTION, TITLE, TITLE,
        ]  # fmt: skip


@pytest.mark.parametrize("word", ["がぎぐ", "パリ", "한국어", "プロ野球", "ヴァイオリン"])
async def test_characters_in_pieces_are_the_same_as_whole_ones(word: str) -> None:
    pieces = unicodedata.normalize("NFD", word)
    assert pieces != word
    async with opened(None) as database:
        archive = Archive(database)
        archive.turn(archive.session(""), f"before {pieces} after")
        archive.turn(archive.session(""), f"before {word} after")
        await archive.index()
        for looked_for in (word, pieces, f"{pieces} after"):
            hits = await archive.hits(looked_for)
            assert sorted(hit.found for hit in hits) == sorted((pieces, word))
            assert {hit.start for hit in hits} == {7}
            assert {hit.snippet[slice(*hit.marks[0])] for hit in hits} == {pieces, word}


async def test_narrow_characters_keep_their_voice() -> None:
    async with opened(None) as database:
        archive = Archive(database)
        archive.turn(archive.session(""), "ｶﾞﾝﾊﾞﾚ ﾆｯﾎﾟﾝ")
        await archive.index()
        assert [hit.found for hit in await archive.hits("ガンバレ")] == ["ｶﾞﾝﾊﾞﾚ"]
        assert [hit.found for hit in await archive.hits("ニッポン")] == ["ﾆｯﾎﾟﾝ"]
        assert await archive.hits("カンハレ") == []


@pytest.mark.parametrize(
    "text", ["a" * 10_000, "가" * 10_000, '"' + "goal " * 4_000, "(" * 10_000, "goal\ud800"]
)
async def test_nothing_that_is_typed_is_refused(text: str) -> None:
    async with opened(None) as database:
        archive = Archive(database)
        archive.turn(archive.session(), f"goal {'a' * 40_000}")
        await archive.index()
        await archive.hits(text)
        for filters in ({"tag": "\ud800"}, {"store_id": "\ud800"}):
            assert await archive.hits(text, **filters) == []
