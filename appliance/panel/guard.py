"""Who may ask: pages of this very origin, on this very computer. Loopback alone keeps neither out a foreign page that
sends requests here (CSRF) nor one whose name was made to point here (DNS rebinding).

Sources: Fetch standard, "Origin header"; W3C Content Security Policy 3; OWASP, "Cross-Site Request Forgery".
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from aiohttp import web

HOSTS = ('127.0.0.1', 'localhost', '[::1]')
READING = ('GET', 'HEAD')
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@web.middleware
async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answers 403 to whoever is no page of ours."""
    host = request.headers.get('Host', '').lower()
    if host not in _hosts(request):
        raise web.HTTPForbidden(text='this page is served under 127.0.0.1 and localhost only\n')
    changes = request.method not in READING or 'Upgrade' in request.headers
    origin = request.headers.get('Origin')
    if origin != f'http://{host}' and (changes or origin is not None):
        raise web.HTTPForbidden(text='only the page of the booth itself may do this\n')
    return await handler(request)


def _hosts(request: web.Request) -> set[str]:
    """As a browser writes them for the port we are really asked on."""
    where = request.transport.get_extra_info('sockname') if request.transport else None
    port = where[1] if where else 0
    return {f'{host}:{port}' for host in HOSTS} | (set(HOSTS) if port == 80 else set())


async def add_headers(request: web.Request, response: web.StreamResponse) -> None:
    """On every answer, errors too: what the page may do, and that nobody keeps a copy of it."""
    host = request.headers.get('Host', '')
    socket = f' ws://{host}' if host.lower() in _hosts(request) else ''  # 'self' does not mean ws: everywhere
    response.headers['Content-Security-Policy'] = (
        f"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; media-src 'self'; "
        f"connect-src 'self'{socket}; worker-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    response.headers['Permissions-Policy'] = 'microphone=(self), camera=(), geolocation=()'
    response.headers['X-Content-Type-Options'] = 'nosniff'
    response.headers['X-Frame-Options'] = 'DENY'
    response.headers['Referrer-Policy'] = 'no-referrer'
    response.headers['Cross-Origin-Opener-Policy'] = 'same-origin'
    response.headers['Cross-Origin-Resource-Policy'] = 'same-origin'
    response.headers['Cache-Control'] = 'no-store'
