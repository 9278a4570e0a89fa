"""The doors: who comes in, and what they see. One folder per kind of visitor."""
