"""Anonymous pages through nginx, with the very configuration that docs/operations.md recommends: kept for one second."""

import os
import re
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import requests
import set_up
from processes import ROOT, free_port

from . import asking
from .load import Job, drive
from .machine import WORKERS, Machine
from .measures import Sample, share_of_hello
from .paths import Stage, WrongAnswer

GUIDE, TOOLS = ROOT / "docs" / "operations.md", ROOT / "instance" / "tools"
CONNECTIONS, AHEAD = 8, 16  # asked one by one, nginx answers more quickly than a process of ours can ask
PAGES = ["/", *(f"/categories/c{n}" for n in range(5)), *(f"/products/SKU-{n:06}" for n in range(10))]
ACCEPTS = {"Accept-Encoding": "gzip"}
WHAT_TO_DO = "nginx is missing. Debian, Ubuntu: apt install nginx. Or put the nginx of this machine on PATH."


def program() -> str:
    """nginx of this machine, or Debian's package unpacked into instance/tools: nothing is installed or started. Raises CannotSetUp."""
    own = TOOLS / "usr" / "sbin" / "nginx"
    found = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
    if not found and not own.exists() and shutil.which("apt-get") and shutil.which("dpkg-deb"):
        _unpack()
    found = found or str(own)
    if not Path(found).exists() or subprocess.run([found, "-v"], capture_output=True, check=False).returncode:
        raise set_up.CannotSetUp(WHAT_TO_DO)
    return found


def _unpack() -> None:
    TOOLS.mkdir(parents=True, exist_ok=True)
    if os.geteuid() == 0:
        subprocess.run(["apt-get", "-q", "-o", "DPkg::Lock::Timeout=300", "update"], capture_output=True, check=False)
    subprocess.run(["apt-get", "-q", "download", "nginx"], cwd=TOOLS, capture_output=True, check=False)
    for package in TOOLS.glob("nginx_*.deb"):
        subprocess.run(["dpkg-deb", "-x", str(package), str(TOOLS)], capture_output=True, check=False)


def configuration(guide: str, folder: Path, port: int, shop: int) -> str:
    """The guide's own block, with this machine's ports and folders and without TLS. Raises ValueError when it lacks a line."""
    block = re.search(r"```nginx\n(.*?)```", guide, re.DOTALL)
    if block is None:
        raise ValueError(f"{GUIDE.name} has no block for nginx")
    text = block[1]
    for old, new in (
        (r"server 127\.0\.0\.1:8000;", f"server 127.0.0.1:{shop};"),
        (r"proxy_cache_path \S+", f"proxy_cache_path {folder}/cache"),
        (r"server \{\s+listen 80;.*?\n\}\n", ""),
        (r"listen 443 ssl http2;", f"listen 127.0.0.1:{port};"),
        (r"ssl_certificate\S* +\S+;", ""),
        (r"/srv/shop/app/", f"{ROOT}/"),
    ):
        text, count = re.subn(old, new, text, flags=re.DOTALL)
        if not count:
            raise ValueError(f"{GUIDE.name}: the block for nginx has no {old}")
    places = "".join(f"{name}_temp_path {folder}/{name};" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    return (
        f"daemon off; pid {folder}/nginx.pid; error_log {folder}/error.log; worker_processes {WORKERS};\n"
        f"events {{ worker_connections 512; }}\nhttp {{ access_log off; keepalive_requests 10000000; {places}\n{text}\n}}\n"
    )


def start(machine: Machine) -> int:
    """nginx in front of the bench's shop; its port. Raises CannotSetUp, DidNotStart."""
    nginx, folder, port = program(), machine.processes.folder / "nginx", free_port()
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "nginx.conf"
    file.write_text(configuration(GUIDE.read_text(encoding="utf-8"), folder, port, machine.ports["shop"]))
    machine.processes.start("nginx", [nginx, "-p", str(folder), "-c", str(file)])
    machine.processes.wait_for("nginx", f"http://127.0.0.1:{port}/categories/c1")
    return port


def _check(stage: Stage, port: int) -> None:
    """What is kept is the right page for everybody. Raises WrongAnswer."""
    url = f"http://127.0.0.1:{port}/categories/c1"
    own = {"Cookie": stage.travellers.cookie(stage.travellers.keys[0])}
    for _ in range(2):
        for language, html in (("zh-CN", 'lang="zh-CN"'), ("de-DE", 'lang="de"')):
            for headers in ({}, own):
                answer = requests.get(url, headers={"Accept-Language": language, **headers}, timeout=20)
                if html not in answer.text or "Set-Cookie" in answer.headers:
                    raise WrongAnswer(f"through nginx: another page than {language}'s, or one with a cookie")


def share(stage: Stage, seconds: float, rounds: int) -> tuple[float, bool]:
    """Answers a second through nginx as a multiple of the bare hello's, in turn, and whether it is by CPU as rounds differ too much."""
    machine, port = stage.machine, start(stage.machine)
    _check(stage, port)
    pages = Job(port=port, requests=[asking.raw("GET", path, ACCEPTS) for path in PAGES], connections=CONNECTIONS, ahead=AHEAD)
    hello = Job(port=machine.ports["hello"], requests=[asking.raw("GET", "/")], connections=CONNECTIONS)
    bare, kept = [], []
    for _ in range(rounds):
        bare.append(_sample(hello, seconds, lambda: machine.worker_seconds("hello")))
        kept.append(_sample(pages, seconds, lambda: machine.worker_seconds("nginx") + machine.worker_seconds("shop")))
        say = f"  hello {bare[-1].rate:,.0f}/s, {bare[-1].app_us:.0f} µs; through nginx {kept[-1].rate:,.0f}/s, {kept[-1].app_us:.0f} µs"
        print(say, flush=True)
    machine.end("nginx")
    return share_of_hello(kept, bare)


def _sample(job: Job, seconds: float, spent: Callable[[], float]) -> Sample:
    """CPU is that of the workers that answer, of nginx with the shop behind it."""
    before = spent()
    done = drive(replace(job, seconds=seconds, again=True))
    if set(done.statuses) != {200} or done.cookies:
        raise WrongAnswer(f"a page for everybody: {done.statuses}, {done.cookies} cookies")
    return Sample(done.rate, (spent() - before) * 1e6 / done.answers)
