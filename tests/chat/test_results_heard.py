"""WeChat tells the shop how publications and mass sends of the content account have ended; nobody has to ask."""
from collections.abc import Callable, Iterator
from io import BytesIO
from urllib.parse import urlsplit

import pytest
from builders import NOW
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image
from sandbox.conftest import Listener

from shop import reacting
from shop.campaigns import publishing, queries, sending, writing
from shop.campaigns.queries import ArticleView
from shop.campaigns.sending import EndTooEarly
from shop.campaigns.states import ArticleState, SendState
from shop.campaigns.writing import Text
from shop.sandbox import Sandbox

from .playing import work

ME = "staff:1"
Forward = Callable[[str], int]


@pytest.fixture
def forward(client: FlaskClient, box: Sandbox) -> Iterator[Forward]:
    """What WeChat pushes about an account's work, byte for byte, into the shop; answers how many pushes there were."""
    listener = Listener()
    listener.judge = lambda _: 200
    box.control.shop(listener.url)
    box.control.press(seconds=0)

    def pushed(event: str) -> int:
        app_id = box.world.keys.numbers.content_app_id
        while not any(one["event"] == event and one["app_id"] == app_id for one in box.control.pushes()):
            box.control.wait_for_pushes()
        got, listener.got = listener.got, []
        for one in got:
            asked = urlsplit(one.path)
            assert client.post(asked.path, query_string=asked.query, data=one.body).data == b"success"
        work()
        return len(got)

    yield pushed
    listener.stop()


@pytest.fixture
def article(app: Flask) -> ArticleView:
    out = BytesIO()
    Image.new("RGB", (640, 480), "teal").save(out, "PNG")
    made = writing.begin("秋日好物", ME, NOW)
    picture = writing.add_picture(made, out.getvalue(), ME, NOW)
    writing.save(made, queries.article(made).revision, Text("秋日好物", "小王", "好物", "你好", "/", picture), ME, NOW)
    return queries.article(made)


@pytest.mark.parametrize(("status", "ends"), [(0, ArticleState.PUBLISHED), (4, ArticleState.FAILED)])
def test_a_publication_of_the_content_account_is_heard_when_it_ends(
    article: ArticleView, forward: Forward, box: Sandbox, status: int, ends: ArticleState
) -> None:
    box.control.press(next_status=[status])
    publishing.send_draft(article.id, article.revision, reacting.desk(), ME, NOW)
    publishing.publish(article.id, article.revision, reacting.desk(), ME, NOW)

    assert queries.article(article.id).state is ArticleState.PUBLISHING
    assert forward("PUBLISHJOBFINISH") == 1

    assert queries.article(article.id).state is ends


@pytest.fixture
def sent(article: ArticleView, box: Sandbox) -> int:
    tag = box.control.add_tag("已同意", members=("o1",), others=99)
    made = sending.prepare(article.id, article.revision, tag, "在菜单里点了接收优惠的人", reacting.desk(), ME, NOW)
    sending.confirm(made, reacting.desk(), ME, NOW)
    return made


def test_a_mass_send_is_heard_when_it_ends_with_how_many_it_reached(forward: Forward, sent: int) -> None:
    assert forward("MASSSENDJOBFINISH") == 1

    send = queries.send(sent)
    assert (send.state, send.reached, send.refused) == (SendState.FINISHED, 100, 0)


def test_its_figures_are_kept_also_when_asking_was_quicker(forward: Forward, sent: int) -> None:
    assert sending.go_on(reacting.desk(), NOW) == 1
    assert queries.send(sent).reached is None

    forward("MASSSENDJOBFINISH")

    assert (queries.send(sent).state, queries.send(sent).reached) == (SendState.FINISHED, 100)


def test_an_end_that_is_told_before_its_number_is_written_down_is_heard_later(forward: Forward, article: ArticleView, box: Sandbox) -> None:
    tag = box.control.add_tag("已同意", members=("o1",), others=99)
    made = sending.prepare(article.id, article.revision, tag, "在菜单里点了接收优惠的人", reacting.desk(), ME, NOW)
    box.control.fault("drop_after", path="/cgi-bin/message/mass/sendall")
    assert sending.confirm(made, reacting.desk(), ME, NOW) is SendState.SENDING
    (there,) = box.control.press()["sends"]

    with pytest.raises(EndTooEarly):
        reacting.hear_mass_send(1, {"msg_id": there["msg_id"], "total": "100", "sent": "100"}, NOW)
    assert queries.send(made).state is SendState.SENDING


@pytest.mark.parametrize("facts", [{}, {"msg_id": "1", "total": "x", "sent": "-1"}, {"msg_id": "", "total": "9" * 40}])
def test_the_end_of_what_is_none_of_ours_changes_nothing(app: Flask, sent: int, facts: dict[str, str]) -> None:
    reacting.hear_mass_send(1, facts, NOW)

    assert queries.send(sent).state is SendState.SENT
