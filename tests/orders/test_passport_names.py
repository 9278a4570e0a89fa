"""A Chinese name becomes what a Chinese passport most likely says; the traveller checks it."""

import pytest

from shop.orders.passport_names import has_chinese, proposal
from shop.orders.rules import clean_name


@pytest.mark.parametrize(
    ("written", "passport"),
    [
        ("张伟", "ZHANG WEI"),
        ("王小明", "WANG XIAOMING"),
        ("欧阳娜娜", "OUYANG NANA"),  # a surname of two characters
        ("司马", "SI MA"),  # two characters are surname and given name
        ("吕布", "LYU BU"),  # u with two dots is YU in personal documents
        ("刘略", "LIU LYUE"),
        ("单雄信", "SHAN XIONGXIN"),  # read otherwise as a surname
        ("曾志伟", "ZENG ZHIWEI"),
        ("任贤齐", "REN XIANQI"),
        ("歐陽鋒", "OUYANG FENG"),  # as in Hong Kong and Taiwan
        (" 张 伟 ", "ZHANG WEI"),
        ("吴", "WU"),
    ],
)
def test_a_name_in_chinese_becomes_pinyin_as_in_a_passport(written: str, passport: str) -> None:
    assert proposal(written) == passport


@pytest.mark.parametrize("written", ["Zhang 伟", "张·伟", "伟" * 200, "㐀" * 3, "张3伟"])
def test_whatever_is_typed_the_proposal_has_no_chinese_left_or_says_so(written: str) -> None:
    answer = proposal(written)

    assert len(answer) <= 60
    assert answer == answer.upper()
    if not has_chinese(answer) and not any(c.isdigit() for c in answer):
        assert clean_name(answer) == answer


@pytest.mark.parametrize(("name", "chinese"), [("ZHANG WEI", False), ("Müller", False), ("张伟", True), ("Li 娜", True), ("", False)])
def test_only_chinese_characters_count_as_chinese(name: str, chinese: bool) -> None:
    assert has_chinese(name) is chinese
