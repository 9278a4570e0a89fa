"""What other companies call: notices of WeChat Pay, messages of the official accounts. Signatures prove them, not sessions."""

from shop.web.callbacks.official_account import blueprint as official_account
from shop.web.callbacks.wechat_pay import blueprint as wechat_pay

BLUEPRINTS = [official_account, wechat_pay]
