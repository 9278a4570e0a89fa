"""What goods cost the shop: lines typed or pasted, so that the campaign report can say what was earned."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from shop.base import clock
from shop.catalogue import costs as catalogue_costs
from shop.catalogue.costs import WrongCosts
from shop.reports.period import FRANKFURT
from shop.web.backoffice.campaigns import forms
from shop.web.backoffice.campaigns.door import Answer, blueprint, by_me
from shop.web.backoffice.forms import read
from shop.web.errors import STATUS
from shop.web.wiring import settings


@blueprint.get("/costs")
def costs() -> str:
    return _page({}, {}, {})


@blueprint.post("/costs")
def put_costs() -> Response | Answer:
    """All lines or none: then every line that is wrong is named."""
    typed = request.form.to_dict()
    values, errors = read(forms.COST, typed)
    if errors:
        return _page(typed, errors, {}), HTTPStatus.UNPROCESSABLE_ENTITY
    try:
        lines = catalogue_costs.read_lines(values["costs"])
        count = catalogue_costs.put(lines, settings().currency, values["valid_from"], by_me(), clock.now())
    except WrongCosts as refused:
        return _page(typed, refused.fields, refused.lines), STATUS[refused.kind]
    return redirect(url_for(".costs", done=count), HTTPStatus.SEE_OTHER)


def _page(typed: Mapping[str, str], errors: Mapping[str, list[str]], lines: Mapping[int, str]) -> Any:
    today = clock.now().astimezone(FRANKFURT).date()
    return render_template(
        "backoffice/campaign_costs.html", known=catalogue_costs.known(today), typed=typed or {"from": today.isoformat()}, errors=errors,
        lines=sorted(lines.items()), currency=settings().currency.value, done=request.args.get("done", type=int),
    )  # fmt: skip
