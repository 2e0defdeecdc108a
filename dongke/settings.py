"""设置: one class, environment prefix `DONGKE_`. Refuses unsafe defaults outside the demo."""

import secrets
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from dongke.errors import BadInput, NotReady

MIN_SECRET_CHARS = 32
ROOT = Path(__file__).resolve().parent.parent  #: the checkout


Consent = Literal["profiling", "analysis", "marketing", "sensitive"]


class Settings(BaseSettings):
    """All settings. Each is an environment variable `DONGKE_<NAME>`; docs/settings.md lists them."""

    model_config = SettingsConfigDict(env_prefix="DONGKE_", extra="ignore")

    demo: bool = False  #: opens the fence around the demo speech model, the demo log-ins and a generated secret
    data_dir: Path = ROOT / "var"  #: embedded database, uploads, reports
    database_url: str | None = None  #: PostgreSQL URL; none starts the embedded server in data_dir
    secret_key: SecretStr | None = None  #: signs log-ins and keys the blind index; at least 32 characters

    host: str = "127.0.0.1"  #: address the API listens on
    port: int = 8600  #: port the API listens on
    api_processes: int = Field(default=1, ge=1, le=64)  #: processes that answer on that port, one a core
    max_body_bytes: int = 32 * 1024 * 1024  #: largest JSON body
    max_upload_bytes: int = 512 * 1024 * 1024  #: largest recording
    token_hours: int = 10  #: life of a log-in
    public_url: str | None = (
        None  #: address under which browsers reach the service, e.g. https://dongke.example.internal
    )

    oidc_issuer: str | None = None  #: 单点登录: the issuer of the broker's identity provider; none: passwords only
    oidc_client_id: str = "dongke"
    oidc_client_secret: SecretStr | None = None  #: none for a public client
    oidc_scopes: str = "openid profile"
    oidc_login_claim: str = "preferred_username"  #: the claim that holds the account's name in Dongke
    oidc_label: str = "单点登录"  #: what the button says

    speech_model: str = "large-v3-turbo"  #: a faster-whisper name or a local folder
    speech_allow_hub: bool = False  #: may a model be fetched by name from a hub
    speech_device: Literal["cpu", "cuda", "auto"] = "cpu"
    speech_compute_type: str = "int8"
    speech_threads: int = 0  #: 0 leaves the choice to CTranslate2
    max_recording_seconds: int = 2 * 3600  #: a longer file is quarantined

    #: who hears recordings as they are; everybody else hears them with personal numbers covered
    raw_audio_roles: Annotated[tuple[Literal["advisor", "manager", "compliance", "admin"], ...], NoDecode] = (
        "advisor",
        "manager",
        "compliance",
        "admin",
    )
    recordings_dir: Path | None = None  #: the folder from which recordings may be named by path
    recording_sources: Annotated[tuple[str, ...], NoDecode] = ()  #: URL prefixes below which recordings may be fetched
    archive_dir: Path | None = None  #: the folder that the nightly archive job takes in
    reports_dir: Path | None = None  #: where the nightly report is written; data_dir/reports by default
    calendar_file: Path | None = None  #: operator's trading calendar overrides (date,open)
    hours_file: Path | None = None  #: hours in which the branches work (branch,day,hours)
    pdf_font: Path | None = None  #: font with Chinese characters for PDF reports; else one that is installed
    #: pages of these origins may carry the widget, e.g. https://crm.example.internal; none: only our own
    widget_origins: Annotated[tuple[str, ...], NoDecode] = ()
    wecom_corp_id: str | None = None  #: 企业微信: the firm and the application whose side bar shows the card
    wecom_agent_id: str | None = None
    wecom_secret: SecretStr | None = None
    wecom_url: str = "https://qyapi.weixin.qq.com"  #: or the gateway that leads there
    webhook_hosts: Annotated[tuple[str, ...], NoDecode] = ()  #: hosts that webhooks may be sent to; none: no webhooks
    playbooks_dir: Path | None = None  #: playbooks in place of those in the product
    holdouts_file: Path | None = None  #: experiments whose random holdout the morning list leaves out
    classifier_dir: Path | None = None  #: ONNX text classifier as second opinion

    consent_required: Annotated[tuple[Consent, ...], NoDecode] = ()  #: purposes allowed only after an express consent
    products_file: Path | None = None  #: the firm's own product facts (risk, term, kind) by date

    log_level: str = Field(default="INFO")

    @field_validator(
        "consent_required", "webhook_hosts", "recording_sources", "widget_origins", "raw_audio_roles", mode="before"
    )
    @classmethod
    def _split(cls, value: Any) -> Any:
        return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value

    def signing_key(self) -> bytes:
        """The key for log-ins and blind indexes. Outside the demo a weak one raises NotReady `secret-unsafe`."""
        value = self.secret_key.get_secret_value() if self.secret_key else ""
        if len(value) >= MIN_SECRET_CHARS:
            return value.encode()
        if not self.demo:
            raise NotReady("secret-unsafe", f"请设置 DONGKE_SECRET_KEY (至少 {MIN_SECRET_CHARS} 个字符)")
        return self._demo_key()

    def is_https(self) -> bool:
        """Whether browsers reach the service by https: then cookies travel in no other way."""
        return (self.public_url or "").startswith("https://")

    def report_folder(self) -> Path:
        """Where reports are written; made when missing."""
        folder = self.reports_dir or self.data_dir / "reports"
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def _demo_key(self) -> bytes:
        path = self.data_dir / "demo-secret"
        if not path.exists():
            self.data_dir.mkdir(parents=True, exist_ok=True)
            path.touch(mode=0o600)
            path.write_text(secrets.token_urlsafe(48))
        return path.read_text().encode()


@lru_cache(maxsize=1)
def settings() -> Settings:
    """The settings of this process, read once. Tests call `settings.cache_clear()`.

    Raises BadInput `settings-invalid`, which names the setting but not its value: it may be a secret.
    """
    try:
        return Settings()
    except ValidationError as fault:
        names = sorted({f"DONGKE_{error['loc'][0]}".upper() for error in fault.errors() if error["loc"]})
        raise BadInput("settings-invalid", f"设置的值不能用: {', '.join(names)} (docs/settings.md)") from None
