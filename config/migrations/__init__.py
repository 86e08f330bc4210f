"""How a database of last month becomes today's: Alembic's revisions, the first of which makes the first tables."""
