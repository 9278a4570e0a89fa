"""Every column of the database, as far as people are concerned: what it says of whom, why, until when, and what becomes of it.

A test compares this with the tables: a column of a table about people, or one that looks personal, fails the build until it
stands here. The data protection officer reads the same on the page and from `python -m shop privacy`.
"""

from collections.abc import Mapping
from enum import StrEnum

from msgspec import Struct

from shop.campaigns import rules as campaign_rules


class Purpose(StrEnum):
    SIGN_IN = "sign_in"  # to know a traveller again
    ORDER = "order"  # to sell, pack and hand over
    EVIDENCE = "evidence"  # to show the tax office why no VAT was charged
    BOOKS = "books"  # booking vouchers
    PROTECTION = "protection"  # against fraud and mistakes: who did what
    STATISTIC = "statistic"  # which campaign brings orders
    STAFF = "staff"  # who works here and may do what
    CHAT = "chat"  # to answer who writes to the account, and to know whom a message reaches


class Basis(StrEnum):
    """Of Art. 6(1) GDPR; PIPL Art. 13 has the same three."""

    CONTRACT = "contract"  # (b)
    LAW = "law"  # (c)
    INTEREST = "interest"  # (f)


class Kept(StrEnum):
    """Until when. The days and years are in `shop.privacy.rules`."""

    SIGN_IN_OVER = "sign_in_over"
    UNPAID = "unpaid"  # a shorter while after the flight, when nothing was ever paid
    FLOWN = "flown"  # a while after the flight
    REFUNDABLE = "refundable"  # as long as WeChat could ask about the payment
    IDLE = "idle"  # a while after the last visit
    EVIDENCE_YEARS = "evidence_years"
    BOOK_YEARS = "book_years"
    ANSWERED = "answered"  # a while after it was sent or received
    TOLD = "told"  # a while after a message was written down
    OUTBOX = "outbox"  # a month after it was heard
    TOUCHED = "touched"  # a while after the last visit through a campaign
    WORKS_HERE = "works_here"
    CHAT = "chat"  # half a year


class Then(StrEnum):
    DELETED = "deleted"
    REPLACED = "replaced"  # by a dash, an empty value or a made-up name
    MOVED = "moved"  # what the evidence needs goes there; the rest is replaced
    LOOSE = "loose"  # stays, and leads to nobody any more


class Field(Struct, frozen=True):
    column: str  # `table.column`
    purpose: Purpose
    basis: Basis
    kept: Kept
    then: Then
    rule: str = ""  # of `shop.privacy.forgetting`; empty where another job or a person does it


P, B, K, T = Purpose, Basis, Kept, Then


def _fields(table: str, columns: str, purpose: Purpose, basis: Basis, kept: Kept, then: Then, rule: str = "") -> list[Field]:
    return [Field(f"{table}.{column}", purpose, basis, kept, then, rule) for column in columns.split()]


PERSONAL: Mapping[str, Field] = {
    field.column: field
    for field in [
        *_fields("travellers", "openid unionid", P.SIGN_IN, B.CONTRACT, K.IDLE, T.DELETED, "travellers_idle"),
        *_fields("travellers", "language first_seen_at last_seen_at", P.SIGN_IN, B.CONTRACT, K.IDLE, T.DELETED, "travellers_idle"),
        *_fields("wishes", "traveller_id made_at told_at", P.ORDER, B.CONTRACT, K.IDLE, T.DELETED, "travellers_idle"),
        *_fields(
            "sign_ins", "state_hash browser_hash return_path code_hash traveller_id started_at claimed_at finished_at",
            P.SIGN_IN, B.INTEREST, K.SIGN_IN_OVER, T.DELETED,
        ),
        *_fields("orders", "traveller_name", P.ORDER, B.CONTRACT, K.FLOWN, T.MOVED, "orders_flown"),
        *_fields("orders", "birth_date request_hash adult_confirmed_at", P.ORDER, B.CONTRACT, K.FLOWN, T.REPLACED, "orders_flown"),
        *_fields("orders", "traveller_id", P.ORDER, B.CONTRACT, K.IDLE, T.LOOSE, "travellers_idle"),
        *_fields("orders", "residence", P.EVIDENCE, B.LAW, K.BOOK_YEARS, T.LOOSE),
        *_fields(
            "orders", "flight_number flight_date departs_at origin destination final_destination language idempotency_key campaign "
            "on_my_way_at treatment", P.BOOKS, B.LAW, K.BOOK_YEARS, T.LOOSE,
        ),
        *_fields("trip_changes", "old_flight new_flight old_departs_at new_departs_at old_final_destination new_final_destination",
                 P.ORDER, B.CONTRACT, K.BOOK_YEARS, T.LOOSE),
        *_fields(
            "saved_trips", "flight day origin destination final_destination residence terminal departs_local departs_at saved_at "
            "traveller_id", P.ORDER, B.CONTRACT, K.UNPAID, T.DELETED, "saved_trips",
        ),
        *_fields("order_history", "who", P.PROTECTION, B.INTEREST, K.BOOK_YEARS, T.LOOSE),
        *_fields("trip_changes", "who", P.PROTECTION, B.INTEREST, K.BOOK_YEARS, T.LOOSE),
        *_fields("attempts", "request", P.BOOKS, B.CONTRACT, K.REFUNDABLE, T.REPLACED, "payment_requests"),
        *_fields("attempts", "prepay_id", P.BOOKS, B.CONTRACT, K.REFUNDABLE, T.REPLACED, "payment_requests"),
        *_fields("attempts", "payer_id", P.BOOKS, B.CONTRACT, K.IDLE, T.LOOSE, "travellers_idle"),
        *_fields("refunds", "request", P.BOOKS, B.LAW, K.BOOK_YEARS, T.LOOSE),
        *_fields("refunds", "note handled_note", P.BOOKS, B.LAW, K.BOOK_YEARS, T.DELETED, "refund_notes"),
        *_fields("refunds", "asked_by handled_by", P.PROTECTION, B.INTEREST, K.BOOK_YEARS, T.LOOSE),
        *_fields("open_items", "settled_by settled_how", P.BOOKS, B.LAW, K.BOOK_YEARS, T.LOOSE),
        *_fields("pickups", "code", P.ORDER, B.CONTRACT, K.BOOK_YEARS, T.LOOSE),
        *_fields("scans", "details", P.EVIDENCE, B.LAW, K.EVIDENCE_YEARS, T.DELETED, "evidence"),
        *_fields("scans", "staff", P.PROTECTION, B.INTEREST, K.EVIDENCE_YEARS, T.DELETED, "scan_staff"),
        *_fields("conflicts", "resolution", P.PROTECTION, B.INTEREST, K.BOOK_YEARS, T.DELETED, "conflict_notes"),
        *_fields("conflicts", "resolved_by", P.PROTECTION, B.INTEREST, K.BOOK_YEARS, T.LOOSE),
        *_fields("parcels", "packed_by", P.PROTECTION, B.INTEREST, K.BOOK_YEARS, T.LOOSE),
        *_fields("waves", "made_by", P.PROTECTION, B.INTEREST, K.BOOK_YEARS, T.LOOSE),
        *_fields("delays", "said_by", P.PROTECTION, B.INTEREST, K.BOOK_YEARS, T.LOOSE),
        *_fields("setting_versions", "changed_by", P.PROTECTION, B.INTEREST, K.BOOK_YEARS, T.LOOSE),
        *_fields("audit_log", "actor before after", P.PROTECTION, B.INTEREST, K.BOOK_YEARS, T.LOOSE),
        *_fields("messages", "text", P.ORDER, B.CONTRACT, K.TOLD, T.DELETED, "message_texts"),
        *_fields("messages", "traveller_id language facts", P.ORDER, B.CONTRACT, K.IDLE, T.LOOSE, "travellers_idle"),
        *_fields("messages", "asked_by", P.PROTECTION, B.INTEREST, K.BOOK_YEARS, T.LOOSE),
        *_fields("mail_addresses", "traveller_id address language given_at confirmed_at key", P.ORDER, B.CONTRACT, K.IDLE, T.DELETED,
                 "travellers_idle"),
        *_fields("announcements", "facts", P.ORDER, B.CONTRACT, K.OUTBOX, T.DELETED),
        *_fields("deliveries", "last_error", P.PROTECTION, B.INTEREST, K.OUTBOX, T.DELETED),
        *_fields("staff", "totp_salt", P.STAFF, B.CONTRACT, K.WORKS_HERE, T.REPLACED),
        *_fields("staff", "name role password_hash last_failure_at failures", P.STAFF, B.CONTRACT, K.WORKS_HERE, T.REPLACED),
        *_fields("order_notes", "text", P.ORDER, B.INTEREST, K.FLOWN, T.DELETED, "order_notes"),
        *_fields("order_notes", "who", P.PROTECTION, B.INTEREST, K.BOOK_YEARS, T.LOOSE),
        *_fields("export_jobs", "actor actor_name token", P.PROTECTION, B.INTEREST, K.BOOK_YEARS, T.LOOSE),
        *_fields("saved_reports", "owner_id name", P.STAFF, B.INTEREST, K.WORKS_HERE, T.DELETED),
        *_fields("schedules", "owner_id target", P.STAFF, B.INTEREST, K.WORKS_HERE, T.DELETED),
        *_fields("staff_sessions", "token_hash seen_at browser address", P.STAFF, B.INTEREST, K.WORKS_HERE, T.DELETED),
        *_fields("recovery_codes", "code_hash", P.STAFF, B.INTEREST, K.WORKS_HERE, T.DELETED),
        *_fields("invitations", "token_hash name", P.STAFF, B.CONTRACT, K.WORKS_HERE, T.DELETED),
        *_fields("sign_in_tries", "key", P.PROTECTION, B.INTEREST, K.OUTBOX, T.DELETED),
        *_fields("catalogue_imports", "sent_by confirmed_by", P.PROTECTION, B.INTEREST, K.BOOK_YEARS, T.LOOSE),
        *_fields("payment_notices", "handled_by handled_note", P.BOOKS, B.LAW, K.BOOK_YEARS, T.LOOSE),
        *_fields("stock_movements", "note who", P.BOOKS, B.LAW, K.BOOK_YEARS, T.LOOSE),
        *_fields("product_pictures", "uploaded_by", P.PROTECTION, B.INTEREST, K.BOOK_YEARS, T.LOOSE),
        *_fields("prices", "set_by withdrawn_by", P.PROTECTION, B.INTEREST, K.BOOK_YEARS, T.LOOSE),
        *_fields("withdrawals", "name wish", P.BOOKS, B.LAW, K.BOOK_YEARS, T.REPLACED, "withdrawals"),
        *_fields("withdrawals", "email", P.ORDER, B.LAW, K.ANSWERED, T.REPLACED, "withdrawal_contacts"),
        *_fields("withdrawals", "language token key", P.BOOKS, B.LAW, K.BOOK_YEARS, T.LOOSE),
        *_fields("withdrawals", "handled_by handled_note", P.PROTECTION, B.INTEREST, K.BOOK_YEARS, T.LOOSE),
        *_fields("letters", "email", P.ORDER, B.CONTRACT, K.ANSWERED, T.REPLACED, "letters"),
        *_fields("letters", "language", P.ORDER, B.CONTRACT, K.BOOK_YEARS, T.LOOSE),
        *_fields("follower_touches", "openid first_id first_at last_id last_at", P.STATISTIC, B.INTEREST, K.TOUCHED, T.DELETED,
                 "follower_touches"),
        *_fields("order_touches", "first_id first_at last_id last_at", P.STATISTIC, B.INTEREST, K.BOOK_YEARS, T.LOOSE),
        *_fields("campaigns", "created_by", P.PROTECTION, B.INTEREST, K.BOOK_YEARS, T.LOOSE),
        *_fields("articles", "changed_by", P.PROTECTION, B.INTEREST, K.BOOK_YEARS, T.LOOSE),
        *_fields("article_history", "who", P.PROTECTION, B.INTEREST, K.BOOK_YEARS, T.LOOSE),
        *_fields("mass_sends", "prepared_by confirmed_by", P.PROTECTION, B.INTEREST, K.BOOK_YEARS, T.LOOSE),
        *_fields("product_costs", "set_by", P.PROTECTION, B.INTEREST, K.BOOK_YEARS, T.LOOSE),
        *_fields("chat_entries", "follower_id text key event at topic outcome said", P.CHAT, B.CONTRACT, K.CHAT, T.DELETED, "chat"),
        *_fields(
            "followers", "openid follows changed_at scene followed_at message_at menu_at scan_at with_person_at first_at last_at",
            P.CHAT, B.CONTRACT, K.IDLE, T.DELETED, "followers_idle",
        ),
        *_fields("chat_answers", "changed_by", P.PROTECTION, B.INTEREST, K.BOOK_YEARS, T.LOOSE),
        *_fields("chat_service_hours", "changed_by", P.PROTECTION, B.INTEREST, K.BOOK_YEARS, T.LOOSE),
        *_fields("account_menus", "saved_by published_by", P.PROTECTION, B.INTEREST, K.BOOK_YEARS, T.LOOSE),
        *_fields("devices", "name token_hash", P.STAFF, B.INTEREST, K.WORKS_HERE, T.REPLACED),
    ]
}  # fmt: skip

# Columns of tables about people that say nothing of one: numbers of ours, money, states, moments of the shop's own doing.
PLAIN: Mapping[str, str] = {
    "travellers": "id app_id erased_at",
    "sign_ins": "id",
    "wishes": "id product_id",
    "orders": "id number state refund_state total_minor total_currency placed_at pay_before hold_until paid_at collected_at "
    "changed_at terminal pickup_point_id collect_from collect_until trip_changed_at forgotten_at",
    "order_lines": "order_id position product_id sku name_zh name_en name_de picture quantity unit_price_minor refunded",
    "order_history": "id order_id old_state new_state at why",
    "order_notes": "id order_id key at",
    "saved_trips": "id",
    "trip_changes": "id order_id at why old_point_id new_point_id",
    "messages": "id moment about occasion order_id state channel reason tried only planned_at due_at tries client_msg_id first_sent_at "
    "sent_at done_at msgid template_id",
    "mail_addresses": "letters",
    "attempts": "id order_id out_trade_no amount_minor amount_currency time_expire created_at state prepay_at transaction_id paid_at "
    "payer_minor payer_currency exchange_rate checks checked_at next_check_at",
    "payments": "id transaction_id out_trade_no attempt_id order_id amount_minor amount_currency paid_at heard_at verdict payer_minor "
    "payer_currency exchange_rate refunded_minor",
    "payment_notices": "id notice_id event_type received_at out_trade_no transaction_id amount_minor amount_currency success_at merchant "
    "verdict attempt_id order_id handled_at",
    "refunds": "id payment_id order_id out_refund_no amount_minor amount_currency cause state requested_at sent_at tries next_try_at "
    "checked_at refund_id done_at payer_minor payer_currency last_said replaces_id to_shop_at handled_at",
    "refund_lines": "refund_id position quantity",
    "refund_keys": "key request_hash refund_id",
    "pickups": "id order_id issued_at revoked_at collected_at collected_by scan_id",
    "scans": "id scan_id device_id order_id outcome scanned_at received_at undone_at undone_by",
    "conflicts": "id scan_id order_id found_at resolved_at",
    "parcels": "order_id state slot_id recent_scans opened_at changed_at packed_at told_at",
    "parcel_lines": "order_id position packed",
    "staff": "id session_epoch active created_at totp_since totp_step",
    "staff_roles": "id staff_id role pickup_point_id",
    "staff_sessions": "id staff_id made_at passed_at ended_at",
    "recovery_codes": "id staff_id used_at",
    "invitations": "id grants made_by made_at expires_at withdrawn_at for_staff_id staff_id",
    "sign_in_tries": "tries last_at",
    "withdrawals": "id received_at order_number order_id proof course order_state may_until refund_id told_at handled_at",
    "letters": "id order_id asked_at sent_at",
    "devices": "id kind pickup_point_id created_by created_at revoked_at",
    "chat_entries": "id mark way kind answer_id",
    "followers": "id app_id",
    "audit_log": "id at action thing previous_hash hash",
    "follower_touches": "id app_id",
    "order_touches": "order_id",
}

# Tables in which no person is; a column of theirs that looks personal is named above all the same.
WITHOUT_PEOPLE = frozenset(
    [
        "airports", "announcements", "audit_head", "bill_lines", "bills", "brands", "catalogue_import_lines", "catalogue_import_parts",
        "catalogue_imports", "categories", "delays", "deliveries", "exchange_rates", "export_jobs",
        "figures_days", "figures_departures", "figures_placed",
        "figures_products", "figures_standing", "flights", "follow_codes",
        "hand_over_rules", "open_items", "pickup_points", "prices", "product_pictures",
        "products", "saved_reports", "schedules", "search_entries", "search_spellings", "search_terms",
        "setting_versions", "shelf_slots", "stock", "stock_holds", "stock_movements",
        "wave_orders", "waves",
        "peer_tokens", "peer_troubles", "chat_answers", "chat_service_hours", "account_menus",
        "article_history", "article_pictures", "articles", "campaign_days", "campaigns", "mass_sends", "product_costs", "wechat_pictures",
    ]
)  # fmt: skip
# What a column is called that says something of a person; and those that are called so and do not.
LOOKS_PERSONAL = (
    r"(?:^|_)(?:name|names|openid|unionid|birth|phone|mobile|e?mail|address|passport|document|residence|traveller|person|who|by|note|"
    r"notes|comment|ip|user_agent|browser|session|password|token|secret|totp|language|staff|actor|customer|resolution)(?:_|$)"
)
NOT_A_PERSONS = frozenset(
    [
        *(f"{table}.name_{lang}" for table in ("airports", "categories", "products", "pickup_points") for lang in ("zh", "en", "de")),
        "announcements.name", "bills.file_name", "brands.name", "catalogue_imports.name", "catalogue_imports.notes",
        "export_jobs.language", "saved_reports.language",
        "peer_tokens.name", "peer_troubles.name", "chat_answers.name",
        "articles.address", "campaigns.scene_address", "mass_sends.tag_name",
    ]
)  # fmt: skip


class Cookie(Struct, frozen=True):
    """What a visitor's browser keeps for us. `only_when`: what must have happened before it is set at all."""

    name: str
    purpose: Purpose
    days: int
    only_when: str


# A page that somebody only looks at sets none of them.
COOKIES = (
    Cookie("shop", Purpose.ORDER, 30, "something was put into the basket, or somebody signed in"),
    Cookie("shop-from", Purpose.STATISTIC, campaign_rules.KEPT.days, "somebody came through an article, a poster or a menu entry"),
)
