"""What this room announces. Facts: `order_id`."""

PLACED = "orders.placed"
PAID = "orders.paid"
COLLECTED = "orders.collected"
CANCELLED = "orders.cancelled"
EXPIRED = "orders.expired"
MOVED = "orders.moved"  # to another flight; facts `change_id`
DELAYED = "orders.delayed"  # the flight leaves at another time; facts `change_id`
