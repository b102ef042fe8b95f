"""Settings come from the environment; each room declares its own beside its code, with default and reason.

Any ``NAME`` may be given as ``NAME_FILE``, the path of a file that holds the value, so that secrets need not
stand in the environment.
"""

import os
from pathlib import Path
from typing import Any, ClassVar

from pydantic import AliasChoices, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
)

from cctv.base.errors import CctvError, InvalidInput


class SettingNotValid(InvalidInput):
    """A setting has a value that it cannot have."""

    code = "setting_not_valid"
    message_ar = "قيمة أحد الإعدادات غير صالحة."


class Settings(BaseSettings):
    """Base of every room's settings: ``CCTV_NAME`` or ``CCTV_NAME_FILE``; an alias names the rest.

    A value that a setting cannot have is :class:`SettingNotValid`, which names the variable and never the value:
    it may be a password in the wrong place.
    """

    model_config: ClassVar[SettingsConfigDict] = SettingsConfigDict(
        env_prefix="CCTV_", frozen=True, extra="ignore", populate_by_name=True, allow_inf_nan=False
    )

    def __init__(self, **given: Any) -> None:
        try:
            super().__init__(**given)
        except ValidationError as fault:
            found = fault.errors(include_input=False)
            wrong = {self._field(str(one["loc"][0])): _words(one) for one in found if one["loc"]}
            words = [f"{self.variable(field)}: {said}" for field, said in wrong.items()]
            words += [_words(one) for one in found if not one["loc"]]
            raise SettingNotValid("; ".join(words), wrong=wrong) from None
        except SettingsError as fault:  # what reading a NAME_FILE raised, wrapped
            if isinstance(fault.__cause__, CctvError):
                raise fault.__cause__ from None
            raise

    @classmethod
    def variable(cls, field: str) -> str:
        """The environment variable of a setting; the first where it has several."""
        return next(iter(cls._aliases(field)), f"{cls.model_config.get('env_prefix', '')}{field}").upper()

    @classmethod
    def _field(cls, place: str) -> str:
        """The setting that pydantic means: where a value came by an alias, it says the alias."""
        return next((field for field in cls.model_fields if place in cls._aliases(field)), place)

    @classmethod
    def _aliases(cls, field: str) -> list[str]:
        alias = cls.model_fields[field].validation_alias if field in cls.model_fields else None
        choices = alias.choices if isinstance(alias, AliasChoices) else [alias]
        return [one for one in choices if isinstance(one, str)]

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - given by keyword; we read no .env files
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - NAME_FILE replaces it
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return init_settings, env_settings, _FromFiles(settings_cls)


def _words(error: ErrorDetails) -> str:
    """What pydantic says of one value, without its word for who says it."""
    return error["msg"].removeprefix("Value error, ")


class _FromFiles(EnvSettingsSource):
    """Reads ``NAME_FILE`` for each setting that has no ``NAME``."""

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        for key, env_name, complex_value in self._extract_field_info(field, field_name):
            path = os.environ.get(f"{env_name}_FILE".upper())
            if path is not None:
                return _read(path, env_name), key, complex_value
        return None, field_name, False


def _read(path: str, name: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except OSError as fault:
        raise InvalidInput(f"{name.upper()}_FILE names {path}, which cannot be read: {fault.strerror}") from fault
    except UnicodeDecodeError as fault:
        raise InvalidInput(f"{name.upper()}_FILE names {path}, which is no text (UTF-8)") from fault
