"""A Chinese name as a Chinese passport spells it: a proposal for the traveller to check, never more.

Sources: GB/T 28039-2011 (spelling of Chinese names in pinyin: surname first, the given name in one word, ü as YU in
personal documents); the surnames that are read otherwise than the same character elsewhere are listed there and in the
Xinhua dictionary. A passport may differ (dialects, Hong Kong, Macau, Taiwan), so the traveller has the last word.
"""

import re

HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]")
SURNAMES_OF_TWO = frozenset(
    [
        "欧阳", "司马", "上官", "诸葛", "皇甫", "尉迟", "公孙", "慕容", "令狐", "宇文", "长孙", "司徒", "司空",
        "夏侯", "东方", "赫连", "轩辕", "钟离", "闻人", "澹台", "独孤", "南宫", "端木", "百里", "呼延",
        "歐陽", "諸葛", "尉遲", "公孫", "長孫", "東方", "赫連", "軒轅", "鍾離", "聞人", "獨孤", "南宮",
    ]
)  # fmt: skip
READ_OTHERWISE = {
    "单": "shan", "單": "shan", "解": "xie", "查": "zha", "曾": "zeng", "仇": "qiu", "朴": "piao", "任": "ren", "区": "ou", "區": "ou",
    "缪": "miao", "繆": "miao", "员": "yun", "盖": "ge", "乐": "yue", "樂": "yue", "覃": "qin", "翟": "zhai", "华": "hua", "宁": "ning",
    "尉迟": "yuchi", "尉遲": "yuchi", "澹台": "tantai", "令狐": "linghu", "长孙": "zhangsun", "長孫": "zhangsun", "冼": "xian",
    "秘": "bi", "折": "she", "黑": "he", "种": "chong", "召": "shao", "车": "che", "車": "che", "万": "wan", "石": "shi", "葛": "ge",
    "那": "na", "能": "nai", "祭": "zhai", "占": "zhan", "纪": "ji", "行": "xing", "俞": "yu", "褚": "chu", "臧": "zang", "晁": "chao",
}  # fmt: skip


def has_chinese(name: str) -> bool:
    """Is any of it written in Chinese characters?"""
    return HAN.search(name) is not None


def proposal(name: str) -> str:
    """`欧阳娜娜` as `OUYANG NANA`. What is no Chinese character stays, in capitals. At most 60 letters."""
    written = "".join(name.split())
    if not all(HAN.match(character) for character in written) or not written:
        return _spelt(name)[:60].strip()
    surname = written[:2] if written[:2] in SURNAMES_OF_TWO and len(written) > 2 else written[:1]
    return f"{_surname(surname)} {_spelt(written[len(surname) :])}".strip()[:60]


def _surname(surname: str) -> str:
    return READ_OTHERWISE[surname].upper() if surname in READ_OTHERWISE else _spelt(surname)


def _spelt(text: str) -> str:
    from pypinyin import Style, lazy_pinyin

    return "".join(lazy_pinyin(text, style=Style.NORMAL, v_to_u=True)).upper().replace("Ü", "YU")
