"""Somebody who may have reports made, and a peer that takes mail."""

import socketserver
import threading
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import builders
import pytest
from flask import Flask

from shop.exports.asking import Actor
from shop.people.rights import Grant, Role


@pytest.fixture
def actor(app: Flask) -> Actor:
    """An accountant with the admin's rights too."""
    key = builders.a_colleague(Grant(Role.ADMIN), name="anna")
    return Actor(f"staff:{key}", "anna")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "exports"
    made.mkdir()
    return made


class _Session(socketserver.StreamRequestHandler):
    """As much of SMTP (RFC 5321) as a client needs that behaves."""

    server: "MailServer"

    def handle(self) -> None:
        self._say(220, "ready")
        to: list[str] = []
        while line := self.rfile.readline():
            verb = line.decode().strip().upper()
            if verb.startswith("RCPT TO:"):
                to.append(line.decode().split(":", 1)[1].strip())
                self._say(*self.server.answer_to_recipients)
            elif verb == "DATA":
                self._say(354, "go on")
                self.server.take(to, self._data())
                self._say(250, "taken")
            elif verb == "QUIT":
                self._say(221, "bye")
                return
            else:
                self._say(250, "fine")

    def _data(self) -> bytes:
        lines = []
        while (line := self.rfile.readline()) not in (b".\r\n", b""):
            lines.append(line.removeprefix(b".") if line.startswith(b"..") else line)
        return b"".join(lines)

    def _say(self, code: int, words: str) -> None:
        self.wfile.write(f"{code} {words}\r\n".encode())


class MailServer(socketserver.ThreadingTCPServer):
    """A mail server on loopback; `letters` are what it took, with their recipients."""

    allow_reuse_address = daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Session)
        self.letters: list[tuple[list[str], EmailMessage]] = []
        self.answer_to_recipients = (250, "fine")

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.server_address[1]}"

    def take(self, to: list[str], data: bytes) -> None:
        letter: Any = message_from_bytes(data, policy=policy.default)
        self.letters.append((to, letter))


@pytest.fixture
def mail_server() -> Iterator[MailServer]:
    with MailServer() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()
