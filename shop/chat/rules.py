"""What a line of the chat is about, when one of us is there, and what may be kept as an answer. Values in, answers out."""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from msgspec import Struct

from shop.base.errors import Kind, ShopError
from shop.base.ids import LETTERS
from shop.chat.states import BUILT_IN, Topic

HERE = ZoneInfo("Europe/Berlin")
LANGUAGES = ("zh", "en", "de")
QUIET_AFTER_HAND_OVER = timedelta(minutes=10)  # until one of us has taken the conversation over
QUIET_WITH_PERSON = timedelta(hours=12)  # the end of a conversation may get lost on the way
TOO_LATE = timedelta(minutes=10)  # an answer after that answers nothing
AN_HOUR, ANSWERS_AN_HOUR = timedelta(hours=1), 30
KEPT = timedelta(days=180)  # conversations
MOST_KEYWORDS, LONGEST_KEYWORD, LONGEST_NAME = 30, 30, 60
LONGEST_TEXT = 2000  # bytes of UTF-8; WeChat takes 2048 in a chat message
NUMBER = re.compile(rf"(?<![0-9A-Za-z])D[{LETTERS}]{{9}}(?![0-9A-Za-z])")

KEYWORDS: Mapping[Topic, Sequence[str]] = {
    Topic.PERSON: ("人工", "人工客服", "转人工", "客服", "真人", "agent", "human", "person", "staff", "Mitarbeiter", "Mensch"),
    Topic.CHANGE: ("改签", "改航班", "换航班", "更改航班", "修改航班", "航班变更", "change flight", "change my flight",
                   "other flight", "Flug ändern", "umbuchen", "umgebucht"),
    Topic.CANCEL: ("取消", "取消订单", "退款", "退货", "退钱", "cancel", "refund", "money back", "stornieren", "Erstattung"),
    Topic.ALLOWANCE: ("限额", "额度", "免税额", "海关", "超额", "可以带", "能带", "allowance", "customs", "duty", "how much may i",
                      "Zoll", "Freimenge"),
    Topic.ORDERS: ("订单", "我的订单", "提货码", "取货码", "二维码", "order", "orders", "my order", "pickup code", "code", "Bestellung",
                   "Abholcode"),
    Topic.COUNTER: ("柜台", "提货点", "提货处", "在哪", "哪里", "怎么走", "位置", "地址", "where", "counter", "directions",
                    "location", "wo", "Schalter", "Abholung"),
    Topic.HOURS: ("营业时间", "开放时间", "几点", "开门", "关门", "opening hours", "hours", "open", "close", "Öffnungszeiten", "geöffnet"),
    Topic.HELP: ("帮助", "菜单", "你好", "您好", "hello", "hi", "help", "menu", "Hilfe", "hallo", "?", "？"),
}  # fmt: skip


class WrongAnswer(ShopError):
    """An answer that cannot be kept; `fields` says what is wrong with which."""

    kind, code = Kind.INVALID, "wrong_answer"


class Keyworded(Struct, frozen=True):
    """An answer as far as finding it goes. `topic` None: it has texts of its own."""

    id: int
    topic: Topic | None
    keywords: tuple[str, ...]


class About(Struct, frozen=True):
    """What a text is about. `number` is an order's number in it; `answer_id` the answer marketing keeps for it."""

    topic: Topic
    number: str = ""
    answer_id: int | None = None


def plain(text: str) -> str:
    """A text as it is compared: full-width as half-width, small letters, single spaces."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def about(text: str, kept: Iterable[Keyworded]) -> About:
    """The topic of a text: an order's number, else the longest keyword in it; marketing's first when two are alike."""
    if found := NUMBER.search(unicodedata.normalize("NFKC", text).upper()):
        return About(Topic.ORDERS, number=found[0])
    said = plain(text[:500])
    best = (0, About(Topic.UNKNOWN))
    for one in kept:
        length = _longest(one.keywords, said)
        if length > best[0]:
            best = (length, About(one.topic) if one.topic else About(Topic.OWN, answer_id=one.id))
    for topic in BUILT_IN:
        length = _longest(KEYWORDS[topic], said)
        if length > best[0]:
            best = (length, About(topic))
    return best[1]


def _longest(keywords: Iterable[str], said: str) -> int:
    return max((len(word) for word in map(plain, keywords) if word and _stands_in(word, said)), default=0)


def _stands_in(word: str, said: str) -> bool:
    """Chinese has no spaces between words; other scripts do, and `wo` is not in `wonderful`."""
    if not (word[0].isascii() and word[-1].isascii() and word[0].isalnum() and word[-1].isalnum()):
        return word in said if not word.isascii() else said == word
    return re.search(rf"(?<![a-zà-ÿ0-9]){re.escape(word)}(?![a-zà-ÿ0-9])", said) is not None


def of_key(key: str) -> Topic:
    """The topic of a menu entry's key; `UNKNOWN` for a key of somebody else's menu."""
    name = key.strip().lower()
    return Topic(name) if name in set(BUILT_IN) else Topic.UNKNOWN


def language_of(text: str, known: str | None) -> str:
    """The language to answer in: Chinese to Chinese characters, else what we know of them, else English."""
    if any("\u4e00" <= letter <= "\u9fff" for letter in text):
        return "zh"
    if not any(letter.isalpha() for letter in text):
        return known if known in LANGUAGES else "zh"
    return known if known in ("en", "de") else "en"


def open_at(hours: Mapping[str, Sequence[str]], now: datetime) -> bool:
    """Whether one of us reads along now. `hours`: ISO weekday to clock times in pairs, in Frankfurt."""
    local = now.astimezone(HERE)
    times = [time.fromisoformat(text) for text in hours.get(str(local.isoweekday()), ())]
    clock = local.time().replace(tzinfo=None)
    return any(opens <= clock < closes for opens, closes in zip(times[::2], times[1::2], strict=False))


def with_person(with_person_at: datetime | None, handed_over_at: datetime | None, now: datetime) -> bool:
    """Whether one of us has, or is about to have, the conversation: then the shop keeps quiet."""
    has = with_person_at is not None and now < with_person_at + QUIET_WITH_PERSON
    return has or (handed_over_at is not None and now < handed_over_at + QUIET_AFTER_HAND_OVER)


def check_answer(name: str, topic: str | None, keywords: Sequence[str], texts: Mapping[str, str]) -> None:
    """Raises WrongAnswer: `missing`, `too_long`, `too_many`, `wrong_choice`."""
    errors: dict[str, list[str]] = {}
    if not name.strip() or len(name) > LONGEST_NAME:
        errors["name"] = ["too_long" if name.strip() else "missing"]
    if topic is not None and topic not in set(BUILT_IN):
        errors["topic"] = ["wrong_choice"]
    if not keywords:
        errors["keywords"] = ["missing"]
    elif len(keywords) > MOST_KEYWORDS:
        errors["keywords"] = ["too_many_keywords"]
    elif any(len(word) > LONGEST_KEYWORD for word in keywords):
        errors["keywords"] = ["too_long"]
    for language in LANGUAGES:
        text = texts.get(language, "")
        if len(text.encode()) > LONGEST_TEXT:
            errors[f"text_{language}"] = ["too_long"]
        elif topic is None and language == "zh" and not text.strip():
            errors["text_zh"] = ["missing"]
    if errors:
        raise WrongAnswer(fields=errors)


def cut(text: str, most: int = LONGEST_TEXT) -> str:
    """A text of at most so many bytes, cut at a line where it has to be."""
    if len(text.encode()) <= most:
        return text
    head = text.encode()[: most - 4].decode("utf-8", "ignore")
    return (head.rpartition("\n")[0] or head) + "\n…"
