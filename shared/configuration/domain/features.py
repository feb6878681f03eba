"""Feature switches and what each needs to be on before it."""

from collections.abc import Mapping

from pydantic import Field

from shared.core.errors import Conflict, NotFound
from shared.core.values import Record, Setting

NEEDS: Mapping[str, tuple[str, ...]] = {
    "clienteling": (),
    "capture-multiple-contacts": (),
    "performance-improvements-for-customer-orders": (),
    "enhanced-async-customer-creation": (),
    "async-customer-addresses": (),
    "edit-customers-asynchronously": (
        "performance-improvements-for-customer-orders",
        "enhanced-async-customer-creation",
        "async-customer-addresses",
    ),
}


class FeatureNotFound(NotFound):
    code = "feature-not-found"


class FeatureDependency(Conflict):
    """A feature needs others on, or others that are on need it."""

    code = "feature-dependency"


class FeatureOff(Conflict):
    """What was asked for takes a feature that the company has off; `feature` names it."""

    code = "feature-off"


class Switch(Setting):
    """Whether a feature shall be on."""

    enabled: bool = Field(
        description="True switches the feature on, false switches it off", examples=[True]
    )


class Feature(Record):
    """A feature switch, and the features it needs."""

    name: str = Field(description="Name of the feature", examples=["clienteling"])
    enabled: bool = Field(False, description="Whether the feature is on", examples=[True])
    needs: tuple[str, ...] = Field((), description="Features that must be on before this one")


def features(enabled: Mapping[str, bool]) -> dict[str, Feature]:
    return {
        name: Feature(name=name, enabled=enabled.get(name, False), needs=needs)
        for name, needs in NEEDS.items()
    }


def check_switch(name: str, enabled: bool, now: Mapping[str, bool]) -> None:
    """Raise FeatureNotFound, or FeatureDependency with what stands in the way."""
    if name not in NEEDS:
        raise FeatureNotFound(f"There is no feature {name}.")
    if enabled:
        missing = [need for need in NEEDS[name] if not now.get(need)]
        if missing:
            raise FeatureDependency(
                f"{name} needs {', '.join(missing)} switched on first.", missing=missing
            )
        return
    dependents = [other for other, needs in NEEDS.items() if name in needs and now.get(other)]
    if dependents:
        raise FeatureDependency(
            f"{', '.join(dependents)} needs {name}; switch it off first.", dependents=dependents
        )
