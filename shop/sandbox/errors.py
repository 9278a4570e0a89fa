"""How WeChat refuses."""
from typing import Any

# The number behind the dash of `Request-ID`; WeChat Pay's support asks for it. The ones the documents name.
NUMBERS = {
    "PARAM_ERROR": 268501015,
    "UNKNOWN_PARAMETER": 270924358,
    "OUT_TRADE_NO_USED": 268498688,
    "REENTRY": 268498688,
    "ORDERPAID": 268498689,
    "ORDER_CLOSED": 268447914,
    "FOREIGN": 268501838,
    "SIGN_ERROR": 268435462,
}


class Refused(Exception):
    """An answer of WeChat Pay that is not a yes: HTTP status, code, words, and where to look."""

    def __init__(
        self, status: int, code: str, message: str, detail: dict[str, Any] | None = None, number: str = ""
    ) -> None:
        super().__init__(f"{status} {code}: {message}")
        self.status = status
        self.code = code
        self.message = message
        self.detail = detail
        self.number = NUMBERS.get(number or code, 268435456)

    def body(self) -> dict[str, Any]:
        found: dict[str, Any] = {"code": self.code, "message": self.message}
        if self.detail:
            found["detail"] = self.detail
        return found


def param_error(field: str, issue: str, value: Any = None, number: str = "") -> Refused:
    """400 PARAM_ERROR. `field` is a JSON pointer, as WeChat Pay writes it."""
    return Refused(
        400,
        "PARAM_ERROR",
        f"参数错误: {field} {issue}",
        {"field": field, "value": value, "issue": issue, "location": "body"},
        number,
    )


class AccountError(Exception):
    """An answer of the Service Account's API that is not a yes: HTTP 200 with `errcode`."""

    def __init__(self, errcode: int, errmsg: str) -> None:
        super().__init__(f"{errcode} {errmsg}")
        self.errcode = errcode
        self.errmsg = errmsg
