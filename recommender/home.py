"""The folder that holds all of an installation's state, and where in it each kind of state lies."""

from functools import cached_property
from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings


class Home(BaseSettings):
    """The settings that say where state lies, and the places that follow from them. Nothing is opened or made."""

    home: Path = Field(Path("var"), description="Folder of all state: databases, features, models, reports, logs.")
    database_url: str | None = Field(
        None, description="SQLAlchemy URL of the application's database; SQLite below home when unset."
    )
    images: Path | None = Field(None, description="Folder that holds the items' image files; home/images when unset.")
    landing: Path | None = Field(
        None, description="Folder the ingest DAG reads a shop's files from; home/landing when unset."
    )
    shop: str = Field("", description="The shop that this process is for, of several; the home's own one when empty.")
    shop_id: str = Field("", description="Whose home this is; set by entering a shop, and not by hand.")

    @staticmethod
    def shops_below(root: Path) -> Path:
        """The homes of an installation's shops, one folder a shop."""
        return root / "shops"

    @cached_property
    def root(self) -> Path:
        """The absolute form of `home`."""
        return self.home.expanduser().resolve()

    @property
    def sqlalchemy_url(self) -> str:
        """`database_url`, or else SQLite's file zhiyin.db below home."""
        return self.database_url or f"sqlite:///{self.root / 'zhiyin.db'}"

    def placed(self, path: str) -> Path:
        """Where something lies that a table names: relative to home, so that a home can be moved and restored."""
        return self.root / path

    def relative(self, path: Path) -> str:
        """How a table names something below home."""
        return path.resolve().relative_to(self.root).as_posix()

    @property
    def landing_dir(self) -> Path:
        """`landing`, or else home/landing, as an absolute path."""
        return (self.landing or self.root / "landing").resolve()

    @property
    def images_dir(self) -> Path:
        """`images`, or else home/images, as an absolute path."""
        return (self.images or self.root / "images").resolve()

    @property
    def offline_dir(self) -> Path:
        """Parquet of the offline features, one folder a view, one partition a day."""
        return self.root / "offline"

    @property
    def feast_dir(self) -> Path:
        """Feast's registry and its SQLite online store."""
        return self.root / "feast"

    @property
    def models_dir(self) -> Path:
        """One folder a trained model: tensors, catalogue snapshot, manifest."""
        return self.root / "models"

    @property
    def encoders_dir(self) -> Path:
        """What was made of encoders: int8 forms with the figures that judged them, fine-tuned weights."""
        return self.root / "encoders"

    @property
    def reports_dir(self) -> Path:
        """Drift reports as HTML and JSON, one folder a run."""
        return self.root / "reports"

    @property
    def bentoml_dir(self) -> Path:
        """BENTOML_HOME: the model store and the Bentos."""
        return self.root / "bentoml"

    @property
    def airflow_dir(self) -> Path:
        """AIRFLOW_HOME on one machine."""
        return self.root / "airflow"

    @property
    def logs_dir(self) -> Path:
        """Where the processes that `make demo` and `zhiyin loop` start write their output."""
        return self.root / "logs"
