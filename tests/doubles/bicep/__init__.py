"""Reads the Bicep of this repository and works out what it would deploy.

Not a compiler: it knows the syntax and the functions that `infra/` uses, and refuses the rest. It
checks no types and knows no rule of Azure; the workflow runs the real `az bicep build` for that.
What only Azure knows, such as the address of an account, is a text that says where it comes from.
"""

from tests.doubles.bicep.evaluation import Deployed, Made, deployed
from tests.doubles.bicep.syntax import NotUnderstood

__all__ = ["Deployed", "Made", "NotUnderstood", "deployed"]
