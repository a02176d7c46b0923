"""The catalogue's photos as vectors, kept beside the texts' in table `embeddings` by what the files hold.

It knows the items, item_images and embeddings tables, the images folder and an encoder. A photo costs one model call,
once, however many items share it; a file that hasn't changed isn't even read again. One that can't be used is counted
and kept among the rejects with its reason. Photos stream through in batches, so memory doesn't grow with the
catalogue.

Shape suffixes: N items, M distinct photos, E width of the encoder.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Engine, Row, delete, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from recommender.db.engine import get_engine, session_scope
from recommender.db.tables import Embedding, Item, ItemImage, Reject
from recommender.embeddings.text import LOOK_UP, keep_vectors, stored_vectors
from recommender.encoders.image_io import BadImage, content_hash, decode_image, image_path, is_remote, read_image
from recommender.models.image_vectors import Seen
from recommender.settings import get_settings

if TYPE_CHECKING:
    from PIL.Image import Image

    from recommender.encoders.image import ImageEncoder

BATCH = 256  # items whose photos are held in memory together
FIELD = "image"

Progress = Callable[[int, int], None]  # done, of how many


@dataclass(frozen=True, slots=True)
class ImageCounts:
    """Of the items with a photo. `model_calls` counts the photos that the model had to look at."""

    items: int = 0
    cached: int = 0
    model_calls: int = 0
    rejected: int = 0
    remote: int = 0  # addresses on the web, which are not fetched

    def __add__(self, other: "ImageCounts") -> "ImageCounts":
        return ImageCounts(*(getattr(self, name) + getattr(other, name) for name in self.__slots__))


@dataclass(frozen=True, slots=True)
class _File:
    """An item's photo as it lies there; `known` is the hash it had when it was last read unchanged."""

    item_id: str
    name: str
    path: Path
    size: int
    modified: int
    known: str | None


def embed_images(
    load: "Callable[[], ImageEncoder]",
    encoder_id: str,
    engine: Engine | None = None,
    progress: Progress | None = None,
    folder: Path | None = None,
) -> ImageCounts:
    """Gives every photo of the catalogue a vector of this encoder, which is loaded only where one has none."""
    engine = engine or get_engine()
    run = _Run(load, encoder_id, engine, folder or get_settings().images_dir)
    with session_scope(engine) as session:
        total = session.scalar(select(func.count()).where(Item.image != "")) or 0
    counts, after = ImageCounts(), ""
    while batch := _next_items(engine, after):
        counts += run.take(batch)
        after = batch[-1].item_id
        if progress:
            progress(counts.items, total)
    return counts


class _Run:
    """What stays the same through a run; the encoder comes with the first photo that needs it."""

    def __init__(self, load: "Callable[[], ImageEncoder]", encoder_id: str, engine: Engine, folder: Path) -> None:
        self._load, self._encoder_id, self._engine, self._folder = load, encoder_id, engine, folder
        self._encoder: ImageEncoder | None = None

    def take(self, batch: Sequence[Row[Any]]) -> ImageCounts:
        """Keeps vectors of a batch's photos, and the reasons against those that can't be used; answers the counts."""
        bad: dict[str, str] = {}
        files = []
        local = [row for row in batch if not is_remote(row.image)]
        for row in local:
            try:
                files.append(_found(row, self._folder))
            except BadImage as error:
                bad[row.image] = str(error)
        hashes, data = self._hashes(files, bad)
        with session_scope(self._engine) as session:
            there = known_hashes(session, self._encoder_id, sorted(set(hashes.values())))
        fresh, broken = self._decoded(files, hashes, there, data, bad)
        if fresh:
            self._encoder = self._encoder or self._load()
            vectors = self._encoder.encode(list(fresh.values()))
        with session_scope(self._engine) as session:
            if fresh:
                keep_vectors(session, self._encoder_id, list(fresh), vectors)
            good = [one for one in files if one.item_id in hashes and hashes[one.item_id] not in broken]
            _keep_files(session, good, hashes, [row.item_id for row in batch])
            _keep_rejects(session, [row.image for row in local], bad)
        rejected = len(local) - len(good)
        return ImageCounts(len(batch), len(good) - len(fresh), len(fresh), rejected, len(batch) - len(local))

    def _hashes(self, files: Sequence[_File], bad: dict[str, str]) -> tuple[dict[str, str], dict[str, bytes]]:
        """The hash of each item's photo, and what was read to find it."""
        hashes, data = {}, {}
        for one in files:
            if one.known:
                hashes[one.item_id] = one.known
                continue
            try:
                raw = read_image(one.path)
            except BadImage as error:
                bad[one.name] = str(error)
                continue
            hashes[one.item_id] = content_hash(raw)
            data[hashes[one.item_id]] = raw
        return hashes, data

    def _decoded(
        self,
        files: Sequence[_File],
        hashes: dict[str, str],
        there: set[str],
        data: dict[str, bytes],
        bad: dict[str, str],
    ) -> "tuple[dict[str, Image], set[str]]":
        """The photos that have no vector yet, by hash, each once; and the hashes of those that are no photos."""
        fresh: dict[str, Image] = {}
        broken: dict[str, str] = {}
        for one in files:
            name = hashes.get(one.item_id)
            if name is None or name in there or name in fresh:
                continue
            if name not in broken:
                try:
                    fresh[name] = decode_image(data.get(name) or read_image(one.path))
                    continue
                except BadImage as error:
                    broken[name] = str(error)
            bad[one.name] = broken[name]
        return fresh, set(broken)


def known_hashes(session: Session, encoder_id: str, hashes: Sequence[str]) -> set[str]:
    """Which of these have a vector of this encoder."""
    found: set[str] = set()
    for start in range(0, len(hashes), LOOK_UP):
        wanted = Embedding.content_hash.in_(hashes[start : start + LOOK_UP])
        found |= set(session.scalars(select(Embedding.content_hash).where(Embedding.encoder_id == encoder_id, wanted)))
    return found


def load_image_vectors(
    session: Session, encoder_id: str, item_ids: Sequence[str]
) -> tuple[NDArray[np.float32], NDArray[np.int32]]:
    """vectors_ME of the distinct photos and row_N, which of them is each item's: -1 for an item without a photo.

    Items whose photo hasn't been looked at by this encoder count as without; `embed_images` looks.
    """
    hash_of = dict(_item_hashes(session))
    wanted = [hash_of.get(item_id, "") for item_id in item_ids]
    distinct = sorted({name for name in wanted if name})
    found = dict(stored_vectors(session, encoder_id, distinct))
    row_of = {name: row for row, name in enumerate(name for name in distinct if name in found)}
    row_N = np.fromiter((row_of.get(name, -1) for name in wanted), dtype=np.int32, count=len(wanted))
    if not row_of:
        return np.zeros((0, 0), dtype=np.float32), row_N
    return np.stack([np.frombuffer(found[name], dtype="<f4") for name in row_of]), row_N


def load_seen(session: Session, encoder_id: str, item_ids: Sequence[str]) -> Seen:
    """The same as a model takes it; none for a model that looks at no photos."""
    if not encoder_id:
        return Seen("", np.zeros((0, 0), dtype=np.float32), np.full(len(item_ids), -1, dtype=np.int32))
    return Seen(encoder_id, *load_image_vectors(session, encoder_id, item_ids))


def _item_hashes(session: Session) -> Iterator[tuple[str, str]]:
    """Of the photos that items name now, not of those they had before."""
    query = select(ItemImage.item_id, ItemImage.content_hash).join(
        Item, (Item.item_id == ItemImage.item_id) & (Item.image == ItemImage.name)
    )
    for row in session.execute(query):
        yield row.item_id, row.content_hash


def _next_items(engine: Engine, after: str) -> list[Row[Any]]:
    known = (ItemImage.name, ItemImage.size, ItemImage.modified, ItemImage.content_hash)
    query = (
        select(Item.item_id, Item.image, *known)
        .outerjoin(ItemImage, ItemImage.item_id == Item.item_id)
        .where(Item.image != "", Item.item_id > after)
        .order_by(Item.item_id)
        .limit(BATCH)
    )
    with session_scope(engine) as session:
        return [*session.execute(query)]


def _found(row: Row[Any], folder: Path) -> _File:
    path = image_path(folder, row.image)
    state = path.stat()
    same = (row.name, row.size, row.modified) == (row.image, state.st_size, state.st_mtime_ns)
    known = row.content_hash if same else None
    return _File(row.item_id, row.image, path, state.st_size, state.st_mtime_ns, known)


def _keep_files(session: Session, good: Sequence[_File], hashes: dict[str, str], seen: Sequence[str]) -> None:
    """The photos as they were read; an item of the batch that has no good one loses the one it had."""
    kept = {one.item_id for one in good}
    session.execute(delete(ItemImage).where(ItemImage.item_id.in_([one for one in seen if one not in kept])))
    values = [
        {
            "item_id": one.item_id,
            "name": one.name,
            "size": one.size,
            "modified": one.modified,
            "content_hash": hashes[one.item_id],
        }
        for one in good
        if one.known is None
    ]
    if values:
        statement = _insert(session)(ItemImage)
        fresh = {name: statement.excluded[name] for name in values[0] if name != "item_id"}
        session.execute(statement.on_conflict_do_update(index_elements=["item_id"], set_=fresh), values)


def _keep_rejects(session: Session, names: Sequence[str], bad: dict[str, str]) -> None:
    """What was refused and why; the reason of a file that has been mended goes."""
    files = sorted({name[:512] for name in names})
    session.execute(delete(Reject).where(Reject.field == FIELD, Reject.line == 0, Reject.file.in_(files)))
    now = datetime.now(UTC)
    for name, reason in {name[:512]: reason for name, reason in bad.items()}.items():
        session.add(Reject(file=name, line=0, field=FIELD, reason=reason, raw="", created_at=now))


def _insert(session: Session) -> Any:
    return postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
