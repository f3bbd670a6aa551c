"""Guards that a migration sets: what a database itself refuses to do to a table.

They hold against a mistake and against whoever may only write; the owner of the database can drop them, and that is
what the chain is for.
"""

from alembic import op

FUNCTION = """
CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION USING ERRCODE = 'restrict_violation', MESSAGE = TG_TABLE_NAME || ' is append-only';
END $$
"""


def refuse(table: str, *changes: str, when: str = "") -> None:
    """Make a table refuse some of UPDATE and DELETE: always, or when a condition holds of the rows OLD and NEW."""
    connection = op.get_bind()
    server = connection.dialect.name == "postgresql"
    if server:
        connection.exec_driver_sql(FUNCTION)
    for change in changes:
        trigger = f"CREATE TRIGGER {table}_no_{change.lower()} BEFORE {change} ON {table} FOR EACH ROW"
        condition = f"WHEN ({when})" if when else ""
        refusal = "EXECUTE FUNCTION refuse_change()" if server else f"BEGIN SELECT {_abort(table)}; END"
        connection.exec_driver_sql(f"{trigger} {condition} {refusal}")
    if server and "DELETE" in changes:
        trigger = f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} FOR EACH STATEMENT"
        connection.exec_driver_sql(f"{trigger} EXECUTE FUNCTION refuse_change()")


def _abort(table: str) -> str:
    return f"RAISE(ABORT, '{table} is append-only')"
