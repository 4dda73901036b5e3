"""Facts: what happened, in the past tense, with enough in each to bring a copy of the thing up to date.

An order's facts carry its new version and status and the units that moved; a stock fact carries the level's new counters.
`domain/projection.py` folds them: a snapshot and the facts after it give what a fresh read gives.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any
from uuid import UUID


class FactKind(StrEnum):
    ORDER_DRAFTED = "order_drafted"
    ORDER_PLACED = "order_placed"
    ORDER_CONFIRMED = "order_confirmed"
    ORDER_CHANGED = "order_changed"
    UNITS_SCHEDULED = "units_scheduled"
    UNITS_UNSCHEDULED = "units_unscheduled"
    UNITS_BACKORDERED = "units_backordered"
    BACKORDER_CHANGED = "backorder_changed"
    UNITS_CHAINED = "units_chained"
    VENDOR_ACKNOWLEDGED = "vendor_acknowledged"
    VENDOR_DECLINED = "vendor_declined"
    UNITS_FORWARDED = "units_forwarded"
    UNITS_SENT = "units_sent"
    UNITS_ARRIVED = "units_arrived"
    FORWARDING_FAILED = "forwarding_failed"
    UNITS_RELEASED = "units_released"
    UNITS_CANCELLED = "units_cancelled"
    SUBSTITUTION_PROPOSED = "substitution_proposed"
    SUBSTITUTION_ANSWERED = "substitution_answered"
    UNITS_SUBSTITUTED = "units_substituted"
    CANCELLATION_REQUESTED = "cancellation_requested"
    CANCELLATION_ANSWERED = "cancellation_answered"
    HOLD_APPLIED = "hold_applied"
    HOLD_REJECTED = "hold_rejected"
    HOLD_RESOLVED = "hold_resolved"
    NOTE_ADDED = "note_added"
    FULFILMENT_ACCEPTED = "fulfilment_accepted"
    FULFILMENT_DECLINED = "fulfilment_declined"
    UNITS_PICKED = "units_picked"
    UNITS_SHORT_PICKED = "units_short_picked"
    UNITS_PACKED = "units_packed"
    UNITS_UNPACKED = "units_unpacked"
    UNITS_SHIPPED = "units_shipped"
    READY_FOR_PICKUP = "ready_for_pickup"
    UNITS_PICKED_UP = "units_picked_up"
    UNITS_DELIVERED = "units_delivered"
    PICKUP_REJECTED = "pickup_rejected"
    PICKUP_ANSWERED = "pickup_answered"
    PICKUP_UNANSWERED = "pickup_unanswered"
    CUSTOMER_ARRIVED = "customer_arrived"
    PICKUP_CODE_REFUSED = "pickup_code_refused"
    PARCEL_SPLIT = "parcel_split"
    PARCEL_TRACKED = "parcel_tracked"
    PICK_WAVE_CREATED = "pick_wave_created"
    PICK_WAVE_DISSOLVED = "pick_wave_dissolved"
    LABEL_CHANGED = "label_changed"
    PAYMENT_CHANGED = "payment_changed"
    STOCK_CHANGED = "stock_changed"
    QUOTA_CHANGED = "quota_changed"
    QUOTA_GROUP_CHANGED = "quota_group_changed"
    QUOTA_PLAN_CHANGED = "quota_plan_changed"
    AVAILABILITY_CROSSED = "availability_crossed"
    THRESHOLDS_CHANGED = "thresholds_changed"
    SUPPLY_CHANGED = "supply_changed"
    TRANSFER_CHANGED = "transfer_changed"
    PURCHASE_CHANGED = "purchase_changed"
    VENDOR_CHANGED = "vendor_changed"
    VENDOR_OFFER_CHANGED = "vendor_offer_changed"
    CHAINING_CHANGED = "chaining_changed"
    COUNT_CHANGED = "count_changed"
    REORDER_RULE_CHANGED = "reorder_rule_changed"
    CUSTOMER_CHANGED = "customer_changed"
    CARTON_CHANGED = "carton_changed"
    ORGANIZATION_CHANGED = "organization_changed"
    CATALOGUE_CHANGED = "catalogue_changed"
    LOCATION_CHANGED = "location_changed"
    CHANNEL_CHANGED = "channel_changed"
    ROUTING_CHANGED = "routing_changed"
    STAFF_CHANGED = "staff_changed"
    ROLE_CHANGED = "role_changed"
    PROMISING_CHANGED = "promising_changed"
    API_KEY_CHANGED = "api_key_changed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """The ids say what it is about and so who may hear of it; `payload` is plain JSON data."""

    kind: FactKind
    order_id: UUID | None = None
    fulfilment_id: UUID | None = None
    location_id: UUID | None = None
    variant_id: UUID | None = None
    customer_id: UUID | None = None
    channel_id: UUID | None = None
    payload: Mapping[str, Any] = field(default_factory=dict)
