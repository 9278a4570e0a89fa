"""Who was at the counter when a parcel was scanned

Revision: 0014_scan_staff
"""

import sqlalchemy as sa
from alembic import op

revision = "0014_scan_staff"
down_revision = "0013_trips"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("scans", sa.Column("staff", sa.String(length=40), nullable=True))


def downgrade() -> None:
    op.drop_column("scans", "staff")
