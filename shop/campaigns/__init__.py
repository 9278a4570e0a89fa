"""What leads to the shop: articles of the content account, posters, menu entries; and which of them an order came from.

Words: *campaign* (something that leads here, known by its *mark*), *article* (a campaign with a text that WeChat publishes),
*touch* (a visitor came through a campaign: the first and the last one are kept), *mass send* (an article sent to everybody
with a tag, after a second click). Announces nothing.
"""
