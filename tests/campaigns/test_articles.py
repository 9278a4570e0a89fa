"""Writing and publishing: nobody writes over another, WeChat gets an article once, and what became of it is heard."""

from datetime import timedelta
from threading import Thread

import pytest
import requests
from flask import Flask
from msgspec.structs import replace

from shop.campaigns import publishing, queries, writing
from shop.campaigns.drafting import ArticleNotReady, Desk
from shop.campaigns.publishing import DraftNotUpToDate, WrongWeChatName
from shop.campaigns.queries import ArticleView, article
from shop.campaigns.states import ArticleState, NotNow
from shop.campaigns.writing import ArticleMovedOn, Text, WrongArticle
from shop.catalogue.picture_files import NotAPicture
from shop.gateways.official_account import AccountUnavailable, ContentRefused, NotGranted, read_publication
from shop.sandbox import Sandbox

from .conftest import ME, NOW, a_picture


def text_of(one: ArticleView, **changed: object) -> Text:
    number = next((p.number for p in one.pictures if p.sha256 == one.cover), None)
    whole = Text(one.title, one.author, one.digest, one.body, one.target, number)
    return replace(whole, **changed)  # type: ignore[arg-type]


def what(article_id: int) -> list[str]:
    return [change.what for change in queries.history(article_id)][::-1]


def test_two_who_write_at_once_are_told_and_nothing_is_lost(written: ArticleView) -> None:
    writing.save(written.id, written.revision, text_of(written, body="她的"), "staff:2", NOW)

    with pytest.raises(ArticleMovedOn) as refused:
        writing.save(written.id, written.revision, text_of(written, body="他的"), ME, NOW)

    assert refused.value.facts["by"] == "staff:2"
    assert article(written.id).body == "她的"


def test_saving_the_same_again_changes_nothing(written: ArticleView) -> None:
    again = writing.save(written.id, written.revision - 1, text_of(written), ME, NOW)

    assert again == written.revision


@pytest.mark.parametrize(
    ("field", "value"),
    [("title", "长" * 33), ("title", " "), ("author", "长" * 17), ("digest", "长" * 129), ("body", "长" * 60_001), ("cover", 7)],
)
def test_what_is_too_much_is_refused_by_its_field_and_nothing_is_kept(written: ArticleView, field: str, value: object) -> None:
    with pytest.raises(WrongArticle) as refused:
        writing.save(written.id, written.revision, text_of(written, **{field: value}), ME, NOW)

    assert set(refused.value.fields) == {field}
    assert article(written.id) == written


@pytest.mark.parametrize("sent", [b"", b"GIF89a", b"%PDF-1.7", b"<svg xmlns='http://www.w3.org/2000/svg'/>", a_picture()[:200]])
def test_what_is_no_picture_is_refused(written: ArticleView, sent: bytes) -> None:
    with pytest.raises(NotAPicture):
        writing.add_picture(written.id, sent, ME, NOW)

    assert len(article(written.id).pictures) == 1


def test_a_draft_reaches_wechat_with_its_pictures_and_the_mark(written: ArticleView, desk: Desk, box: Sandbox) -> None:
    publishing.send_draft(written.id, written.revision, desk, ME, NOW)

    press = box.control.press()
    news = press["drafts"][0]["articles"][0]
    assert news["content_source_url"] == f"https://shop.example/products/SP-0001?c={written.mark}"
    assert news["content"].count(f"{box.url}/mmbiz/") == 2  # the picture and the product's code: the test shop has no product pictures
    assert "€50.00" in news["content"]
    assert article(written.id).state is ArticleState.DRAFTED


def test_a_changed_draft_goes_over_the_old_one_and_no_picture_twice(written: ArticleView, desk: Desk, box: Sandbox) -> None:
    publishing.send_draft(written.id, written.revision, desk, ME, NOW)
    pictures = len(box.control.press()["pictures"])
    revision = writing.save(written.id, written.revision, text_of(written, title="冬日好物"), ME, NOW)

    publishing.send_draft(written.id, revision, desk, ME, NOW)

    press = box.control.press()
    assert [one["articles"][0]["title"] for one in press["drafts"]] == ["冬日好物"]
    assert len(press["pictures"]) == pictures


def test_a_draft_that_was_deleted_over_there_is_made_anew(written: ArticleView, desk: Desk, box: Sandbox) -> None:
    publishing.send_draft(written.id, written.revision, desk, ME, NOW)
    box.control.lose_drafts()

    publishing.send_draft(written.id, written.revision, desk, ME, NOW)

    assert len(box.control.press()["drafts"]) == 1


def test_an_article_with_foreign_scripts_is_kept_and_not_sent(written: ArticleView, desk: Desk, box: Sandbox) -> None:
    body = "好\n<script src='https://evil.example/x.js'></script>"
    revision = writing.save(written.id, written.revision, text_of(written, body=body), ME, NOW)

    with pytest.raises(ArticleNotReady):
        publishing.send_draft(written.id, revision, desk, ME, NOW)

    assert article(written.id).body == body
    assert box.control.press()["drafts"] == []


def test_an_article_too_long_for_wechat_is_not_sent(written: ArticleView, desk: Desk) -> None:
    revision = writing.save(written.id, written.revision, text_of(written, body="字" * 21_000), ME, NOW)

    with pytest.raises(ArticleNotReady):
        publishing.send_draft(written.id, revision, desk, ME, NOW)


def test_a_preview_goes_to_one_phone(written: ArticleView, desk: Desk, box: Sandbox) -> None:
    with pytest.raises(DraftNotUpToDate):
        publishing.preview(written.id, written.revision, "wang_xiaoming", desk, ME, NOW)
    publishing.send_draft(written.id, written.revision, desk, ME, NOW)
    with pytest.raises(WrongWeChatName):
        publishing.preview(written.id, written.revision, "no", desk, ME, NOW)

    publishing.preview(written.id, written.revision, "wang_xiaoming", desk, ME, NOW)

    assert box.control.press()["previews"] == [{"to": "wang_xiaoming", "title": "秋日好物"}]


def test_an_article_is_published_followed_and_read(written: ArticleView, desk: Desk, box: Sandbox) -> None:
    publishing.send_draft(written.id, written.revision, desk, ME, NOW)
    publishing.publish(written.id, written.revision, desk, ME, NOW)

    assert publishing.follow(desk, NOW) == 1

    done = article(written.id)
    assert (done.state, done.problem) == (ArticleState.PUBLISHED, None)
    page = requests.get(str(done.address), timeout=10).text
    assert f"https://shop.example/products/SP-0001?c={written.mark}" in page
    assert what(written.id)[-3:] == ["draft_sent", "submitted", "published"]
    assert publishing.follow(desk, NOW) == 0


@pytest.mark.parametrize(("status", "problem"), [(2, "publish_not_original"), (3, "publish_failed"), (4, "publish_refused")])
def test_what_wechat_refuses_can_be_changed_and_sent_again(
    written: ArticleView, desk: Desk, box: Sandbox, status: int, problem: str
) -> None:
    box.control.press(next_status=[status])
    publishing.send_draft(written.id, written.revision, desk, ME, NOW)
    publishing.publish(written.id, written.revision, desk, ME, NOW)
    publishing.follow(desk, NOW)
    assert (article(written.id).state, article(written.id).problem) == (ArticleState.FAILED, problem)

    revision = writing.save(written.id, written.revision, text_of(written, body="别的"), ME, NOW)
    publishing.send_draft(written.id, revision, desk, ME, NOW)
    publishing.publish(written.id, revision, desk, ME, NOW)

    assert publishing.follow(desk, NOW) == 1
    assert article(written.id).state is ArticleState.PUBLISHED


def test_a_text_that_was_changed_since_is_not_published(written: ArticleView, desk: Desk) -> None:
    publishing.send_draft(written.id, written.revision, desk, ME, NOW)
    revision = writing.save(written.id, written.revision, text_of(written, body="新"), ME, NOW)

    with pytest.raises(DraftNotUpToDate):
        publishing.publish(written.id, revision, desk, ME, NOW)
    with pytest.raises(ArticleMovedOn):
        publishing.publish(written.id, written.revision, desk, ME, NOW)


def test_a_lost_answer_is_looked_up_and_never_published_twice(written: ArticleView, desk: Desk, box: Sandbox) -> None:
    publishing.send_draft(written.id, written.revision, desk, ME, NOW)
    box.control.fault("drop_after", path="/cgi-bin/freepublish/submit")

    assert publishing.publish(written.id, written.revision, desk, ME, NOW) is ArticleState.PUBLISHING
    assert publishing.follow(desk, NOW) == 0  # too soon to be sure
    with pytest.raises(NotNow):
        publishing.publish(written.id, written.revision, desk, ME, NOW)
    assert publishing.follow(desk, NOW + timedelta(minutes=1)) == 1

    assert article(written.id).state is ArticleState.PUBLISHED
    assert len(box.control.press()["jobs"]) == 1


def test_a_lost_request_leaves_the_draft_to_be_published_again(written: ArticleView, desk: Desk, box: Sandbox) -> None:
    publishing.send_draft(written.id, written.revision, desk, ME, NOW)
    box.control.fault("drop_before", path="/cgi-bin/freepublish/submit")
    publishing.publish(written.id, written.revision, desk, ME, NOW)

    publishing.follow(desk, NOW + timedelta(minutes=1))

    again = article(written.id)
    assert (again.state, again.problem) == (ArticleState.DRAFTED, "publish_not_done")
    publishing.publish(written.id, written.revision, desk, ME, NOW)
    assert publishing.follow(desk, NOW) == 1


def test_an_account_that_may_not_publish_says_so_and_keeps_the_draft(written: ArticleView, desk: Desk, box: Sandbox) -> None:
    publishing.send_draft(written.id, written.revision, desk, ME, NOW)
    box.control.press(revoked=True)

    with pytest.raises(NotGranted):
        publishing.publish(written.id, written.revision, desk, ME, NOW)

    assert article(written.id).state is ArticleState.DRAFTED


def test_a_draft_that_the_platform_checks_away_says_so(written: ArticleView, desk: Desk, box: Sandbox) -> None:
    publishing.send_draft(written.id, written.revision, desk, ME, NOW)
    box.control.fault("errcode", path="/cgi-bin/freepublish/submit", errcode=53503)

    with pytest.raises(ContentRefused):
        publishing.publish(written.id, written.revision, desk, ME, NOW)

    assert article(written.id).problem == "wechat_content_refused"


def test_a_broken_upload_is_gone_on_with_where_it_stopped(written: ArticleView, desk: Desk, box: Sandbox) -> None:
    box.control.fault("drop_before", path="/cgi-bin/material/add_material")
    with pytest.raises(AccountUnavailable):
        publishing.send_draft(written.id, written.revision, desk, ME, NOW)
    pictures = len(box.control.press()["pictures"])

    publishing.send_draft(written.id, written.revision, desk, ME, NOW)

    assert len(box.control.press()["pictures"]) == pictures + 1  # the cover alone was missing


def test_what_was_published_can_be_taken_down_and_put_away(written: ArticleView, desk: Desk, box: Sandbox) -> None:
    publishing.send_draft(written.id, written.revision, desk, ME, NOW)
    publishing.publish(written.id, written.revision, desk, ME, NOW)
    publishing.follow(desk, NOW)

    publishing.take_down(written.id, desk, ME, NOW)
    writing.archive(written.id, ME, NOW)

    assert box.control.press()["articles"] == []
    assert [one.id for one in queries.articles(archived=True)] == [written.id]
    assert queries.articles() == []


def test_two_who_publish_at_once_publish_once(app: Flask, written: ArticleView, desk: Desk, box: Sandbox) -> None:
    publishing.send_draft(written.id, written.revision, desk, ME, NOW)
    went: list[str] = []

    def press() -> None:
        with app.app_context():
            try:
                publishing.publish(written.id, written.revision, desk, ME, NOW)
                went.append("yes")
            except NotNow:
                went.append("no")

    both = [Thread(target=press) for _ in range(4)]
    for one in both:
        one.start()
    for one in both:
        one.join()

    assert sorted(went) == ["no", "no", "no", "yes"]
    assert len(box.control.press()["jobs"]) == 1


def test_the_platforms_own_word_is_a_reason_to_ask_it(written: ArticleView, desk: Desk, box: Sandbox) -> None:
    publishing.send_draft(written.id, written.revision, desk, ME, NOW)
    publishing.publish(written.id, written.revision, desk, ME, NOW)
    number = str(article(written.id).publish_id)

    assert queries.article_of_publish(number) == written.id
    assert publishing.settle(written.id, read_publication({"publish_id": number, "publish_status": "1"}), NOW) is False
    done = {"publish_status": 0, "article_id": "A1", "article_detail": {"item": {"article_url": "https://mp.weixin.qq.com/s/A1"}}}
    assert publishing.settle(written.id, read_publication(done), NOW)

    assert article(written.id).address == "https://mp.weixin.qq.com/s/A1"
