"""Template messages as WeChat checks them: the templates of an account, and what a field may hold."""
import re
import secrets
from dataclasses import dataclass
from typing import Any

PLACE = re.compile(r"\{\{([a-z_]+[0-9]+)\.DATA\}\}")
CLOCK = r"([01]?\d|2[0-3]):[0-5]\d"
DATE = r"\d{4}年\d{1,2}月\d{1,2}日"
HAN = "\u4e00-\u9fff"
# What the whole value has to look like, by the sort of the field.
SHAPES = {
    "thing": r".{1,20}",
    "character_string": r"[!-~ ]{1,32}",
    "number": r"(?=.{1,32}$)\d+(\.\d+)?",
    "letter": r"[A-Za-z]{1,32}",
    "symbol": r"[^\w\s]{1,5}",
    "time": rf"(({DATE} ?)?{CLOCK}(~({DATE} ?)?{CLOCK})?|{DATE}(~{DATE})?)",
    "date": rf"{DATE}( ?{CLOCK})?(~{DATE}( ?{CLOCK})?)?",
    "amount": r"[¥$€£]?\d{1,10}(\.\d+)?元?",
    "phone_number": r"[\d+\-() ]{1,17}",
    "car_number": r".{1,8}",
    "name": rf"([{HAN}·]{{1,10}}|[A-Za-z .'\-]{{1,20}})",
    "phrase": rf"[{HAN}]{{1,5}}",
    "const": r".{1,20}",
}
EMOJI = re.compile("[\U0001f000-\U0001faff\u2600-\u27bf\ufe0f]")


@dataclass(frozen=True, kw_only=True)
class Template:
    """One template in the account's own library."""

    template_id: str
    title: str
    content: str

    @property
    def keys(self) -> list[str]:
        return PLACE.findall(self.content)

    def shown(self) -> dict[str, str]:
        return {"template_id": self.template_id, "title": self.title, "primary_industry": "", "deputy_industry": "",
                "content": self.content, "example": ""}


def new_template(title: str, rows: dict[str, str], template_id: str = "") -> Template:
    """`rows`: the words before each field, by the field's key."""
    content = "\n".join(f"{words}:{{{{{key}.DATA}}}}" for key, words in rows.items())
    return Template(template_id=template_id or secrets.token_urlsafe(32)[:43], title=title, content=content)


READY_MADE = (
    new_template("订单支付成功通知", {"character_string1": "订单号", "amount2": "支付金额", "thing3": "温馨提示"},
                 "paid-template-of-the-sandbox-0000000000000001"),
    new_template("取货提醒", {"thing1": "取货点", "character_string2": "取货码", "time3": "取货时间", "thing4": "温馨提示"},
                 "ready-template-of-the-sandbox-000000000000002"),
    new_template("退款通知", {"character_string1": "订单号", "amount2": "退款金额", "thing3": "退款原因"},
                 "refund-template-of-the-sandbox-00000000000003"),
    new_template("航班变动提醒", {"character_string1": "航班号", "time2": "起飞时间", "thing3": "温馨提示"},
                 "flight-template-of-the-sandbox-00000000000004"),
)


def wrong_field(template: Template, data: Any, *, cuts: bool) -> str:
    """The key of the first field that is not as the template wants it; empty: all are."""
    for key in template.keys:
        given = data.get(key) if isinstance(data, dict) else None
        value = given.get("value") if isinstance(given, dict) else None
        if not isinstance(value, str) or not value.strip() or "\n" in value or EMOJI.search(value):
            return key
        sort = key.rstrip("0123456789")
        checked = value[:20] if cuts and sort == "thing" else value
        if not re.fullmatch(SHAPES.get(sort, r".*"), checked):
            return key
    return ""
