"""Reads the Bicep files of this repository and evaluates what they would deploy.

It is not a compiler: it supports the syntax and the functions that `infra/` uses, and refuses all
others. It checks no types and no rules of Azure; the workflow runs the real `az bicep build`. A
value that only Azure knows, such as the address of an account, is a text that names its source.
"""

from tests.doubles.bicep.evaluation import Deployed, Resource, deployed
from tests.doubles.bicep.syntax import NotSupported

__all__ = ["Deployed", "NotSupported", "Resource", "deployed"]
