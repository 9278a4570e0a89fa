"""Marketing's part of the back office: campaigns and posters, articles, mass sends, what goods cost."""

from shop.web.backoffice.campaigns import articles, costs, doing, links, sends
from shop.web.backoffice.campaigns.door import blueprint

__all__ = ["articles", "blueprint", "costs", "doing", "links", "sends"]
