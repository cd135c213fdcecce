"""What botocore's models say of AWS's APIs: read from its data files, without an AWS account."""

import re
from dataclasses import dataclass
from functools import cache
from typing import Any

from botocore.loaders import Loader
from botocore.model import OperationModel, ServiceModel

from definitions.automation.problems import near_miss

_loader = Loader()


class UnknownApiError(LookupError):
    """A service or an operation that AWS does not have, as far as botocore knows."""


@dataclass(frozen=True)
class Api:
    """One operation of one service."""

    model: OperationModel

    @property
    def parameters(self) -> list[str]:
        """The parameters it takes."""
        shape = self.model.input_shape
        return [] if shape is None else list(shape.members)

    @property
    def answer(self) -> Any:
        """botocore's shape of what it answers, None if nothing."""
        return self.model.output_shape


@cache
def find_api(service: str, api: str) -> Api:
    """An operation by the names that documents use: any case, with or without `_`. Raises UnknownApiError."""
    model = _service(service.lower())
    names = {name.lower(): name for name in model.operation_names}
    wanted = re.sub(r"[^a-z0-9]", "", api.lower())
    if wanted not in names:
        hint = near_miss(api, model.operation_names)
        raise UnknownApiError(f"{service} has no operation '{api}'{hint}")
    return Api(model.operation_model(names[wanted]))


@cache
def _service(name: str) -> ServiceModel:
    known = _services()
    if name not in known:
        raise UnknownApiError(f"AWS has no service '{name}'{near_miss(name, known)}")
    return ServiceModel(_loader.load_service_model(name, "service-2"), name)


@cache
def _services() -> tuple[str, ...]:
    return tuple(_loader.list_available_services("service-2"))
