from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chemtune.checks.grounding import GroundText, ground, normalize


def found(text: str, name: str) -> str | None:
    """The slice of `text` where `name` stands, or None."""
    span = GroundText.of(text).find(name)
    return text[slice(*span)] if span else None


def key(text: str) -> str:
    return normalize(text)[0].lower()


# Characters that make trouble: sub- and superscripts, dashes, spaces, letters whose lower case or
# NFKC form is longer than they are, Hangul, characters outside the basic plane.
TROUBLE = st.sampled_from("aA1 .,-²₂⁻−–\u2009\u00a0\u200bİßﬁ½℃㎎가을😀ΩÅ")
TEXTS = st.text(TROUBLE | st.characters(exclude_categories=["Cs"]), max_size=40)


@settings(deadline=None, max_examples=100)
@given(TEXTS, st.text(TROUBLE, min_size=1, max_size=12), TEXTS)
def test_a_name_between_spaces_is_found_and_its_span_is_of_the_original_text(
    before: str, name: str, after: str
) -> None:
    text = f"{before} ; {name} ; {after}"
    piece = found(text, name)
    if not key(name):
        assert piece is None
    else:
        assert piece is not None
        assert key(piece) == key(name)


@settings(deadline=None, max_examples=100)
@given(TEXTS, TEXTS)
def test_what_is_found_normalizes_to_the_name(text: str, name: str) -> None:
    piece = found(text, name)
    assert piece is None or key(piece) == key(name)


WORDS = st.text("abcdeαβ", min_size=2, max_size=6)


@settings(deadline=None, max_examples=100)
@given(TEXTS, WORDS, WORDS, st.sampled_from(["-\n", "-\r\n", "- \n ", "\u00ad\n"]))
def test_a_parted_word_is_found_at_its_place_in_the_original_text(
    before: str, first: str, second: str, hyphen: str
) -> None:
    second = f"z{second}"
    text = f"{before} ; {first}{hyphen}{second} ; "
    assert found(text, first + second) == f"{first}{hyphen}{second}"


@settings(deadline=None, max_examples=100)
@given(TEXTS, TEXTS, st.sampled_from(["산화이리듐", "촉매", "철", "Mössbauer"]))
def test_a_composed_name_is_found_in_a_decomposed_text_and_the_other_way(
    before: str, after: str, name: str
) -> None:
    for form, other in (("NFC", "NFD"), ("NFD", "NFC")):
        text = unicodedata.normalize(form, f"{before} ; {name} ; {after}")
        piece = found(text, unicodedata.normalize(other, name))
        assert piece is not None
        assert key(piece) == key(name)


@settings(deadline=None, max_examples=100)
@given(TEXTS)
def test_each_character_of_the_plain_text_leads_back_to_where_it_came_from(text: str) -> None:
    plain, offsets = normalize(text)
    assert len(plain) == len(offsets)
    assert offsets == sorted(offsets)
    for character, offset in zip(plain, offsets, strict=True):
        assert character in normalize(text[offset])[0]


@pytest.mark.parametrize(
    ("text", "name", "piece"),
    [
        ("made of IrO₂ here", "IrO2", "IrO₂"),
        ("in 0.5 M H₂SO₄ at", "H2SO4", "H₂SO₄"),
        ("a signal of ¹H NMR", "1H NMR", "¹H NMR"),
        ("12.4 ± 0.6 mS cm−1 at", "mS cm-1", "mS cm−1"),
        ("78 m² g⁻¹, and", "78 m2 g-1", "78 m² g⁻¹"),
        ("at 25\u2009°C", "25 °C", "25\u2009°C"),
        ("at 25\u202f°C", "25°C", "25\u202f°C"),
        ("an Fe–N–C material", "Fe-N-C", "Fe–N–C"),
        ("nickel–molybdenum alloy", "Nickel-Molybdenum alloy", "nickel–molybdenum alloy"),
        ("sulfuric\nacid", "sulfuric acid", "sulfuric\nacid"),
        ("so\u00addium", "sodium", "so\u00addium"),
        ("10 µm thick", "10 μm", "10 µm"),
        ("Platinum", "platinum", "Platinum"),
        ("a 2,2′-bipyridine ligand", "2,2'-bipyridine", "2,2′-bipyridine"),
        ("4,4″-terphenyl", "4,4''-terphenyl", "4,4″-terphenyl"),
        ("of Nafion® 212", "Nafion 212", "Nafion® 212"),
        ("of Nafion 212", "Nafion™ 212", "Nafion 212"),
        ("CuSO4•5H2O", "CuSO4·5H2O", "CuSO4•5H2O"),
        ("SO₄²⁻ ions", "SO4^2-", "SO₄²⁻"),
        ("∆9-THC", "Δ9-THC", "∆9-THC"),
        ("α‑Fe₂O₃ film", "α-Fe2O3", "α‑Fe₂O₃"),
        ("Na\u2060ﬁon\u200c 212", "Nafion 212", "Na\u2060ﬁon\u200c 212"),
        ("by electro-\nlysis of", "electrolysis", "electro-\nlysis"),
        ("by electro-\r\n  lysis of", "electrolysis", "electro-\r\n  lysis"),
        ("an anion-\nexchange film", "anion-exchange", "anion-\nexchange"),
        ("the word\u00ad\nbreak", "wordbreak", "word\u00ad\nbreak"),
    ],
)
def test_another_way_to_write_it(text: str, name: str, piece: str) -> None:
    assert found(text, name) == piece


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("PtCo alloys", "Pt"),
        ("PtCo alloys", "Co"),
        ("Pt₃Co alloys", "Co"),
        ("Pt₃Co alloys", "Pt₃"),
        ("pure H2O", "H2"),
        ("Ir₀.₇Ru₀.₃O₂", "Ru"),
        ("Ir₀.₇Ru₀.₃O₂", "Ir0.7"),
        ("poly(phenylene)s", "phenyl"),
        ("15 nm", "5 nm"),
        ("2.5 nm", "5 nm"),
        ("2,500 h", "500 h"),
        ("1.5 g", "1"),
        ("1.5 g", "5"),
        ("10 g", "1"),
        ("1,000 h", "1"),
        ("25 ℃", "C"),
        ("½ of it", "2"),
        ("Pt\u200bCo", "Pt"),
        ("so\u00addium", "dium"),
        ("산화철", "철"),
        ("수산화나트륨", "나트륨"),
        ("이산화탄소", "탄소"),
        ("막은 얇다", "은"),
        ("금속", "금"),
        ("a text", ""),
        ("a text", " \u200b"),
        ("", "x"),
    ],
)
def test_a_part_of_a_word_or_number_is_not_it(text: str, name: str) -> None:
    assert found(text, name) is None


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Pt/C", "Pt"),
        ("Pt, Co and Ni.", "Co"),
        ("PTP-90.", "PTP-90"),
        ("It was 1. Then", "1"),
        ("a length of 5nm", "5"),
        ("a length of 5nm", "nm"),
        ("(48%)", "48%"),
        ("PtCo and Pt", "Pt"),
        ("15 nm, 5 nm", "5 nm"),
    ],
)
def test_a_whole_word_or_number_beside_signs_is_it(text: str, name: str) -> None:
    assert found(text, name) == name


def test_the_span_is_that_of_the_whole_one() -> None:
    assert GroundText.of("PtCo and Pt").find("Pt") == (9, 11)
    assert GroundText.of("15 nm, 5 nm").find("5 nm") == (7, 11)


@pytest.mark.parametrize(("text", "name"), [("CO gas", "Co"), ("Co metal", "CO"), ("PB", "Pb")])
def test_capitals_tell_short_names_apart(text: str, name: str) -> None:
    assert found(text, name) is None


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("IrO2를 사용", "IrO2"),
        ("답은 C입니다", "C"),
        ("산화이리듐은 안정", "산화이리듐"),
        ("온도는 80 °C에서", "80 °C"),
        ("약 5 nm이다", "5 nm"),
        ("촉매Pt", "Pt"),
        ("철은 무겁다", "철"),
        ("백금촉매", "촉매"),
        ("고분자전해질막", "전해질막"),
    ],
)
def test_korean_particles_may_follow(text: str, name: str) -> None:
    assert found(text, name) == name


def test_a_grounded_name_and_one_that_is_not() -> None:
    text = GroundText.of("Pt on carbon")
    good = ground(text, "Q1", "carbon")
    assert (good.check, good.severity, good.field, good.value) == (
        "grounding",
        "grounded",
        "Q1",
        "carbon",
    )
    assert (good.start, good.end, good.message) == (6, 12, "")
    bad = ground(text, "Q1", "silica")
    assert (bad.severity, bad.start, bad.message) == (
        "error",
        None,
        "does not stand in the document",
    )
    assert ground(text, "Q1", "silica", required=False).severity == "warning"
