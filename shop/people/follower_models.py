"""The table of those who follow an official account."""

from datetime import datetime

from sqlalchemy import Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from shop.base.db import Key, Model


class Follower(Model):
    """Somebody who has ever done something at one of our accounts: the same person as the traveller with this `openid`, where
    there is one. `follows` holds since `changed_at`; the other moments are the last of their kind and open WeChat's windows
    for chat messages. `scene` is the code that led here last.
    """

    __tablename__ = "followers"
    __table_args__ = (UniqueConstraint("app_id", "openid"), Index("ix_followers_last_at", "last_at"))

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    app_id: Mapped[str] = mapped_column(String(64))
    openid: Mapped[str] = mapped_column(String(128))
    follows: Mapped[bool] = mapped_column(default=True)
    changed_at: Mapped[datetime]
    scene: Mapped[str | None] = mapped_column(String(64))
    followed_at: Mapped[datetime | None]
    message_at: Mapped[datetime | None]
    menu_at: Mapped[datetime | None]
    scan_at: Mapped[datetime | None]
    with_person_at: Mapped[datetime | None]  # since when one of us talks to them; the shop keeps quiet meanwhile
    first_at: Mapped[datetime]
    last_at: Mapped[datetime]
