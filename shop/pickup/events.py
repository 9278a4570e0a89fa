"""What this room announces. Subject: the order."""

READY = "orders.ready"  # its parcel lies at the counter; once for each parcel, also when it is taken off the shelf and put back
PARTLY_COLLECTED = "pickup.partly_collected"  # facts: scan_id, by, missing ([position, quantity] of what is refunded)
UNDONE = "pickup.undone"  # facts: scan_id, by
CONFLICT = "pickup.conflict"  # facts: scan_id
