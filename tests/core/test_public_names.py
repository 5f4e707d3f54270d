"""Names that every language model takes: valid, unique, and not changed by what comes after."""

import re

from hypothesis import given
from hypothesis import strategies as st

from hub.core.public_names import public_names

VALID = re.compile(r"^[A-Za-z0-9_-]{1,64}$")
PAIRS = st.lists(
    st.tuples(
        st.text(alphabet="ab._-/ é", min_size=1, max_size=70),
        st.text(alphabet="ab._-/ é", min_size=1, max_size=70),
    ),
    unique=True,
    max_size=12,
)


def test_plain_names_are_server_and_tool() -> None:
    assert public_names([("supabase", "list_tables"), ("my.notes", "a b/c")]) == [
        "supabase__list_tables",
        "my_notes__a_b_c",
    ]


def test_long_names_are_shortened_and_end_in_a_hash_of_both_parts() -> None:
    one, other, server = public_names([("notes", "t" * 80), ("notes", "t" * 81), ("s" * 90, "tool")])
    assert {len(one), len(other)} == {64}
    assert one[:-8] == other[:-8]
    assert one != other
    assert server.startswith("s" * 24 + "__tool_")


def test_the_first_of_those_that_collide_keeps_the_plain_name() -> None:
    first, second, third = public_names([("a.b", "t"), ("a_b", "t"), ("a/b", "t")])
    assert first == "a_b__t"
    assert len({first, second, third}) == 3
    assert second == public_names([("a_b", "t"), ("a_b", "t")])[1]


def test_even_the_same_pair_again_gets_a_name_of_its_own() -> None:
    names = public_names([("a", "t")] * 4)
    assert len(set(names)) == 4


@given(PAIRS, PAIRS)
def test_names_are_valid_and_unique_and_stay_when_more_come(
    pairs: list[tuple[str, str]], more: list[tuple[str, str]]
) -> None:
    names = public_names(pairs)
    assert all(VALID.match(name) for name in names)
    assert len(set(names)) == len(names)
    assert public_names([*pairs, *more])[: len(pairs)] == names
