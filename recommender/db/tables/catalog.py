"""What the shop has: items, their photos, and answers to questions."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, String, Text, false
from sqlalchemy.orm import Mapped, mapped_column

from recommender.db.tables.base import ID_LENGTH, Base


class Item(Base):
    """Something the shop can show.

    `stub` marks one known only from events, until the catalogue describes it, `retired` one that the whole catalogue no
    longer names, and `availability` is what the shop says of it: in_stock, out_of_stock, preorder or backorder.
    """

    __tablename__ = "items"
    item_id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    kind: Mapped[str] = mapped_column(String(32), default="product")
    title: Mapped[str] = mapped_column(Text)
    description: Mapped[str] = mapped_column(Text, default="")
    brand: Mapped[str] = mapped_column(String(256), default="")
    categories: Mapped[list[Any]] = mapped_column(default=list)  # the path, widest first
    price: Mapped[float | None]
    image: Mapped[str] = mapped_column(Text, default="")
    language: Mapped[str] = mapped_column(String(16), default="en")
    attributes: Mapped[dict[str, Any]] = mapped_column(default=dict)
    available_from: Mapped[datetime | None]
    available_until: Mapped[datetime | None]
    availability: Mapped[str | None] = mapped_column(String(16))  # None: nobody said
    url: Mapped[str] = mapped_column(Text, default="", server_default="")  # of its page in the shop
    currency: Mapped[str] = mapped_column(String(16), default="", server_default="")  # of the price
    price_converted: Mapped[bool] = mapped_column(
        default=False, server_default=false()
    )  # by rate, from one of `prices`
    prices: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default="{}")  # in other currencies
    translations: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default="{}")  # texts by other language
    stock: Mapped[float | None]  # how many there are; None: nobody said
    hidden: Mapped[bool] = mapped_column(default=False)
    retired: Mapped[bool] = mapped_column(default=False, server_default=false())
    stub: Mapped[bool] = mapped_column(default=False)
    content_hash: Mapped[str] = mapped_column(String(64), index=True)  # of the text the encoder reads
    updated_at: Mapped[datetime] = mapped_column(index=True)


class ItemAlias(Base):
    """A former id of an item, which was renamed or merged with another: what shoppers did under it is the item's."""

    __tablename__ = "item_aliases"
    alias: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    item_id: Mapped[str] = mapped_column(String(ID_LENGTH), index=True)
    created_at: Mapped[datetime]


class ItemImage(Base):
    """An item's photo as it was last read: an unchanged file isn't read again."""

    __tablename__ = "item_images"
    item_id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    name: Mapped[str] = mapped_column(Text)  # as the item names it
    size: Mapped[int] = mapped_column(BigInteger)
    modified: Mapped[int] = mapped_column(BigInteger)  # nanoseconds since 1970
    content_hash: Mapped[str] = mapped_column(String(64))  # of the bytes; see `embeddings`


class FaqEntry(Base):
    """A question that the shop answers, and its answer, word for word."""

    __tablename__ = "faq"
    faq_id: Mapped[str] = mapped_column(String(64), primary_key=True)  # of question and language
    question: Mapped[str] = mapped_column(Text)
    answer: Mapped[str] = mapped_column(Text)
    language: Mapped[str] = mapped_column(String(16))
    updated_at: Mapped[datetime] = mapped_column(index=True)
