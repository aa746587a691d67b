"""The TLS context of an https connection, from settings alone."""

from __future__ import annotations

import ssl
from pathlib import Path

from collector.errors import ConfigError
from collector.http.settings import TlsSettings

VERSIONS = {
    "TLS10": ssl.TLSVersion.TLSv1,
    "TLS11": ssl.TLSVersion.TLSv1_1,
    "TLS12": ssl.TLSVersion.TLSv1_2,
    "TLS13": ssl.TLSVersion.TLSv1_3,
}
"""Prometheus' names of the versions."""


def tls_context(settings: TlsSettings, fallback_ca: str) -> ssl.SSLContext:
    """A context with the settings' authorities and client certificate. Raises ConfigError.

    Without authorities of its own it trusts the system's, as other Prometheus tools do; where the
    system has none (slim containers), those in the file `fallback_ca`.
    """
    try:
        context = ssl.create_default_context(cadata=settings.ca_pem or None)
    except ssl.SSLError:
        raise ConfigError("tls_config.ca: not a PEM certificate; give one or more in PEM form") from None
    if not settings.ca_pem and not _system_has_authorities():
        context.load_verify_locations(cafile=fallback_ca)
    if settings.insecure_skip_verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    context.minimum_version = VERSIONS[settings.min_version]
    if settings.cert_file is not None:
        _load_client(context, settings.cert_file, settings.key_file)
    return context


def _system_has_authorities() -> bool:
    paths = ssl.get_default_verify_paths()
    folder = Path(paths.capath or "/nowhere")
    return bool(paths.cafile) or (folder.is_dir() and any(folder.iterdir()))


def _load_client(context: ssl.SSLContext, cert: Path, key: Path | None) -> None:
    try:
        # An encrypted key would ask for its passphrase on the terminal; the empty one makes it fail.
        context.load_cert_chain(cert, key, password="")
    except ssl.SSLError:
        raise ConfigError(
            f"tls_config.cert_file {cert}: certificate and key cannot be read or do not belong together; "
            "both must be PEM, the key without passphrase"
        ) from None
    except OSError as error:
        raise ConfigError(f"tls_config.cert_file {cert}: {error.strerror}; check both paths") from None
