"""`./helpline admin`: the first account, or a forgotten password, from the machine itself."""

from __future__ import annotations

import secrets

from sqlalchemy.exc import SQLAlchemyError

from admin_api.accounts import ensure_admin
from admin_api.problems import AdminApiError
from cli.runtime.progress import say
from config.database import Database
from config.errors import ConfigError
from config.migrate import upgrade
from config.settings import load_settings


def admin(username: str) -> int:
    """Make the administrator `username`, or give an existing one a new password, and print it once."""
    password = secrets.token_urlsafe(12)
    try:
        settings = load_settings()
        settings.data_dir.mkdir(parents=True, exist_ok=True)
        upgrade(settings.effective_database_url)
        database = Database(settings.effective_database_url)
        with database.writing() as session:
            ensure_admin(session, username, password)
        database.close()
    except (AdminApiError, ConfigError, SQLAlchemyError) as problem:
        say(str(problem))
        return 1
    print(f"user {username}   password {password}")
    say("Sign in at the console and hand the password on safely; it is not shown again.")
    return 0
