"""How gunicorn runs the web process. Threads wait for peers, processes use the cores."""

import ctypes
import gc
import os
import shutil
import signal
import tempfile
from typing import Any

worker_class = "gthread"
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
threads = int(os.environ.get("SHOP_THREADS", "16"))
bind = os.environ.get("SHOP_BIND", f"127.0.0.1:{os.environ.get('PORT', '8000')}")
timeout = 60
graceful_timeout = 20
keepalive = 15
max_requests = 50_000
max_requests_jitter = 5_000
accesslog = None
forwarded_allow_ips = os.environ.get("SHOP_TRUSTED_PROXIES", "127.0.0.1")
limit_request_line = 4094
# The application is imported once, before the workers are forked from it: they start sooner, and share its memory (`pre_fork`
# below). It opens no connection, reads no key and starts no thread before its first request. New code needs a restart, not a HUP.
preload_app = True
gc.disable()  # importing leaves no rubbish, but is interrupted for looking a dozen times

# Each thread would get a heap of its own, which keeps what it once needed: with two for all, a worker is 5 MB smaller.
M_ARENA_MAX = -8  # of glibc's malloc.h
_libc = ctypes.CDLL(None)
if hasattr(_libc, "mallopt"):
    _libc.mallopt(M_ARENA_MAX, 2)

# One folder per gunicorn, in which its workers count together. The library looks for it when it is first imported, and
# never again: so nothing above or before this line may import it.
if not os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = tempfile.mkdtemp(prefix="shop-metrics-")
    _ours = os.environ["PROMETHEUS_MULTIPROC_DIR"]
else:
    _ours = ""


def when_ready(_server: Any) -> None:
    """What is there before the workers is never rubbish: left alone, it stays shared."""
    gc.freeze()
    gc.enable()


def pre_fork(server: Any, worker: Any) -> None:
    """The first worker is forked before the late doors are open, so that the catalogue is there soon. The others are forked with all
    doors open, in memory that they share; then the first makes room for one that shares it, too. It answers what it has
    begun, and whoever comes in between waits some milliseconds for the next. A shop whose door does not open ends here.
    """
    app = server.app.wsgi()
    if worker.age == 1 or not getattr(app, "doors_to_open", False):
        return
    gc.disable()
    app.open_doors()
    gc.freeze()
    gc.enable()
    for pid in list(server.WORKERS):
        server.kill_worker(pid, signal.SIGTERM)


def child_exit(_server: Any, worker: Any) -> None:
    """What a worker has counted is kept when it ends."""
    from prometheus_client import multiprocess

    multiprocess.mark_process_dead(worker.pid)


def on_exit(_server: Any) -> None:
    if _ours:
        shutil.rmtree(_ours, ignore_errors=True)
