"""Who may do what about money: handling it is apart from every right on orders, paying for one's own order is not."""

from dataclasses import replace
from typing import Final

from actions.payments.adding import WITHOUT_PROVIDER, AddPayment
from actions.payments.authorizing import AuthorizePayment
from domain.errors import Forbidden
from domain.permissions import Permission
from domain.viewer import Viewer

HANDLING: Final = Permission.HANDLE_PAYMENTS


def may_add(viewer: Viewer, command: AddPayment) -> AddPayment:
    """Raises Forbidden where money would be promised that no provider answers for."""
    if HANDLING not in viewer.permissions and command.tender in WITHOUT_PROVIDER:
        raise Forbidden("Cash and accounts are recorded by staff who handle payments.")
    return command


def on_behalf(viewer: Viewer, command: AuthorizePayment) -> AuthorizePayment:
    return replace(command, is_by_customer=HANDLING not in viewer.permissions)
