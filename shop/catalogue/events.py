"""What this room announces."""

PICTURE_ADDED = "catalogue.picture_added"  # the subject is the picture's key
