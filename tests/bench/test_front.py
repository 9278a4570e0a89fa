"""The bench puts nginx in front as the guide says it; the guide must still say it."""

import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).resolve().parents[2] / "scripts" / "lib"))

from scripts.lib.bench import front

GUIDE = front.GUIDE.read_text(encoding="utf-8")


def test_the_bench_runs_what_the_guide_recommends(tmp_path: Path) -> None:
    made = front.configuration(GUIDE, tmp_path, 8123, 8456)

    assert "listen 127.0.0.1:8123;" in made
    assert "server 127.0.0.1:8456;" in made
    assert "proxy_cache_valid 200 1s;" in made
    assert "ssl_certificate" not in made
    assert made.count("server {") == 1


@pytest.mark.parametrize("without", ["server 127.0.0.1:8000;", "proxy_cache_path", "listen 443 ssl http2;"])
def test_a_guide_that_lost_a_line_is_not_guessed_at(tmp_path: Path, without: str) -> None:
    with pytest.raises(ValueError, match=r"operations\.md"):
        front.configuration(GUIDE.replace(without, ""), tmp_path, 1, 2)
