"""A user's own network as a classifier: guarded, and normalised in front where that is known."""

from __future__ import annotations

from torch import nn

from xaitool.core.frozen.sight import check_initialised
from xaitool.core.frozen.users_model import UsersClassifier
from xaitool.core.models.normalise import Normalise
from xaitool.workflows.models.exported_program import as_model
from xaitool.workflows.models.factory import make_model
from xaitool.workflows.models.input import ModelInput
from xaitool.workflows.models.pretrained_input import stated_input


def own_network(source: str) -> tuple[nn.Module, ModelInput | None]:
    """What a user's factory makes, and what that says of its input; None where it says nothing.

    Args:
        source: ``package.module:factory``, with plain arguments or none, which this command line
            named.

    Raises:
        ModelError: It cannot be made, has weights without values, or says what cannot be.
    """
    network = as_model(make_model(source))
    check_initialised(network)
    return network, stated_input(network, source)


def normalised(network: nn.Module, seen: ModelInput | None) -> nn.Module:
    """A network behind the normalisation of its input; None leaves it as it is."""
    if seen is None:
        return network
    return nn.Sequential(Normalise(seen.mean, seen.standard_deviation), network)


def guarded_classifier(network: nn.Module, source: str) -> UsersClassifier:
    """The one place from which it is called, see `UsersModel`."""
    return UsersClassifier(network, f"model {source}")
