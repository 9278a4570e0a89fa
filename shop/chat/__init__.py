"""The chat of the official account: what travellers write and do there, what they are answered, and the menu below it.

Words: *entry* (one line of a conversation, theirs or ours), *topic* (what an entry is about, as far as a rule can tell),
*answer* (a text that marketing keeps, with the keywords that call for it), *service hours* (when one of us reads along),
*hand over* (give a conversation to one of us), *menu* (the buttons below the chat). Announces what people do at the account.
"""
