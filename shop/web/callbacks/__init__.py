"""What other companies call: notices of WeChat Pay. They prove themselves by signatures, not by sessions."""

from shop.web.callbacks.wechat_pay import blueprint as wechat_pay

BLUEPRINTS = [wechat_pay]
