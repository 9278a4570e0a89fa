"""Keys under change: shares, a new certificate beside the old one, and a second API v3 key."""
import json
from pathlib import Path
from typing import Any

import pytest
import requests
from cryptography import x509
from cryptography.exceptions import InvalidTag


def learn(merchant: Any, changed: dict[str, Any]) -> None:
    """Put the new certificate into the merchant's ring."""
    pem = Path(changed["new_certificate_file"]).read_bytes()
    merchant.ring[changed["new_certificate"]] = x509.load_pem_x509_certificate(pem).public_key()


def certificates(merchant: Any) -> requests.Response:
    path = "/v3/certificates" if merchant.dialect == "mainland" else "/v3/global/certificates"
    return merchant.call("GET", path, headers={"Wechatpay-Serial": None})


def test_notices_move_to_the_public_key_by_shares(merchant: Any, box: Any, shop: Any) -> None:
    out_trade_no, _ = merchant.opened(notify_url=shop.url)
    box.control.pay(out_trade_no, notify=False)

    box.control.keys(notices_percent=30)
    box.control.send_notice(out_trade_no, copies=20)

    serials = [one.headers["Wechatpay-Serial"] for one in shop.got]
    assert serials.count(merchant.key_id) == 6
    assert serials.count(merchant.certificate_serial) == 14
    assert all(merchant.accepts(one.headers, one.body) for one in shop.got)


def test_answers_do_so_too_and_requests_may_name_either_key_or_none(merchant: Any, box: Any) -> None:
    box.control.keys(answers_percent=50)

    answers = [
        merchant.call("GET", f"{merchant.base}/out-trade-no/abcdef?{merchant.owner_query}",
                      headers={"Wechatpay-Serial": serial})
        for serial in (merchant.key_id, merchant.certificate_serial, None, merchant.key_id)
    ]

    assert {one.status_code for one in answers} == {404}
    assert [one.headers["Wechatpay-Serial"] for one in answers].count(merchant.key_id) == 2
    assert all(merchant.accepts(one.headers, one.content) for one in answers)


def test_a_new_certificate_is_listed_beside_the_old_one_before_it_signs(merchant: Any, box: Any) -> None:
    box.control.behaviour(answers="certificate")
    changed = box.control.keys(certificates="both")

    listed = certificates(merchant)
    box.control.keys(new_certificate_percent=100)
    by_new = merchant.query("abcdef")
    box.control.keys(certificates="new")
    only_new = certificates(merchant).json()["data"]

    data = listed.json()["data"]
    assert merchant.accepts(listed.headers, listed.content)
    assert [one["serial_no"] for one in data] == [merchant.certificate_serial, changed["new_certificate"]]
    pem = merchant.unseal(data[1]["encrypt_certificate"])
    assert f"{x509.load_pem_x509_certificate(pem).serial_number:X}" == changed["new_certificate"]
    assert by_new.headers["Wechatpay-Serial"] == changed["new_certificate"]
    assert not merchant.accepts(by_new.headers, by_new.content)
    learn(merchant, changed)
    assert merchant.accepts(by_new.headers, by_new.content)
    assert [one["serial_no"] for one in only_new] == [changed["new_certificate"]]


def test_merchants_with_a_public_key_only_have_no_certificates(merchant: Any, box: Any) -> None:
    box.control.behaviour(certificates="none")

    answer = certificates(merchant)

    assert (answer.status_code, answer.json()["code"]) == (404, "RESOURCE_NOT_EXISTS")


def test_resources_can_be_sealed_with_the_second_api_v3_key(merchant: Any, box: Any, shop: Any) -> None:
    out_trade_no, _ = merchant.opened(notify_url=shop.url)
    box.control.pay(out_trade_no, notify=False)

    changed = box.control.keys(api_v3_key_in_use="new")
    box.control.send_notice(out_trade_no)

    with pytest.raises(InvalidTag):
        merchant.content(shop.got[0])
    merchant.api_key = changed["new_api_v3_key"].encode()
    assert merchant.content(shop.got[0])["out_trade_no"] == out_trade_no
    assert json.loads(shop.got[0].body)["event_type"] == "TRANSACTION.SUCCESS"
    assert len(changed["new_api_v3_key"]) == 32


def test_the_new_keys_are_made_once_and_reset_ends_the_change(box: Any) -> None:
    first = box.control.keys(certificates="both", notices_percent=10)
    again = box.control.keys()
    box.control.reset()
    after = box.control.keys()

    assert first == again
    assert after["new_certificate"] == first["new_certificate"]
    assert (after["certificates"], after["notices_percent"]) == ("old", None)


@pytest.mark.parametrize(
    "wish",
    [{"answers_percent": 101}, {"notices_percent": "half"}, {"certificates": "none"}, {"api_v3_key_in_use": "third"},
     {"colour": "red"}, {"new_certificate_percent": None}],
)
def test_a_change_of_keys_that_makes_no_sense_is_refused(box: Any, wish: dict[str, Any]) -> None:
    assert requests.post(f"{box.url}/__control__/keys", json=wish, timeout=5).status_code == 400
