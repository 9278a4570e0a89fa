"""What is open in the storefront from the start: looking around."""

from shop.web.storefront import browse, campaigns, domain_files, finding
from shop.web.storefront import legal as legal  # its pages are browse's, as finding's are

OPEN = (campaigns.blueprint, browse.blueprint, domain_files.blueprint)

assert finding.blueprint is browse.blueprint
