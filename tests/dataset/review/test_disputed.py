from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from chemtune.dataset.review.disputed import disputed
from chemtune.dataset.review.item import Item
from chemtune.dataset.review.store import ReviewStore
from chemtune.dataset.review.verdicts import read_verdicts

ONE_ITEM = Item("i-t", "i", "i", "t", "", "", "", "", "", "accepted", "", "", "", "")


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(("Kim", "Lee", "Park")),
            st.sampled_from(("accepted", "rejected", "corrected", "skipped")),
            st.sampled_from("xyz"),
            st.sampled_from("xyz"),
        ),
        max_size=6,
    )
)
def test_it_is_what_a_build_takes_nobodys_word_for(steps: list[tuple[str, ...]]) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "review.sqlite"
        with ReviewStore(path) as store:
            for who, decision, judged, answer in steps:
                # What stands may have changed with builds in between.
                looked_at = Item(**{**vars(ONE_ITEM), "answer": judged})
                seen = store.latest("i-t").get(who)
                said = answer if decision == "corrected" else ""
                store.decide(looked_at, who, decision, answer=said, seen=seen.id if seen else 0)
            standing = store.latest("i-t").values()
            told = disputed(standing, store.corrections().get("i-t", set()))
        verdict = read_verdicts(path).get("i-t")
        assert told == (verdict is not None and verdict.decision == "disputed")
