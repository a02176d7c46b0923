"""models are named relative to home, so that a home can be moved and restored"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0007"
branch_labels = None
depends_on = None

MODELS = sa.table("models", sa.column("model_version"), sa.column("path"))


def upgrade() -> None:
    connection = op.get_bind()
    for version, path in connection.execute(sa.select(MODELS.c.model_version, MODELS.c.path)).all():
        before, found, rest = path.replace("\\", "/").rpartition("/models/")
        if found and before:
            change = sa.update(MODELS).where(MODELS.c.model_version == version)
            connection.execute(change.values(path=f"models/{rest}"))


def downgrade() -> None:
    """A relative path is read by the release before, too."""
