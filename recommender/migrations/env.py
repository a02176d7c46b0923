"""Alembic's entry: runs migrations on the engine that `recommender.database` hands over."""

from alembic import context

from recommender.database import get_engine
from recommender.tables import Base

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
