"""Settings of identity: how long a sign-in lasts, and the organisation's own provider."""

from pydantic import Field, SecretStr

from cctv.infra.settings import Settings


class IdentitySettings(Settings):
    """How people and machines are known."""

    session_hours: float = Field(default=12, gt=0, le=24 * 7, description="A sign-in ends after this, whatever.")
    session_idle_minutes: float = Field(
        default=120, ge=1, le=24 * 60, description="A sign-in ends after this without any request."
    )
    key_days: int = Field(
        default=90, ge=1, le=730, description="An API key lasts this long unless told otherwise."
    )
    local_sign_in: bool = Field(
        default=True,
        description="Whether local users may sign in by password. Off: the provider's users and break-glass only.",
    )
    oidc_issuer: str = Field(
        default="", description="OpenID Connect provider, https://id.example.org; empty: none."
    )
    oidc_name: str = Field(default="", description="The provider's name as the sign-in page shows it.")
    oidc_client_id: str = Field(default="", description="What the provider calls this system.")
    oidc_client_secret: SecretStr | None = Field(default=None, description="Its password at the provider.")
    oidc_scopes: str = Field(default="openid profile email", description="Scopes that are asked for.")
    oidc_audience: str = Field(
        default="", description="Audience of the provider's tokens that the API accepts; empty: accepts none."
    )
    oidc_permissions_claim: str = Field(default="permissions", description="Claim with the user's permissions.")
    oidc_groups_claim: str = Field(default="groups", description="Claim with the user's groups.")
    oidc_agency_claim: str = Field(default="agency", description="Claim with the user's agency.")
    oidc_name_ar_claim: str = Field(default="name_ar", description="Claim with the Arabic name.")
    oidc_employee_claim: str = Field(default="employee_number", description="Claim with the employee number.")
    oidc_sources_claim: str = Field(default="camera_sources", description="Claim with the agencies' cameras.")
    public_url: str = Field(
        default="", description="This system's address as browsers see it; empty: what the request says."
    )
    iam_webhook_secret: SecretStr | None = Field(
        default=None, description="Key of signed notices (X-IAM-Signature); not given: none are accepted."
    )
