"""Every table there is. Imported for effect: by the application and by migrations."""

from shop.base import audit as audit
from shop.base import outbox as outbox
from shop.base import shared_tokens as shared_tokens
from shop.base import versions as versions
from shop.campaigns import models as campaigns
from shop.catalogue import cost_models as cost_models
from shop.catalogue import ledger_models as ledger_models
from shop.catalogue import models as catalogue
from shop.catalogue import picture_models as picture_models
from shop.catalogue import price_models as price_models
from shop.catalogue import rate_models as rate_models
from shop.catalogue import search_models as search_models
from shop.catalogue import wish_models as wish_models
from shop.chat import models as chat
from shop.contracts import models as contracts
from shop.exchange import models as exchange
from shop.exports import models as exports
from shop.figures import models as figures
from shop.flights import models as flights
from shop.messaging import models as messaging
from shop.orders import models as orders
from shop.payments import bill_models as bill_models
from shop.payments import models as payments
from shop.payments import refund_key_models as refund_key_models
from shop.people import follower_models as follower_models
from shop.people import models as people
from shop.people import staff_models as staff_models
from shop.pickup import models as pickup
from shop.pickup import packing_models as packing_models
from shop.trips import models as trips

__all__ = [
    "audit", "campaigns", "catalogue", "chat", "contracts", "exchange", "exports", "figures", "flights", "messaging",
    "orders", "outbox", "payments", "people", "pickup", "trips",
]  # fmt: skip
