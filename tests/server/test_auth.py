"""Credentials become a viewer with what they allow, and nothing else."""

import http.server
import json
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from domain import api_keys
from domain.ids import new_id
from domain.permissions import PERMISSIONS_OF, Permission, Role
from domain.viewer import Audience
from models import ApiKey, Channel, Location, Organization, Staff
from models import Role as RoleRow
from server import api_keys as server_api_keys
from server.auth import Authenticator
from server.clock import fixed
from server.credentials import NotAuthenticated, bearer, bearer_of_payload
from server.settings import Settings

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
SECRET = "a shared secret of more than 32 bytes"
SETTINGS = Settings(clock=fixed(NOW), jwt_secret=SECRET)


@pytest.fixture
async def organization(database):
    return await Organization.create(id=new_id(), code="acme", name="Acme", currency="USD")


@pytest.fixture
def authenticator():
    return Authenticator(SETTINGS)


async def channel(organization, code="web"):
    return await Channel.create(
        id=new_id(), organization=organization, code=code, name=code, kind="web", currency="USD"
    )


async def location(organization, code="store-1"):
    return await Location.create(
        id=new_id(), organization=organization, code=code, name=code, kind="store", time_zone="UTC",
        latitude=0, longitude=0, country="US",
    )  # fmt: skip


async def key_row(organization, kind=Role.PARTNER, **values):
    role = await RoleRow.create(id=new_id(), organization=organization, code=str(kind), name="r", kind=kind)
    return await ApiKey.create(
        id=new_id(), organization=organization, role=role, name="k", prefix="k1",
        secret_hash=api_keys.hashed("s3cret"), **values,
    )  # fmt: skip


def token(key=SECRET, algorithm="HS256", headers=None, **claims):
    body = {"sub": "u1", "org": "acme", "role": "admin", "exp": NOW + timedelta(hours=1)} | claims
    return jwt.encode({name: value for name, value in body.items() if value is not None}, key, algorithm, headers)


class TestStrangers:
    async def test_see_the_only_organization(self, organization, authenticator):
        viewer = await authenticator.viewer(None)

        assert viewer.audience is Audience.ANONYMOUS
        assert viewer.organization_id == organization.id
        assert viewer.permissions == PERMISSIONS_OF[Role.ANONYMOUS]

    async def test_see_the_organization_of_the_settings_when_there_are_several(self, organization):
        await Organization.create(id=new_id(), code="other", name="Other", currency="USD")

        viewer = await Authenticator(replace(SETTINGS, organization="acme")).viewer(None)

        assert viewer.organization_id == organization.id

    async def test_are_refused_when_the_settings_name_an_organization_that_is_not_there(self, organization):
        with pytest.raises(NotAuthenticated, match="Say who you are"):
            await Authenticator(replace(SETTINGS, organization="gone")).viewer(None)

    async def test_are_refused_when_there_are_several_and_none_is_chosen(self, organization, authenticator):
        await Organization.create(id=new_id(), code="other", name="Other", currency="USD")

        with pytest.raises(NotAuthenticated, match="Say who you are"):
            await authenticator.viewer(None)


class TestApiKeys:
    async def test_allow_what_their_role_and_scopes_both_allow(self, organization, authenticator):
        await key_row(organization, scopes=["read_orders", "change_organization"])

        viewer = await authenticator.viewer("ogk_k1_s3cret")

        assert viewer.audience is Audience.PARTNER
        assert viewer.principal == "key:k1"
        assert viewer.permissions == {Permission.READ_ORDERS}

    async def test_see_their_own_channels_and_locations(self, organization, authenticator):
        key = await key_row(organization)
        web, store = await channel(organization), await location(organization)
        await key.channels.add(web)
        await key.locations.add(store)

        viewer = await authenticator.viewer("ogk_k1_s3cret")

        assert viewer.channel_ids == (web.id,)
        assert viewer.location_ids == (store.id,)

    async def test_act_for_their_staff_as_long_as_it_is_active(self, organization):
        key = await key_row(organization, kind=Role.WAREHOUSE)
        staff = await Staff.create(id=new_id(), organization=organization, role_id=key.role_id, email="a@b", name="A")
        store = await location(organization)
        await staff.locations.add(store)
        await ApiKey.filter(id=key.id).update(staff_id=staff.id)

        viewer = await Authenticator(SETTINGS).viewer("ogk_k1_s3cret")
        await Staff.filter(id=staff.id).update(is_active=False)

        assert viewer.principal == f"staff:{staff.id}"
        assert viewer.location_ids == (store.id,)
        with pytest.raises(NotAuthenticated):
            await Authenticator(SETTINGS).viewer("ogk_k1_s3cret")

    @pytest.mark.parametrize("text", ["ogk_k1_wrong", "ogk_k2_s3cret", "ogk_k1_s3cret_", "ogk_K1_s3cret"])
    async def test_must_match_to_the_last_letter(self, organization, authenticator, text):
        await key_row(organization)

        with pytest.raises(NotAuthenticated, match="not known"):
            await authenticator.viewer(text)

    async def test_expire(self, organization, authenticator):
        await key_row(organization, expires_at=NOW)

        with pytest.raises(NotAuthenticated, match="expired"):
            await authenticator.viewer("ogk_k1_s3cret")

    async def test_stop_working_within_seconds_of_being_revoked(self, organization, authenticator, monkeypatch):
        key = await key_row(organization)
        await authenticator.viewer("ogk_k1_s3cret")
        await ApiKey.filter(id=key.id).update(revoked_at=NOW)

        assert server_api_keys.TRUSTED_SECONDS < 5
        monkeypatch.setattr(server_api_keys, "TRUSTED_SECONDS", 0.0)
        with pytest.raises(NotAuthenticated):
            await authenticator.viewer("ogk_k1_s3cret")


class TestTokens:
    async def test_name_channels_and_locations_by_code_or_id(self, organization, authenticator):
        web, shop = await channel(organization, "web"), await channel(organization, "shop")

        viewer = await authenticator.viewer(token(role="agent", channels=["web", str(shop.id)]))

        assert set(viewer.channel_ids) == {web.id, shop.id}
        assert viewer.audience is Audience.AGENT
        assert viewer.principal == "u1"
        assert viewer.expires_at == NOW + timedelta(hours=1)

    async def test_do_not_reach_into_another_organization(self, organization, authenticator):
        other = await Organization.create(id=new_id(), code="other", name="Other", currency="USD")
        theirs = await location(other)

        viewer = await authenticator.viewer(token(role="warehouse", locations=[str(theirs.id), "store-1"]))

        assert viewer.location_ids == ()

    async def test_may_name_the_organization_by_id(self, organization, authenticator):
        assert (await authenticator.viewer(token(org=str(organization.id)))).organization_id == organization.id

    async def test_scopes_narrow_and_never_widen(self, organization, authenticator):
        customer = str(new_id())

        viewer = await authenticator.viewer(
            token(role="customer", customer_id=customer, scopes="read_orders change_stock")
        )

        assert viewer.permissions == {Permission.READ_ORDERS}
        assert str(viewer.customer_id) == customer

    @pytest.mark.parametrize(
        "claims",
        [
            {"exp": NOW},
            {"exp": None},
            {"exp": "tomorrow"},
            {"sub": None},
            {"nbf": NOW + timedelta(minutes=1)},
            {"role": "king"},
            {"role": None},
            {"role": ["admin"]},
            {"org": "nowhere"},
            {"role": "customer"},
            {"role": "customer", "customer_id": "7"},
            {"role": "agent", "channels": {"web": 1}},
        ],
    )
    async def test_with_claims_we_cannot_use_are_refused(self, organization, authenticator, claims):
        with pytest.raises(NotAuthenticated):
            await authenticator.viewer(token(**claims))

    async def test_signed_otherwise_are_refused(self, organization, authenticator):
        forged = token("another secret of more than 32 bytes")
        unsigned = token(key="", algorithm="none")

        for text in (forged, unsigned, "x.y.z", "", "ogk"):
            with pytest.raises(NotAuthenticated):
                await authenticator.viewer(text)

    async def test_are_not_accepted_when_no_secret_is_set(self, organization):
        with pytest.raises(NotAuthenticated, match="not accepted"):
            await Authenticator(replace(SETTINGS, jwt_secret="")).viewer(token())

    async def test_must_be_meant_for_us_when_we_say_so(self, organization):
        strict = Authenticator(replace(SETTINGS, jwt_audience="orders", jwt_issuer="https://id"))

        await strict.viewer(token(aud="orders", iss="https://id"))
        for text in (token(), token(aud="other", iss="https://id"), token(aud="orders", iss="https://evil")):
            with pytest.raises(NotAuthenticated):
                await strict.viewer(text)


class TestPublishedKeys:
    @pytest.fixture
    def provider(self):
        """An identity provider that publishes one key, and counts how often it is asked."""
        private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        public = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(private.public_key())) | {"kid": "k1", "alg": "RS256"}
        asked = []

        class Keys(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                asked.append(self.path)
                self.send_response(200)
                self.end_headers()
                self.wfile.write(json.dumps({"keys": [public]}).encode())

            def log_message(self, *_):
                pass

        server = http.server.HTTPServer(("127.0.0.1", 0), Keys)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/jwks", private, asked
        server.shutdown()
        server.server_close()

    async def test_are_fetched_once_and_used(self, organization, provider):
        url, private, asked = provider
        authenticator = Authenticator(replace(SETTINGS, jwt_secret="", jwks_url=url))

        for _ in range(3):
            viewer = await authenticator.viewer(token(private, "RS256", {"kid": "k1"}))

        assert viewer.audience is Audience.ADMIN
        assert len(asked) == 1

    async def test_unknown_key_ids_do_not_make_us_hammer_the_provider(self, organization, provider):
        url, private, asked = provider
        authenticator = Authenticator(replace(SETTINGS, jwks_url=url))

        for number in range(5):
            with pytest.raises(NotAuthenticated):
                await authenticator.viewer(token(private, "RS256", {"kid": f"x{number}"}))

        assert len(asked) == 1

    async def test_are_no_secrets_to_sign_with(self, organization, provider):
        """The published key used as an HMAC secret is the classic confusion of algorithms."""
        url, _, _ = provider
        authenticator = Authenticator(replace(SETTINGS, jwt_secret="", jwks_url=url))

        with pytest.raises(NotAuthenticated):
            await authenticator.viewer(token("the public key as text, long enough", "HS256", {"kid": "k1"}))

    async def test_that_cannot_be_fetched_refuse_and_do_not_crash(self, organization):
        authenticator = Authenticator(replace(SETTINGS, jwks_url="http://127.0.0.1:1/jwks"))
        private = rsa.generate_private_key(public_exponent=65537, key_size=2048)

        with pytest.raises(NotAuthenticated):
            await authenticator.viewer(token(private, "RS256", {"kid": "k1"}))


def test_a_header_must_be_a_bearer_header():
    assert bearer(None) is None
    assert bearer("Bearer abc") == bearer("bearer  abc ") == "abc"
    for header in ("Basic abc", "Bearer", "Bearer ", "abc", ""):
        with pytest.raises(NotAuthenticated):
            bearer(header)


def test_a_socket_says_it_in_its_first_message():
    assert bearer_of_payload({}) is None
    assert bearer_of_payload({"Authorization": "Bearer a"}) == bearer_of_payload({"authorization": "Bearer a"}) == "a"
    assert bearer_of_payload({"token": "a"}) == "a"
    for payload in ({"token": 1}, {"Authorization": ["Bearer a"]}, {"authorization": "a"}):
        with pytest.raises(NotAuthenticated):
            bearer_of_payload(payload)
