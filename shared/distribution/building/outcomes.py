"""What comes of building: a package, nothing, a part of one, or that it is not to be built now."""

from typing import NamedTuple

from shared.core.errors import Conflict
from shared.distribution.domain.packages import FullReason, Package


class Built(NamedTuple):
    """The package, if there was anything to send, and why it has a full form, if it has one.

    Or the `step` that a long build has come to: it gives way to others, and goes on when it is
    asked for again.
    """

    package: Package | None
    reason: FullReason | None = None
    is_excluded: bool = False
    step: int | None = None


class BuildCanceled(Conflict):
    """The run was canceled while its package was built."""

    code = "build-canceled"


class BuildGoesOn(Conflict):
    """A long build of the same group and job goes on, for another run."""

    code = "build-goes-on"
