"""Front ends with the default configuration of their packages, plus a line that forwards to the platform.

Each runs as a separate process on a free port, in a separate folder, and is stopped at the end. If a front
end is not installed, it has no path, and its tests are skipped.
"""

import contextlib
import shlex
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from sigmic_conformance.target.served import serving
from tests.fakes.own_certificate import own_certificate

PORT = "OWN_PORT"
"""Placeholder for the port in a configuration."""


@dataclass(frozen=True)
class FrontEnd:
    """A program, its configuration for (folder, own port, the platform's port), and the command to run it.

    If it `is_secure`, it uses TLS with a self-signed certificate, `own.pem` in its folder.
    """

    program: str
    configuration: Callable[[Path, str, int], str]
    command: Callable[[str, Path], list[str]]
    is_secure: bool = False

    @property
    def path(self) -> str | None:
        """Return the path of the installed program, if any."""
        return shutil.which(self.program, path="/usr/sbin:/usr/bin:/usr/local/bin:/usr/local/sbin")


def _nginx(folder: Path, port: str, upstream: int) -> str:
    """Return the settings of the package's `nginx.conf`, and a `location` with only `proxy_pass`."""
    return _nginx_with(f"listen 127.0.0.1:{port};", folder, upstream)


def _nginx_tls(folder: Path, port: str, upstream: int) -> str:
    """The same with TLS."""
    own = own_certificate(folder)
    listen = f"listen 127.0.0.1:{port} ssl; ssl_certificate {own}; ssl_certificate_key {own};"
    return _nginx_with(listen, folder, upstream)


def _nginx_with(listen: str, folder: Path, upstream: int) -> str:
    return f"""
daemon off;
user root;
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 768; }}
http {{
    sendfile on;
    tcp_nopush on;
    types_hash_max_size 2048;
    server_tokens off;
    default_type application/octet-stream;
    access_log off;
    gzip on;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    server {{
        {listen}
        location / {{ proxy_pass http://127.0.0.1:{upstream}; }}
    }}
}}
"""


def _apache(folder: Path, port: str, upstream: int) -> str:
    """Return the modules that the package enables and those of the proxy, with only `ProxyPass`."""
    modules = [
        *("mpm_event", "authz_core", "authz_host", "dir", "env", "filter", "mime", "negotiation"),
        *("reqtimeout", "setenvif", "deflate", "proxy", "proxy_http"),
    ]
    loads = "\n".join(f"LoadModule {name}_module /usr/lib/apache2/modules/mod_{name}.so" for name in modules)
    return f"""
{loads}
ServerRoot {folder}
ServerName localhost
PidFile {folder}/apache.pid
DefaultRuntimeDir {folder}
ErrorLog {folder}/error.log
Listen 127.0.0.1:{port}
TypesConfig /etc/mime.types
Timeout 300
KeepAlive On
MaxKeepAliveRequests 100
KeepAliveTimeout 5
RequestReadTimeout header=20-40,minrate=500
RequestReadTimeout body=10,minrate=500
AddOutputFilterByType DEFLATE text/html text/plain text/xml text/css text/javascript
AddOutputFilterByType DEFLATE application/x-javascript application/javascript application/ecmascript
ProxyPass / http://127.0.0.1:{upstream}/
"""


def _haproxy(_folder: Path, port: str, upstream: int) -> str:
    """Return a configuration with the `defaults` of the package's `haproxy.cfg`."""
    return f"""
defaults
    mode http
    timeout connect 5000
    timeout client 50000
    timeout server 50000
frontend door
    bind 127.0.0.1:{port}
    default_backend platform
backend platform
    server one 127.0.0.1:{upstream}
"""


def _caddy(_folder: Path, port: str, upstream: int) -> str:
    """Return a configuration with only `reverse_proxy`."""
    return f"""
{{
    admin off
    auto_https off
}}
http://127.0.0.1:{port} {{
    bind 127.0.0.1
    reverse_proxy 127.0.0.1:{upstream}
}}
"""


FRONT_ENDS: Mapping[str, FrontEnd] = {
    "nginx": FrontEnd("nginx", _nginx, lambda path, file: [path, "-c", str(file)]),
    "nginx-tls": FrontEnd("nginx", _nginx_tls, lambda path, file: [path, "-c", str(file)], is_secure=True),
    "apache": FrontEnd("apache2", _apache, lambda path, file: [path, "-f", str(file), "-DFOREGROUND"]),
    "haproxy": FrontEnd("haproxy", _haproxy, lambda path, file: [path, "-f", str(file)]),
    "caddy": FrontEnd(
        "caddy", _caddy, lambda path, file: [path, "run", "--config", str(file), "--adapter", "caddyfile"]
    ),
}


@contextlib.contextmanager
def before(front_end: FrontEnd, upstream: int, folder: Path) -> Iterator[str]:
    """Run a front end for the platform's port; yield its base URL. Raises ProfileError."""
    if front_end.path is None:
        raise RuntimeError(f"{front_end.program} is not installed")
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "front_end.conf"
    file.write_text(front_end.configuration(folder, PORT, upstream))
    command = f"sed -i s/{PORT}/{{port}}/ {file}; exec {shlex.join(front_end.command(front_end.path, file))}"
    # Programs that store data keep it in this folder.
    environment = dict.fromkeys(("HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME"), str(folder))
    with serving(command, who=front_end.program, environment=environment) as served:
        yield (
            served.base_url.replace("http://127.0.0.1", "https://localhost")
            if front_end.is_secure
            else served.base_url
        )
