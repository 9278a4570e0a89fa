"""A browser on which somebody who may do everything is signed in."""
import builders
import pytest
from flask.testing import FlaskClient

from shop.people.rights import Grant, Role

CSRF = "made-by-a-page"


@pytest.fixture
def office(client: FlaskClient) -> FlaskClient:
    """Signed in as `lin`; its forms carry the session's token as a header, its pages are in English."""
    builders.sign_in_staff(client, builders.a_colleague(Grant(Role.ADMIN), Grant(Role.MANAGER), name="lin"), CSRF)
    client.environ_base["HTTP_ACCEPT_LANGUAGE"] = "en"
    return client
