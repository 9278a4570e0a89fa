"""A browser on which a manager is signed in."""
import builders
import pytest
from flask.testing import FlaskClient

from shop.people import commands as people

CSRF = "made-by-a-page"


@pytest.fixture
def office(client: FlaskClient) -> FlaskClient:
    """Signed in; its forms carry the session's token as a header, its pages are in English."""
    staff_id = people.create_manager("lin", "a long password", builders.NOW)
    with client.session_transaction() as session:
        session["staff"], session["staff_epoch"], session["csrf"] = staff_id, 0, CSRF
    client.environ_base["HTTP_X_CSRF_TOKEN"] = CSRF
    client.environ_base["HTTP_ACCEPT_LANGUAGE"] = "en"
    return client
