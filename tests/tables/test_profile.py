"""What a column is, seen in pieces: the same as when it is seen at once."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainrule.tables import text
from chainrule.tables.profile import ColumnProfile


def profile_of(*pieces: list[str | None], keep_text: bool = False) -> ColumnProfile:
    profile = ColumnProfile(keep_text)
    for piece in pieces:
        profile.add(text.arrow_text(piece))
    return profile


@pytest.mark.parametrize(
    ("pieces", "kind"),
    [
        ([["1", "2"], ["3"]], "integer"),
        ([["1"], ["-0"], [None]], "integer"),
        ([["1"], ["2.5"]], "number"),
        ([["1"], ["word"]], "text"),
        ([["01"], ["22"]], "text"),  # codes: all of one width
        ([["01"], ["223"]], "integer"),
        ([["01"], ["2.5"]], "number"),
        ([["1"], ["12345678901234567890"]], "text"),  # codes: too long for 64 bits
        ([["1.5"], ["12345678901234567890"]], "number"),
        ([["0x1A"], ["2.5"]], "text"),
        ([[None], ["NA"]], "text"),
        ([[None], ["7"]], "integer"),
        ([[], ["7"]], "integer"),
    ],
)
def test_all_pieces_decide(pieces: list[list[str | None]], kind: str) -> None:
    assert profile_of(*pieces).kind == kind
    assert profile_of(*reversed(pieces)).kind == kind
    assert profile_of(*pieces, keep_text=True).kind == "text"


@given(st.lists(st.sampled_from(["1", "01", "-0", "2.5", "x", "0x1A", None]), min_size=1))
def test_what_is_settled_does_not_change(values: list[str | None]) -> None:
    profile = ColumnProfile()
    settled = ""
    for value in values:
        profile.add(text.arrow_text([value]))
        assert settled in ("", profile.kind)
        settled = profile.kind if profile.settled else ""


def test_a_gap_anywhere_makes_whole_numbers_floats_everywhere() -> None:
    profile = profile_of(["1"], [None])
    assert profile.convert(text.arrow_text(["1"])).dtype == "float64"
    assert profile_of(["1"]).convert(text.arrow_text(["1"])).dtype == "int64"


@pytest.mark.parametrize(("seen", "later"), [("1", "x"), ("1", None), ("1.5", "x")])
def test_rows_that_were_not_seen_are_refused(seen: str, later: str | None) -> None:
    with pytest.raises(ValueError, match="that were seen"):
        profile_of([seen]).convert(text.arrow_text([later]))
