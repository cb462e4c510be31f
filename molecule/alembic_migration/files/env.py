"""Alembic's environment, as `alembic init` writes it. It reads a setting of the application, as many do."""

import os

from alembic import context
from sqlalchemy import engine_from_config, pool

SIGNED_WITH = os.environ["JWT_SECRET"]
config = context.config
print("what env.py prints is no answer")

if context.is_offline_mode():
    context.configure(url=config.get_main_option("sqlalchemy.url"), literal_binds=True)
    with context.begin_transaction():
        context.run_migrations()
else:
    section = config.get_section(config.config_ini_section)
    with engine_from_config(section, prefix="sqlalchemy.", poolclass=pool.NullPool).connect() as connection:
        context.configure(connection=connection)
        with context.begin_transaction():
            context.run_migrations()
