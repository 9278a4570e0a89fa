"""What this room announces. Subject: the order."""

NEEDS_A_PERSON = "payments.needs_a_person"  # facts: verdict, attempt_id
REFUND_DUE = "payments.refund_due"  # facts: payment_id, verdict
REFUND_ASKED = "payments.refund_asked"  # facts: refund_id
REFUNDED = "payments.refunded"  # facts: refund_id
REFUND_ABNORMAL = "payments.refund_abnormal"  # facts: refund_id
