"""What is open in the storefront from the start: looking around."""

from shop.web.storefront import campaigns, domain_files, finding

OPEN = (campaigns.blueprint, finding.blueprint, domain_files.blueprint)  # finding's is browse's
