"""Changes that a feed could not digest, over HTTP."""

import azure.functions as func

from functions._http.trigger import Call, NoQuery, Operation, PageOf, PageQuery, Reply, serve
from shared.sync import set_aside as usecases
from shared.sync.domain.set_aside import ChangeNotFound, SetAsideChange

bp = func.Blueprint()

CHANGE_PATH = "set-aside-changes/{changeId}"


@serve(
    bp,
    Operation(
        "GET",
        "set-aside-changes",
        who="H",
        returns=PageOf[SetAsideChange],
        tag="Synchronization",
    ),
)
async def list_set_aside_changes(call: Call[PageQuery, None]) -> Reply:
    """List the changes that a change feed could not digest.

    Such a change is left out, so that those behind it go on. The log has the trace of the error
    under its reference.
    """
    changes, continuation = await usecases.list_set_aside(
        call.legal_entity,
        limit=call.query.limit,
        continuation=call.position(),
        documents=call.backend.documents,
    )
    items = [
        change.model_dump(mode="json", by_alias=True) | {"etag": change.reference}
        for change in changes
    ]
    return Reply(call.page(items, continuation))


@serve(
    bp,
    Operation(
        "GET",
        CHANGE_PATH,
        who="H",
        returns=SetAsideChange,
        tag="Synchronization",
        refuses=(ChangeNotFound,),
    ),
)
async def get_set_aside_change(call: Call[NoQuery, None]) -> Reply:
    """Get a change that was set aside.

    With the reference under which the log has the trace of the error.
    """
    change = await usecases.read_set_aside(
        call.legal_entity, call.path["changeId"], documents=call.backend.documents
    )
    return Reply(change, etag=change.reference)


@serve(
    bp,
    Operation(
        "POST",
        f"{CHANGE_PATH}/replay",
        who="H",
        status=204,
        tag="Synchronization",
        refuses=(ChangeNotFound,),
    ),
)
async def replay_set_aside_change(call: Call[NoQuery, None]) -> Reply:
    """Replay a change that was set aside.

    Its document is written as it is, so every feed of its container is told of it. If it still
    cannot be digested, it is set aside again.
    """
    await usecases.replay_change(
        call.legal_entity, call.path["changeId"], documents=call.backend.documents
    )
    return Reply()


@serve(
    bp,
    Operation(
        "DELETE",
        CHANGE_PATH,
        who="H",
        status=204,
        if_match="required",
        tag="Synchronization",
        refuses=(ChangeNotFound,),
    ),
)
async def drop_set_aside_change(call: Call[NoQuery, None]) -> Reply:
    """Delete a change that was set aside.

    The document stays as it is; nobody is told of it again.
    """
    await usecases.drop_change(
        call.legal_entity,
        call.path["changeId"],
        if_match=call.version,
        documents=call.backend.documents,
    )
    return Reply()
