"""Payments as event logs: what the events of one payment say about its money."""

from enum import StrEnum


class Tender(StrEnum):
    CARD = "card"
    GIFT_CARD = "gift_card"
    STORE_CREDIT = "store_credit"
    ACCOUNT = "account"
    CASH = "cash"
    VOUCHER = "voucher"
    BUY_NOW_PAY_LATER = "buy_now_pay_later"


class PaymentEventKind(StrEnum):
    AUTHORIZATION_REQUEST = "authorization_request"
    AUTHORIZATION_SUCCESS = "authorization_success"
    AUTHORIZATION_FAILURE = "authorization_failure"
    AUTHORIZATION_ADJUSTMENT = "authorization_adjustment"
    CHARGE_REQUEST = "charge_request"
    CHARGE_SUCCESS = "charge_success"
    CHARGE_FAILURE = "charge_failure"
    CHARGE_BACK = "charge_back"
    REFUND_REQUEST = "refund_request"
    REFUND_SUCCESS = "refund_success"
    REFUND_FAILURE = "refund_failure"
    REFUND_REVERSE = "refund_reverse"
    CANCEL_REQUEST = "cancel_request"
    CANCEL_SUCCESS = "cancel_success"
    CANCEL_FAILURE = "cancel_failure"
    INFO = "info"


class AuthorizeStatus(StrEnum):
    NONE = "none"
    PARTIAL = "partial"
    FULL = "full"


class ChargeStatus(StrEnum):
    NONE = "none"
    PARTIAL = "partial"
    FULL = "full"
    OVERCHARGED = "overcharged"
