"""What this room announces."""

PICTURE_ADDED = "catalogue.picture_added"  # the subject is the picture's key
BACK_IN_STOCK = "catalogue.back_in_stock"  # the subject is the key of a wish: `wishing.wish_by_id`
