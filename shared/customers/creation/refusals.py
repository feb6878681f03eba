"""What can refuse the creation of a customer, for the description of the API."""

from shared.configuration.domain.features import FeatureOff
from shared.configuration.domain.number_sequences import NumberSequenceExhausted
from shared.configuration.number_blocks import NumberSequenceNotFound
from shared.core.errors import Refusal
from shared.customers.directory.duplicates import PossibleDuplicate
from shared.customers.domain.addresses import TooManyAddresses
from shared.customers.domain.contacts import ContactExists, SecondaryContactsOff, TooManyContacts
from shared.customers.domain.customers import CustomerExists, FieldNotAllowed
from shared.customers.external_ids.claiming import ExternalIdTaken

CREATION: tuple[type[Refusal], ...] = (
    CustomerExists,
    ExternalIdTaken,
    FieldNotAllowed,
    FeatureOff,
    PossibleDuplicate,
    ContactExists,
    SecondaryContactsOff,
    TooManyContacts,
    TooManyAddresses,
    NumberSequenceNotFound,
    NumberSequenceExhausted,
)
