"""What this room announces. Subject: the traveller."""

ADDRESS_GIVEN = "messaging.address_given"  # has to be confirmed by a letter
