"""Answers that are large, made small for the way."""

import gzip

from flask import Flask, Response, request

LEVEL = 6  # of gzip; above it the time grows faster than the gain
PAGE_LEVEL = 2  # of ISA-L: a page of 40 KB takes it 20 µs, where zlib's level 1 takes 60 and saves less
SMALLEST = 1200  # bytes; a smaller page fits into one packet either way


def compressed(answer: Response) -> Response:
    """The same answer, with gzip for whoever accepts it (RFC 9110, 12.5.3)."""
    answer.vary.add("Accept-Encoding")
    if request.accept_encodings["gzip"] > 0:
        answer.set_data(gzip.compress(answer.get_data(), LEVEL, mtime=0))
        answer.content_encoding = "gzip"
    return answer


def _page(answer: Response) -> Response:
    """Pages leave with gzip for whoever accepts it; a proxy in front has nothing left to do and may keep them as they are.

    A secret beside words of a stranger would be told by the size (BREACH), but only to who can ask for the page with the
    visitor's cookie again and again: the session's cookie is `SameSite=Lax`.
    """
    if answer.mimetype != "text/html" or answer.is_streamed or answer.direct_passthrough or answer.content_encoding:
        return answer
    answer.vary.add("Accept-Encoding")
    if "gzip" not in request.headers.get("Accept-Encoding", "") or request.accept_encodings["gzip"] <= 0:
        return answer
    page = answer.get_data()
    if len(page) >= SMALLEST:
        from isal import igzip

        answer.set_data(igzip.compress(page, PAGE_LEVEL))
        answer.content_encoding = "gzip"
    return answer


def init_app(app: Flask) -> None:
    app.after_request(_page)
