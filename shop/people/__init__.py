"""Who is who: travellers known by their WeChat openid, staff by a password, counter devices by a token.

Words: *traveller*, *staff*, *device* (a counter tablet or another program with a bearer token), *sign-in* (one trip to
WeChat and back). Announces nothing.
"""
