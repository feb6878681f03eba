// Create a customer, find it and change its name, with the generated types and openapi-fetch.

import createClient from "openapi-fetch";
import type { paths } from "./schema";

const [baseUrl = "", token = ""] = process.argv.slice(2);
const client = createClient<paths>({ baseUrl, headers: { Authorization: `Bearer ${token}` } });
const legalEntity = "USRT";

const created = await client.POST("/api/v1/{legalEntity}/customers", {
  params: { path: { legalEntity } },
  body: { storeNumber: "HOUSTON", firstName: "Karen", lastName: "Berglund" },
});
if (created.error) throw new Error(created.error.detail);

const page = await client.GET("/api/v1/{legalEntity}/customers", {
  params: { path: { legalEntity }, query: { q: "berglund karen" } },
});
if (!page.data?.items.some((customer) => customer.id === created.data.id)) throw new Error("not found");

const edited = await client.PATCH("/api/v1/{legalEntity}/customers/{customerId}", {
  params: {
    path: { legalEntity, customerId: created.data.id },
    header: { "If-Match": created.response.headers.get("ETag") ?? "*" },
  },
  body: { lastName: "Lindqvist" },
});
if (edited.error) throw new Error(`${edited.error.code}: ${edited.error.detail}`);
console.log(edited.data.name, edited.data.accountNumber);
