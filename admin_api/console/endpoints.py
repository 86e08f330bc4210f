"""The page, its script and its style. They hold no data: what they show comes through the API."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import Annotated, get_args

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from admin_api.fields import Category
from admin_api.problems import Problem
from admin_api.security import CONSOLE_HEADER
from admin_api.texts import LANGUAGES, texts
from admin_api.work import CurrentSettings
from config.settings import Settings
from prescriptions.formulary import load_formulary

router = APIRouter(include_in_schema=False)

_FOLDER = Path(__file__).parent
_TYPES = {".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8", ".svg": "image/svg+xml"}
_LANGUAGE_COOKIE = "helpline_language"
_YEAR = 365 * 24 * 3600

_templates = Environment(loader=FileSystemLoader(_FOLDER / "templates"), autoescape=True, undefined=StrictUndefined)


@cache
def _files() -> dict[str, tuple[bytes, str]]:
    """The static files by name; nothing else in the folder, and no path, can be asked for."""
    return {
        path.name: (path.read_bytes(), _TYPES[path.suffix])
        for path in sorted((_FOLDER / "static").iterdir())
        if path.suffix in _TYPES
    }


@cache
def _version() -> str:
    """Changes with any static file, so that browsers may keep each version for ever."""
    return hashlib.sha256(b"".join(content for content, _ in _files().values())).hexdigest()[:12]


@router.get("/", response_class=HTMLResponse)
def page(
    request: Request, settings: CurrentSettings, lang: Annotated[str | None, Query(max_length=8)] = None
) -> HTMLResponse:
    """The console, in the language asked for, last used, or of the deployment."""
    language = next(
        (each for each in (lang, request.cookies.get(_LANGUAGE_COOKIE), settings.language) if each in LANGUAGES), "hi"
    )
    html = _templates.get_template("console.html").render(
        language=language,
        t=texts(language),
        languages=LANGUAGES,
        categories=get_args(Category),
        version=_version(),
        page=_page_data(settings, language),
    )
    response = HTMLResponse(html)
    if lang in LANGUAGES:
        response.set_cookie(_LANGUAGE_COOKIE, lang or "", max_age=_YEAR, samesite="strict", httponly=True)
    return response


@router.get("/static/{name}")
def static(name: str, v: str = "") -> Response:
    """A script, style or picture of the page. With the version in its address a browser may keep it for ever."""
    if name not in _files():
        raise Problem(404, "not_found", "There is no such file.")
    content, media_type = _files()[name]
    kept = f"public, max-age={_YEAR}, immutable" if v == _version() else "no-cache"
    return Response(content, media_type=media_type, headers={"Cache-Control": kept})


@router.get("/favicon.ico")
def favicon() -> Response:
    """The page's icon, for those who ask without reading the page."""
    return static("icon.svg")


def _page_data(settings: Settings, language: str) -> dict[str, object]:
    formulary = load_formulary()
    return {
        "language": language,
        "timeZone": settings.time_zone,
        "consoleHeader": CONSOLE_HEADER,
        "texts": dict(texts(language)),
        "formulary": [
            {"generic": drug.generic, "forms": {form: list(strengths) for form, strengths in drug.forms.items()}}
            for drug in formulary.drugs
            if drug.list == "O"
        ],
    }
