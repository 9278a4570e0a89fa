"""Marketing's forms."""

from marshmallow import fields
from marshmallow.validate import Length, OneOf, Range

from shop.campaigns.states import CampaignKind
from shop.web.backoffice import forms
from shop.web.backoffice.forms import WORDS, words_field, written

KINDS = [kind.value for kind in CampaignKind if kind is not CampaignKind.ARTICLE]


class CampaignForm(forms.Form):
    """An article's campaign is made with the article."""

    kind = fields.String(required=True, validate=OneOf(KINDS, error="wrong_choice"), error_messages=WORDS)
    title = words_field(120, required=True)
    target = words_field(300, load_default="/")
    mark = words_field(32, load_default="")


class TitleForm(forms.Form):
    title = words_field(120, required=True)


class ArticleForm(forms.Form):
    """How long things may be is for the room to say: it knows WeChat's limits of the day."""

    revision = fields.Integer(required=True, validate=Range(min=1, max=10**9, error="wrong_value"), error_messages=WORDS)
    title = words_field(1000, load_default="")
    author = words_field(1000, load_default="")
    digest = words_field(2000, load_default="")
    target = words_field(300, load_default="/")
    cover = fields.Integer(load_default=None, validate=Range(min=1, max=999, error="wrong_choice"), error_messages=WORDS)
    body = fields.String(load_default="", validate=written, error_messages=WORDS)


class SendForm(forms.Form):
    revision = fields.Integer(required=True, validate=Range(min=1, max=10**9, error="wrong_value"), error_messages=WORDS)
    tag = fields.Integer(required=True, validate=Range(min=0, max=10**9, error="wrong_choice"), error_messages=WORDS)
    agreed = fields.String(required=True, validate=[Length(max=300, error="too_long"), written], error_messages=WORDS)


class CostForm(forms.Form):
    valid_from = forms.day_field("from", required=True)
    costs = fields.String(required=True, validate=[Length(max=100_000, error="too_long"), written], error_messages=WORDS)


CAMPAIGN, TITLE, ARTICLE, SEND, COST = CampaignForm(), TitleForm(), ArticleForm(), SendForm(), CostForm()
