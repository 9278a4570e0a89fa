"""What this room announces. Subject: the order."""

NEEDS_A_PERSON = "payments.needs_a_person"  # facts: verdict, attempt_id
REFUND_DUE = "payments.refund_due"  # facts: attempt_id
