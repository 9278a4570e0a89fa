"""The audit log: who did what, chained by hashes, and the triggers that keep it as it was written

Revision: 0015_audit
"""

import sqlalchemy as sa
from alembic import op

revision = "0015_audit"
down_revision = "0014_scan_staff"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

POSTGRESQL = (
    """
    CREATE FUNCTION audit_log_stays() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      RAISE EXCEPTION 'the audit log is never changed' USING ERRCODE = 'integrity_constraint_violation';
    END $$
    """,
    """
    CREATE TRIGGER audit_log_stays BEFORE UPDATE OR DELETE ON audit_log FOR EACH ROW EXECUTE FUNCTION audit_log_stays()
    """,
    """
    CREATE TRIGGER audit_log_is_not_emptied BEFORE TRUNCATE ON audit_log
    FOR EACH STATEMENT EXECUTE FUNCTION audit_log_stays()
    """,
    """
    CREATE TRIGGER audit_head_never_goes_back BEFORE UPDATE ON audit_head
    FOR EACH ROW WHEN (NEW.length < OLD.length) EXECUTE FUNCTION audit_log_stays()
    """,
    """
    CREATE TRIGGER audit_head_stays BEFORE DELETE ON audit_head FOR EACH ROW EXECUTE FUNCTION audit_log_stays()
    """,
)
SQLITE = tuple(
    f"CREATE TRIGGER {name} BEFORE {when} BEGIN SELECT RAISE(ABORT, 'the audit log is never changed'); END"
    for name, when in (
        ("audit_log_never_changed", "UPDATE ON audit_log"),
        ("audit_log_never_deleted", "DELETE ON audit_log"),
        ("audit_head_never_goes_back", "UPDATE ON audit_head WHEN NEW.length < OLD.length"),
        ("audit_head_never_deleted", "DELETE ON audit_head"),
    )
)


def upgrade() -> None:
    op.create_table(
        "audit_log",
        sa.Column("id", KEY, autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(length=60), nullable=False),
        sa.Column("action", sa.String(length=64), nullable=False),
        sa.Column("thing", sa.String(length=100), nullable=False),
        sa.Column("before", sa.JSON(), nullable=True),
        sa.Column("after", sa.JSON(), nullable=True),
        sa.Column("previous_hash", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_log")),
    )
    for name in ("actor", "action", "thing"):
        op.create_index(f"ix_audit_log_{name}", "audit_log", [name, "id"])
    op.create_index("ix_audit_log_at", "audit_log", ["at"])
    op.create_table(
        "audit_head",
        sa.Column("id", KEY, autoincrement=False, nullable=False),
        sa.Column("length", KEY, nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_head")),
    )
    for statement in POSTGRESQL if op.get_bind().dialect.name == "postgresql" else SQLITE:
        op.execute(statement)


def downgrade() -> None:
    op.drop_table("audit_head")
    op.drop_table("audit_log")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION audit_log_stays()")
