"""The settings and stores of the demo company."""

from typing import Any

from shared.configuration.domain import collections as col
from shared.follow_ups.rule_settings import FOLLOW_UP_RULES

SETTINGS: list[tuple[col.Collection[Any], dict[str, Any]]] = [
    (col.ADDRESS_BOOKS, {"name": "USRSA", "description": "Customers of the southern stores"}),
    (col.ADDRESS_BOOKS, {"name": "USRSW", "description": "Customers of the western stores"}),
    (col.ADDRESS_BOOKS, {"name": "USRSE", "description": "Associates of all stores"}),
    (col.ADDRESS_BOOKS, {"name": "USRWE", "description": "Associates of the western stores"}),
    (col.ADDRESS_BOOKS, {"name": "USROE", "description": "Associates of the web shop"}),
    (col.AFFILIATIONS, {"name": "VIP", "description": "Valued customers"}),
    (col.AFFILIATIONS, {"name": "Student"}),
    (col.CUSTOMER_GROUPS, {"id": "30", "name": "Retail customers",
                           "financialDimensions": {"CostCenter": "015"}}),
    (col.CUSTOMER_GROUPS, {"id": "10", "name": "Wholesale customers",
                           "financialDimensions": {"CostCenter": "010"}}),
    (col.PROFILES, {"name": "Default", "createCustomersOffline": True}),
    (col.PERMISSION_GROUPS, {"name": "Manager", "manager": True,
                             "operations": [137, 138, 600, 602, 603, 612, 623,
                                            712, 713, 714, 715, 716]}),
    (col.PERMISSION_GROUPS, {"name": "Associate",
                             "operations": [137, 600, 602, 603, 612, 623, 712, 714, 715]}),
    (col.PERMISSION_GROUPS, {"name": "Cashier", "operations": [600, 602, 603]}),
    (col.ATTRIBUTE_TYPES, {"name": "Date", "dataType": "Date"}),
    (col.ATTRIBUTE_TYPES, {"name": "Text", "dataType": "Text"}),
    (col.ATTRIBUTE_TYPES, {"name": "Amount", "dataType": "Currency"}),
    (col.ATTRIBUTE_TYPES, {"name": "Count", "dataType": "Integer",
                           "range": {"min": 0, "max": 1000000}}),
    (col.ATTRIBUTE_TYPES, {"name": "Interests", "dataType": "Text", "multiValue": True,
                           "fixedList": ["Shoes", "Handbags", "Bikes", "Clothing", "Accessories",
                                         "Jewelry"]}),
    (col.ATTRIBUTES, {"name": "birthday", "friendlyName": "Birthday", "attributeType": "Date",
                      "refinable": True}),
    (col.ATTRIBUTES, {"name": "interests", "friendlyName": "Interests",
                      "attributeType": "Interests", "refinable": True}),
    (col.ATTRIBUTES, {"name": "favoriteBrand", "friendlyName": "Favorite brand",
                      "attributeType": "Text", "refinable": True,
                      "translations": {"es": {"friendlyName": "Marca favorita"}}}),
    (col.ATTRIBUTES, {"name": "occupation", "friendlyName": "Occupation",
                      "attributeType": "Text"}),
    (col.ATTRIBUTES, {"name": "orders", "friendlyName": "Orders", "attributeType": "Count",
                      "refinable": True}),
    (col.ATTRIBUTES, {"name": "lifetimeValue", "friendlyName": "Lifetime value",
                      "attributeType": "Amount", "refinable": True}),
    (col.ATTRIBUTE_GROUPS, {"name": "Customer", "members": [
        {"attribute": "birthday", "displayOrder": 1},
        {"attribute": "interests", "displayOrder": 2},
        {"attribute": "occupation", "displayOrder": 3},
        {"attribute": "orders", "displayOrder": 4},
        {"attribute": "lifetimeValue", "displayOrder": 5},
    ]}),
    (col.ATTRIBUTE_GROUPS, {"name": "ClientBook", "members": [
        {"attribute": "birthday", "displayOrder": 1},
        {"attribute": "interests", "displayOrder": 2},
        {"attribute": "favoriteBrand", "displayOrder": 3},
    ]}),
    (col.ACTIVITY_TYPES, {"name": "StoreVisit", "label": "Store visit", "order": 1}),
    (col.ACTIVITY_TYPES, {"name": "Email", "label": "E-mail", "order": 2}),
    (col.ACTIVITY_TYPES, {"name": "Phone", "label": "Phone", "order": 3}),
    (col.ACTIVITY_TYPES, {"name": "Appointment", "label": "Appointment", "order": 4}),
    (FOLLOW_UP_RULES, {"name": "Birthday", "kind": "BeforeDate", "attribute": "birthday",
                           "days": 14, "subject": "Birthday of {name}"}),
    (col.WORKERS, {"personnelNumber": "000160", "name": "Andrew Collette",
                   "employeeAddressBooks": ["USRSE"], "permissionGroup": "Manager"}),
    (col.WORKERS, {"personnelNumber": "000137", "name": "Tricia Fejfar",
                   "employeeAddressBooks": ["USRSE"], "permissionGroup": "Associate"}),
    (col.WORKERS, {"personnelNumber": "000201", "name": "Ana Trujillo",
                   "employeeAddressBooks": ["USRWE"], "permissionGroup": "Associate"}),
    (col.WORKERS, {"personnelNumber": "000301", "name": "Mia Novak",
                   "employeeAddressBooks": ["USROE"], "permissionGroup": "Associate"}),
    (col.WORKERS, {"personnelNumber": "000110", "name": "Emil Karafezov",
                   "employeeAddressBooks": ["USRSE"], "permissionGroup": "Cashier"}),
]  # fmt: skip

EMPLOYEES = {"SANFRAN": ["USRWE"], "ONLINE": ["USROE"]}
STORES = [
    ("HOUSTON", "Houston", "Store", "TX", "USRSA", "America/Chicago"),
    ("SANFRAN", "San Francisco", "Store", "CA", "USRSW", "America/Los_Angeles"),
    ("ONLINE", "Web shop", "Online", "WA", "USRSA", "America/Los_Angeles"),
]


def store_body(  # noqa: PLR0913, PLR0917  # a row of the table above
    number: str, name: str, channel: str, state: str, book: str, zone: str
) -> dict[str, Any]:
    return {
        "storeNumber": number,
        "name": name,
        "channelType": channel,
        "operatingUnit": {"name": name, "address": {"country": "US", "state": state}},
        "currency": "USD",
        "language": "en-US",
        "timeZone": zone,
        "functionalityProfile": "Default",
        "customerAddressBooks": [book],
        "employeeAddressBooks": ["USRSE", *EMPLOYEES.get(number, ())],
    }
