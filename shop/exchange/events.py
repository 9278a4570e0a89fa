"""What this room announces; the subject is the import."""

TO_CHECK = "exchange.to_check"
TO_APPLY = "exchange.to_apply"
