"""A year of orders for a PostgreSQL database, made by the database itself: for benchmarks, plans and a look at full pages."""
