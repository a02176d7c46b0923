"""What makes the service a Bento that stands alone: the environment it is served in, and a model of its own.

It knows BentoML's ways to say so, and nothing of what a model computes.
"""

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import bentoml
import polars as pl
import structlog
from bentoml.images import Image
from bentoml.models import BentoModel
from pydantic import BaseModel
from sqlalchemy import insert

from recommender.data.catalog import Catalogue
from recommender.db.engine import get_engine, migrate, writing
from recommender.db.tables import Item
from recommender.models.manifest import CATALOGUE
from recommender.settings import PROJECT_ROOT, Settings
from recommender.utils.lock_files import hold

log = structlog.get_logger(__name__)
LOCK = "requirements-serving.lock"


class BentoArguments(BaseModel):
    """What BentoML keeps with a Bento and hands to its service; a service that runs from source is given nothing."""

    model: str | None = None  # its tag in BentoML's store


def serving_image() -> Image:
    """Debian with Python 3.11 and the packages of requirements-serving.lock, which lies beside the code."""
    image = Image(python_version="3.11", lock_python_packages=False).system_packages("libgomp1")
    return image.python_packages(*(PROJECT_ROOT / LOCK).read_text().splitlines()).build_include("uv.toml")


def bento_model() -> BentoModel | None:
    """The model that the Bento was built for; None where the service runs from source."""
    tag = bentoml.use_arguments(BentoArguments).model
    return BentoModel(tag) if tag else None


def make_home(settings: Settings, model: Path) -> None:
    """Fixes where a Bento's home is, since its workers have another working folder, and furnishes a new one.

    A new home gets its tables and the catalogue that the Bento's model was trained over. A database that is there
    already, or on a server, is its owner's to fill and to migrate.
    """
    os.environ["ZHIYIN_HOME"] = str(settings.root)
    if settings.database_url is None and not (settings.root / "zhiyin.db").exists():
        migrate()
        catalogue = Catalogue.load(model / CATALOGUE)
        with writing(get_engine()) as session:
            session.execute(insert(Item), _rows(catalogue, datetime.now(UTC)))
        log.info("a new home has the catalogue of the Bento's model", home=str(settings.root), items=len(catalogue))


def _rows(catalogue: Catalogue, now: datetime) -> list[dict[str, Any]]:
    """The catalogue's items as rows of table `items`."""
    times = [pl.from_epoch(name).dt.replace_time_zone("UTC") for name in ("available_from", "available_until")]
    price = pl.col("price").cast(pl.Float64).round(4)  # else the digits that 32 bits invent
    return catalogue.frame.with_columns(*times, price, updated_at=pl.lit(now)).to_dicts()


def hold_bento(bento: bentoml.Bento | None) -> int | None:
    """From here on the Bento counts as in use and isn't tidied away, until this process ends."""
    if bento is None:
        return None
    return hold(Path(bento.path) / "bento.yaml")
