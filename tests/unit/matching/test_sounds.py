import pytest

from csdesk.domain.matching.sounds import sound_of


@pytest.mark.parametrize(
    ("character", "sound"),
    [("啊", "a "), ("退", "tui "), ("款", "kuan "), ("座", "zuo "), ("知", "zi "), ("请", "qin "), ("能", "len ")],
)
def test_a_common_character_has_the_sound_of_its_place(character: str, sound: str) -> None:
    assert sound_of(character) == sound


@pytest.mark.parametrize("pair", ["款宽", "在再", "帐账", "是四", "您零", "女吕"])
def test_what_people_mix_up_sounds_alike(pair: str) -> None:
    assert sound_of(pair[0]) == sound_of(pair[1]) != pair[0]


@pytest.mark.parametrize("character", ["饕", "a", "😀", "\ud800"])
def test_a_character_without_known_sound_stands_for_itself(character: str) -> None:
    assert sound_of(character) == character
