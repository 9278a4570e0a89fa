"""WeChat Pay on a bad day: answers every prepay after a pause, properly signed. Started as a process of its own.

    python -m bench.slow_pay PORT KEY_FILE SERIAL SECONDS
"""

import base64
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key


def signature(key: RSAPrivateKey, timestamp: str, nonce: str, body: bytes) -> str:
    """WeChat Pay, signatures of answers and notices: three lines, each with its line feed, RSA with SHA-256."""
    message = f"{timestamp}\n{nonce}\n".encode() + body + b"\n"
    return base64.b64encode(key.sign(message, PKCS1v15(), SHA256())).decode()


def serve(port: int, key: RSAPrivateKey, serial: str, seconds: float) -> None:
    class Peer(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            time.sleep(seconds)
            body, timestamp, nonce = b'{"prepay_id":"wx26112034540719864508"}', str(int(time.time())), "bench"
            self.send_response(200)
            for name, value in {
                "Content-Type": "application/json", "Content-Length": str(len(body)), "Wechatpay-Timestamp": timestamp,
                "Wechatpay-Nonce": nonce, "Wechatpay-Serial": serial,
                "Wechatpay-Signature": signature(key, timestamp, nonce, body),
            }.items():  # fmt: skip
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Nothing: who waits here is counted by the load."""

    ThreadingHTTPServer(("127.0.0.1", port), Peer).serve_forever()


if __name__ == "__main__":
    _key = load_pem_private_key(Path(sys.argv[2]).read_bytes(), password=None)
    if not isinstance(_key, RSAPrivateKey):
        sys.exit("not an RSA key")
    serve(int(sys.argv[1]), _key, sys.argv[3], float(sys.argv[4]))
