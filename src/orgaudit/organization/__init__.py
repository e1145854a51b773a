"""The organization: seats, positions, persons, departments, and the relations that checks ask of them."""

from orgaudit.organization.duties import same_duty
from orgaudit.organization.links import KINDS, Links, Status
from orgaudit.organization.messages import logged
from orgaudit.organization.model import Organization
from orgaudit.organization.workforce import workforce

__all__ = ["KINDS", "Links", "Organization", "Status", "logged", "same_duty", "workforce"]
