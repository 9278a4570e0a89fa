"""The orders that wait, with all that the list of those who need attention asks of them; tokens of those who left end

Revision: 0024_office
"""

from alembic import op

revision = "0024_office"
down_revision = "0023_exports"
branch_labels = None
depends_on = None

NAME = "ix_orders_to_hand_over"
TO_HAND_OVER = "state IN ('paid', 'packing', 'ready')"
KEPT = "state, collect_from, placed_at, total_minor, pickup_point_id"


def upgrade() -> None:
    """A few ten thousand entries, however many orders there are: nobody waits long. SQLite keeps the index it has."""
    _make(f" INCLUDE ({KEPT})")
    op.execute(
        "UPDATE devices SET revoked_at = CURRENT_TIMESTAMP WHERE kind = 'manager' AND revoked_at IS NULL "
        "AND created_by IN (SELECT id FROM staff WHERE NOT active)"
    )


def downgrade() -> None:
    _make("")


def _make(more: str) -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(f"DROP INDEX {NAME}")
        op.execute(f"CREATE INDEX {NAME} ON orders (departs_at, id){more} WHERE {TO_HAND_OVER}")
