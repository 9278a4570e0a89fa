"""What holds before anybody has changed it, with its source: customs' rules as they were read, texts, how prices are shown."""

from collections.abc import Mapping
from typing import Any

from shop.policies.rules import LANGUAGES, MESSAGES

READ_ON = "2026-11-21"
OUTSIDE = "alcohol, tobacco, and 20 listed goods (TV, camera, copier, computer, phone, furniture, lamps, tableware …)"

# Amounts in minor units of `currency`; None where the source names no limit.
ALLOWANCES: Mapping[str, dict[str, Any]] = {
    "CN": {
        "currency": "CNY", "value_minor": 5000_00, "item_minor": 5000_00, "alcohol_ml": 1500, "alcohol_permille": 120, "age": 16,
        "outside": OUTSIDE, "stops": False, "read_on": READ_ON,
        "source": "General Administration of Customs, notice 54/2010 and order 58; www.customs.gov.cn, en.bcia.com.cn/guide",
    },
    "CN_VIA_HK": {
        "currency": "CNY", "value_minor": 12000_00, "item_minor": None, "alcohol_ml": 750, "alcohol_permille": 120, "age": 18,
        "outside": OUTSIDE, "stops": False, "read_on": READ_ON,
        "source": "Ministry of Finance and others, notice of 28 June 2024 (entry from Hong Kong or Macau); customs order 58",
    },
    "HK": {
        "currency": "HKD", "value_minor": None, "item_minor": None, "alcohol_ml": 1000, "alcohol_permille": 300, "age": 18,
        "outside": "", "stops": False, "read_on": READ_ON,
        "source": "Hong Kong Customs and Excise: 1 litre above 30 % vol for travellers of 18 and older",
    },
    "MO": {
        "currency": "MOP", "value_minor": None, "item_minor": None, "alcohol_ml": None, "alcohol_permille": None, "age": None,
        "outside": "", "stops": False, "read_on": READ_ON,
        "source": "No official text was read yet: please fill in what Macao Customs says",
    },
}  # fmt: skip

PRICES: dict[str, Any] = {
    "show_cny": True, "cny_rate": None, "cny_day": None, "show_vat_note": False, "vat_standard": "19", "vat_reduced": "7",
    "minimum_minor": None,
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
