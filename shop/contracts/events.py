"""What contracts announce."""

WITHDRAWN = "withdrawal.received"
LETTER_ASKED = "letter.asked"
