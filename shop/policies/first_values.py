"""What holds before anybody has changed it: texts of messages, how prices are shown. Customs' rules are `shop.customs`'."""

from collections.abc import Mapping
from typing import Any

from shop.policies.rules import LANGUAGES, MESSAGES

PRICES: dict[str, Any] = {
    "show_cny": True, "cny_rate": None, "cny_day": None, "show_vat_note": False, "vat_standard": "19", "vat_reduced": "7",
    "minimum_minor": None,
}  # fmt: skip

# Who sells: empty until a manager fills it in; the imprint and `check-config` say what is missing.
SELLER: dict[str, Any] = {
    "name": "", "represented_by": "", "street": "", "city": "", "country": "", "email": "", "phone": "", "register": "", "vat_id": "",
    "authority": "", "privacy_contact": "", "china_contact": "", "chat_url": "",
    "withdrawal_days": 14,
    "withdrawal_source": "BGB §§ 355, 356, 356a (withdrawal function since 19 June 2026); Directive 2011/83/EU, Art. 9 and 11a",
    "vat_note": {
        "zh": "出口免税（德国增值税法第6条第3a款），以提货时核验为准。",
        "en": "Exempt from VAT as an export (UStG § 6 (3a)), subject to the check at hand-over.",
        "de": "Steuerfreie Ausfuhrlieferung (§ 4 Nr. 1 Buchst. a, § 6 Abs. 3a UStG), vorbehaltlich der Prüfung bei der Übergabe.",
    },
    "terms": {"zh": "", "en": "", "de": ""},
}  # fmt: skip

_TEXTS: Mapping[str, Mapping[str, tuple[str, str]]] = {
    "paid": {
        "zh": ("已付款，正在备货", "您的订单 {number} 已付款，共 {amount}。请于 {collect_from} 至 {collect_until} 在 {counter} 提货。"),
        "en": ("Paid, being packed", "Order {number} is paid ({amount}). Collect it at {counter} from {collect_from} to {collect_until}."),
        "de": ("Bezahlt, wir packen", "Bestellung {number} ist bezahlt ({amount}). {counter}: {collect_from} bis {collect_until}."),
    },
    "ready": {
        "zh": ("可以提货：{counter}", "您的订单 {number} 已备好，请在 {collect_until} 前到 {terminal} {zone} 区 {counter} 提货。"),
        "en": ("Ready at {counter}", "Order {number} is ready. Collect it at {counter} ({terminal}, zone {zone}) until {collect_until}."),
        "de": ("Bereit: {counter}", "Bestellung {number} liegt bereit: {counter} ({terminal}, Bereich {zone}), bis {collect_until}."),
    },
    "reminder": {
        "zh": ("今天提货：{counter}", "您的航班 {flight} 于 {departs} 起飞。请在 {collect_until} 前到 {counter} 领取订单 {number}。"),
        "en": ("Today at {counter}", "{flight} leaves at {departs}. Please collect order {number} at {counter} until {collect_until}."),
        "de": ("Heute: {counter}", "{flight} startet {departs}. Bitte holen Sie Bestellung {number} bis {collect_until} am {counter} ab."),
    },
    "closing": {
        "zh": ("{counter} 即将关闭", "{counter} 将于 {collect_until} 停止为您的航班 {flight} 提货。请尽快领取订单 {number}。"),
        "en": ("{counter} closes soon", "{counter} closes for {flight} at {collect_until}. Please collect order {number} now."),
        "de": ("{counter} schließt bald", "{counter} schließt um {collect_until} für {flight}. Bitte holen Sie {number} jetzt ab."),
    },
    "moved": {
        "zh": ("航班已更改", "订单 {number} 已改为航班 {flight}（{departs} 起飞）。{counter}：{collect_from} 至 {collect_until}。"),
        "en": ("Flight changed", "Order {number} now goes with {flight}, {departs}. {counter}: {collect_from} to {collect_until}."),
        "de": ("Flug geändert", "Bestellung {number} gehört jetzt zu {flight}, {departs}. {counter}: {collect_from} bis {collect_until}."),
    },
    "delayed": {
        "zh": ("航班延误，商品为您保留", "航班 {flight} 改为 {departs} 起飞。订单 {number} 为您保留至 {collect_until}（{counter}）。"),
        "en": ("Delayed: we keep it", "{flight} now leaves at {departs}. Order {number} waits for you at {counter} until {collect_until}."),
        "de": ("Flug später", "{flight} startet jetzt {departs}. Bestellung {number} wartet am {counter} bis {collect_until} auf Sie."),
    },
    "shortage": {
        "zh": ("有商品缺货，已退款", "很抱歉，订单 {number} 中的 {name} 缺货，已为您退款 {amount}。"),
        "en": ("Item missing: refund", "We are sorry: {name} of order {number} is out of stock. {amount} is on its way back to you."),
        "de": ("Artikel fehlt", "Leider fehlt {name} aus Bestellung {number}. {amount} sind auf dem Weg zurück zu Ihnen."),
    },
    "refund_started": {
        "zh": ("退款处理中", "订单 {number} 的退款 {amount} 已提交微信支付，到账后会通知您。"),
        "en": ("Refund started", "{amount} of order {number} are on their way back to you. We tell you when they have arrived."),
        "de": ("Erstattung läuft", "{amount} aus Bestellung {number} sind auf dem Weg zu Ihnen. Wir melden uns, wenn sie da sind."),
    },
    "refund": {
        "zh": ("已退款", "订单 {number} 的退款 {amount} 已到账。"),
        "en": ("Refunded", "{amount} of order {number} have been paid back."),
        "de": ("Erstattet", "{amount} aus Bestellung {number} sind erstattet."),
    },
    "no_show": {
        "zh": ("未提货，订单已退款", "航班 {flight} 已起飞，订单 {number} 未提货，{amount} 将退回给您。"),
        "en": ("Uncollected: refund", "{flight} has left and order {number} was not collected. {amount} goes back to you."),
        "de": ("Nicht abgeholt", "{flight} ist gestartet, Bestellung {number} wurde nicht abgeholt. {amount} gehen an Sie zurück."),
    },
    "back_in_stock": {
        "zh": ("您关注的商品已到货", "您关注的 {name} 已到货，可以下单了。"),
        "en": ("Back in stock", "{name}, which you asked us about, is back in stock."),
        "de": ("Wieder da", "{name}, nach dem Sie gefragt hatten, ist wieder da."),
    },
}

# How the shop writes: whether the account belongs to a company abroad (its template messages lead nowhere, so the code is in the
# fields), quiet hours by the traveller's clock, and how long before departure and closing a traveller is reminded.
MESSAGING: dict[str, Any] = {
    "overseas": False, "quiet_from": "22:00", "quiet_until": "07:00", "remind_minutes": 360, "closing_minutes": 60,
}  # fmt: skip
# No template is known before somebody has chosen it on the platform: until then a moment has none.
TEMPLATES: Mapping[str, dict[str, Any]] = {kind: {"template_id": "", "fields": []} for kind in MESSAGES}
TEXTS: Mapping[str, dict[str, Any]] = {
    f"{kind}.{language}": {"thing": _TEXTS[kind][language][0], "body": _TEXTS[kind][language][1]}
    for kind in MESSAGES
    for language in LANGUAGES
}
