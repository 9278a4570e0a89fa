"""What this room announces. Subject: the order."""

READY = "orders.ready"  # its parcel lies at the counter; once for each parcel, also when it is taken off the shelf and put back
