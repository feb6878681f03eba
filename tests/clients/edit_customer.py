"""Create a customer, find it and change its name, with the generated client for Python."""

import sys

from libro_client import AuthenticatedClient
from libro_client.api.customers import create_customer, edit_customer, find_customers
from libro_client.models import CreatedCustomer, Customer, CustomerEdit, CustomerPage, NewCustomer

url, token = sys.argv[1:]
client = AuthenticatedClient(base_url=url, token=token)

new = NewCustomer(store_number="HOUSTON", first_name="Karen", last_name="Berglund")
created = create_customer.sync_detailed("USRT", client=client, body=new)
assert isinstance(created.parsed, CreatedCustomer), created.content

page = find_customers.sync("USRT", client=client, q="berglund karen")
assert isinstance(page, CustomerPage)
assert created.parsed.id in [customer.id for customer in page.items]

edited = edit_customer.sync(
    "USRT",
    created.parsed.id,
    client=client,
    body=CustomerEdit(last_name="Lindqvist"),
    if_match=created.headers["ETag"],
)
assert isinstance(edited, Customer), edited
print(edited.name, edited.account_number)
