"""The truth of the installation: what arrived, what was decided about it, what was done and said."""

from nuncius.journal.journal import Journal
from nuncius.journal.records import (
    Appended,
    Decided,
    Decision,
    Feed,
    FeedSeen,
    LeasedReport,
    LeasedStep,
    NewReaction,
    ObjectLink,
    ObjectSummary,
    Offset,
    Reject,
    Stored,
    StoredDecision,
    StoredReaction,
    StoredReport,
    StoredStep,
)

__all__ = [
    "Appended",
    "Decided",
    "Decision",
    "Feed",
    "FeedSeen",
    "Journal",
    "LeasedReport",
    "LeasedStep",
    "NewReaction",
    "ObjectLink",
    "ObjectSummary",
    "Offset",
    "Reject",
    "Stored",
    "StoredDecision",
    "StoredReaction",
    "StoredReport",
    "StoredStep",
]
