"""The report in a real browser: it draws, it asks nobody for anything, and it fits a telephone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from regulars.show.report import render_report

pytestmark = pytest.mark.browser

FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
         "--disable-background-networking", "--disable-component-update", "--disable-sync"]  # fmt: skip
CHARTS = 12
DRAWN = "document.documentElement.dataset.charts"
MARKS = "chart => chart.querySelectorAll('svg .mark-area path, svg .mark-rect path, svg .mark-symbol path').length"


@pytest.fixture(scope="module")
def browser(chromium) -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield opened
        opened.close()


@dataclass
class Opened:
    """A page, and what it said and asked for while it opened."""

    page: Any
    complaints: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)


def open_report(browser: Any, path: Any, text: str, width: int, **options: Any) -> Opened:
    path.write_text(text, encoding="utf-8")
    page = browser.new_page(viewport={"width": width, "height": 900}, **options)
    opened = Opened(page)
    page.on("console", lambda message: opened.complaints.append(message.text))
    page.on("pageerror", lambda error: opened.complaints.append(str(error)))
    page.on("request", lambda request: opened.requests.append(request.url))
    page.goto(path.as_uri())
    page.wait_for_function(DRAWN)
    return opened


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_draws_everything_and_asks_for_nothing(browser, made_up, tmp_path, width, language):
    text = render_report(made_up.tables, made_up.facts, language)
    opened = open_report(browser, tmp_path / "report.html", text, width)
    page = opened.page
    assert page.evaluate(DRAWN) == "drawn"
    assert opened.complaints == []
    assert [url for url in opened.requests if not url.startswith(("file:", "data:"))] == []
    charts = page.query_selector_all("[data-chart]")
    assert len(charts) == CHARTS
    for chart in charts:
        assert chart.evaluate(MARKS) > 0, chart.get_attribute("id")
        box = chart.query_selector("svg").bounding_box()
        assert box["width"] > 200 and box["height"] > 100 and box["x"] + box["width"] <= width
        described = chart.query_selector("svg").evaluate("svg => svg.getAttribute('aria-label') || svg.parentElement.getAttribute('aria-label') || svg.querySelector('[aria-label]')?.getAttribute('aria-label')")  # fmt: skip
        assert described and len(described) > 20, chart.get_attribute("id")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    title = "At a glance" if language == "en" else "总览"
    assert page.get_by_role("heading", name=title).is_visible()
    page.close()


def test_hostile_titles_are_text(browser, made_up, tmp_path):
    opened = open_report(
        browser, tmp_path / "report.html", render_report(made_up.tables, made_up.facts), 1280
    )
    assert "<script>alert('x')</script>" in opened.page.text_content("#actions")
    assert opened.page.query_selector("img") is None and opened.complaints == []
    opened.page.close()


def test_the_page_forbids_scripts_that_are_not_its_own(browser, made_up, tmp_path):
    text = render_report(made_up.tables, made_up.facts).replace(
        "</footer>", "</footer><script>document.title = 'mine'</script>"
    )
    opened = open_report(browser, tmp_path / "report.html", text, 1280)
    assert opened.page.title() != "mine" and opened.page.evaluate(DRAWN) == "drawn"
    opened.page.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_ink_and_paper_change_places_in_the_dark(browser, made_up, tmp_path, scheme):
    text = render_report(made_up.tables, made_up.facts)
    opened = open_report(browser, tmp_path / "report.html", text, 1280, color_scheme=scheme)
    red = int(
        opened.page.evaluate("getComputedStyle(document.body).backgroundColor").split("(")[1].split(",")[0]
    )
    assert (red > 200) == (scheme == "light")
    opened.page.close()


def test_an_empty_shop_opens_too(browser, tmp_path):
    opened = open_report(browser, tmp_path / "report.html", render_report({}, {}), 390)
    assert opened.complaints == [] and opened.page.evaluate("document.documentElement.scrollWidth") <= 390
    assert "regulars run" in opened.page.text_content("main")
    opened.page.close()
