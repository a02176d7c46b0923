"""Every store, looked through for a shopper: the database, the online store, and all files of the home.

It changes nothing. What it can't look into it says in the receipt, under `not_reached`.
"""

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, Text, cast, func, or_, select
from sqlalchemy.orm import Session

from features.backups.archive import ASIDE, MANIFEST
from features.verification.files import scan_file, scan_folder
from features.verification.findings import Findings
from features.verification.receipt import VERSION
from features.verification.servers import DATABASE, ONLINE, scan_redis, scan_tables
from features.verification.traces import SHORT_TEXT, Traces, texts_of
from recommender.db.engine import session_scope
from recommender.db.tables import Erasure, Event, Item, Model, User
from recommender.privacy.erasure import digest
from recommender.settings import Settings
from recommender.subject_access.holdings import held, tables_about_shoppers

BACKUPS, FORMER_HOMES, LANDING, IMAGES, OTHERS = "backups", "former homes", "landing folder", "images", "other files"
STORES = {  # by the topmost folder of the home; what is in none of them is of `OTHERS`
    "offline": "offline features",
    "feast": ONLINE,
    "models": "models",
    "encoders": "encoders",
    "bentoml": "bentos",
    "reports": "reports",
    "logs": "logs",
    "spool": "spool",
    "landing": LANDING,
    "images": IMAGES,
}
OTHER_SHOPS = "shops"
MEMORY = "memory of running workers: they forget an erased shopper within a second"
SERVER_PAGES = "PostgreSQL's dead rows and write-ahead log: VACUUM frees the rows, a checkpoint the log"
UNNAMED = "backups and folders that were not named with --folder"


@dataclass(frozen=True, slots=True)
class LookedFor:
    """How many texts are looked for, and how many aren't: too short to tell, or somebody else's or the shop's too."""

    looked_for: int
    too_short: int
    shared: int


def verify(
    engine: Engine,
    settings: Settings,
    user_id: str,
    exported: Mapping[str, Any] | None = None,
    folders: Iterable[Path] = (),
) -> dict[str, Any]:
    """The receipt's content: what was looked through and what is left.

    The texts are those that the stores hold still, and those of `exported`, what the shopper's export was before.
    """
    with session_scope(engine) as session:
        traces, texts = _traces(session, user_id, exported)
        erasure = session.get(Erasure, digest(user_id))
        erased = None if erasure is None else (erasure.requested_at, erasure.done_at)
        models = list(erasure.models or ()) if erasure else []
        promoted = Model.model_version.in_(models) & (Model.status == "promoted")
        unlearned = list(session.scalars(select(Model.model_version).where(promoted)))
    findings = Findings(traces)
    not_reached = [MEMORY, UNNAMED]
    if engine.dialect.name != "sqlite":
        scan_tables(findings, engine)
        not_reached.append(SERVER_PAGES)
    if settings.redis_url is not None:
        scan_redis(findings, settings.redis_url)
    database = Path(engine.url.database or "").resolve() if engine.dialect.name == "sqlite" else None
    findings.add(_scan_apart(traces, settings, database, tuple(folders)))
    return {
        "version": VERSION,
        "verified_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "shopper": digest(user_id),
        "erasure_asked_at": erased[0].isoformat() if erased else None,
        "erasure_done_at": erased[1].isoformat() if erased and erased[1] else None,
        "clean": not findings.found and not findings.unread,
        "texts": asdict(texts),
        "scanned": dict(sorted(findings.scanned.items())),
        "found": [asdict(one) for one in findings.found],
        "unread": findings.unread,
        "models_to_retrain": unlearned,
        "not_reached": not_reached,
    }


def _scan_apart(traces: Traces, settings: Settings, database: Path | None, folders: Sequence[Path]) -> Findings:
    """All files, read by a process of its own: who has a file of SQLite open as a database must not open it otherwise.

    Closing it would let go of SQLite's locks (https://sqlite.org/howtocorrupt.html, section 2.2).
    """
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as apart:
        return apart.submit(_scan_files, traces, settings, database, folders).result()


def _scan_files(traces: Traces, settings: Settings, database: Path | None, folders: Sequence[Path]) -> Findings:
    findings = Findings(traces)
    _scan_home(findings, settings, database)
    for folder in folders:
        store = BACKUPS if (folder / MANIFEST).is_file() else OTHERS
        scan_folder(findings, folder, lambda _, store=store: store)  # type: ignore[misc]
    return findings


def _scan_home(findings: Findings, settings: Settings, database: Path | None) -> None:
    def store_of(relative: Path) -> str | None:
        return _store_of(relative, database, settings.root)

    scan_folder(findings, settings.root, store_of)
    for folder, store in ((settings.landing_dir, LANDING), (settings.images_dir, IMAGES)):
        if folder.is_dir() and not folder.is_relative_to(settings.root):
            scan_folder(findings, folder, lambda _, store=store: store)  # type: ignore[misc]
    if database is not None and not database.is_relative_to(settings.root):
        for path in (database, database.with_name(f"{database.name}-wal")):
            scan_file(findings, path, DATABASE, path.name)


def _store_of(relative: Path, database: Path | None, root: Path) -> str | None:
    top = relative.parts[0]
    if top == OTHER_SHOPS:
        return None
    if top.startswith(ASIDE):
        return FORMER_HOMES
    if database is not None and str(root / relative).startswith(str(database)):  # with what SQLite keeps beside it
        return DATABASE
    return STORES["logs"] if relative.parts[:2] == ("airflow", "logs") else STORES.get(top, OTHERS)


def _traces(session: Session, user_id: str, exported: Mapping[str, Any] | None) -> tuple[Traces, LookedFor]:
    texts = {*texts_of(held(session, user_id)), *texts_of((exported or {}).get("database", {}))}
    long = sorted(text for text in texts if len(text.encode()) >= SHORT_TEXT)
    theirs = [text for text in long if not _is_shared(session, user_id, text)]
    counts = LookedFor(len(theirs), len(texts) - len(long), len(long) - len(theirs))
    return Traces(user_id, tuple(theirs), _longer_ids(session, user_id)), counts


def _is_shared(session: Session, user_id: str, text: str) -> bool:
    """Whether the same text is in the catalogue, or some other shopper's, too."""
    others = or_(Event.user_id.is_(None), Event.user_id != user_id)
    said = cast(User.attributes, Text).contains(text, autoescape=True)
    queries = (
        select(Event.id).where(Event.text == text, others),
        select(Event.id).where(Event.session_id == text, Event.user_id != user_id),
        select(User.user_id).where(User.user_id != user_id, said),
        select(Item.item_id).where(or_(Item.title == text, Item.brand == text)),
    )
    return any(session.scalar(query.limit(1)) is not None for query in queries)


def _longer_ids(session: Session, user_id: str) -> tuple[str, ...]:
    """Other shoppers' ids that hold this one."""
    found = set[str]()
    for table in tables_about_shoppers():
        for column in table.columns:
            if column.name.endswith("user_id"):
                holds = column.contains(user_id, autoescape=True) & (func.length(column) > len(user_id))
                found |= set(session.scalars(select(column).distinct().where(holds)))
    return tuple(sorted(found))
