"""Many threads that ask for the same thing at the same moment."""

import threading
from concurrent.futures import ThreadPoolExecutor

import requests


def ask_at_once(web: str, many: int) -> list[int]:
    """So many ask at one moment for what needs the account's token; answers their statuses."""
    gate = threading.Barrier(many)

    def ask(_: int) -> int:
        with requests.Session() as http:
            http.trust_env = False
            gate.wait(30)
            return http.get(f"{web}/wechat/page.json", params={"url": f"{web}/"}, timeout=30).status_code

    with ThreadPoolExecutor(many) as threads:
        return list(threads.map(ask, range(many)))
