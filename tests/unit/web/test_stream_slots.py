"""Who may hold how many of the places for open streams."""

from dataclasses import replace

import pytest

from petcam.errors import Code, PetcamError
from petcam.web.app import create_app, make_visitors
from petcam.web.http.stream_slots import StreamSlots
from tests.unit.web.conftest import PASSWORD


@pytest.mark.parametrize(("limit", "half"), [(1, 1), (2, 1), (5, 3), (32, 16)])
def test_one_holder_has_half_at_most_and_others_the_rest(limit, half):
    slots = StreamSlots(limit)
    give_back = [slots.take(["session a", f"10.0.0.{number}/32"]) for number in range(half)]
    with pytest.raises(PetcamError) as refused:
        slots.take(["session a", "10.0.1.1/32"])
    assert refused.value.code is Code.BUSY
    for number in range(limit - half):
        slots.take([f"session {number}", f"10.0.2.{number}/32"])
    with pytest.raises(PetcamError, match="all"):
        slots.take(["session z", "10.0.3.1/32"])
    give_back[0]()
    give_back[0]()
    slots.take(["session z", "10.0.3.1/32"])


def test_many_sessions_of_one_device_have_half_at_most_together():
    slots = StreamSlots(4)
    for number in range(2):
        slots.take([f"session {number}", "10.0.0.1/32"])
    with pytest.raises(PetcamError):
        slots.take(["session 3", "10.0.0.1/32"])


def test_a_slot_counts_for_session_token_and_network(services, services_with_login):
    token = services_with_login.viewing_tokens.add("card")
    visitors, app = make_visitors(services_with_login), create_app(services_with_login)
    client = app.test_client()
    client.post("/login", data={"password": PASSWORD})
    with client:
        client.get("/healthz", environ_base={"REMOTE_ADDR": "fe80::1%eth0"})
        session, network = visitors.holders()
    assert (session.partition(" ")[0], network) == ("session", "fe80::/64")
    with app.test_request_context(headers={"Authorization": f"Bearer {token}"}, environ_base={"REMOTE_ADDR": "::1"}):
        holder, network = visitors.holders()
    assert holder.startswith("token ") and token not in holder
    with app.test_request_context(headers={"Authorization": "Bearer x"}, environ_base={"REMOTE_ADDR": "::1"}):
        assert make_visitors(replace(services)).holders() == [network]
