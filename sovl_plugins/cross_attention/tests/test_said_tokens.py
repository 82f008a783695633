from __future__ import annotations

import pytest

from sovl_cross_attention.said_tokens import SaidTokens, TokenTable, said_tokens


@pytest.fixture(scope="module")
def base(vocabulary):
    return vocabulary("dog", "house")


@pytest.fixture(scope="module")
def scaffold(vocabulary):
    return vocabulary("do", "ho", "us")


def table(base, scaffold):
    return TokenTable(base, scaffold, len(scaffold))


def test_one_vocabulary_needs_no_mapping(base):
    ids = base.encode("a dog")
    assert said_tokens(table(base, base), ids) == (ids, list(range(1, len(ids) + 1)))


def test_what_the_tokenizer_has_no_token_for_says_nothing(base):
    same = table(base, base)
    assert said_tokens(same, [5, len(base), 6]) == ([5, 6], [1, 3])


def test_in_another_vocabulary_the_text_is_the_same_and_every_token_knows_where_it_came_from(base, scaffold):
    text = "a dog häuft 🐕 in the house"
    ids = base.encode(text)
    mapped, numbers = said_tokens(table(base, scaffold), ids)
    assert scaffold.decode(mapped) == text
    assert numbers == sorted(numbers)
    assert set(numbers) <= set(range(1, len(ids) + 1))


def test_pieces_of_a_character_wait_until_it_is_whole(base, scaffold):
    pieces = base.encode("🐕")
    assert len(pieces) == 4
    follower = SaidTokens(table(base, scaffold))
    assert [follower.push(piece) for piece in pieces[:3]] == [[], [], []]
    assert scaffold.decode(follower.push(pieces[3])) == "🐕"
    assert scaffold.decode(follower.push(base.encode("x")[0])) == "x"


def test_pieces_that_never_become_a_character_come_with_the_next_whole_token(base, scaffold):
    broken, whole = base.encode("🐕")[:2], base.encode("x")
    mapped, numbers = said_tokens(table(base, scaffold), [*broken, *whole])
    assert scaffold.decode(mapped).endswith("x")
    assert len(mapped) > 1
    assert set(numbers) == {3}


def test_what_a_token_adds_depends_on_those_before_it_alone(base, scaffold):
    known = table(base, scaffold)
    text = base.encode("dog 🐕 house")
    whole = said_tokens(known, text)
    for end in range(len(text)):
        ids, numbers = said_tokens(known, text[:end])
        assert (ids, numbers) == (whole[0][: len(ids)], whole[1][: len(ids)])
        assert all(number > end for number in whole[1][len(ids) :])


def test_control_tokens_go_by_what_they_are_for(base, scaffold):
    assert said_tokens(table(base, scaffold), [base.eos_token_id])[0] == [scaffold.eos_token_id]


def test_each_token_is_looked_up_once(base, scaffold, mocker):
    looked_up = mocker.patch("sovl_cross_attention.said_tokens.build_mapping", return_value={5: [9]})
    known = table(base, scaffold)
    assert said_tokens(known, [5, 5, 5])[0] == [9, 9, 9]
    assert known.spelled(5) == [9]
    looked_up.assert_called_once_with(base, scaffold, {5})
