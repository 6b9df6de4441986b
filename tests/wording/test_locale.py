"""Which language the environment asks for."""

from __future__ import annotations

import pytest

from chemtune.wording.locale import VARIABLES, language


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({}, "en"),
        ({"LANG": "ko_KR.UTF-8"}, "ko"),
        ({"LANG": "ko_KR.EUC-KR"}, "ko"),
        ({"LANG": "ko"}, "ko"),
        ({"LANG": "KO-kr"}, "ko"),
        ({"LANG": "kok_IN"}, "en"),
        ({"LANG": "C.UTF-8"}, "en"),
        ({"LANG": "ko_KR.UTF-8", "LC_MESSAGES": "en_US.UTF-8"}, "en"),
        ({"LANG": "en_US.UTF-8", "LC_MESSAGES": "ko_KR.UTF-8"}, "ko"),
        ({"LC_MESSAGES": "ko_KR.UTF-8", "LC_ALL": "C"}, "en"),
        ({"LC_ALL": "C", "CHEMTUNE_LANGUAGE": "ko"}, "ko"),
        ({"LC_ALL": "ko_KR.UTF-8", "CHEMTUNE_LANGUAGE": "en"}, "en"),
        ({"LANG": "ko_KR.UTF-8", "LC_ALL": "", "CHEMTUNE_LANGUAGE": ""}, "ko"),
        ({"CHEMTUNE_LANGUAGE": "français"}, "en"),
    ],
)
def test_the_first_variable_that_is_set_says_it(
    variables: dict[str, str], expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert language() == expected
