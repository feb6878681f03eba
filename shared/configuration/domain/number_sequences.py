"""Number sequences: unique for ever, in blocks, so that gaps are possible and doubles are not."""

import re
from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints

from shared.core.errors import Conflict
from shared.core.evolve import evolve
from shared.core.values import Key, Setting, Whole


class NumberSequenceExhausted(Conflict):
    code = "number-sequence-exhausted"


def _one_run(text: str) -> str:
    if len(re.findall(r"#+", text)) != 1:
        raise ValueError("the format must contain one run of # for the digits, as in C-######")
    return text


class NumberSequenceUsed(Conflict):
    """It has given numbers away, so it can neither go back nor go."""

    code = "number-sequence-used"


Format = Annotated[
    str,
    StringConstraints(min_length=1, max_length=30, pattern=r"^[A-Za-z0-9#_.-]+$"),
    AfterValidator(_one_run),
]


class NumberSequence(Setting):
    """A sequence of unique numbers, reserved in blocks: there can be gaps, but no repeats."""

    code: Key = Field(description="Code of the sequence, its key", examples=["CustomerAccount"])
    format: Format = Field(
        "######",
        description="Format of the numbers; one run of # marks the digits",
        examples=["C-######"],
    )
    next: Whole = Field(1, description="Number that is given out next", examples=[1])
    block_size: Annotated[int, Field(ge=1, le=10_000)] = Field(
        100, description="How many numbers are reserved at once; gaps are at most this long"
    )

    def taken(self) -> "NumberSequence":
        """Return the sequence after its next block was given away."""
        return evolve(self, next=self.next + self.block_size)


def overlap(one: str, other: str) -> bool:
    """Tell whether two formats can write the same text: `1###` and `####` can."""
    return len(one) == len(other) and all(
        a == b or (a == "#" and b.isdigit()) or (b == "#" and a.isdigit())
        for a, b in zip(one, other, strict=True)
    )


def written(number_format: str, number: int) -> str:
    """Return the number in its format. Raises NumberSequenceExhausted when it does not fit."""
    digits = number_format.count("#")
    text = f"{number:0{digits}d}"
    if len(text) > digits:
        raise NumberSequenceExhausted(f"{number} does not fit into {number_format}.")
    return re.sub(r"#+", text, number_format)
