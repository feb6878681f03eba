"""The operations of privacy, asked once each."""

from tests.api import ADMINISTRATOR
from tools.operations.people import Ask, person


async def privacy(ask: Ask, number: int) -> None:
    made = await ask(None, "POST", "customers", person(number, "h"))
    path = f"customers/{made['id']}"
    hold, boss = {"kind": "OpenBusiness", "reason": "Return 12"}, {"bearer": ADMINISTRATOR}
    await ask("put_hold", "PUT", f"{path}/holds/return-12", hold)
    await ask("list_holds", "GET", f"{path}/holds")
    await ask("remove_hold", "DELETE", f"{path}/holds/return-12", if_match="*")
    await ask("put_restriction", "PUT", f"{path}/restriction", {"reason": "contested"}, **boss)
    await ask("remove_restriction", "DELETE", f"{path}/restriction", **boss)
    await ask("get_access_log", "GET", f"{path}/access-log", **boss)
    await ask("export_customer_data", "GET", f"{path}/export", **boss)
    run, where = {"dryRun": True}, "retention-policies/notes/runs"
    if number == 1:
        await ask("start_retention_run", "POST", where, run, **boss)
    else:
        where = "retention-policies/activities/runs"
        await ask("start_retention_run", "POST", where, run, **boss)
    await ask("get_retention_run", "GET", f"{where}/{where.split('/')[1]}-dry", **boss)
    await ask("request_erasure", "POST", f"{path}/erasure", {"reason": "asked"}, **boss)
    await ask("get_erasure", "GET", f"{path}/erasure", **boss)
    await ask("cancel_erasure", "DELETE", f"{path}/erasure", if_match="*", **boss)
