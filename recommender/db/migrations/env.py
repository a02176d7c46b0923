"""Alembic's entry: runs migrations on the engine that `recommender.db.engine` hands over."""

from alembic import context

from recommender.db.engine import get_engine
from recommender.db.tables import Base

engine = context.config.attributes.get("engine") or get_engine()

with engine.connect() as connection:
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_as_batch=connection.dialect.name == "sqlite",
        compare_type=True,
    )
    with context.begin_transaction():
        context.run_migrations()
