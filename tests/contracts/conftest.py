"""A seller whose data is complete."""

from typing import Any

import pytest

from shop.policies.first_values import SELLER


@pytest.fixture
def seller() -> dict[str, Any]:
    return {
        **SELLER, "name": "Muster Duty Free GmbH", "represented_by": "Erika Mustermann", "street": "Straße 1", "city": "60549 Frankfurt",
        "country": "Deutschland", "email": "service@example.com", "phone": "+49 69 1", "vat_id": "DE123",
    }  # fmt: skip
