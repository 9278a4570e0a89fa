"""What this room announces. Facts: `order_id`."""

PLACED = "orders.placed"
PAID = "orders.paid"
COLLECTED = "orders.collected"
CANCELLED = "orders.cancelled"
EXPIRED = "orders.expired"
