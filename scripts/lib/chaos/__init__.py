"""A bad day at the shop: what happens in it (`people`, `plans`, `killing`), and what must be true afterwards (`checks`)."""
