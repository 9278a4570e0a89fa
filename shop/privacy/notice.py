"""The privacy notice, written by the table of fields (`shop.privacy.fields`): what is kept of travellers, why, until when.

A table of the database that holds something about travellers has its name here, in three languages; a test fails for one that
has none. What is only about staff is told to staff.
"""

from collections.abc import Mapping

from msgspec import Struct

from shop.privacy.fields import PERSONAL, Basis, Kept, Purpose, Then
from shop.privacy.words import LABELS

Words = dict[str, str]
Why = tuple[Purpose, Basis, Kept, Then]
# By table: what travellers know it as.
TABLES: Mapping[str, Words] = {
    name: dict(zip(("zh", "en", "de"), words, strict=True))
    for name, words in {
        "travellers": ("微信身份", "Who you are at WeChat", "Wer Sie bei WeChat sind"),
        "sign_ins": ("登录过程", "Signing in", "Anmeldung"),
        "orders": ("订单", "Orders", "Bestellungen"),
        "trip_changes": ("行程变更", "Changes of the trip", "Änderungen der Reise"),
        "order_notes": ("工作人员对订单的备注", "Notes of our staff on an order", "Notizen unseres Personals zur Bestellung"),
        "attempts": ("付款请求", "Requests for payment", "Zahlungsanfragen"),
        "refunds": ("退款", "Refunds", "Erstattungen"),
        "pickups": ("提货码", "Pickup code", "Abholcode"),
        "scans": ("柜台扫描与税务凭证", "Scans at the counter, evidence of tax", "Scans am Schalter, Steuernachweise"),
        "withdrawals": ("撤回声明", "Withdrawals", "Widerrufe"),
        "letters": ("邮件确认", "Confirmations by mail", "Bestätigungen per E-Mail"),
        "mail_addresses": ("用于通知的邮箱", "Mail address for messages", "E-Mail-Adresse für Nachrichten"),
        "messages": ("发给您的消息", "Messages to you", "Nachrichten an Sie"),
        "saved_trips": ("保存的行程", "Saved trips", "Gespeicherte Reisen"),
        "wishes": ("到货提醒", "“Tell me when it is back”", "„Sag mir, wenn es wieder da ist“"),
        "followers": ("关注公众号", "Following our account", "Folgen unseres Kontos"),
        "chat_entries": ("聊天记录", "The chat with our account", "Der Chat mit unserem Konto"),
        "follower_touches": ("来访的活动", "Campaigns you came through", "Kampagnen, über die Sie kamen"),
        "order_touches": ("订单来源的活动", "Campaigns an order came from", "Kampagnen, von denen eine Bestellung kam"),
        "announcements": ("内部消息队列", "Internal queue of messages", "Interne Nachrichtenschlange"),
        "audit_log": ("操作记录", "Log of who did what", "Protokoll, wer was getan hat"),
    }.items()
}
# Tables and fields that say something of staff alone.
OF_STAFF = frozenset(
    [
        "staff", "staff_sessions", "recovery_codes", "invitations", "sign_in_tries", "devices", "export_jobs", "saved_reports", "schedules",
        "catalogue_imports", "stock_movements", "product_pictures", "prices", "parcels", "waves", "delays", "setting_versions", "conflicts",
        "account_menus", "article_history", "articles", "campaigns", "chat_answers", "chat_service_hours", "mass_sends", "product_costs",
        "deliveries", "open_items", "order_history", "payment_notices",
    ]
)  # fmt: skip


class Entry(Struct, frozen=True):
    """Fields of one table that are kept for one reason and for one time. `fields` are the names that have words."""

    fields: tuple[Words, ...]
    purpose: Purpose
    basis: Basis
    kept: Kept
    then: Then


def nameless() -> list[str]:
    """Tables that hold something about people and have no name for travellers."""
    return sorted({column.partition(".")[0] for column in PERSONAL} - set(TABLES) - OF_STAFF)


def entries() -> list[tuple[Words, list[Entry]]]:
    """What the notice lists, by table, in the order of the table of fields."""
    groups: dict[str, dict[Why, list[Words]]] = {}
    for column, one in PERSONAL.items():
        table, _, name = column.partition(".")
        if table not in TABLES or _is_staffs(name):
            continue
        words = groups.setdefault(table, {}).setdefault((one.purpose, one.basis, one.kept, one.then), [])
        if name in LABELS and LABELS[name] not in words:
            words.append(LABELS[name])
    return [(TABLES[table], [Entry(tuple(words), *why) for why, words in found.items()]) for table, found in groups.items()]


def _is_staffs(name: str) -> bool:
    return name in ("who", "staff", "asked_by", "handled_by", "handled_note", "actor")
