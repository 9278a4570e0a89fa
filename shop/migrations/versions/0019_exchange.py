"""Imports of the catalogue: the files that were sent, and what each of their lines would do

Revision: 0019_exchange
"""

import sqlalchemy as sa
from alembic import op

revision = "0019_exchange"
down_revision = "0018_catalogue"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "catalogue_imports",
        sa.Column("id", KEY, nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("size", KEY, nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("sent_by", sa.String(length=40), nullable=False),
        sa.Column("sent_at", MOMENT, nullable=False),
        sa.Column("run", KEY, nullable=False),
        sa.Column("worked_at", MOMENT, nullable=True),
        sa.Column("checked_at", MOMENT, nullable=True),
        *(sa.Column(name, KEY, nullable=False) for name in ("done", "new", "changed", "unchanged", "faulty")),
        sa.Column("notes", sa.JSON(), nullable=False),
        sa.Column("confirmed_by", sa.String(length=40), nullable=True),
        sa.Column("confirmed_at", MOMENT, nullable=True),
        sa.Column("applied_at", MOMENT, nullable=True),
        sa.CheckConstraint("size >= 0 AND done >= 0", name=op.f("ck_catalogue_imports_counts")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_catalogue_imports")),
    )
    op.create_table(
        "catalogue_import_parts",
        sa.Column("import_id", KEY, nullable=False),
        sa.Column("number", KEY, nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["import_id"], ["catalogue_imports.id"], name=op.f("fk_catalogue_import_parts_import_id")
        ),
        sa.PrimaryKeyConstraint("import_id", "number", name=op.f("pk_catalogue_import_parts")),
    )
    op.create_table(
        "catalogue_import_lines",
        sa.Column("import_id", KEY, nullable=False),
        sa.Column("line", KEY, nullable=False),
        sa.Column("sku", sa.String(length=60), nullable=False),
        sa.Column("outcome", sa.String(length=10), nullable=False),
        sa.Column("changes", sa.JSON(), nullable=True),
        sa.Column("faults", sa.JSON(), nullable=True),
        sa.Column("seen", sa.String(length=32), nullable=False),
        sa.Column("moves_ean", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["import_id"], ["catalogue_imports.id"], name=op.f("fk_catalogue_import_lines_import_id")
        ),
        sa.PrimaryKeyConstraint("import_id", "line", name=op.f("pk_catalogue_import_lines")),
    )
    op.create_index(
        "ix_catalogue_import_lines_faults", "catalogue_import_lines", ["import_id", "line"],
        postgresql_where=sa.text("outcome = 'fault'"), sqlite_where=sa.text("outcome = 'fault'"),
    )  # fmt: skip


def downgrade() -> None:
    op.drop_index("ix_catalogue_import_lines_faults", table_name="catalogue_import_lines")
    op.drop_table("catalogue_import_lines")
    op.drop_table("catalogue_import_parts")
    op.drop_table("catalogue_imports")
