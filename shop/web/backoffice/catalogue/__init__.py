"""The pages of the catalogue: the list of products, one product, categories and brands, many products at once."""

from shop.web.backoffice.catalogue import bulk, listing, pictures, prices, product, shelving, stock
from shop.web.backoffice.catalogue.door import blueprint

__all__ = ["blueprint", "bulk", "listing", "pictures", "prices", "product", "shelving", "stock"]
